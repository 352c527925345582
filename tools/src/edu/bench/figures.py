"""What a benchmark is, and the row that it leaves: the same shape whether it ran or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from pydantic import BaseModel, ConfigDict

FEWEST_RUNS = 5


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Written):
    """One figure. ``met`` compares the median with ``mark``, what must be true; ``goal`` is more.

    The marks of latencies hold in each run, so the median is that of the runs' own percentiles.
    """

    name: str
    title: str
    unit: str
    at_least: bool
    """Whether more is better."""
    mark: float
    goal: float | None
    runs: list[float]
    median: float
    raw: str
    """What the raw client does in the same run; empty where there is no such client."""
    raw_median: float | None
    notes: dict[str, float | str]
    """What else was measured, and what bounds the figure."""
    met: bool
    recount_equal: bool | None = None
    """Whether what was counted is what an independent recount says; null where nothing is."""
    others: float
    """The share of the processors that work of others took meanwhile, in per cent."""
    command: str
    at: str
    """When it ran: ISO 8601, with offset."""
    commit: str


class NotRun(_Written):
    """A figure that was asked for and could not be taken here."""

    name: str
    title: str
    not_run: str
    command: str


class Machine(_Written):
    """Where the figures were taken."""

    processor: str
    processors: int
    memory_gib: int
    system: str
    python: str
    kafka: str
    postgres: str


class Report(_Written):
    """All rows, in the order of the benchmarks."""

    machine: Machine
    rows: list[Row | NotRun]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one row measures and what it has to reach."""

    name: str
    title: str
    unit: str
    mark: float
    goal: float | None = None
    at_least: bool = False
    raw: str = ""

    def met_by(self, value: float) -> bool:
        """Tell whether the mark is reached."""
        return value >= self.mark if self.at_least else value <= self.mark


@dataclass
class Measured:
    """What came of a figure: one value for each run, and the raw client's beside it."""

    runs: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    notes: dict[str, float | str] = field(default_factory=dict)
    recount_equal: bool | None = None


class NotHere(Exception):  # noqa: N818 - no error: it cannot run on this machine
    """This benchmark cannot run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: the marks are judged at the whole of it."""

    runs: int = FEWEST_RUNS
    part: float = 1.0
    """Of the usual load and time; a hundredth shows that a benchmark works."""
    minutes: float = 30.0
    """Of load, where memory is watched."""
    only: frozenset[str] = frozenset()
    """The names of the figures that are asked for; all of them where none is named."""

    def of(self, whole: int) -> int:
        """Give this part of a number."""
        return max(1, round(whole * self.part))

    def wants(self, figures: Sequence[Figure]) -> bool:
        """Tell whether any of these is asked for."""
        return not self.only or any(one.name in self.only for one in figures)


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark: what is typed, and the figures that one measurement gives."""

    name: str
    figures: Sequence[Figure]
    measure: Callable[[Effort], Mapping[str, Measured | NotHere]]
    plain: bool = True
    """Whether it is part of the run without names."""


def row(
    figure: Figure, measured: Measured, *, others: float, command: str, at: str, commit: str
) -> Row:
    """Judge what was measured."""
    middle = rounded(median(measured.runs))
    return Row(
        name=figure.name,
        title=figure.title,
        unit=figure.unit,
        at_least=figure.at_least,
        mark=figure.mark,
        goal=figure.goal,
        runs=[rounded(value) for value in measured.runs],
        median=middle,
        raw=figure.raw,
        raw_median=rounded(median(measured.raw)) if measured.raw else None,
        notes=measured.notes,
        met=figure.met_by(middle) and measured.recount_equal is not False,
        recount_equal=measured.recount_equal,
        others=rounded(others),
        command=command,
        at=at,
        commit=commit,
    )


def rounded(value: float) -> float:
    """Cut a value to what such a measurement can tell: three digits or so."""
    return round(value, 1 if value >= 10 else 2) if value < 1000 else float(round(value))  # noqa: PLR2004


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
