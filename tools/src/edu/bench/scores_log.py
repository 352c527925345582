"""Logs of scores for the figures of the aggregator, and what has to be counted of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psutil

from contracts.topics import SCORES
from edu.bench.figures import FEWEST_RUNS, Measured
from edu.embedded.pair import Pair
from edu.failure import Failure
from edu.progress import progress
from edu.simulator import marks
from edu.simulator.documents import Writer
from edu.simulator.marks import Manner, Truth
from edu.simulator.province import Province
from edu.simulator.sending import sending

RAW = "confluent consume() of the same records"
SHEETS_SCORES, ROWS_RECORDS = 6_000_000, 1_000_000
SHEETS = Manner(opened=False, corrected=0.0)
ROWS = Manner(opened=False, saved=False, corrected=1.0)

Lane = tuple[str, int]
Span = tuple[str, int, int, int]
"""Topic, partition, first offset, next offset."""


@dataclass(frozen=True, slots=True)
class Load:
    """A run of the log that was written for one figure."""

    spans: Sequence[Span]
    truth: Truth
    records: int

    @property
    def amount(self) -> int:
        """How many scores its sheets bring; where it has none, its records."""
        return self.truth.scores or self.records


def nowhere(_topic: str, _partition: int, _key: bytes, _value: bytes) -> None:
    """Take no record: a writer has a sink only while something is written."""
    raise AssertionError


def first(here: Province, slots: Sequence[marks.Slot], cells: int) -> list[marks.Slot]:
    """Give so many columns that they have at least these cells."""
    chosen: list[marks.Slot] = []
    size = {slot.grade: sum(r.size for r in here.rooms_of(slot.grade)) for slot in slots}
    for slot in slots:
        if cells <= 0:
            break
        chosen.append(slot)
        cells -= size[slot.grade]
    return chosen


def load(
    bootstrap: str, writer: Writer, here: Province, slots: Sequence[marks.Slot], manner: Manner
) -> tuple[Load, Measured]:
    """Write one log; its rates are those of its fifths, the last with all that was still queued."""
    before, written = dict(writer.last), writer.written
    passed: list[float] = []
    with sending(bootstrap) as sink, progress("aggregator: columns", len(slots)) as more:
        writer.sink = sink
        start = time.perf_counter()

        def done(_: int) -> None:
            passed.append(time.perf_counter())
            more(1)

        truth = marks.write(writer, here, slots, done, manner)
    passed[-1] = time.perf_counter()
    size = {slot.grade: sum(r.size for r in here.rooms_of(slot.grade)) for slot in slots}
    sent, begun = Measured(), 0
    for fifth in range(1, FEWEST_RUNS + 1):
        last = len(slots) * fifth // FEWEST_RUNS
        if last > begun:
            cells = sum(size[slot.grade] for slot in slots[begun:last])
            sent.runs.append(cells / (passed[last - 1] - (passed[begun - 1] if begun else start)))
            begun = last
    sent.notes["records"] = writer.written - written
    spans = spans_of(writer, before, {SCORES.name})
    return Load(spans, truth, writer.written - written), sent


def spans_of(writer: Writer, before: Mapping[Lane, int], topics: Iterable[str]) -> list[Span]:
    """Give what was written since to these topics: nobody else does, so the sequence is the end."""
    return [
        (topic, lane, before.get((topic, lane), 0), last)
        for (topic, lane), last in sorted(writer.last.items())
        if topic in topics
    ]


def together(truths: Iterable[Truth], here: Province) -> Iterator[tuple[marks.Row, list[int]]]:
    """Give the rows that several logs have to add up to, as :meth:`Truth.rows` does."""
    total = Truth()
    for truth in truths:
        for key, cells in truth.cells.items():
            known = total.cells.get(key)
            total.cells[key] = cells if known is None else known + cells
    return total.rows(here)


def recounted(bootstrap: str, spans: Sequence[Span], database: str | None) -> dict[str, Any]:
    """Let a new process count the log into a new database, or only read it."""
    asked = {"bootstrap": bootstrap, "database": database, "lanes": spans}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "edu.bench.recounting"],
        input=json.dumps(asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failure(f"The log could not be counted: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def pin(pair: Pair) -> None:
    """Leave the second processor to whoever counts."""
    for child in pair.children():
        keep_on(child.pid, 0)


def keep_on(pid: int, processor: int) -> None:
    """Keep a process, with all that it starts, on one processor, where there are two."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:  # noqa: PLR2004
        return
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, {processor})
