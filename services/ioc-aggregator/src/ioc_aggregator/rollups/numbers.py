"""Numbers from cells: one indicator, one period, every place of the tree at once.

All of it is integer sums over whole columns; nothing is looked up place by place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np

from ioc_aggregator.indicators.indicator import AsOf, Indicator, Schools, Sum
from ioc_aggregator.measures.cells import Family, Integers
from ioc_aggregator.measures.families import HISTOGRAM, REPORTED, SCORES
from ioc_aggregator.rollups import periods
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.columns import Codes, Columns, sum_by
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


@dataclass(frozen=True, slots=True)
class Within:
    """Days on end, as what stood before and after them: who reported has sent more meanwhile."""

    begin: State
    end: State | None
    """None: they have not ended."""


def table(
    state: State,
    borders: Borders,
    indicator: Indicator,
    period: Period,
    *,
    day: date,
    by: str | None = None,
    where: Where | None = None,
) -> Table:
    """Compute an indicator for every place, broken down by one dimension or not.

    ``day`` is the business day of the as-of: what was due before it is late.
    """
    if isinstance(indicator.numerator, AsOf):
        raise TypeError(f"{indicator.id} is no sum")
    asked = _Asked(state, borders, period, day, by, where or {})

    def sums(term: Sum | Schools) -> Integers:
        leaves = (
            _schools(asked, term, indicator) if isinstance(term, Schools) else _leaves(asked, term)
        )
        return borders.sum(leaves)

    denominator = None if indicator.denominator is None else sums(indicator.denominator)
    return Table(asked.values, sums(indicator.numerator), denominator)


def sums(
    state: State,
    borders: Borders,
    term: Sum,
    period: Period,
    *,
    day: date,
    by: str | None = None,
) -> Integers:
    """Compute one sum for every place, as :func:`table` does: ``[place, value]``."""
    return borders.sum(_leaves(_Asked(state, borders, period, day, by, {}), term))


def completeness(
    state: State,
    borders: Borders,
    period: Period | None,
    *,
    streams: Sequence[str],
    levels: frozenset[str],
    lasting: bool = False,
    within: Within | None = None,
) -> Completeness:
    """Count the schools that should report (N) and those of them that did (n).

    What is ``lasting`` was also reported by whoever did so in an earlier school year.
    """
    did = reported(state, borders, period, streams=streams, lasting=lasting, within=within) > 0
    should = borders.expected(levels)
    both = np.stack([did & should, should], axis=1).astype(np.int64)
    sums = borders.sum(both)
    return Completeness(sums[:, 0], sums[:, 1])


def reported(
    state: State,
    borders: Borders,
    period: Period | None,
    *,
    streams: Sequence[str],
    lasting: bool = False,
    within: Within | None = None,
) -> Integers:
    """Count, by school code, the events of these streams in a period; as for completeness."""
    where: dict[str, Sequence[str]] = {"stream": streams}
    if period is not None and period.days is None:
        where |= _when(state, borders, period, REPORTED, lasting=lasting)
    schools = len(borders.school_places)
    if within is None:
        return _filled(_events(state, where)[:schools], schools)
    texts = state.codes["school"].texts[:schools]
    begin, end = (_events_of(one, where, texts) for one in (within.begin, within.end or state))
    return end - begin


def _events(state: State, where: Where) -> Integers:
    """Count by school code the events that a state has heard: once for all who ask in a round."""
    columns = state.columns[REPORTED.name]

    def count() -> Integers:
        mask = columns.select(where)
        schools, events = columns.dim("school")[mask], columns.column("events")[mask]
        return sum_by(len(state.codes["school"]), schools, events)

    return state.kept(f"events: {where}", columns.changes, count)


def _events_of(state: State, where: Where, schools: Sequence[str]) -> Integers:
    """Count the same for schools by name: another state may know them by other codes, or not."""
    counts, codes = _events(state, where), state.codes["school"]
    counts = np.append(counts, 0)
    none = len(counts) - 1
    found = (codes.find(school) for school in schools)
    return counts[[none if code is None else min(code, none) for code in found]]


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


def any_small(
    state: State, borders: Borders, indicator: Indicator, period: Period, smallest_shown: int
) -> bool:
    """Tell whether any number of the indicator can be small at all.

    Where nothing that is counted is negative, a small sum is made of small cells.
    """
    return any(
        _any_small(state, borders, term, period, smallest_shown) for term in indicator.judges
    )


def _any_small(
    state: State, borders: Borders, term: Sum, period: Period, smallest_shown: int
) -> bool:
    columns = state.columns[term.family.name]
    when = _when(state, borders, period, term.family)
    cells = columns.column(term.column)[columns.select({**term.where, **when})]
    return bool(((cells != 0) & (cells < smallest_shown)).any())


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the sums of one table have in common."""

    state: State
    borders: Borders
    period: Period
    day: date
    by: str | None
    where: Where

    @property
    def values(self) -> list[str]:
        """The values of the breakdown; one empty text without."""
        return [""] if self.by is None else list(self.state.codes[self.by].texts)


