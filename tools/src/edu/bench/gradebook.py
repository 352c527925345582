"""A score book that holds a school year of 15 million scores: saving, results, history.

What is loaded and how: :mod:`edu.bench.year`. Saving is a closed loop: so many connections each
begin the next sheet when one is answered, so rate and latency are those of the same minutes. The
client works on the same two processors as the service and the database.

Results and history are asked over HTTP by whoever may read them, one at a time, and the whole
answer is read; p95 of each run. Beside each, in the same run, asyncpg alone reads the rows that the
answer is made of.
"""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product
from statistics import median
from typing import Any

import aiohttp
import asyncpg

from chassis.clock import new_id
from edu.bench.figures import Bench, Effort, Figure, Measured, percentile, rounded
from edu.bench.loop import run
from edu.bench.school import School, Sheet
from edu.bench.sheets import LINES, ROWS, WRITE, save_all, save_over_http
from edu.bench.stage import busy, suite
from edu.bench.year import TERMS, Year, loaded
from edu.failure import Failure
from edu.progress import progress
from edu.supervisor import Supervisor
from edu.testing import eventually, facts

CELLS = 15_000_000
RATE, SECONDS = 200, 180
CONNECTIONS = 32
WARM_UP = 200
RAW_SHARE = 10
"""The raw client writes one sheet for so many of the service."""
CLASSES_ASKED, SCHOOLS_ASKED, HISTORIES_ASKED = 100, 10, 60
CHAINED_WITHIN = 900.0

_READ = "asyncpg alone, the same cells"
SHEETS = Figure(
    "gradebook-sheets", "sheets of 45 saved over 3 minutes, on 15 M cells", "sheets/s",
    mark=RATE, at_least=True, raw="asyncpg alone, the same rows",
)  # fmt: skip
SAVED = Figure("gradebook-saved", "one of those sheets, p95", "ms", mark=300)
CLASS = Figure("results-class", "results of a class of 45, p95", "ms", mark=20, raw=_READ)
SCHOOL = Figure("results-school", "results of a school of 1,215, p95", "s", mark=2, raw=_READ)
HISTORY = Figure(
    "history-class", "history of a class and term, p95", "ms",
    mark=200, raw="asyncpg alone, the same changes",
)  # fmt: skip
_CELLS_OF = """
SELECT cell.* FROM cell JOIN sheet USING (sheet_id)
 WHERE cell.pupil_id = ANY($1::uuid[]) AND sheet.school_year = $2
"""
_CHANGES_OF = """
SELECT cell_change.* FROM cell_change JOIN sheet USING (sheet_id)
 WHERE sheet.class_id = $1 AND sheet.term = $2
"""


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Load the year, then ask, then save."""
    each = effort.of(RATE * SECONDS)
    with suite("gradebook") as here:
        raw = here.pair.postgres.ensure_database("raw") if here.pair.postgres else ""
        return run(_measure(here, raw, effort, each))


@dataclass(frozen=True, slots=True)
class On:
    """Where it is measured, and what came out so far."""

    here: Supervisor
    year: Year
    client: aiohttp.ClientSession
    reader: asyncpg.Pool[Any]
    """The raw client, on the same rows."""
    writer: asyncpg.Pool[Any]
    """The raw client, on tables of its own."""
    found: Mapping[str, Measured]


async def _measure(here: Supervisor, raw: str, effort: Effort, each: int) -> Mapping[str, Measured]:
    warm_up = min(each, WARM_UP)
    year = await loaded(here, effort.of(CELLS), warm_up + effort.runs * each)
    # What asks holds a school by now, and its garbage collector would stop it for 0.1 s at a time.
    gc.freeze()
    found = {figure.name: Measured() for figure in BENCH.figures}
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with (
        aiohttp.ClientSession(here.urls["gradebook"], connector=connector) as client,
        asyncpg.create_pool(here.databases["gradebook"], min_size=1, max_size=1) as reader,
        asyncpg.create_pool(raw, min_size=CONNECTIONS, max_size=CONNECTIONS) as writer,
    ):
        on = On(here, year, client, reader, writer, found)
        await _asking(on, effort)
        await writer.execute(ROWS)
        await writer.execute(LINES)
        await _saving(on, effort.runs, each, warm_up)
        found[SHEETS.name].recount_equal = await _all_chained(reader, year)
    for measured in found.values():
        measured.notes["cells before"] = year.cells
    found[HISTORY.name].notes["changes before"] = year.changes
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked over HTTP, and what the raw client reads in its place."""

    path: str
    statement: str
    arguments: tuple[object, ...]


