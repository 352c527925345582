"""Conduct and remarks over HTTP: the homeroom teacher's page of a class and term."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, Field

from chassis.clock import now
from chassis.errors import Conflict, FieldError, Invalid, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from chassis.persons import in_list_order
from contracts.gradebook import MAX_ROWS
from contracts.ids import ClassId, PupilId
from contracts.lists import Level, Term
from contracts.results import Conduct
from gradebook.books import queries as books
from gradebook.classes import queries as classes
from gradebook.conduct import commands, queries
from gradebook.conduct.domain import LEVELS, Entry, Row
from gradebook.policy import POLICY
from gradebook.requests import ActorDep, NamesDep, Note

changes = CommandRouter(prefix="/v1", tags=["conduct"])
reads = QueryRouter(prefix="/v1", tags=["conduct"])

ClassPath = Annotated[ClassId, Path()]
TermPath = Annotated[Literal[Term.HK1, Term.HK2, Term.HE], Path()]


class ConductBody(RequestModel):
    """What a pupil's row should be. Without a level: not decided (any more)."""

    pupil_id: PupilId
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """The version that was read; 0 if nothing was written yet."""
    level: Conduct | None = None
    remark: Note | None = None
    absences: Annotated[int, Field(ge=0, le=200)] | None = None
    """Buổi nghỉ of the term."""


class ConductBodies(RequestModel):
    """Rows to save, all of them or none."""

    pupils: Annotated[list[ConductBody], Field(min_length=1, max_length=MAX_ROWS)]


class ConductAnswer(BaseModel):
    """A pupil's row as it stands."""

    pupil_id: str
    name: str
    version: int
    level: Conduct | None
    remark: str | None
    absences: int | None


class ConductList(BaseModel):
    """A class's conduct of a term; ``closed``: the term's results are decided.

    ``open``: it may be written now, as the term is not closed, or was opened again ``until`` then.
    """

    class_id: str
    term: Term
    closed: bool
    open: bool
    until: datetime | None
    asked_at: datetime | None
    """When somebody asked for a re-opening that nobody has answered yet."""
    pupils: Sequence[ConductAnswer]


class ConductSaved(BaseModel):
    """How many rows the save changed."""

    changed: int


@changes.put("/classes/{class_id}/conduct/{term}")
async def save_conduct(
    class_id: ClassPath,
    term: TermPath,
    body: ConductBodies,
    session: SessionDep,
    actor: ActorDep,
) -> ConductSaved:
    """Decide conduct and remark; after the summer's training (HE) the principal does."""
    action = "conduct.reassess" if term is Term.HE else "conduct.enter"
    room = (await classes.rooms(session, [class_id], hold=True)).get(class_id)
    standing = (await classes.standings(session, actor, [class_id])).get(class_id)
    POLICY.authorise(actor, action, standing.to_class() if standing else ())
    if room is None:
        raise nothing_here()
    if room.grade.level not in (Level.THCS, Level.THPT):
        raise Conflict(
            "no-conduct", f"{room.grade.vietnamese} không xếp loại rèn luyện (TT 22/2021 Điều 8)."
        )
    _refuse_unknown(body)
    moment = now()
    await books.check_term_open(session, class_id, term, moment)
    entries = [
        Entry(one.pupil_id, one.version, one.level, one.remark, one.absences) for one in body.pupils
    ]
    saved = await commands.save(session, room, term, entries, by=actor.subject, now=moment)
    return ConductSaved(changed=saved)


def _refuse_unknown(body: ConductBodies) -> None:
    ids = [one.pupil_id for one in body.pupils]
    faults = [
        FieldError(f"pupils[{at}].level", "Không có mức này.", "Chọn một trong bốn mức.")
        for at, one in enumerate(body.pupils)
        if one.level is not None and one.level not in LEVELS
    ]
    faults += [
        FieldError(f"pupils[{at}].pupil_id", "Học sinh đã có ở trên.", "Bỏ một trong hai dòng.")
        for at, pupil_id in enumerate(ids)
        if pupil_id in ids[:at]
    ]
    if faults:
        raise Invalid("conduct-invalid", "Có dòng chưa đúng; chưa lưu dòng nào.", errors=faults)


@reads.get("/classes/{class_id}/conduct/{term}")
async def read_conduct(
    class_id: ClassPath,
    term: TermPath,
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> ConductList:
    """Read a class's conduct and remarks of a term, in the order of names."""
    standing = (await classes.standings(session, principal, [class_id])).get(class_id)
    POLICY.authorise(principal, "conduct.read", standing.as_a_whole if standing else ())
    if standing is None:
        raise nothing_here()
    found = await queries.of_class(session, class_id, term)
    seated = (await classes.seated(session, [class_id]))[class_id]
    called = await names.shown(session, {*seated, *found})
    rows = {pupil_id: found.get(pupil_id, Row()) for pupil_id in in_list_order(called)}
    entry = await books.term_entry(session, class_id, term, now())
    return ConductList(
        class_id=class_id,
        term=term,
        closed=term in (await books.closed_terms(session, [class_id]))[class_id],
        open=entry.closed is None,
        until=entry.until,
        asked_at=entry.asked_at,
        pupils=[
            ConductAnswer(
                pupil_id=pupil_id,
                name=called[pupil_id],
                version=row.version,
                level=row.level,
                remark=row.remark,
                absences=row.absences,
            )
            for pupil_id, row in rows.items()
        ],
    )
