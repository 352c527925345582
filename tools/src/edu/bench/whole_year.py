"""How long the simulated year takes to be counted again: scores, roll-calls, messages and fees.

The log is that of the whole province, its columns and classes as `edu.simulator.year` writes them.
Held against the simulator: every score cell, and of the other families the sum of every column
that it tallies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from statistics import median
from typing import Any

from contracts.topics import ATTENDANCE, FEES, MESSAGES, SCORES
from edu.bench.figures import Effort, Figure, Measured, NotHere, rounded
from edu.bench.recounting import digest
from edu.bench.scores_log import RAW, nowhere, pin, recounted, spans_of
from edu.bench.stage import stage
from edu.progress import progress
from edu.simulator import fees, letters, marks, rolls
from edu.simulator.documents import Writer
from edu.simulator.marks import Truth
from edu.simulator.people import people
from edu.simulator.province import Province, province
from edu.simulator.register import Tally, school_days
from edu.simulator.sending import sending

AGGREGATOR = "ioc-aggregator"
STREAMS = (SCORES, ATTENDANCE, MESSAGES, FEES)

WHOLE = Figure(
    "whole-year", "rebuild: scores, roll-calls, messages and fees", "s", mark=90, raw=RAW
)
MEMORY = Figure("whole-year-memory", "rebuild of all that: memory at its end", "MB", mark=512)
FIGURES = (WHOLE, MEMORY)


def measure(effort: Effort) -> Mapping[str, Measured | NotHere]:
    """Write the year once and count it again in each run."""
    here = province(part=effort.part)
    with stage() as on:
        pin(on.pair)
        writer = Writer(nowhere, here.seed)
        truth, tally = written(on.bootstrap, writer, here, effort.of(marks.WANTED))
        spans = spans_of(writer, {}, {stream.name for stream in STREAMS})
        due = digest(truth.rows(here))
        runs, wrong = [], []
        for number in range(effort.runs):
            found = recounted(on.bootstrap, spans, on.database(AGGREGATOR, f"whole_year_{number}"))
            runs.append(found)
            wrong += differences(tally, found["sums"])
            if found["digest"] != due:
                wrong.append("score cells")
    whole = Measured(
        [one["seconds"] for one in runs], [one["raw"] for one in runs], recount_equal=not wrong
    )
    if wrong:
        whole.notes["differ"] = ", ".join(sorted(set(wrong)))
    for stream in STREAMS:
        records = sum(until - first for topic, _, first, until in spans if topic == stream.name)
        whole.notes[f"{stream.name}, records"] = records
    whole.notes["processor µs per record"] = rounded(
        median(one["processor"] for one in runs) / writer.written * 1e6
    )
    memory = Measured([one["resident"] for one in runs])
    return {WHOLE.name: whole, MEMORY.name: memory}


def written(bootstrap: str, writer: Writer, here: Province, scores: int) -> tuple[Truth, Tally]:
    """Write the four streams; give what has to be counted."""
    tally: Tally = Counter()
    columns = marks.slots(here, scores)
    with sending(bootstrap) as writer.sink:
        days = len(school_days()) * len(here.rooms)
        with progress("whole year: roll-calls", days) as more:
            rolls.write(writer, here, people(here), tally, more)
        with progress("whole year: messages", letters.wanted(here)) as more:
            letters.write(writer, here, tally, more)
        with progress("whole year: pupils' fees", here.pupils) as more:
            fees.write(writer, here, tally, more)
        with progress("whole year: columns", len(columns)) as more:
            truth = marks.write(writer, here, columns, lambda _: more(1))
    return truth, tally


def differences(tally: Tally, sums: Mapping[str, Any]) -> list[str]:
    """Name what was not counted as it was drawn; a part of a family (after a colon) is not held."""
    return [
        f"{family} {column}: {sums.get(f'{family} {column}', 0)} instead of {due}"
        for (family, column), due in tally.items()
        if ":" not in family and sums.get(f"{family} {column}", 0) != due
    ]
