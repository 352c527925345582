"""Numbers from cells: one indicator, one period, every place of the tree at once.

All of it is integer sums over whole columns; nothing is looked up place by place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ioc_aggregator.indicators.indicator import Indicator, Sum
from ioc_aggregator.measures.cells import Integers
from ioc_aggregator.measures.families import BINS, HISTOGRAM, REPORTED, SCORES
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.columns import Columns
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.state import State

Where: TypeAlias = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """An indicator's numbers: ``[place, value]``, one value where there is no breakdown."""

    values: Sequence[str]
    """The values of the dimension that it is broken down by; one empty text without."""
    numerator: Integers
    denominator: Integers | None

    @property
    def base(self) -> Integers:
        """How many are counted in each number: what decides whether it may be shown."""
        return self.numerator if self.denominator is None else self.denominator


@dataclass(frozen=True, slots=True)
class Completeness:
    """n and N for every place."""

    reported: Integers
    expected: Integers


def table(
    state: State,
    borders: Borders,
    indicator: Indicator,
    period: Period,
    *,
    by: str | None = None,
    where: Where | None = None,
) -> Table:
    """Compute an indicator for every place, broken down by one dimension or not."""
    if not isinstance(indicator.numerator, Sum):
        raise TypeError(f"{indicator.id} is no sum")
    values = [""] if by is None else list(state.codes[by].texts)

    def sums(term: Sum) -> Integers:
        columns = state.columns[term.family.name]
        mask = _rows(columns, period, {**(where or {}), **term.where})
        cells = columns.values[mask, term.family.columns.index(term.column)]
        schools = np.zeros((len(borders.school_places), len(values)), dtype=np.int64)
        rows = columns.dim("school")[mask]
        np.add.at(
            schools, (rows, np.zeros_like(rows) if by is None else columns.dim(by)[mask]), cells
        )
        return borders.sum(schools)

    denominator = None if indicator.denominator is None else sums(indicator.denominator)
    return Table(values, sums(indicator.numerator), denominator)


def completeness(
    state: State,
    borders: Borders,
    period: Period | None,
    *,
    streams: Sequence[str],
    levels: frozenset[str],
) -> Completeness:
    """Count the schools that should report (N) and those of them that did (n)."""
    columns = state.columns[REPORTED.name]
    wanted = _rows(columns, period, {"stream": streams}) & (columns.values[:, 0] > 0)
    did = np.zeros(len(borders.school_places), dtype=np.bool_)
    did[columns.dim("school")[wanted]] = True
    should = borders.expected(levels)
    both = np.stack([did & should, should], axis=1).astype(np.int64)
    sums = borders.sum(both)
    return Completeness(sums[:, 0], sums[:, 1])


def histograms(state: State, borders: Borders, where: Where) -> tuple[Integers, Integers]:
    """Sum what matches: bins ``[place, 101]``; and entered, sum, squares ``[place, 3]``."""
    bins = state.columns[HISTOGRAM.name]
    mask = bins.select(where)
    by_school = np.zeros((len(borders.school_places), BINS), dtype=np.int64)
    np.add.at(by_school, bins.dim("school")[mask], bins.values[mask])
    totals = state.columns[SCORES.name]
    mask = totals.select(where)
    picked = [SCORES.columns.index(name) for name in ("entered", "sum", "squares")]
    sums = np.zeros((len(borders.school_places), len(picked)), dtype=np.int64)
    np.add.at(sums, totals.dim("school")[mask], totals.values[mask][:, picked])
    return borders.sum(by_school), borders.sum(sums)


def _rows(columns: Columns, period: Period | None, where: Where) -> NDArray[np.bool_]:
    wanted = dict(where)
    if period is not None:
        wanted["school_year"] = [period.school_year]
        if period.term:
            wanted["term"] = [period.term]
    return columns.select(wanted)
