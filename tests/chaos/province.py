"""Who lives on the stage: schools, pupils, teachers and their columns, made over public HTTP."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from edu import bootstrap
from edu.client import Suite
from edu.tokens import named_id

if TYPE_CHECKING:
    from .stage import Stage

OFFICER = "department-officer"
TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
YEAR = bootstrap.name_of_year(TODAY)
SCHOOLS = 8
PUPILS = 5
COLUMNS = 2
HEADER = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường"


@dataclass(frozen=True)
class Answered:
    """A command that was answered 2xx, and the one effect that it must have."""

    key: str
    """Its Idempotency-Key, and the correlation id of its fact."""
    sheet_id: str
    pupil_id: str
    version: int
    score: int
    """In hundredths."""


@dataclass
class Sheet:
    """A column that one teacher fills."""

    sheet_id: str
    school_id: str
    token: str
    pupils: list[str]
    versions: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Of each pupil's cell, as it was last answered."""
    scores: dict[str, int] = field(default_factory=dict)

    def next_save(self, lots: random.Random) -> tuple[Mapping[str, object], Answered]:
        """Return a save that changes one cell, and what its answer will vouch for."""
        pupil = lots.choice(self.pupils)
        score = lots.choice([s for s in range(0, 1001, 10) if s != self.scores.get(pupil)])
        key = str(lots.getrandbits(128))
        cell = {
            "pupil_id": pupil,
            "score": f"{score // 100}.{score % 100:02d}".rstrip("0").rstrip("."),
            "state": None,
            "version": self.versions[pupil],
        }
        body = {"cells": [cell], "reason_code": "entry-error"}
        return body, Answered(key, self.sheet_id, pupil, self.versions[pupil] + 1, score)

    def keep(self, answered: Answered) -> None:
        """Remember a save that was answered."""
        self.versions[answered.pupil_id] = answered.version
        self.scores[answered.pupil_id] = answered.score


@dataclass
class Ledger:
    """What the clients know: their columns, and every command that was answered."""

    sheets: list[Sheet] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    """Answers that only a second effect of one command explains."""


async def settle(stage: Stage) -> None:
    """Register schools, enrol pupils, open classes and columns, each with a teacher."""
    stage.suite.tokens = {OFFICER: stage.token(OFFICER)}
    stage.suite.write_run()
    admissions = bootstrap.Caller(stage.suite.urls["admissions"], stage.token(OFFICER))
    bootstrap.units(admissions)
    bootstrap.school_year(admissions, TODAY)
    [commune] = admissions.get(f"/v1/units?code={bootstrap.COMMUNE}")["items"]
    async with Suite(stage.home) as suite:
        moving = (_school(stage, suite, commune, number) for number in range(SCHOOLS))
        for sheets in await asyncio.gather(*moving):
            stage.ledger.sheets += sheets


async def _school(stage: Stage, suite: Suite, commune: Any, number: int) -> list[Sheet]:
    code = f"8000{number:04d}"
    school = {
        "code": code,
        "name": f"Trường THCS số {number}",
        "levels": ["THCS"],
        "ownership": "public",
        "unit_id": commune["unit_id"],
        "valid_from": commune["valid_from"],
    }
    registered = await _command(suite, "admissions", "POST", "/v1/schools", school)
    school_id: str = registered["school_id"]
    born = int(YEAR[:4]) - 11
    rows = [
        f"0722{number:04d}{n:04d};Nguyễn Thị Em;01/02/{born};Nữ;Kinh;6;{code}"
        for n in range(PUPILS)
    ]
    content = "\n".join((HEADER, *rows)).encode()
    await suite.command(
        "admissions",
        "POST",
        "/v1/enrolments/import",
        key=named_id(content.decode()),
        content=content,
        params={"school_year": YEAR, "day": f"{YEAR[:4]}-09-05"},
    )
    page = await suite.query("admissions", f"/v1/schools/{school_id}/pupils", role=OFFICER)
    pupils = [one["pupil_id"] for one in page["items"]]
    teacher, class_id = named_id(f"teacher {number}"), named_id(f"class {number}")
    room = {
        "class_id": class_id,
        "school_id": school_id,
        "school_year": YEAR,
        "grade": "6",
        "name": "6A1",
        "homeroom_teacher_id": teacher,
    }
    await _command(suite, "gradebook", "POST", "/v1/classes", {"classes": [room]})
    seats = {"pupil_ids": pupils, "removed_ids": []}
    await _command(suite, "gradebook", "PUT", f"/v1/classes/{class_id}/pupils", seats)
    teaching = {"teaching": [{"subject": "TOAN", "teacher_ids": [teacher]}]}
    await _command(suite, "gradebook", "PUT", f"/v1/classes/{class_id}/teaching", teaching)
    token = stage.token("teacher", teacher, school_id)
    columns = [
        {"class_id": class_id, "subject": "TOAN", "term": "HK1", "kind": "regular", "position": n}
        for n in range(1, COLUMNS + 1)
    ]
    opened = await _command(
        suite, "gradebook", "PUT", "/v1/sheets", {"sheets": columns}, token=token
    )
    return [Sheet(sheet["sheet_id"], school_id, token, pupils) for sheet in opened["sheets"]]


WAITED_FOR = frozenset(
    {"school-unknown", "school-year-unknown", "not-found", "pupils-not-enrolled-here"}
)
"""What is refused until another service's fact has come."""


async def _command(
    suite: Suite, service: str, method: str, path: str, body: object, *, token: str | None = None
) -> Any:
    key = named_id(f"{method} {path} {body!r}")
    return await suite.command(
        service, method, path, key=key, body=body, token=token, waits_for=WAITED_FOR
    )
