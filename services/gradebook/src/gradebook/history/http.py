"""The history over HTTP: what was changed, to what effect, and the chain that proves it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Literal

import msgspec
from fastapi import Depends, Query
from starlette.responses import Response

from chassis.auth import WORKS_AT
from chassis.clock import BUSINESS_ZONE, business_day, now
from chassis.database import Session
from chassis.errors import FieldError, Invalid, nothing_here
from chassis.http import PrincipalDep, QueryRouter, SessionDep
from chassis.http.days import Day
from chassis.spreadsheets import CSV, XLSX
from contracts.ids import ClassId, PersonId, SchoolId, SchoolYear
from contracts.lists import Subject, Term
from gradebook.classes import queries as classes
from gradebook.history import answers, export, proofs, queries
from gradebook.history.answers import EffectAnswer, Found, HistoryAnswer
from gradebook.history.entries import Column
from gradebook.history.proofs import ChainAnswer, CheckpointsAnswer
from gradebook.history.queries import Selection, TooManyError
from gradebook.policy import HOMEROOM, POLICY, TEACHES
from gradebook.requests import NamesDep
from gradebook.roster.queries import Names

reads = QueryRouter(prefix="/v1/history", tags=["history"])

_MOST_IN_A_FILE = 200_000
_LARGEST = 2**53 - 1

After = Annotated[int, Query(ge=0, le=_LARGEST)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The columns that are asked for and may be read, and which of their changes."""

    columns: Mapping[str, Column]
    class_names: Mapping[str, str]
    wanted: Selection


async def _asked(
    *,
    session: SessionDep,
    principal: PrincipalDep,
    class_id: Annotated[ClassId | None, Query(description="A class.")] = None,
    school_id: Annotated[SchoolId | None, Query(description="Or a whole school.")] = None,
    school_year: Annotated[SchoolYear | None, Query(description="With a school.")] = None,
    teacher_id: Annotated[PersonId | None, Query(description="Changes by this person.")] = None,
    subject: Annotated[Subject | None, Query()] = None,
    term: Annotated[Term | None, Query()] = None,
    first_day: Annotated[Day | None, Query(description="Changed on this day or later.")] = None,
    last_day: Annotated[Day | None, Query(description="Changed on this day or earlier.")] = None,
    edited: Annotated[bool, Query(description="Without the first entry of each cell.")] = False,
) -> Asked:
    """Read what is asked for, and let it be whatever of it the asker may read."""
    if (class_id is None) == (school_id is None) or (school_id is None) != (school_year is None):
        # To whoever reads some history; of no place in particular.
        POLICY.authorise(principal, "history.read", (WORKS_AT, TEACHES, HOMEROOM))
        raise Invalid(
            "place-missing",
            "Cần chọn nơi xem lịch sử: một lớp, hoặc một trường và năm học.",
            errors=[
                FieldError(
                    "class_id", "thiếu hoặc thừa", "Gửi class_id, hoặc school_id và school_year."
                )
            ],
        )
    if class_id is not None:
        rooms: Sequence[classes.ClassRoom] = list(
            (await classes.rooms(session, [class_id])).values()
        )
        relations: frozenset[str] = frozenset()
    else:
        rooms = await classes.rooms_of_school(session, school_id or "", school_year or "")
        relations = principal.relations_to_school(school_id or "")
    standings = await classes.standings(session, principal, [room.class_id for room in rooms])
    POLICY.authorise(
        principal,
        "history.read",
        relations.union(*(standing.to_class() for standing in standings.values())),
    )
    if class_id is not None and not rooms:
        raise nothing_here()
    columns = await queries.columns_of(session, list(standings), subject, term)
    return Asked(
        {
            one.sheet_id: one
            for one in columns
            if POLICY.allow(
                principal, "history.read", standings[one.class_id].to_subject(one.subject)
            )
        },
        {room.class_id: room.name for room in rooms},
        Selection(
            teacher_id,
            None if first_day is None else _midnight(first_day),
            None if last_day is None else _midnight(last_day + timedelta(days=1)),
            edited,
        ),
    )


