"""How much memory the services hold after half an hour of load, the aggregator at its true scale.

First every block of score cells that the province needs is made, by sheets that the gradebook's
relay finds in its outbox: for each school each grade, subject, term and kind of column of its
level. Then sheets are saved and corrected over HTTP, 20 a second, while the numbers and the feed
are read.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count, product
from statistics import median

import asyncpg
import psutil

from chassis.clock import new_id
from contracts.gradebook import ScoreEntered
from contracts.lists import Assessment, ColumnKind, Grade, Subject, Term
from contracts.topics import SCORES
from edu.bench.documents import Written, written
from edu.bench.figures import Bench, Effort, Figure, Measured, rounded
from edu.bench.load import steadily
from edu.bench.loop import run
from edu.bench.relay import committed
from edu.bench.school import School, opened
from edu.bench.stage import suite
from edu.client import Suite
from edu.failure import Failure
from edu.progress import Advance, progress
from edu.simulator.province import SCHOOLS
from edu.suite import SERVICES
from edu.supervisor import Supervisor
from edu.testing import eventually, running
from edu.testing.making import Make
from edu.tokens import token
from gradebook.scores.domain.columns import Column, why_not

CELLS = 5
RATE = 20
SHEETS = 60
SAMPLES = 5
CHUNK = 20_000
WITHIN = 1800.0
AGGREGATOR = "ioc-aggregator"

LARGEST = Figure("memory-service", "memory: the largest of the other services", "MB", mark=200)
SCALED = Figure("memory-aggregator", "memory: the aggregator at true scale", "MB", mark=512)
GROWTH = Figure("memory-growth", "memory: the fastest growing service", "%", mark=5)


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Fill, load, and look at the memory while it goes on; the runs are the last samples."""
    with suite() as here:
        return run(_measure(here, effort))


def blocks() -> Iterator[tuple[int, Grade, Column]]:
    """Give each block of score cells of the province, by the number of its school."""
    numbers = count()
    for level, schools in SCHOOLS.items():  # preschools have no scores
        grades = [grade for grade in Grade if grade.level is level]
        kinds = [kind for kind in ColumnKind if kind is not ColumnKind.EXAM]
        wanted = [
            (grade, column)
            for grade, subject, term, kind in product(grades, Subject, Term, kinds)
            if why_not(column := Column(subject, term, kind, 1), grade) is None
        ]
        for number in (next(numbers) for _ in range(schools)):
            yield from ((number, grade, column) for grade, column in wanted)


def _sheet(number: int, grade: Grade, column: Column) -> Written:
    comment = column.subject.assessment is Assessment.COMMENT
    save: ScoreEntered = Make().save(
        number,
        [1 if comment else 850] * CELLS,
        grade=grade,
        subject=column.subject,
        term=column.term,
        kind=column.kind,
    )
    return written(save)


async def _measure(here: Supervisor, effort: Effort) -> Mapping[str, Measured]:
    every = list(blocks())
    wanted = every[: effort.of(len(every))]
    sheets = []
    with progress("memory: blocks made", len(wanted)) as more:
        for block in wanted:
            sheets.append(_sheet(*block))
            more(1)
    school = await opened(here, SHEETS)
    await _counted(here, sheets)
    seconds = effort.minutes * 60 * effort.part
    samples: defaultdict[str, list[float]] = defaultdict(list)
    total = max(SAMPLES * 2, round(seconds * RATE))
    with progress("memory: saves", total) as more:
        async with running(_reading(here)), running(_sampling(here, samples, seconds)):
            await _saving(here, school, total, more)
    found = _figures(samples)
    found[SCALED.name].notes["blocks of score cells"] = len(wanted)
    return found


async def _counted(here: Supervisor, sheets: list[Written]) -> None:
    """Let the gradebook's relay send the sheets, and return when the aggregator has them all."""
    for first in range(0, len(sheets), CHUNK):
        connection = await asyncpg.connect(here.databases["gradebook"])
        await committed(connection, sheets[first : first + CHUNK])
        await connection.close()
    reading = await asyncpg.connect(here.databases[AGGREGATOR])

    async def all_read() -> bool:
        found: int | None = await reading.fetchval(
            "SELECT sum(next)::bigint FROM delivery.consumer_position WHERE topic = $1",
            SCORES.name,
        )
        return (found or 0) >= len(sheets)

    try:
        await eventually(all_read, within=WITHIN)
    finally:
        await reading.close()


async def _saving(here: Supervisor, school: School, total: int, more: Advance) -> None:
    """Save the sheets again and again, each time another mark, at the rate."""
    versions: defaultdict[str, int] = defaultdict(int)
    orders: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
    async with Suite(here.home) as client:

        async def save(number: int) -> None:
            sheet = school.sheets[number % len(school.sheets)]
            async with orders[sheet.sheet_id]:
                version = versions[sheet.sheet_id]
                cells = [
                    {"pupil_id": one, "score": f"{version % 10}", "version": version}
                    for one in sheet.pupils
                ]
                await client.command(
                    "gradebook",
                    "PUT",
                    f"/v1/sheets/{sheet.sheet_id}/cells",
                    key=new_id(),
                    body={"cells": cells, "reason_code": "entry-error" if version else None},
                    token=school.teacher,
                )
                versions[sheet.sheet_id] += 1

        await steadily(RATE, total, save, more)


async def _reading(here: Supervisor) -> None:
    """Ask for the numbers and for the end of the feed, once a second."""
    auditor = token(here.home, "auditor")
    async with Suite(here.home) as client:
        while True:
            snapshot = await client.query(AGGREGATOR, "/indicators", token=auditor)
            after = {"after": max(0, snapshot["feed"] - 500)}
            await client.query(AGGREGATOR, "/feed", token=auditor, params=after)
            await asyncio.sleep(1)


async def _sampling(
    here: Supervisor, samples: defaultdict[str, list[float]], seconds: float
) -> None:
    """Look at the memory when the load has warmed everything up, and then again and again."""
    pause = seconds / (SAMPLES + 1.5)
    while True:
        await asyncio.sleep(pause)
        for name in SERVICES:
            resident = psutil.Process(here.watched[name].child.pid).memory_info().rss
            samples[name].append(resident / 1e6)


def _figures(samples: Mapping[str, list[float]]) -> Mapping[str, Measured]:
    others = {name: taken for name, taken in samples.items() if name != AGGREGATOR}
    if min(map(len, samples.values()), default=0) <= SAMPLES:
        raise Failure("The load was over before the memory had been looked at often enough.")
    largest, scaled, growth = Measured(), Measured(samples[AGGREGATOR][-SAMPLES:]), Measured()
    for at in range(-SAMPLES, 0):
        largest.runs.append(max(taken[at] for taken in others.values()))
        growth.runs.append(max(100 * (t[at] / t[0] - 1) for t in samples.values()))
    for name, taken in samples.items():
        largest.notes[f"{name}, MB"] = rounded(median(taken[-SAMPLES:]))
        growth.notes[f"{name}, %"] = rounded(100 * (taken[-1] / taken[0] - 1))
    return {LARGEST.name: largest, SCALED.name: scaled, GROWTH.name: growth}


BENCH = Bench("memory", (LARGEST, SCALED, GROWTH), measure, plain=False)
