"""The numbers that people see, computed again from the recounted cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from edu.verify.borders import Borders
from edu.verify.documents import OWNERS
from edu.verify.recount import Key, Recount

GRADED = frozenset({"TH", "THCS", "THPT", "GDTX"})
FRESHNESS = "N71"


@dataclass(frozen=True, slots=True)
class Formula:
    """An indicator as a share of two sums over cells, or one sum alone."""

    family: str
    numerator: str
    denominator: str | None
    stream: str
    levels: frozenset[str] | None
    by_term: bool

    @property
    def source(self) -> str:
        """The service whose facts it counts."""
        return OWNERS[self.stream]


FORMULAS = {
    "N04": Formula("pupils", "count", None, "admissions.enrolment.v1", None, by_term=False),
    "N26": Formula("scores", "entered", "due", "gradebook.scores.v1", GRADED, by_term=True),
    "N28": Formula("scores", "corrected", "entered", "gradebook.scores.v1", GRADED, by_term=True),
}

MOMENTS = {"admissions": "admissions.enrolment.v1", "gradebook": "gradebook.scores.v1"}
"""The sources whose freshness is a number, and the stream that tells who has reported."""

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
        self, recount: Recount, day: date, applied: Mapping[tuple[str, str, int], int]
    ) -> None:
        """Draw the borders of ``day``; ``applied`` bounds the freshness that may be claimed."""
        self._recount = recount
        self._borders = Borders(recount, day)
        self._schools = recount.schools.keys() | {
            school for _, key, _ in recount.cells for name, school in key if name == "school"
        }
        self._places = {school: self._borders.places(school) for school in self._schools}
        self._expected = {
            levels: self._who_is_expected(levels)
            for levels in {formula.levels for formula in FORMULAS.values()}
        }
        self._reported = self._who_reported()
        self._as_of = {source: self._latest(source, applied) for source in set(OWNERS.values())}

    def all(self, wanted: Iterable[tuple[str, tuple[str, ...]]]) -> dict[Name, Number]:
        """Compute each wanted indicator in each wanted breakdown, wherever it is not zero.

        What has no as-of may not be shown, so it is left out.
        """
        numbers: dict[Name, Number] = {}
        for indicator, dims in set(wanted):
            formula = FORMULAS[indicator]
            if self._as_of[formula.source] is None:
                continue
            above = self._sums(formula.family, formula.numerator, dims, formula)
            below = self._sums(formula.family, formula.denominator, dims, formula)
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

    def _number(
        self, formula: Formula, unit: str, period: str, numerator: int, denominator: int | None
    ) -> Number:
        expected = self._expected[formula.levels][unit]
        return Number(
            numerator,
            denominator,
            len(expected & self._reported[formula.stream, period]),
            len(expected),
            self._as_of[formula.source],
        )

    def _sums(
        self, family: str, name: str | None, dims: tuple[str, ...], formula: Formula
    ) -> defaultdict[tuple[str, str, Key], int]:
        sums: defaultdict[tuple[str, str, Key], int] = defaultdict(int)
        for (of, key, value), count in self._recount.cells.items():
            if of != family or value != name:
                continue
            cell = dict(key)
            values = tuple((dim, cell[dim]) for dim in sorted(dims))
            for period in _periods(cell, formula):
                for unit in self._places[cell["school"]]:
                    sums[unit, period, values] += count
        return sums

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


def _periods(cell: Mapping[str, str], formula: Formula) -> Iterable[str]:
    yield cell["school_year"]
    if formula.by_term:
        yield f"{cell['school_year']}/{cell['term']}"
