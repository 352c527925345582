"""A gradebook that holds a school year: a school of 1,215 over HTTP, and copies of it by SQL.

The school is what the service itself makes of it: 27 classes of 45 of grades 6 to 9, all columns of
all subjects of TT 22/2021, every cell filled, one save in twelve followed by a correction, conduct
and absences, names sealed. Columns are filled class by class as a year goes, so that a pupil's
cells lie apart.

A copy is the same rows under other ids: as close together as the first ones, which are in order of
time, too. Its saves stand outside of the chain: they have numbers below 0, so that nothing chains
them now, and the chain that grows over what is saved over HTTP is whole. The chain's cost does not
depend on its length but by a logarithm. No fact of a copy is in the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from random import Random
from typing import Any

import asyncpg

from chassis.clock import new_id
from chassis.sealing import MasterKeys
from contracts.lists import Assessment, ColumnKind, Grade, Subject, Term
from edu.bench.documents import written
from edu.bench.relay import send_all
from edu.bench.school import Sheet, open_class
from edu.client import Suite
from edu.demo.people import person
from edu.home import new_key
from edu.progress import progress
from edu.supervisor import Supervisor
from edu.testing import facts
from edu.tokens import named_id, token
from gradebook.results.domain.plans import PLAIN, subjects
from gradebook.scores.domain.columns import columns

PUPILS = 45
CLASSES = (("6", 7), ("7", 7), ("8", 7), ("9", 6))
TERMS = (Term.HK1, Term.HK2)
SEED = 22_2021
AT_ONCE = 20
"""Sheets of one save."""
CORRECTED_EVERY, CORRECTED = 12, 5
FIRST_COPY = 0x1000
"""Where the ids of copies begin, above those that the clock gives until the year 2527."""
_IDS = frozenset({"school_id", "class_id", "pupil_id", "sheet_id", "save_id"})
_STRUCTURE = ("school_class", "placement", "teaching", "sheet")
_FILLED = ("conduct", "score_save", "cell_change", "cell")


@dataclass(frozen=True, slots=True)
class Room:
    """A class of the school that is measured."""

    class_id: str
    grade: Grade
    pupils: Sequence[str]
    columns: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    """Sheet, subject, term, kind and position, as they are opened."""


@dataclass(slots=True)
class Year:
    """What stands: the measured school, the sheets that wait, and how much was loaded."""

    school_id: str
    principal: str
    teacher: str
    rooms: Sequence[Room]
    empty: Sequence[Sheet] = ()
    saved: int = 0
    """Over HTTP, until now."""
    cells: int = 0
    changes: int = 0


async def loaded(here: Supervisor, cells: int, empty: int) -> Year:
    """Load so many cells, and open so many empty sheets beside them."""
    lots = Random(SEED)
    year = await _opened(here, lots)
    connection = await asyncpg.connect(here.databases["gradebook"])
    try:
        async with Suite(here.home) as suite:
            await _filled(suite, year, lots)
        await _snapshot(connection, year.school_id)
        own = await connection.fetchval("SELECT count(*) FROM template.cell")
        sheets = await connection.fetchval("SELECT count(*) FROM template.sheet")
        year.saved = await connection.fetchval("SELECT count(*) FROM template.score_save")
        full, hollow = max(0, -(-cells // own) - 1), -(-empty // sheets)
        with progress("gradebook: schools copied", full + hollow) as more:
            for number in range(full + hollow):
                whole = (*_STRUCTURE, *_FILLED) if number < full else _STRUCTURE
                await _copy(connection, whole, FIRST_COPY + number)
                more(1)
        await connection.execute("VACUUM (ANALYZE)")
        year.empty = await _empty(connection, FIRST_COPY + full, empty)
        year.cells = await connection.fetchval("SELECT count(*) FROM cell")
        year.changes = await connection.fetchval("SELECT count(*) FROM cell_change")
    finally:
        await connection.close()
    return year


async def _opened(here: Supervisor, lots: Random) -> Year:
    """Open the school: its pupils and calendar as events, the rest over HTTP."""
    school_id, teacher = new_id(), named_id("teacher")
    keys = MasterKeys(here.home.secret("master-key", new_key))
    seats = [
        (Grade(grade), f"{grade}A{number}", [new_id() for _ in range(PUPILS)])
        for grade, count in CLASSES
        for number in range(1, count + 1)
    ]
    persons: Iterable[Any] = chain.from_iterable(
        facts.person(
            pupil,
            person(lots, at * PUPILS + place).name,
            keys=keys,
            school_id=school_id,
            grade=grade,
        )
        for at, (grade, _, pupils) in enumerate(seats)
        for place, pupil in enumerate(pupils)
    )
    known = [facts.school(school_id), facts.year(), *persons]
    await send_all([here.bootstrap], [written(fact) for fact in known])
    principal = token(here.home, "principal", school=school_id)
    learnt = subjects(PLAIN, Grade.G6)
    rooms = []
    async with Suite(here.home) as suite:
        for grade, name, pupils in seats:
            asked = {"school_id": school_id, "school_year": facts.YEAR, "grade": grade}
            asked |= {"name": name, "homeroom_teacher_id": teacher}
            wanted = [
                {"subject": subject, "term": term, "kind": kind, "position": position}
                for term, kind, subject in product(TERMS, _KINDS, learnt)
                for position in range(1, columns(subject, kind, grade) + 1)
            ]
            class_id, opened = await open_class(
                suite, principal, asked, pupils, teacher=teacher, columns=wanted
            )
            room = Room(class_id, grade, pupils)
            names = ("sheet_id", "subject", "term", "kind", "position")
            room.columns.extend(tuple(one[name] for name in names) for one in opened)
            rooms.append(room)
    writer = token(here.home, "homeroom-teacher", subject=teacher, school=school_id)
    return Year(school_id, principal, writer, rooms)


async def _filled(suite: Suite, year: Year, lots: Random) -> None:
    """Fill every column, the same one of all classes after each other, and decide conduct."""
    about = {
        pupil: lots.choice((38, 52, 60, 68, 75, 83, 92))
        for room in year.rooms
        for pupil in room.pupils
    }
    saves, again = [], []
    for at in range(max(len(room.columns) for room in year.rooms)):
        for room in year.rooms:
            if at >= len(room.columns):
                continue
            sheet_id, subject = room.columns[at][:2]
            cells: list[dict[str, Any]] = [
                {"pupil_id": pupil, "version": 0, "score": _mark(lots, about[pupil], subject)}
                for pupil in room.pupils
            ]
            saves.append({"sheet_id": sheet_id, "cells": cells})
            if len(saves) % CORRECTED_EVERY == 0:
                some = [
                    cell | {"version": 1, "score": _mark(lots, about[cell["pupil_id"]], subject)}
                    for cell in lots.sample(cells, CORRECTED)
                ]
                corrected = {"sheet_id": sheet_id, "cells": some, "reason_code": "entry-error"}
                again.append(corrected)

    async def put(path: str, body: object) -> None:
        await suite.command("gradebook", "PUT", path, key=new_id(), body=body, token=year.teacher)

    with progress("gradebook: sheets of the school", len(saves) + len(again)) as more:
        for rows in (saves, again):
            for at in range(0, len(rows), AT_ONCE):
                await put("/v1/sheets/cells", {"saves": rows[at : at + AT_ONCE]})
                more(len(rows[at : at + AT_ONCE]))
    for room, term in product(year.rooms, TERMS):
        conduct = [
            {"pupil_id": pupil, "version": 0, "level": lots.choice(("good", "good", "fair")),
             "absences": lots.randrange(12)}
            for pupil in room.pupils
        ]  # fmt: skip
        await put(f"/v1/classes/{room.class_id}/conduct/{term}", {"pupils": conduct})


def _mark(lots: Random, about: int, subject: str) -> str:
    if Subject(subject).assessment is Assessment.COMMENT:
        return "Đ"
    tenths = min(100, max(0, about + lots.randint(-8, 8)))
    return f"{tenths // 10}.{tenths % 10}"


async def _snapshot(connection: asyncpg.Connection[Any], school_id: str) -> None:
    """Keep the school's rows apart, from where they are copied."""
    await connection.execute("CREATE SCHEMA template")
    for table in (*_STRUCTURE, *_FILLED):
        where = {
            "teaching": "JOIN school_class USING (class_id)",
            "conduct": "JOIN school_class USING (class_id)",
            "cell": "JOIN sheet USING (sheet_id)",
            "cell_change": "JOIN sheet USING (sheet_id)",
            "score_save": "JOIN sheet USING (sheet_id)",
        }.get(table, "")
        owner = {"": table, "JOIN sheet USING (sheet_id)": "sheet"}.get(where, "school_class")
        await connection.execute(
            f"CREATE TABLE template.{table} AS SELECT {table}.* FROM {table} {where} "  # noqa: S608
            f"WHERE {owner}.school_id = '{school_id}'"
        )