def _midnight(day: Day) -> datetime:
    return datetime.combine(day, time(), BUSINESS_ZONE)


AskedDep = Annotated[Asked, Depends(_asked)]


async def _find(
    session: Session, names: Names, asked: Asked, *, most: int = queries.MOST_LINES
) -> Found:
    try:
        cells, links = await queries.cells_of(session, asked.columns, asked.wanted, most=most)
    except TooManyError:
        raise Invalid(
            "too-many-changes",
            f"Có hơn {most} thay đổi. Hãy chọn một lớp, một môn, một giáo viên hoặc ít ngày hơn.",
            errors=[FieldError("first_day", "khoảng chọn quá rộng", "Chọn hẹp hơn, hoặc tải tệp.")],
        ) from None
    called = await names.shown(session, {pupil_id for _, pupil_id in cells})
    return Found(asked.columns, asked.class_names, asked.wanted, cells, links, called)


@reads.get("", response_class=Response, responses={200: {"model": HistoryAnswer}})
async def read_history(asked: AskedDep, session: SessionDep, names: NamesDep) -> Response:
    """Read every change: who, when, from which device, before, after, why."""
    found = await _find(session, names, asked)
    return _json(answers.history(found))


@reads.get("/effect", response_class=Response, responses={200: {"model": EffectAnswer}})
async def read_effect(asked: AskedDep, session: SessionDep, names: NamesDep) -> Response:
    """Read what the changes did: deleting and entering again is one edit with its true effect."""
    # A cell that was entered once, and nothing more, was not changed.
    touched = replace(asked, wanted=replace(asked.wanted, edited=True))
    found = await _find(session, names, touched, most=_MOST_IN_A_FILE)
    return _json(answers.effect(found))


@reads.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {CSV: {}, XLSX: {}, export.JSON: {}}}},
)
async def read_export(
    asked: AskedDep,
    session: SessionDep,
    names: NamesDep,
    form: Annotated[
        Literal["csv", "xlsx", "json"],
        Query(
            alias="format",
            description="A table; a workbook with changes and effects; or the links of the chain "
            "with their proofs, which anybody can verify.",
        ),
    ] = "xlsx",
) -> Response:
    """The same as a file."""
    found = await _find(session, names, asked, most=_MOST_IN_A_FILE)
    if form == "json":
        numbers = [
            link.number
            for cell in found.cells.values()
            for line in cell
            if asked.wanted.holds(line)
            and (link := found.links.get((line.sheet_id, line.save_id or "")))
            and link.number
        ]
        content, kind = _encoded(await proofs.of(session, sorted(set(numbers)))), export.JSON
    else:
        changes = answers.history(found)
        if form == "csv":
            content, kind = export.to_csv(changes), CSV
        else:
            effects = answers.effect(found)
            content = await asyncio.to_thread(export.to_xlsx, changes, effects)
            kind = XLSX
    name = f"lich-su-diem-{business_day(now())}.{form}"
    return Response(
        content,
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@reads.get("/chain", response_class=Response, responses={200: {"model": ChainAnswer}})
async def read_chain(
    session: SessionDep,
    principal: PrincipalDep,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 1_000,
) -> Response:
    """Read the links of the whole chain after a number, in order. Ask again with ``next``."""
    POLICY.authorise(principal, "history.verify")
    return _json(await proofs.chain(session, after, limit))


@reads.get(
    "/checkpoints",
    public=True,
    response_class=Response,
    responses={200: {"model": CheckpointsAnswer}},
)
async def read_checkpoints(
    session: SessionDep,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    """Read the signed checkpoints over more links than ``after``; they name nobody."""
    return _json(await proofs.checkpoints(session, after, limit))


def _json(answer: object) -> Response:
    return Response(_encoded(answer), media_type=export.JSON)


def _encoded(answer: object) -> bytes:
    return msgspec.json.encode(answer)
