"""Saving an examination through the public APIs: schools, pupils, classes, papers, scores.

Schools go their way side by side; inside one school each step waits for the one before. Whatever
was sent already is answered from memory or is no change, so a run that was stopped is simply
started again.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from edu.client import Refused, Suite
from edu.exam.file import ExamFile
from edu.exam.spread import GRADE, ExamClass, ExamSchool, Names
from edu.progress import Advance
from edu.register import OFFICER

TERM, KIND, POSITION = "CN", "exam", 1
"""A paper of the graduation examination stands once, beside the whole year's columns."""

CHANGED = "cells-changed"

SCHOOLS_AT_ONCE = 4
SHEETS_OPENED_AT_ONCE = 200
SHEETS_SAVED_AT_ONCE = 20
CLASSES_AT_ONCE = 4
LIST_PAGE = 500


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """The school year that the examination is saved in."""

    code: str
    first_day: date

    @property
    def birth_date(self) -> date:
        """Give the birth date of candidates, whose file has none: they are seventeen."""
        return date(self.first_day.year - 17, 1, 1)


class Sender:
    """Sends one file."""

    def __init__(
        self,
        suite: Suite,
        file: ExamFile,
        *,
        names: Names,
        year: SchoolYear,
        communes: Sequence[str],
        saved: Advance,
    ) -> None:
        """``saved`` is called with the number of scores that were just answered for."""
        self._suite = suite
        self._file = file
        self._names = names
        self._year = year
        self._communes = communes
        self._saved = saved
        self._schools = asyncio.Semaphore(SCHOOLS_AT_ONCE)
        self.left = 0
        """Scores that somebody has changed since they were imported: they stay as they are."""

    async def send(self, schools: Sequence[ExamSchool]) -> dict[str, str]:
        """Send everything; return the id of each school by its code."""
        async with asyncio.TaskGroup() as group:
            tasks = {school.code: group.create_task(self._school(school)) for school in schools}
        return {code: task.result() for code, task in tasks.items()}

    async def _school(self, school: ExamSchool) -> str:
        async with self._schools:
            registered = await self._register(school)
            school_id: str = registered["school_id"]
            pupils = await self._enrol(school, school_id)
            await self._open_classes(school, school_id)
            await self._place(school.classes, pupils)
            await self._save(await self._open_sheets(school.classes, pupils))
        return school_id

    async def _register(self, school: ExamSchool) -> Any:
        known = await self._suite.query(
            "admissions", "/v1/schools", role=OFFICER, params={"code": school.code}
        )
        if known["items"]:
            return known["items"][0]
        return await self._command(
            "admissions",
            "POST",
            "/v1/schools",
            {
                "code": school.code,
                "name": school.name,
                "levels": ["THPT"],
                "ownership": "public",
                "unit_id": self._communes[(school.number - 1) % len(self._communes)],
                "valid_from": self._year.first_day.isoformat(),
            },
        )

    async def _enrol(self, school: ExamSchool, school_id: str) -> Mapping[str, str]:
        """Enrol the candidates; return their ids by their codes."""
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(
            ("code", "name", "birth date", "sex", "ethnic minority", "grade", "school code")
        )
        birth_date = self._year.birth_date.isoformat()
        for pupil in school.pupils:
            # The published results name nobody, and nothing but scores counts of these pupils.
            rows.writerow((pupil.code, "Thí sinh", birth_date, "other", "no", GRADE, school.code))
        day = self._year.first_day.isoformat()
        await self._suite.command(
            "admissions",
            "POST",
            "/v1/enrolments/import",
            key=self._names.of("enrol", self._year.code, day, text.getvalue()),
            content=text.getvalue().encode(),
            params={"school_year": self._year.code, "day": day},
        )
        ids: dict[str, str] = {}
        after: dict[str, str] = {}
        while True:
            page = await self._suite.query(
                "admissions",
                f"/v1/schools/{school_id}/pupils",
                role=OFFICER,
                params={"school_year": self._year.code, "limit": LIST_PAGE, **after},
            )
            ids |= {pupil["code"]: pupil["pupil_id"] for pupil in page["items"]}
            if page["next"] is None:
                return ids
            after = {"after": page["next"]}

    async def _open_classes(self, school: ExamSchool, school_id: str) -> None:
        await self._command(
            "gradebook",
            "POST",
            "/v1/classes",
            {
                "classes": [
                    {
                        "class_id": each.class_id,
                        "school_id": school_id,
                        "school_year": self._year.code,
                        "grade": GRADE,
                        "name": each.name,
                        "homeroom_teacher_id": None,
                    }
                    for each in school.classes
                ]
            },
            waits_for={"school-unknown"},
        )

    async def _place(self, classes: Sequence[ExamClass], pupils: Mapping[str, str]) -> None:
        """Seat the pupils. The first class waits for the enrolments to arrive, for all others."""
        places = asyncio.Semaphore(CLASSES_AT_ONCE)

        async def place(each: ExamClass) -> None:
            async with places:
                await self._command(
                    "gradebook",
                    "PUT",
                    f"/v1/classes/{each.class_id}/pupils",
                    {"pupil_ids": [pupils[pupil.code] for pupil in each.pupils], "removed_ids": []},
                    waits_for={"pupils-not-enrolled-here", "not-found"},
                )

        await place(classes[0])
        await asyncio.gather(*map(place, classes[1:]))

    async def _open_sheets(
        self, classes: Sequence[ExamClass], pupils: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """Open the papers; return each as the save that it waits for."""
        papers = [
            (each.class_id, subject, sat)
            for each in classes
            for subject, sat in each.papers(self._file.subjects)
        ]
        saves = []
        for start in range(0, len(papers), SHEETS_OPENED_AT_ONCE):
            wanted = papers[start : start + SHEETS_OPENED_AT_ONCE]
            opened = await self._command(
                "gradebook",
                "PUT",
                "/v1/sheets",
                {
                    "sheets": [
                        {
                            "class_id": class_id,
                            "subject": subject,
                            "term": TERM,
                            "kind": KIND,
                            "position": POSITION,
                            "candidates": len(sat),
                        }
                        for class_id, subject, sat in wanted
                    ]
                },
            )
            saves += [
                self._filled(sheet["sheet_id"], [(pupils[code], score) for code, score in sat])
                for sheet, (_, _, sat) in zip(opened["sheets"], wanted, strict=True)
            ]
        return saves

    def _filled(self, sheet_id: str, scores: Sequence[tuple[str, int]]) -> dict[str, Any]:
        return {
            "sheet_id": sheet_id,
            "cells": [
                {
                    "pupil_id": pupil_id,
                    "score": str(Decimal(score) / 100),
                    "state": None,
                    "version": 0,
                }
                for pupil_id, score in scores
            ],
            "day": self._year.first_day.isoformat(),
            "reason_code": None,
            "reason": None,
        }

    async def _save(self, sheets: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(sheets), SHEETS_SAVED_AT_ONCE):
            saves = sheets[start : start + SHEETS_SAVED_AT_ONCE]
            try:
                await self._command("gradebook", "PUT", "/v1/sheets/cells", {"saves": saves})
            except Refused as refused:
                if refused.slug != CHANGED:
                    raise
                await self._save_one_by_one(saves)
            self._saved(sum(len(save["cells"]) for save in saves))

    async def _save_one_by_one(self, saves: Sequence[dict[str, Any]]) -> None:
        """Save what nobody has touched; a score that was corrected since is not ours any more."""
        for save in saves:
            for cell in save["cells"]:
                path = f"/v1/sheets/{save['sheet_id']}/cells"
                try:
                    await self._command(
                        "gradebook", "PUT", path, {**_without_id(save), "cells": [cell]}
                    )
                except Refused as refused:
                    if refused.slug != CHANGED:
                        raise
                    self.left += 1

    async def _command(
        self,
        service: str,
        method: str,
        path: str,
        body: object,
        *,
        waits_for: Collection[str] = frozenset(),
    ) -> Any:
        """Send a command under the key that its own content gives it."""
        content = json.dumps(body, sort_keys=True, separators=(",", ":"))
        key = self._names.of(method, path, content)
        return await self._suite.command(
            service, method, path, key=key, body=body, waits_for=waits_for
        )


def _without_id(save: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in save.items() if name != "sheet_id"}
