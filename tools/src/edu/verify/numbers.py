"""The numbers that people see, computed again from the recounted cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TypeAlias

from edu.verify.borders import Borders
from edu.verify.catalogue import FORMULAS, MOMENTS
from edu.verify.documents import OWNERS
from edu.verify.formulas import (
    FRESHNESS,
    LASTING,
    SILENT,
    Cell,
    Formula,
    Schools,
    Sum,
)
from edu.verify.recount import Key, Recount

VIETNAM = timezone(timedelta(hours=7))
"""The clock by which business days begin."""

Name: TypeAlias = tuple[str, str, str, Key]
"""Indicator, unit, period and dimensions of a number."""


@dataclass(frozen=True, slots=True)
class Number:
    """All that is shown of one number."""

    numerator: int
    denominator: int | None
    reported: int
    expected: int
    as_of: datetime | None

    @property
    def counts(self) -> bool:
        """Tell whether it is anything but nothing."""
        return bool(self.numerator or self.denominator)


class Numbers:
    """Every number of a recount, by name; what was never counted is zero."""

    def __init__(
        self,
        recount: Recount,
        day: date,
        applied: Mapping[tuple[str, str, int], int],
        current: str = "",
        as_of: Mapping[str, datetime] | None = None,
    ) -> None:
        """Draw the borders of ``day``; ``applied`` bounds the freshness that may be claimed.

        ``current`` is the school year in which what lasts is what it is now. At the end of a past
        day ``as_of`` is how far the sources had been counted: the log says it.
        """
        self._recount = recount
        self._current = current
        self._borders = Borders(recount, day)
        self._schools = recount.schools.keys() | {
            school for _, key, _ in recount.cells for name, school in key if name == "school"
        }
        self._places = {school: self._borders.places(school) for school in self._schools}
        self._expected = {
            levels: self._who_is_expected(levels)
            for levels in {formula.levels for formula in FORMULAS.values()}
        }
        self._cells = self._by_value()
        self._heard = {family for (family, _, _), count in recount.cells.items() if count}
        self._used: defaultdict[str, set[str]] = defaultdict(set)
        for (family, _), cells in self._cells.items():
            self._used[family] |= {cell["school_year"] for cell, _ in cells}
        self._reported = self._who_reported()
        self._as_of = {
            source: self._latest(source, applied) if as_of is None else as_of.get(source)
            for source in set(OWNERS.values())
        }

    def all(self, wanted: Iterable[tuple[str, tuple[str, ...]]]) -> dict[Name, Number]:
        """Compute each wanted indicator in each wanted breakdown, wherever it is not zero.

        What has no as-of may not be shown, so it is left out.
        """
        numbers: dict[Name, Number] = {}
        for indicator, dims in set(wanted):
            formula = FORMULAS[indicator]
            silent = (formula.families & SILENT) - self._heard
            if silent or self._age(formula) is None:
                continue
            above = self._counts(formula.numerator, dims, formula)
            below = self._counts(formula.denominator, dims, formula)
            for unit, period, values in above.keys() | below.keys():
                part = (unit, period, values)
                denominator = None if formula.denominator is None else below[part]
                numbers[indicator, *part] = self._number(
                    formula, unit, period, above[part], denominator
                )
        return numbers

    def zero(self, name: Name) -> Number:
        """Give the number of this name where no cell counts for it."""
        indicator, unit, period, _ = name
        formula = FORMULAS[indicator]
        denominator = None if formula.denominator is None else 0
        return self._number(formula, unit, period, 0, denominator)

    def moments(self, period: str) -> dict[Name, Number]:
        """Give the freshness of each source as the number of the whole that it is."""
        expected = self._expected[None][self.whole]
        return {
            (FRESHNESS, self.whole, period, (("source", source),)): Number(
                int(as_of.timestamp()),
                None,
                len(expected & self._reported[stream, period]),
                len(expected),
                as_of,
            )
            for source, stream in MOMENTS.items()
            if (as_of := self._as_of[source]) is not None
        }

    @property
    def whole(self) -> str:
        """The unit that stands for the province."""
        return self._borders.whole

    def _age(self, formula: Formula) -> datetime | None:
        """Give the as-of of the slowest source; None, where one has none."""
        times = [self._as_of[source] for source in formula.sources]
        known = [time for time in times if time is not None]
        return min(known) if len(known) == len(times) else None

    def _number(
        self, formula: Formula, unit: str, period: str, numerator: int, denominator: int | None
    ) -> Number:
        expected = self._expected[formula.levels][unit]
        reported: set[str] = set()
        for stream, heard in self._reported:
            if stream in formula.streams and (
                heard == period or (formula.lasts and self._holds(heard, period))
            ):
                reported |= expected & self._reported[stream, heard]
        return Number(numerator, denominator, len(reported), len(expected), self._age(formula))

    def _holds(self, school_year: str, period: str) -> bool:
        """Tell whether what changed in a school year is in what holds in a period."""
        return school_year <= period or period >= self._current

    def _counts(
        self, term: Sum | Schools | None, dims: tuple[str, ...], formula: Formula
    ) -> defaultdict[tuple[str, str, Key], int]:
        """Give a count for every place, period and value."""
        counts: defaultdict[tuple[str, str, Key], int] = defaultdict(int)
        if isinstance(term, Sum):
            for (school, period, values), count in self._sums(term, dims, formula).items():
                for unit in self._places[school]:
                    counts[unit, period, values] += count
        elif term is not None:
            sums = [self._sums(one, (), formula) for one in term.having]
            for period in self._years(formula):
                for unit, expected in self._expected[formula.levels].items():
                    counts[unit, period, ()] = sum(
                        all(one[school, period, ()] > 0 for one in sums) for school in expected
                    )
        return counts

    def _sums(
        self, term: Sum, dims: tuple[str, ...], formula: Formula
    ) -> defaultdict[tuple[str, str, Key], int]:
        """Give a sum for every school, period and value."""
        as_of = self._age(formula)
        day = as_of.astimezone(VIETNAM).date() if as_of else date.min
        sums: defaultdict[tuple[str, str, Key], int] = defaultdict(int)
        for cell, count in self._cells[term.family, term.value]:
            if term.picks(cell, day):
                values = tuple((dim, cell[dim]) for dim in sorted(dims))
                for period in self._periods(cell, term.family, formula):
                    sums[cell["school"], period, values] += count
        if term.plus is not None:
            for key, count in self._sums(term.plus, dims, formula).items():
                sums[key] += count
        if term.less is not None:
            for key, count in self._sums(term.less, dims, formula).items():
                sums[key] -= count
        return sums

    def _periods(self, cell: Cell, family: str, formula: Formula) -> Iterable[str]:
        year = cell["school_year"]
        if family in LASTING:
            yield from (period for period in self._years(formula) if self._holds(year, period))
        else:
            if formula.by_year:
                yield year
            if formula.by_term:
                yield f"{year}/{cell['term']}"

    def _years(self, formula: Formula) -> set[str]:
        """Give the school years in which schools are counted: those with a cell, and this one."""
        return ({self._current} - {""}).union(*(self._used[name] for name in formula.families))

    def _by_value(self) -> defaultdict[tuple[str, str], list[tuple[Cell, int]]]:
        """Sort the cells that numbers rest on by family and value."""
        families = set().union(*(formula.families for formula in FORMULAS.values()))
        found: defaultdict[tuple[str, str], list[tuple[Cell, int]]] = defaultdict(list)
        for (family, key, value), count in self._recount.cells.items():
            if family in families:
                found[family, value].append((dict(key), count))
        return found

    def _who_is_expected(self, levels: frozenset[str] | None) -> defaultdict[str, set[str]]:
        """Give, for every place, the schools that are open there and have one of the levels."""
        schools: defaultdict[str, set[str]] = defaultdict(set)
        for school in self._schools:
            if self._borders.is_expected(school, levels):
                for place in self._places[school]:
                    schools[place].add(school)
        return schools

    def _who_reported(self) -> defaultdict[tuple[str, str], set[str]]:
        """Give the schools with an event in a stream and period."""
        schools: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for (family, key, _), events in self._recount.cells.items():
            if family == "reported" and events:
                cell = dict(key)
                year = cell["school_year"]
                schools[cell["stream"], year].add(cell["school"])
                schools[cell["stream"], f"{year}/{cell['term']}"].add(cell["school"])
        return schools

    def _latest(self, source: str, applied: Mapping[tuple[str, str, int], int]) -> datetime | None:
        """Give the latest watermark all of whose positions are counted and applied."""
        unbroken = self._recount.unbroken()

        def reached(topic: str, partition: int) -> int:
            lane = (source, topic, partition)
            return min(unbroken.get(lane, 0), applied.get(lane, 0))

        return max(
            (
                mark.read_at
                for mark in self._recount.watermarks.get(source, [])
                if all(
                    reached(topic, partition) >= due
                    for topic, partitions in mark.positions.items()
                    if topic in OWNERS
                    for partition, due in partitions.items()
                )
            ),
            default=None,
        )
