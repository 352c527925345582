"""How fast the aggregator counts the log again, against Kafka's raw client on the same records.

Broker on one processor, aggregator on the other. Everything is done that a rebuild does: the whole
envelope, the sequences, histograms of 101 bins, and what is counted is written to PostgreSQL. What
came out is compared with the simulator's own numbers, which know nothing of the log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil

from contracts.lists import Level
from contracts.topics import SCORES
from edu.bench.figures import (
    FEWEST_RUNS,
    Bench,
    Effort,
    Figure,
    Measured,
    NotHere,
    rounded,
)
from edu.bench.recounting import digest
from edu.bench.stage import Stage, stage
from edu.failure import Failure
from edu.progress import progress
from edu.simulator import marks
from edu.simulator.documents import Writer
from edu.simulator.marks import Manner, Truth
from edu.simulator.province import Province, province
from edu.simulator.sending import sending

AGGREGATOR = "ioc-aggregator"
SHEETS_SCORES, ROWS_RECORDS = 6_000_000, 600_000
RAW = "confluent consume() of the same records"

SHEETS = Figure(
    "aggregator-sheets", "rebuild: sheets of a class", "scores/s",
    mark=3_000_000, at_least=True, raw=RAW,
)  # fmt: skip
ROWS = Figure(
    "aggregator-rows", "rebuild: corrections of one cell", "records/s",
    mark=250_000, at_least=True, raw=RAW,
)  # fmt: skip
YEAR = Figure("aggregator-year", "rebuild: 50 million scores", "s", mark=30, goal=20, raw=RAW)
MEMORY = Figure("aggregator-memory", "rebuild: memory at its end", "MB", mark=512)
START = Figure("aggregator-start", "start from snapshot and journal", "s", mark=5)
SENT = Figure(
    "simulator", "simulator: straight to Kafka", "scores/s", mark=1_000_000, at_least=True
)
NOT_BUILT = {
    Figure("live-rows", "live: records of one cell", "records/s", mark=120_000, at_least=True):
        "no measurement of live reading through FastStream is built yet",
    Figure("live-sheets", "live: sheets", "scores/s", mark=2_000_000, at_least=True):
        "no measurement of live reading through FastStream is built yet",
    Figure("whole-year", "rebuild: scores, roll-calls, messages and fees", "s", mark=90):
        "only the topic of scores is measured, so far",
    Figure("faststream", "ours against FastStream with its defaults", "×", mark=1.5, at_least=True):
        "the comparison is not built yet",
    Figure("quix", "ours against Quix Streams", "×", mark=1.5, at_least=True):
        "the comparison is not built yet",
    Figure("kafka-streams", "ours against Kafka Streams", "×", mark=1.5, at_least=True):
        "the comparison is not built yet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Load:
    """A run of the log that was written for one figure."""

    begin: dict[int, int]
    end: dict[int, int]
    truth: Truth
    records: int


def measure(effort: Effort) -> Mapping[str, Measured | NotHere]:
    """Write the three logs, one after the other into the same topic; count each in each run."""
    here: Province = province()
    found: dict[str, Measured | NotHere] = {
        figure.name: NotHere(why) for figure, why in NOT_BUILT.items()
    }
    slots = marks.slots(here)
    secondary = [slot for slot in slots if slot.grade.level is Level.THCS]
    with stage() as on:
        _pin(on)
        writer = Writer(_nowhere, here.seed)
        year, found[SENT.name] = _load(
            on, writer, here, _first(here, slots, effort.of(marks.WANTED)), Manner()
        )
        some = _first(here, secondary, effort.of(SHEETS_SCORES))
        sheets, _ = _load(on, writer, here, some, Manner(opened=False, corrected=0.0))
        few = _first(here, secondary, effort.of(ROWS_RECORDS))
        rows, _ = _load(on, writer, here, few, Manner(opened=False, saved=False, corrected=1.0))
        loads = {YEAR: year, SHEETS: sheets, ROWS: rows}
        for figure, load in loads.items():
            runs = [
                _counted(on, load, f"{figure.name}_{n}".replace("-", "_"))
                for n in range(effort.runs)
            ]
            found[figure.name] = _measured(figure, load, runs, here)
            if figure is YEAR:
                found[MEMORY.name] = Measured([one["resident"] for one in runs])
                found[START.name] = Measured(
                    [one["start"] for one in runs],
                    notes={"rows of score cells": runs[0]["rows"]},
                    recount_equal=all(one["loaded"] == one["hash"] for one in runs),
                )
    return found


def _first(here: Province, slots: Sequence[marks.Slot], cells: int) -> list[marks.Slot]:
    """Give so many columns that they have at least these cells."""
    chosen: list[marks.Slot] = []
    size = {slot.grade: sum(r.size for r in here.rooms_of(slot.grade)) for slot in slots}
    for slot in slots:
        if cells <= 0:
            break
        chosen.append(slot)
        cells -= size[slot.grade]
    return chosen


def _nowhere(_topic: str, _partition: int, _key: bytes, _value: bytes) -> None:
    raise AssertionError


def _load(
    on: Stage, writer: Writer, here: Province, slots: Sequence[marks.Slot], manner: Manner
) -> tuple[Load, Measured]:
    """Write one log; its rates are those of its fifths, the last with all that was still queued."""
    begin, before = _ends(writer), writer.written
    passed: list[float] = []
    with sending(on.bootstrap) as sink, progress("aggregator: columns", len(slots)) as more:
        writer.sink = sink
        start = time.perf_counter()

        def done(_: int) -> None:
            passed.append(time.perf_counter())
            more(1)

        truth = marks.write(writer, here, slots, done, manner)
    passed[-1] = time.perf_counter()
    size = {slot.grade: sum(r.size for r in here.rooms_of(slot.grade)) for slot in slots}
    sent, first = Measured(), 0
    for fifth in range(1, FEWEST_RUNS + 1):
        last = len(slots) * fifth // FEWEST_RUNS
        if last > first:
            cells = sum(size[slot.grade] for slot in slots[first:last])
            sent.runs.append(cells / (passed[last - 1] - (passed[first - 1] if first else start)))
            first = last
    sent.notes["records"] = writer.written - before
    return Load(begin, _ends(writer), truth, writer.written - before), sent


def _ends(writer: Writer) -> dict[int, int]:
    """Give the next offset of each partition: nobody else writes there, so it is the sequence."""
    return {at: last for (topic, at), last in writer.last.items() if topic == SCORES.name}


def _counted(on: Stage, load: Load, database: str) -> dict[str, Any]:
    """Let a new process count the log into a new database."""
    asked = {
        "bootstrap": on.bootstrap,
        "database": on.database(AGGREGATOR, database),
        "begin": load.begin,
        "end": load.end,
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "edu.bench.recounting"],
        input=json.dumps(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failure(f"The log could not be counted: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(
    figure: Figure, load: Load, runs: Sequence[Mapping[str, Any]], here: Province
) -> Measured:
    truth = digest(load.truth.rows(here))
    seconds = [one["seconds"] for one in runs]
    raw = [one["raw"] for one in runs]
    amount = 0 if figure is YEAR else load.truth.scores or load.records
    measured = Measured(
        [amount / one for one in seconds] if amount else seconds,
        [amount / one for one in raw] if amount else raw,
        recount_equal=all(one["digest"] == truth for one in runs),
    )
    measured.notes["records"] = load.records
    measured.notes["scores"] = load.truth.scores + load.truth.corrections
    measured.notes["processor µs per record"] = rounded(
        median(one["processor"] for one in runs) / load.records * 1e6
    )
    measured.notes["share of the raw client's rate"] = rounded(
        median(one["raw"] / one["seconds"] for one in runs)
    )
    tenths = zip(*(one["flat"] for one in runs), strict=False)
    rates = ", ".join(f"{median(tenth):,.0f}" for tenth in tenths)
    measured.notes["records/s in each tenth"] = rates
    return measured


def _pin(on: Stage) -> None:
    """Leave the second processor to the aggregator."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:  # noqa: PLR2004
        return
    for child in on.pair.children():
        for thread in psutil.Process(child.pid).threads():
            os.sched_setaffinity(thread.id, {0})


FIGURES = (SHEETS, ROWS, YEAR, MEMORY, START, SENT, *NOT_BUILT)
BENCH = Bench("aggregator", FIGURES, measure)
