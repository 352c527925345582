"""Ids that the suite really holds, so that generated requests get past the first 404."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from edu import import_exam
from edu.client import Suite
from edu.home import Home
from edu.register import OFFICER

CANDIDATES = 20
Known = Mapping[str, list[str]]


def make(folder: Path) -> Known:
    """Save a small examination, and return the ids of what it left behind, by their names."""
    path = folder / "exam.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("SBD", "TOAN", "VAN"))
        rows.writerows((number, number % 11, "7.25") for number in range(1, CANDIDATES + 1))
    assert import_exam.main([str(path)]) == 0
    return asyncio.run(_known())


async def _known() -> Known:
    async with Suite(Home.default()) as suite:

        async def read(service: str, path: str, **params: str) -> Any:
            return await suite.query(service, path, role=OFFICER, params=params)

        schools = (await read("admissions", "/v1/schools"))["items"]
        known: dict[str, list[str]] = {
            "school_id": [school["school_id"] for school in schools],
            "unit_id": [one["unit_id"] for one in (await read("admissions", "/v1/units"))["items"]],
            "school_year": [
                one["school_year"]
                for one in (await read("admissions", "/v1/school-years"))["items"]
            ],
            "pupil_id": [],
            "class_id": [],
            "sheet_id": [],
        }
        for school in known["school_id"]:
            pupils = await read("admissions", f"/v1/schools/{school}/pupils")
            known["pupil_id"] += [pupil["pupil_id"] for pupil in pupils["items"]]
            for year in known["school_year"]:
                classes = await read("gradebook", "/v1/classes", school_id=school, school_year=year)
                known["class_id"] += [one["class_id"] for one in classes["classes"]]
        for room in known["class_id"]:
            sheets = await read("gradebook", f"/v1/classes/{room}/sheets")
            known["sheet_id"] += [sheet["sheet_id"] for sheet in sheets["sheets"]]
        return known


def introduce(case: Any, known: Known, lots: Random) -> None:
    """Put known ids where a generated case has made-up ones."""
    if case.path_parameters:
        case.path_parameters = _introduced(case.path_parameters, known, lots)
    if isinstance(case.body, dict):
        case.body = _introduced(case.body, known, lots)


def _introduced(value: Any, known: Known, lots: Random) -> Any:
    if isinstance(value, dict):
        return {
            name: _of(name, part, known, lots) or _introduced(part, known, lots)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_introduced(part, known, lots) for part in value]
    return value


def _of(name: str, value: Any, known: Known, lots: Random) -> Any:
    """Give a known id for an id, a list of them for a list; None for everything else."""
    plain = name.removeprefix("removed_").removeprefix("into_")
    if isinstance(value, str) and known.get(plain):
        return lots.choice(known[plain])
    if isinstance(value, list) and known.get(plain.removesuffix("s")):
        ids = known[plain.removesuffix("s")]
        return lots.sample(ids, min(len(value), len(ids)))
    return None
