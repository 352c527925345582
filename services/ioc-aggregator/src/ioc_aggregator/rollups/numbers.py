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
from ioc_aggregator.measures.families import HISTOGRAM, REPORTED, SCORES
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.columns import Columns, sum_by
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
        filters = {**(where or {}), **term.where}
        if by is None and not filters:
            schools = _by_period(state, columns, period, term.column)
            return borders.sum(_filled(schools, len(borders.school_places))[:, None])
        mask = _rows(columns, period, filters)
        groups = columns.dim("school")[mask].astype(np.int64) * len(values)
        if by is not None:
            groups += columns.dim(by)[mask]
        flat = np.zeros(len(borders.school_places) * len(values), dtype=np.int64)
        np.add.at(flat, groups, columns.column(term.column)[mask].astype(np.int64))
        return borders.sum(flat.reshape(len(borders.school_places), len(values)))

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
    wanted = _rows(columns, period, {"stream": streams}) & (columns.column("events") > 0)
    did = np.zeros(len(borders.school_places), dtype=np.bool_)
    did[columns.dim("school")[wanted]] = True
    should = borders.expected(levels)
    both = np.stack([did & should, should], axis=1).astype(np.int64)
    sums = borders.sum(both)
    return Completeness(sums[:, 0], sums[:, 1])


def histograms(state: State, borders: Borders, where: Where) -> tuple[Integers, Integers]:
    """Sum what matches: bins ``[place, 101]``; and entered, sum, squares ``[place, 3]``."""
    schools = len(borders.school_places)
    bins = state.columns[HISTOGRAM.name]
    mask = bins.select(where)
    by_school = sum_by(schools, bins.dim("school")[mask], bins.values[mask])
    totals = state.columns[SCORES.name]
    mask = totals.select(where)
    picked = [SCORES.columns.index(name) for name in ("entered", "sum", "squares")]
    sums = sum_by(schools, totals.dim("school")[mask], totals.values[mask][:, picked])
    return borders.sum(by_school), borders.sum(sums)


def any_small(state: State, indicator: Indicator, period: Period, smallest_shown: int) -> bool:
    """Tell whether any number of the indicator can be small at all.

    What a number's base counts is never negative, so a small sum is made of small cells.
    """
    term = indicator.numerator if indicator.denominator is None else indicator.denominator
    if not isinstance(term, Sum):
        return False
    columns = state.columns[term.family.name]
    cells = columns.column(term.column)[_rows(columns, period, term.where)]
    return bool(((cells > 0) & (cells < smallest_shown)).any())


def _by_period(state: State, columns: Columns, period: Period, column: str) -> Integers:
    """Give a column's sum for each school; one pass over the family serves all periods."""
    cube = state.kept(f"by period: {columns.family.name}", columns.changes, lambda: _cube(columns))
    codes = state.codes
    year = codes["school_year"].find(period.school_year)
    if year is None or year >= cube.shape[1]:
        return np.zeros(0, dtype=np.int64)
    of_year = cube[:, year, :, columns.family.columns.index(column)]
    if not period.term:
        total: Integers = of_year.sum(axis=1)
        return total
    term = codes["term"].find(period.term)
    if term is None or term >= cube.shape[2]:
        return np.zeros(0, dtype=np.int64)
    return of_year[:, term]


def _cube(columns: Columns) -> Integers:
    """Sum every column by school, school year and term."""
    dims = ["school", "school_year"] + (["term"] if "term" in columns.family.dims else [])
    sizes = [int(columns.dim(dim).max(initial=-1)) + 1 for dim in dims]
    shape = (*sizes, 1)[:3]
    groups = np.ravel_multi_index([columns.dim(dim) for dim in dims], sizes)
    cube = np.zeros((int(np.prod(shape)), len(columns.family.columns)), dtype=np.int64)
    for at in range(cube.shape[1]):
        np.add.at(cube[:, at], groups, columns.values[:, at].astype(np.int64))
    return cube.reshape(*shape, cube.shape[1])


def _filled(values: Integers, length: int) -> Integers:
    """Add the schools that have no cell yet."""
    filled = np.zeros(length, dtype=np.int64)
    filled[: len(values)] = values
    return filled


def _rows(columns: Columns, period: Period | None, where: Where) -> NDArray[np.bool_]:
    wanted = dict(where)
    if period is not None:
        wanted["school_year"] = [period.school_year]
        if period.term:
            wanted["term"] = [period.term]
    return columns.select(wanted)
