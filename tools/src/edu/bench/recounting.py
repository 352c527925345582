"""`python -m edu.bench.recounting`: one run of the aggregator's rebuild, in a process of its own.

So its memory is its own, and it has one processor for itself. It reads from standard input what to
do, and prints what came of it, as JSON. Without a database it only reads, as Kafka's raw client.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import numpy as np
import psutil

from chassis.consuming.decisions import SourceState
from chassis.database import Database
from edu.progress import Advance
from ioc_aggregator.intake.streams import TOPICS
from ioc_aggregator.rebuild.beside import Beside
from ioc_aggregator.rebuild.reading import Log
from ioc_aggregator.rebuild.recount import Recount
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.state import State

STEPS = 10
_OWNERS = {topic.name: topic.owner for topic in TOPICS}


def source_of(topic: str) -> str:
    """Name who writes to a topic, as CloudEvents does."""
    return f"urn:edu:{_OWNERS[topic]}"


def digest(rows: Iterable[tuple[tuple[str, ...], list[int]]]) -> str:
    """Hash rows of cells in the order of their keys."""
    found = blake2b(digest_size=16)
    for key, values in sorted(rows):
        found.update(json.dumps([list(map(str, key)), values]).encode())
    return found.hexdigest()


def counted(state: State) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Give the score cells as the simulator's own truth has them."""
    sums, bins = state.columns["scores"], state.columns["histogram"]
    row_of = {key: row for row, key in enumerate(bins.keys)}
    none = np.zeros(bins.values.shape[1], dtype=np.int64)
    for row, key in enumerate(sums.keys):
        at = row_of.get(key)
        values = [*sums.values[row].tolist(), *(none if at is None else bins.values[at]).tolist()]
        if any(values):
            yield key, values


def sums(state: State) -> dict[str, int]:
    """Add up each column of each family over the whole province."""
    return {
        f"{name} {column}": int(total)
        for name, columns in state.columns.items()
        for column, total in zip(columns.family.columns, columns.values.sum(axis=0), strict=True)
        if total
    }


def main() -> int:
    """Do one run."""
    asked: dict[str, Any] = json.load(sys.stdin)
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    print(json.dumps(asyncio.run(_run(asked))))
    return 0


async def _run(asked: dict[str, Any]) -> dict[str, Any]:
    lanes = [((topic, lane), begin, end) for topic, lane, begin, end in asked["lanes"]]
    begin = {lane: first for lane, first, _ in lanes}
    end = {lane: until for lane, _, until in lanes}
    found: dict[str, Any] = {}
    with Log([asked["bootstrap"]]) as log:
        start = time.perf_counter()
        for lane, until in end.items():
            for chunk in log.read(lane, begin[lane], until):
                for one in chunk:
                    one.value()
        found["raw"] = time.perf_counter() - start
    if asked["database"] is None:
        return found
    database = Database(asked["database"], application="bench")
    marks: list[tuple[float, int]] = []

    @contextmanager
    def shown(_title: str, _total: int) -> Iterator[Advance]:
        yield lambda more: marks.append((time.perf_counter(), more))

    sources = {lane: {source_of(lane[0]): SourceState(at)} for lane, at in begin.items() if at}
    recount = Recount(sources=sources)
    recount.state.vector.update(begin)
    beside = Beside(database, [asked["bootstrap"]], shown=shown)
    number = await beside.begin(recount)
    with Log([asked["bootstrap"]]) as log:
        start, processor = time.perf_counter(), time.process_time()
        done = await beside.count(log, end)
        await beside.write_down()
        found["seconds"] = time.perf_counter() - start
        found["processor"] = time.process_time() - processor
    found["slowly"] = done.slowly
    found["flat"] = _flat(start, marks)
    found["resident"] = psutil.Process().memory_info().rss / 1e6
    found["digest"] = digest(counted(done.state))
    found["sums"] = sums(done.state)
    found["hash"] = done.state.hash()
    found["rows"] = len(done.state.columns["scores"].keys)
    del done, beside, recount
    follower = Follower(TOPICS)
    start = time.perf_counter()
    async with database.reading() as session:
        await follower.load(session, number)
    found["start"] = time.perf_counter() - start
    found["loaded"] = follower.state.hash()
    await database.close()
    return found


def _flat(start: float, marks: list[tuple[float, int]]) -> list[float]:
    """Give the records per second of each tenth of the run."""
    total, done = sum(more for _, more in marks), 0
    rates: list[float] = []
    begun = (start, 0)
    for at, more in marks:
        done += more
        if done * STEPS >= total * (len(rates) + 1):
            rates.append((done - begun[1]) / (at - begun[0]))
            begun = (at, done)
    return rates


if __name__ == "__main__":
    sys.exit(main())
