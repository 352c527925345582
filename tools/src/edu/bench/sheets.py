"""A sheet of 40 saved over HTTP: how long one takes at 20 per second, and how many a second fit.

Beside it, in each run: a program without any service, which writes the same rows by asyncpg, one
transaction for each sheet, as many at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from statistics import median

import aiohttp
import asyncpg

from chassis.clock import new_id
from edu.bench.figures import Bench, Effort, Figure, Measured, percentile, rounded
from edu.bench.load import steadily
from edu.bench.loop import run
from edu.bench.school import School, Sheet, opened
from edu.bench.stage import busy, suite
from edu.failure import Failure
from edu.progress import Advance, progress
from edu.supervisor import Supervisor

RATE = 20
STEADY, SUSTAINED, WARM_UP = 100, 300, 40
CONNECTIONS = 16

RAW = "asyncpg alone, the same rows"
SAVED = Figure("sheet-saved", "a sheet of 40 saved, at 20/s, p95", "ms", mark=50, raw=RAW)
SHEETS = Figure(
    "sheets-sustained",
    "sheets of 40 saved, as fast as they are taken",
    "sheets/s",
    mark=150,
    at_least=True,
    raw=RAW,
)
ROWS = "CREATE TABLE raw (sheet text, pupil text, value int, PRIMARY KEY (sheet, pupil))"
LINES = "CREATE TABLE raw_line (sheet text, pupil text, version int, after int)"
WRITE = """
WITH line AS (
    INSERT INTO raw_line SELECT $1, pupil, 1, 850 FROM unnest($2::text[]) pupil
    RETURNING sheet, pupil, after
)
INSERT INTO raw SELECT * FROM line
"""


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Fill fresh sheets, run by run."""
    steady, sustained = effort.of(STEADY), effort.of(SUSTAINED)
    count = effort.runs * (steady + sustained) + WARM_UP
    with suite("gradebook") as here:
        raw = here.pair.postgres.ensure_database("raw") if here.pair.postgres else ""
        with progress("sheets: saves", 2 * effort.runs * (steady + sustained) + WARM_UP) as more:
            return run(_measure(here, raw, count, (effort.runs, steady, sustained), more))


async def _measure(
    here: Supervisor, raw: str, count: int, plan: tuple[int, int, int], more: Advance
) -> Mapping[str, Measured]:
    runs, steady, sustained = plan
    saved, fast = Measured(), Measured()
    school = await opened(here, count)
    left = iter(school.sheets)
    spent: defaultdict[str, list[float]] = defaultdict(list)
    # A quarter of the processor time that httpx takes: the cores are the service's, too.
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with (
        aiohttp.ClientSession(here.urls["gradebook"], connector=connector) as client,
        asyncpg.create_pool(raw, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool,
    ):
        await pool.execute(ROWS)
        await pool.execute(LINES)

        async def over_http(sheet: Sheet) -> None:
            await save_over_http(client, school, sheet)

        async def directly(sheet: Sheet) -> None:
            await pool.execute(WRITE, new_id(), sheet.pupils)

        await save_all([next(left) for _ in range(WARM_UP)], over_http, more)
        for _ in range(runs):
            some = [next(left) for _ in range(steady)]
            saved.runs.append(percentile(await _steady(some, over_http, more), 95))
            saved.raw.append(percentile(await _steady(some, directly, more), 95))
            some = [next(left) for _ in range(sustained)]
            before = busy(here)
            fast.runs.append(await save_all(some, over_http, more))
            for name, seconds in busy(here).items():
                spent[name].append((seconds - before[name]) / sustained * 1000)
            fast.raw.append(await save_all(some, directly, more))
    for name, taken in spent.items():
        fast.notes[f"{name}: processor ms per sheet"] = rounded(median(taken))
    return {SAVED.name: saved, SHEETS.name: fast}


async def save_over_http(client: aiohttp.ClientSession, school: School, sheet: Sheet) -> None:
    """Save a sheet; whatever is not done is a failure."""
    async with client.put(
        f"/v1/sheets/{sheet.sheet_id}/cells",
        json=sheet.body(),
        headers={"Authorization": f"Bearer {school.teacher}", "Idempotency-Key": new_id()},
    ) as answer:
        body = await answer.json(content_type=None)
    if answer.status != HTTPStatus.OK:
        raise Failure(f"a sheet was answered {answer.status}, {body['type']}")


Save = Callable[[Sheet], Awaitable[None]]


async def _steady(sheets: Sequence[Sheet], save: Save, more: Advance) -> list[float]:
    """Return the milliseconds that each save takes, begun at the rate."""
    waits: list[float] = []

    async def command(number: int) -> None:
        began = time.perf_counter()
        await save(sheets[number])
        waits.append((time.perf_counter() - began) * 1000)

    await steadily(RATE, len(sheets), command, more)
    return waits


async def save_all(
    sheets: Sequence[Sheet], save: Save, more: Advance, connections: int = CONNECTIONS
) -> float:
    """Return the saves per second of clients that each begin the next when one is answered."""
    left = iter(sheets)
    began = time.perf_counter()
    await asyncio.gather(*(_one_after_another(left, save, more) for _ in range(connections)))
    return len(sheets) / (time.perf_counter() - began)


async def _one_after_another(left: Iterator[Sheet], save: Save, more: Advance) -> None:
    for sheet in left:
        await save(sheet)
        more(1)


BENCH = Bench("sheets", (SAVED, SHEETS), measure)
