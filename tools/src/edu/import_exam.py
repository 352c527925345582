"""`./edu import-exam FILE.csv [--report OUT.json]`: an examination's scores, saved and read back.

The whole file is checked first; a faulty one is refused with row and column before anything is
sent. A run that was stopped goes on where it was when it is started again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from datetime import date
from pathlib import Path
from typing import Any

from edu import register
from edu.client import Suite
from edu.exam.file import ExamFile, read
from edu.exam.report import report
from edu.exam.sending import KIND, TERM, SchoolYear, Sender
from edu.exam.spread import GRADE, Names, spread
from edu.failure import Failure
from edu.freshness import wait_until_counted
from edu.home import Home
from edu.progress import progress


def main(arguments: list[str]) -> int:
    """Import a file into the running suite."""
    parser = argparse.ArgumentParser(prog="./edu import-exam", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE.csv")
    parser.add_argument("--report", type=Path, metavar="OUT.json", help="write the statistics here")
    parser.add_argument("--school-year", help="such as 2024-2025; the current one, if not given")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    file = read(options.file)
    print(f"{len(file.candidates):,} candidates with {file.scores:,} scores, no fault found")
    try:
        statistics = asyncio.run(_import(file, options.school_year))
    except* Failure as failures:
        raise failures.exceptions[0] from None
    if options.report is not None:
        options.report.write_text(json.dumps(statistics, indent=1) + "\n", "utf-8")
    for subject, found in statistics["subjects"].items():
        print(f"{subject:8} {found['count']:>8,} scores, mean {found['mean']}")
    print(f"import-exam: {file.scores:,} scores in {time.monotonic() - began:.1f} s")
    return 0


async def _import(file: ExamFile, school_year: str | None) -> dict[str, Any]:
    names = Names(file.digest)
    async with Suite(Home.default()) as suite:
        year = await _school_year(suite, names, school_year)
        communes = await register.communes(suite)
        with progress("scores saved", file.scores) as saved:
            sender = Sender(suite, file, names=names, year=year, communes=communes, saved=saved)
            schools = await sender.send(spread(file, names))
        if sender.left:
            print(f"{sender.left} scores were changed since they were imported and were left so")
        print("everything is saved; waiting until it is counted", flush=True)
        await wait_until_counted(suite, suite.answered)
        scope = {"school_year": year.code, "grade": GRADE, "term": TERM, "kind": KIND}
        return await report(suite, list(schools.values()), file.subjects, scope)


async def _school_year(suite: Suite, names: Names, wanted: str | None) -> SchoolYear:
    """Find the school year, the current one if none is named, or set its calendar."""
    years = await register.school_years(suite)
    code = wanted or register.current(years)
    if code not in years:
        years[code] = await _set_school_year(suite, names, code)
    return SchoolYear(code, years[code])


async def _set_school_year(suite: Suite, names: Names, code: str) -> date:
    first, last = int(code[:4]), int(code[5:])
    terms = [
        {"term": "HK1", "first_day": f"{first}-09-05", "last_day": f"{last}-01-17"},
        {"term": "HK2", "first_day": f"{last}-01-18", "last_day": f"{last}-05-31"},
    ]
    await suite.command(
        "admissions",
        "PUT",
        f"/v1/school-years/{code}",
        key=names.of("school-year", code),
        body={
            "version": 0,
            "first_day": terms[0]["first_day"],
            "last_day": terms[1]["last_day"],
            "terms": terms,
            "holidays": [],
        },
    )
    return date.fromisoformat(terms[0]["first_day"])
