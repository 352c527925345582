"""How fast the aggregator counts the log again, against Kafka's raw client on the same records.

Broker on one processor, aggregator on the other. Everything is done that a rebuild does: the whole
envelope, the sequences, histograms of 101 bins, and what is counted is written to PostgreSQL. What
came out is compared with the simulator's own numbers, which know nothing of the log.

Beside it the same live (`live`), a whole year (`whole_year`), and three other engines on the same
topics with the same fold (`peers`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from contracts.lists import Level
from edu.bench import live, peers, whole_year
from edu.bench.figures import Bench, Effort, Figure, Measured, NotHere, rounded
from edu.bench.recounting import digest
from edu.bench.scores_log import (
    RAW,
    ROWS_RECORDS,
    SHEETS_SCORES,
    Load,
    first,
    load,
    nowhere,
    pin,
    recounted,
)
from edu.bench.scores_log import ROWS as ROWS_ONLY
from edu.bench.scores_log import SHEETS as SHEETS_ONLY
from edu.bench.stage import Stage, stage
from edu.failure import Failure
from edu.simulator import marks
from edu.simulator.documents import Writer
from edu.simulator.marks import Manner
from edu.simulator.province import Province, province

AGGREGATOR = "ioc-aggregator"

SHEETS = Figure(
    "aggregator-sheets", "rebuild: sheets of a class", "scores/s",
    mark=3_000_000, at_least=True, raw=RAW,
)  # fmt: skip
ROWS = Figure(
    "aggregator-rows", "rebuild: corrections of one cell", "records/s",
    mark=250_000, at_least=True, raw=RAW,
)  # fmt: skip
YEAR = Figure("aggregator-year", "rebuild: 50 million scores", "s", mark=30, goal=20, raw=RAW)
FLAT = Figure(
    "aggregator-flat", "rebuild: cost of an event, last half of 50 million ÷ first half", "×",
    mark=1.25,
)  # fmt: skip
MEMORY = Figure("aggregator-memory", "rebuild: memory at its end", "MB", mark=512)
START = Figure("aggregator-start", "start from snapshot and journal", "s", mark=5)
SENT = Figure(
    "simulator", "simulator: straight to Kafka", "scores/s", mark=1_000_000, at_least=True
)
REBUILT = (SHEETS, ROWS, YEAR, FLAT, MEMORY, START, SENT)

Found = dict[str, Measured | NotHere]


def measure(effort: Effort) -> Mapping[str, Measured | NotHere]:
    """Measure part by part; a part that fails says so in its rows, and the others stand."""
    found: Found = {}
    parts: Sequence[tuple[Sequence[Figure], Callable[[Effort], Mapping[str, Measured | NotHere]]]]
    parts = (
        ((*REBUILT, *peers.FIGURES), _rebuilt),
        (whole_year.FIGURES, whole_year.measure),
        (live.FIGURES, live.measure),
    )
    for figures, part in parts:
        if not effort.wants(figures):
            found |= dict.fromkeys((one.name for one in figures), NotHere("not asked for"))
            continue
        try:
            found |= part(effort)
        except (NotHere, Failure) as why:
            found |= dict.fromkeys((one.name for one in figures), NotHere(str(why)))
    return found


def _rebuilt(effort: Effort) -> Found:
    """Write the three logs, one after the other into the same topic; count each in each run."""
    here: Province = province()
    found: Found = {}
    slots = marks.slots(here)
    secondary = [slot for slot in slots if slot.grade.level is Level.THCS]
    with stage() as on:
        pin(on.pair)
        writer = Writer(nowhere, here.seed)
        for figure, wanted, manner, others in (
            (SHEETS, first(here, secondary, effort.of(SHEETS_SCORES)), SHEETS_ONLY, peers.SHEETS),
            (ROWS, first(here, secondary, effort.of(ROWS_RECORDS)), ROWS_ONLY, peers.ROWS),
            (YEAR, first(here, slots, effort.of(marks.WANTED)), Manner(), ()),
        ):
            needed = [figure, *others] if others else [YEAR, FLAT, MEMORY, START, SENT]
            if not effort.wants(needed):
                continue
            one, sent = load(on.bootstrap, writer, here, wanted, manner)
            name = figure.name.replace("-", "_")
            runs = [_counted(on, one, f"{name}_{n}") for n in range(effort.runs)]
            found[figure.name] = ours = _measured(figure, one, runs, here)
            if figure is YEAR:
                found[SENT.name] = sent
                found |= _beside_the_year(runs)
            # Before the next log is written: the others read a topic to its end.
            for other in others:
                if effort.wants([other]):
                    found[other.name] = peers.compared(on, here, other, one, ours)
    for figure in (*REBUILT, *peers.FIGURES):
        found.setdefault(figure.name, NotHere("not asked for"))
    return found


def _counted(on: Stage, one: Load, database: str) -> dict[str, Any]:
    """Let a new process count the log into a new database."""
    return recounted(on.bootstrap, one.spans, on.database(AGGREGATOR, database))


def _beside_the_year(runs: Sequence[Mapping[str, Any]]) -> dict[str, Measured]:
    flat = Measured([_later(one["flat"]) for one in runs])
    flat.notes["records/s in each tenth"] = _tenths(runs)
    start = Measured(
        [one["start"] for one in runs],
        notes={"rows of score cells": runs[0]["rows"]},
        recount_equal=all(one["loaded"] == one["hash"] for one in runs),
    )
    memory = Measured([one["resident"] for one in runs])
    return {MEMORY.name: memory, START.name: start, FLAT.name: flat}


def _later(rates: Sequence[float]) -> float:
    """Give how often as long as in the first half of a run a record takes in its second half."""
    half = len(rates) // 2
    costs = [1 / rate for rate in rates]
    return (sum(costs[half:]) / (len(rates) - half)) / (sum(costs[:half]) / half) if half else 1.0


def _tenths(runs: Sequence[Mapping[str, Any]]) -> str:
    tenths = zip(*(one["flat"] for one in runs), strict=False)
    return ", ".join(f"{median(tenth):,.0f}" for tenth in tenths)


def _measured(
    figure: Figure, one: Load, runs: Sequence[Mapping[str, Any]], here: Province
) -> Measured:
    truth = digest(one.truth.rows(here))
    seconds = [run["seconds"] for run in runs]
    raw = [run["raw"] for run in runs]
    amount = 0 if figure is YEAR else one.amount
    measured = Measured(
        [amount / run for run in seconds] if amount else seconds,
        [amount / run for run in raw] if amount else raw,
        recount_equal=all(run["digest"] == truth for run in runs),
    )
    measured.notes["records"] = one.records
    measured.notes["scores"] = one.truth.scores + one.truth.corrections
    measured.notes["processor µs per record"] = rounded(
        median(run["processor"] for run in runs) / one.records * 1e6
    )
    measured.notes["share of the raw client's rate"] = rounded(
        median(run["raw"] / run["seconds"] for run in runs)
    )
    measured.notes["records/s in each tenth"] = _tenths(runs)
    return measured


FIGURES = (*REBUILT, *whole_year.FIGURES, *live.FIGURES, *peers.FIGURES)
BENCH = Bench("aggregator", FIGURES, measure)
