"""How long services take from their start until they say that they are ready."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence

from edu.bench.figures import Bench, Effort, Figure, Measured, rounded
from edu.bench.stage import suite
from edu.failure import Failure
from edu.progress import progress
from edu.suite import SERVICES
from edu.supervisor import Supervisor, ask

WITHIN = 120.0
OK = 200

RAW = "Python with FastAPI, SQLAlchemy and aiokafka, loaded and no more"
ALONE = Figure("service-start", "start → ready: the slowest service alone", "s", mark=5, raw=RAW)
TOGETHER = Figure("five-start", "start → ready: five services at once", "s", mark=12, raw=RAW)
LOADING = [sys.executable, "-P", "-c", "import fastapi, sqlalchemy.ext.asyncio, asyncpg, aiokafka"]


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Start each service alone and then all of them, run by run; broker and database stay up."""
    alone, together = Measured(), Measured()
    slowest: dict[str, list[float]] = {name: [] for name in SERVICES}
    with suite() as here, progress("start: services", effort.runs * 2 * len(SERVICES)) as more:
        _stop(here, list(SERVICES))
        for _ in range(effort.runs):
            for name in SERVICES:
                slowest[name].append(_ready_after(here, [name]))
                _stop(here, [name])
                more(1)
            alone.runs.append(max(taken[-1] for taken in slowest.values()))
            together.runs.append(_ready_after(here, list(SERVICES)))
            _stop(here, list(SERVICES))
            more(len(SERVICES))
            raw = asyncio.run(_loaded())
            alone.raw.append(raw)
            together.raw.append(raw)
    for name, taken in slowest.items():
        alone.notes[f"{name}, s"] = rounded(sorted(taken)[len(taken) // 2])
    return {ALONE.name: alone, TOGETHER.name: together}


def _ready_after(here: Supervisor, names: Sequence[str]) -> float:
    began = time.perf_counter()
    for name in names:
        here.watched[name].child.start()
    waiting = set(names)
    while waiting:
        waiting -= {name for name in waiting if ask(f"{here.urls[name]}/readyz")[0] == OK}
        if time.perf_counter() - began > WITHIN:
            raise Failure(f"{', '.join(waiting)}: not ready after {WITHIN:.0f} s.")
        time.sleep(0.02)
    return time.perf_counter() - began


def _stop(here: Supervisor, names: Sequence[str]) -> None:
    for name in names:
        here.watched[name].child.ask_to_stop()
    for name in names:
        here.watched[name].child.stop()


async def _loaded() -> float:
    began = time.perf_counter()
    await (await asyncio.create_subprocess_exec(*LOADING)).wait()
    return time.perf_counter() - began


BENCH = Bench("starting", (ALONE, TOGETHER), measure)