def _questions(year: Year) -> Mapping[Figure, tuple[int, Sequence[Question]]]:
    """Give how often each is asked in a run, and of what; every class in its turn."""
    everybody = [pupil for room in year.rooms for pupil in room.pupils]
    school = f"/v1/schools/{year.school_id}/results?school_year={facts.YEAR}"
    results = [
        Question(f"/v1/classes/{one.class_id}/results", _CELLS_OF, (one.pupils, facts.YEAR))
        for one in year.rooms
    ]
    histories = [
        Question(
            f"/v1/history?class_id={one.class_id}&term={term}", _CHANGES_OF, (one.class_id, term)
        )
        for one, term in product(year.rooms, TERMS)
    ]
    return {
        CLASS: (CLASSES_ASKED, results),
        SCHOOL: (SCHOOLS_ASKED, [Question(school, _CELLS_OF, (everybody, facts.YEAR))]),
        HISTORY: (HISTORIES_ASKED, histories),
    }


async def _asking(on: On, effort: Effort) -> None:
    """Ask for results and history, in every run with the raw client after it."""
    plan = _questions(on.year)
    total = sum(count for count, _ in plan.values()) * effort.runs
    with progress("gradebook: questions", total) as more:
        for number, figure in product(range(effort.runs), plan):
            count, questions = plan[figure]
            asked = list(islice(cycle(questions), number, number + count))
            waits, raw, size = [], [], 0
            for one in asked:
                began = time.perf_counter()
                size = await _read(on.client, on.year.principal, one.path)
                waits.append(time.perf_counter() - began)
                more(1)
            for one in asked:
                began = time.perf_counter()
                await on.reader.fetch(one.statement, *one.arguments)
                raw.append(time.perf_counter() - began)
            measured, unit = on.found[figure.name], 1 if figure.unit == "s" else 1000
            measured.runs.append(percentile(waits, 95) * unit)
            measured.raw.append(percentile(raw, 95) * unit)
            measured.notes["median"] = rounded(median(waits) * unit)
            measured.notes["kB of an answer"] = rounded(size / 1000)


async def _read(client: aiohttp.ClientSession, bearer: str, path: str) -> int:
    async with client.get(path, headers={"Authorization": f"Bearer {bearer}"}) as answer:
        body = await answer.read()
    if answer.status != 200:  # noqa: PLR2004 - OK
        raise Failure(f"{path} was answered {answer.status}: {body[:500]!r}")
    return len(body)


async def _saving(on: On, runs: int, each: int, warm_up: int) -> None:
    """Save fresh sheets, run by run."""
    left = iter(on.year.empty)
    school = School(on.year.school_id, on.year.teacher, [])
    sheets, taken = on.found[SHEETS.name], on.found[SAVED.name]
    spent: defaultdict[str, list[float]] = defaultdict(list)

    async def directly(sheet: Sheet) -> None:
        await on.writer.execute(WRITE, new_id(), sheet.pupils)

    with progress("gradebook: sheets saved", warm_up + runs * each) as more:

        async def over_http(sheet: Sheet) -> None:
            await save_over_http(on.client, school, sheet)
            on.year.saved += 1

        await save_all(list(islice(left, warm_up)), over_http, more, CONNECTIONS)
        for _ in range(runs):
            some, before = list(islice(left, each)), busy(on.here)
            waits: list[float] = []
            rate = await save_all(some, _timed(over_http, waits), more, CONNECTIONS)
            sheets.runs.append(rate)
            taken.runs.append(percentile(waits, 95))
            for name, seconds in busy(on.here).items():
                spent[name].append((seconds - before[name]) / each * 1000)
            fewer = some[: max(1, each // RAW_SHARE)]
            sheets.raw.append(await save_all(fewer, directly, lambda _: None, CONNECTIONS))
    notes = sheets.notes
    notes["connections"] = CONNECTIONS
    for name, each_run in spent.items():
        notes[f"{name}: processor ms per sheet"] = rounded(median(each_run))


def _timed(
    save: Callable[[Sheet], Awaitable[None]], waits: list[float]
) -> Callable[[Sheet], Awaitable[None]]:
    async def timed(sheet: Sheet) -> None:
        began = time.perf_counter()
        await save(sheet)
        waits.append((time.perf_counter() - began) * 1000)

    return timed


async def _all_chained(reader: asyncpg.Pool[Any], year: Year) -> bool:
    """Tell whether the chain comes to have one link for each save that was acknowledged."""

    async def nothing_waits() -> bool:
        waiting: int = await reader.fetchval("SELECT count(*) FROM score_save WHERE number IS NULL")
        return waiting == 0

    await eventually(nothing_waits, within=CHAINED_WITHIN)
    length: int = await reader.fetchval("SELECT max(number) FROM score_save")
    return length == year.saved


BENCH = Bench("gradebook", (SHEETS, SAVED, CLASS, SCHOOL, HISTORY), measure, plain=False)