def _leaves(asked: _Asked, term: Sum) -> Integers:
    """Give a sum for every school: ``[school, value]``."""
    state, by = asked.state, asked.by
    columns = state.columns[term.family.name]
    schools = len(asked.borders.school_places)
    filters = {**asked.where, **term.where}
    when = _when(state, asked.borders, asked.period, term.family)
    if by is None and not filters and term.before is None and "day" not in when:
        leaves = _filled(_by_period(state, columns, when, term.column), schools)[:, None]
    else:
        mask = columns.select({**filters, **when})
        if term.before is not None:
            texts = state.codes[term.before].texts
            early = np.array([text < asked.day.isoformat() for text in texts], dtype=np.bool_)
            mask &= early[columns.dim(term.before)]
        width = len(asked.values)
        groups = columns.dim("school")[mask].astype(np.int64) * width
        if by is not None:
            groups += columns.dim(by)[mask]
        flat = np.zeros(schools * width, dtype=np.int64)
        np.add.at(flat, groups, columns.column(term.column)[mask].astype(np.int64))
        leaves = flat.reshape(schools, width)
    if term.plus is not None:
        leaves = leaves + _leaves(asked, term.plus)
    return leaves if term.less is None else leaves - _leaves(asked, term.less)


def _schools(asked: _Asked, term: Schools, indicator: Indicator) -> Integers:
    """Give 1 for every school that counts: one that should report and has all that is asked."""
    counts = np.broadcast_to(
        asked.borders.expected(frozenset(indicator.levels))[:, None],
        (len(asked.borders.school_places), len(asked.values)),
    )
    for each in term.having:
        counts = counts & (_leaves(asked, each) > 0)
    return counts.astype(np.int64)


def _when(
    state: State, borders: Borders, period: Period, family: Family, *, lasting: bool = False
) -> dict[str, Sequence[str]]:
    """Say which school years and terms, or which days, make a period.

    Of days on end a family that knows days gives what happened on them, whenever it was heard of;
    any other what it is in the school year by then.

    What lasts is in the current school year what it is now, also where the next one has begun by
    the calendar's first of August.
    """
    if period.days is not None and "day" in family.dims:
        first, last = (day.isoformat() for day in period.days)
        return {"day": [text for text in state.codes["day"].texts if first <= text <= last]}
    years: Sequence[str] = [period.school_year]
    if lasting or family.lasting:
        years = state.codes["school_year"].texts
        if period.school_year < periods.current(state, borders.day).school_year:
            years = [year for year in years if year <= period.school_year]
    return {"school_year": years, "term": [period.term]} if period.term else {"school_year": years}


def _by_period(
    state: State, columns: Columns, when: Mapping[str, Sequence[str]], column: str
) -> Integers:
    """Give a column's sum for each school; one pass over the family serves all periods."""
    cube = state.kept(f"by period: {columns.family.name}", columns.changes, lambda: _cube(columns))
    by_year = cube[..., columns.family.columns.index(column)]
    years = _known(state.codes["school_year"], when["school_year"], by_year.shape[1])
    by_term: Integers = by_year[:, years].sum(axis=1)
    if "term" in when:
        by_term = by_term[:, _known(state.codes["term"], when["term"], by_term.shape[1])]
    total: Integers = by_term.sum(axis=1)
    return total


def _known(codes: Codes, texts: Sequence[str], used: int) -> list[int]:
    """Give the codes of those texts that a family uses."""
    found = (codes.find(text) for text in texts)
    return [code for code in found if code is not None and code < used]


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
