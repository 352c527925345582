"""A school whose gradebook is filled by benchmarks: classes of 40 with all their columns open.

Its pupils and its calendar come as events, as admissions would send them; classes and columns are
opened over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from chassis.clock import new_id
from contracts.lists import ColumnKind, Subject, Term
from edu.bench.documents import written
from edu.bench.relay import send_all
from edu.client import Suite
from edu.supervisor import Supervisor
from edu.testing import facts
from edu.tokens import named_id, token

PUPILS = 40
SUBJECTS = (Subject.TOAN, Subject.VAN, Subject.NN1, Subject.LSDL, Subject.KHTN)
COLUMNS = [
    {"subject": subject, "term": term, "kind": kind, "position": position}
    for subject, term, (kind, positions) in product(
        SUBJECTS,
        (Term.HK1, Term.HK2),
        ((ColumnKind.REGULAR, 4), (ColumnKind.MIDTERM, 1), (ColumnKind.ENDTERM, 1)),
    )
    for position in range(1, positions + 1)
]
COMING = frozenset({"school-unknown", "school-year-unknown", "pupil-unknown", "not-found",
                    "pupils-not-enrolled-here", "pupils-not-here"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open column that nobody has filled."""

    sheet_id: str
    pupils: tuple[str, ...]
    score: str = "8.5"

    def body(self) -> dict[str, Any]:
        """Return a save of all its cells."""
        cells = [{"pupil_id": one, "score": self.score, "version": 0} for one in self.pupils]
        return {"cells": cells}


@dataclass(frozen=True, slots=True)
class School:
    """Its open sheets, and the token of the teacher who may fill them."""

    school_id: str
    teacher: str
    sheets: list[Sheet]


async def opened(here: Supervisor, count: int) -> School:
    """Open so many sheets, and the classes that they need."""
    teacher, school_id = named_id("teacher"), new_id()
    rooms = [[new_id() for _ in range(PUPILS)] for _ in range(-(-count // len(COLUMNS)))]
    known = [
        facts.school(school_id),
        facts.year(),
        *(facts.enrolled(pupil, school_id=school_id) for room in rooms for pupil in room),
    ]
    await send_all([here.bootstrap], [written(fact) for fact in known])
    principal = token(here.home, "principal", school=school_id)
    sheets: list[Sheet] = []
    async with Suite(here.home) as suite:
        for number, pupils in enumerate(rooms):
            room = {
                "school_id": school_id,
                "school_year": facts.YEAR,
                "grade": "6",
                "name": f"6A{number}",
            }
            columns = COLUMNS[: count - len(sheets)]
            _, found = await open_class(
                suite, principal, room, pupils, teacher=teacher, columns=columns
            )
            sheets += [Sheet(one["sheet_id"], tuple(pupils)) for one in found]
    return School(school_id, token(here.home, "teacher", subject=teacher, school=school_id), sheets)


async def open_class(
    suite: Suite,
    principal: str,
    room: Mapping[str, object],
    pupils: Sequence[str],
    *,
    teacher: str,
    columns: Sequence[Mapping[str, object]],
) -> tuple[str, Sequence[Any]]:
    """Open a class with these pupils and columns, all taught by one; give its id and its sheets."""

    async def command(method: str, path: str, body: object) -> Any:
        return await suite.command(
            "gradebook", method, path, key=new_id(), body=body, token=principal, waits_for=COMING
        )

    (opened_class,) = (await command("POST", "/v1/classes", {"classes": [room]}))["classes"]
    class_id = opened_class["class_id"]
    await command("PUT", f"/v1/classes/{class_id}/pupils", {"pupil_ids": pupils})
    taught = dict.fromkeys(column["subject"] for column in columns)
    teaching = [{"subject": one, "teacher_ids": [teacher]} for one in taught]
    await command("PUT", f"/v1/classes/{class_id}/teaching", {"teaching": teaching})
    wanted = [{**column, "class_id": class_id} for column in columns]
    return class_id, (await command("PUT", "/v1/sheets", {"sheets": wanted}))["sheets"]