async def _copy(connection: asyncpg.Connection[Any], tables: Sequence[str], number: int) -> None:
    """Add the school once more, under other ids."""
    async with connection.transaction():
        for table in tables:
            found = await connection.fetch(
                "SELECT column_name AS name FROM information_schema.columns "
                "WHERE table_schema = 'template' AND table_name = $1 AND column_name <> 'id'",
                table,
            )
            names = [row["name"] for row in found]
            values = [_copied(name, number) for name in names]
            listed = ", ".join(f'"{name}"' for name in names)
            await connection.execute(
                f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)} "  # noqa: S608
                f"FROM template.{table}"
            )


def _copied(name: str, number: int) -> str:
    if name in _IDS:
        return f"('{number:04x}' || substr({name}::text, 5))::uuid"
    if name == "number":
        # Unique, and below 0: see above.
        return f"-({number}::bigint << 32) - row_number() OVER ()"
    return f'"{name}"'


async def _empty(connection: asyncpg.Connection[Any], first: int, count: int) -> Sequence[Sheet]:
    """Give the sheets of the hollow copies, the same column of all their classes after another."""
    seats: dict[str, list[str]] = {}
    least = f"{first:04x}0000-0000-0000-0000-000000000000"
    for row in await connection.fetch(
        "SELECT class_id, pupil_id FROM placement WHERE class_id >= $1", least
    ):
        seats.setdefault(str(row["class_id"]), []).append(str(row["pupil_id"]))
    pupils = {class_id: tuple(of_class) for class_id, of_class in seats.items()}
    rows = await connection.fetch(
        "SELECT sheet_id, class_id, subject FROM sheet WHERE class_id >= $1 "
        "ORDER BY term, kind, position, subject, class_id LIMIT $2",
        least,
        count,
    )
    return [
        Sheet(
            str(row["sheet_id"]),
            pupils[str(row["class_id"])],
            "Đ" if Subject(row["subject"]).assessment is Assessment.COMMENT else "8.5",
        )
        for row in rows
    ]


_KINDS = (ColumnKind.REGULAR, ColumnKind.MIDTERM, ColumnKind.ENDTERM)
