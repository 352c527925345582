"""When a school's columns are written, over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from contracts.gradebook import ColumnNumber
from contracts.ids import SchoolId, SchoolYear
from contracts.lists import ColumnKind, Term
from gradebook.books import commands, queries
from gradebook.policy import POLICY

changes = CommandRouter(prefix="/v1", tags=["books"])
reads = QueryRouter(prefix="/v1", tags=["books"])

SchoolPath = Annotated[SchoolId, Path()]


class WindowBody(RequestModel):
    """The first and last day of a column; without a position, of all columns of the kind."""

    term: Term
    kind: ColumnKind
    position: ColumnNumber | None = None
    opens_on: date
    closes_on: date


class Windows(RequestModel):
    """Windows to set; columns that are not named keep theirs."""

    school_year: SchoolYear
    windows: Annotated[list[WindowBody], Field(min_length=1, max_length=100)]


class WindowAnswer(BaseModel):
    """A window as it stands."""

    term: Term
    kind: ColumnKind
    position: int | None
    opens_on: date
    closes_on: date


class WindowList(BaseModel):
    """The windows of a school year; a column without one is open until its book is locked."""

    school_id: str
    school_year: str
    windows: Sequence[WindowAnswer]


@changes.put("/schools/{school_id}/entry-windows")
async def set_windows(
    school_id: SchoolPath, body: Windows, session: SessionDep, principal: PrincipalDep
) -> WindowList:
    """Say from when to when columns are written (thời gian nhập điểm)."""
    POLICY.authorise(principal, "windows.set", principal.relations_to_school(school_id))
    wanted = [
        commands.NewWindow(one.term, one.kind, one.position, one.opens_on, one.closes_on)
        for one in body.windows
    ]
    await commands.set_windows(session, school_id, body.school_year, wanted)
    return await read_windows(school_id, session, principal, body.school_year)


@reads.get("/schools/{school_id}/entry-windows")
async def read_windows(
    school_id: SchoolPath,
    session: SessionDep,
    principal: PrincipalDep,
    school_year: Annotated[SchoolYear, Query()],
) -> WindowList:
    """Read from when to when a school's columns are written."""
    POLICY.authorise(principal, "windows.read", principal.relations_to_school(school_id))
    found = await queries.windows_of(session, school_id, school_year)
    return WindowList(
        school_id=school_id,
        school_year=school_year,
        windows=[
            WindowAnswer(**one.model_dump() | {"position": one.position or None}) for one in found
        ],
    )
