"""Which numbers are published, and what they are now.

A *series* is one indicator in one period under one breakdown: all its numbers come from one pass
over the columns. What has not changed since the last look costs no Python per number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeAlias

import numpy as np

from chassis import clock
from contracts.lists import Level
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import AsOf, Indicator
from ioc_aggregator.measures.cells import Integers
from ioc_aggregator.rollups import numbers, periods
from ioc_aggregator.rollups.borders import UNDECLARED, Borders
from ioc_aggregator.rollups.hiding import Hidden, hidden_from_the_public
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.state import State
from ioc_aggregator.rollups.suppression import Marks


class SeriesKey(NamedTuple):
    """Which series: what the feed and the dump are ordered by."""

    indicator: str
    version: int
    period: str
    by: str


class Shown(NamedTuple):
    """One number as it is published."""

    numerator: int
    denominator: int | None
    reported: int
    expected: int
    hidden: bool


CellId: TypeAlias = tuple[str, str]
"""Unit id and value of the breakdown."""

_NUMERATOR, _DENOMINATOR, _REPORTED, _EXPECTED, _HIDDEN = range(5)


class _Basis(NamedTuple):
    """What a computation rests on: the same basis, the same result."""

    borders: Borders
    day: date
    changes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of one series: ``cells[place, value]`` holds the five parts of each."""

    key: SeriesKey
    indicator: Indicator
    borders: Borders
    values: list[str]
    cells: Integers

    def shown(self, place: int, value: int) -> Shown:
        """Give one number."""
        parts = self.cells[place, value].tolist()
        denominator = None if self.indicator.denominator is None else parts[_DENOMINATOR]
        return Shown(
            parts[_NUMERATOR], denominator, parts[_REPORTED], parts[_EXPECTED], bool(parts[_HIDDEN])
        )

    def counting(self) -> Marks:
        """Mark the numbers in which anything is counted."""
        return self._any([_NUMERATOR, _DENOMINATOR])

    def told(self) -> Marks:
        """Mark the numbers of which the feed speaks: also a zero that hides another number."""
        return self._any([_NUMERATOR, _DENOMINATOR, _HIDDEN])

    def _any(self, parts: list[int]) -> Marks:
        marks: Marks = np.any(self.cells[:, :, parts] != 0, axis=2)
        if UNDECLARED in self.borders.index:
            marks[self.borders.index[UNDECLARED]] = False
        return marks

    def changed(self, before: "Series | None") -> Marks:
        """Mark the numbers that differ from ``before``; all, where places or values differ."""
        if before is None or before.borders is not self.borders or before.values != self.values:
            return np.ones(self.cells.shape[:2], dtype=np.bool_)
        differ: Marks = (self.cells != before.cells).any(axis=2)
        return differ


class Publication:
    """All published series of a state; computes again only what rests on cells that changed."""

    def __init__(self) -> None:
        """Nothing was computed yet."""
        self._known: dict[tuple[str, Period], tuple[_Basis, Hidden, list[Series]]] = {}

    def series(self, state: State, day: date, as_of: Mapping[str, datetime]) -> Iterator[Series]:
        """Yield every series that may be shown: all its sources have an as-of."""
        borders = state.borders(day)
        for indicator in CATALOGUE.values():
            if isinstance(indicator.numerator, AsOf):
                yield from _moments(state, borders, indicator, as_of)
            elif all(source in as_of for source in indicator.sources):
                counted = clock.business_day(min(as_of[source] for source in indicator.sources))
                for period in periods.of(state, indicator, day):
                    yield from self._of_period(state, borders, indicator, period, counted)

    def _of_period(
        self, state: State, borders: Borders, indicator: Indicator, period: Period, day: date
    ) -> list[Series]:
        basis = _Basis(borders, day, tuple(state.columns[f].changes for f in indicator.families))
        known = self._known.get((indicator.id, period))
        if known is not None and known[0] == basis:
            return known[2]
        complete = numbers.completeness(
            state,
            borders,
            period,
            streams=[stream.name for stream in indicator.streams],
            levels=frozenset(indicator.levels),
            lasting=indicator.lasting,
        )
        hidden = hidden_from_the_public(
            state, borders, indicator, period, day=day, known=known and known[1]
        )
        found = []
        for dims in indicator.published:
            by = dims[0] if dims else None
            table = numbers.table(state, borders, indicator, period, day=day, by=by)
            cells = np.zeros((*table.numerator.shape, 5), dtype=np.int64)
            cells[..., _NUMERATOR] = table.numerator
            if table.denominator is not None:
                cells[..., _DENOMINATOR] = table.denominator
            cells[..., _REPORTED] = complete.reported[:, None]
            cells[..., _EXPECTED] = complete.expected[:, None]
            cells[..., _HIDDEN] = hidden.of(by)
            key = SeriesKey(indicator.id, indicator.version, str(period), by or "")
            found.append(Series(key, indicator, borders, list(table.values), cells))
        self._known[indicator.id, period] = (basis, hidden, found)
        return found


def _moments(
    state: State, borders: Borders, indicator: Indicator, as_of: Mapping[str, datetime]
) -> Iterator[Series]:
    """Give the as-of of each source as a number of the whole."""
    sources = [source for source in indicator.sources if source in as_of]
    if not sources:
        return
    period = periods.current(state, borders.day)
    cells = np.zeros((len(borders.places), len(sources), 5), dtype=np.int64)
    for at, source in enumerate(sources):
        complete = numbers.completeness(
            state,
            borders,
            period,
            streams=[stream.name for stream in indicator.streams if stream.owner == source],
            levels=frozenset(Level),
        )
        cells[0, at, _NUMERATOR] = int(as_of[source].timestamp())
        cells[0, at, _REPORTED] = complete.reported[0]
        cells[0, at, _EXPECTED] = complete.expected[0]
    key = SeriesKey(indicator.id, indicator.version, str(period), "source")
    yield Series(key, indicator, borders, sources, cells)
