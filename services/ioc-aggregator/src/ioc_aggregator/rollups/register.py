"""The facts in force: units, schools, school years, watermarks; an older version is ignored."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol, TypeVar

from ioc_aggregator.measures.facts import (
    Fact,
    MergeFact,
    SchoolFact,
    SchoolYearFact,
    UnitFact,
    WatermarkFact,
)

_MOST_WATERMARKS = 8192
"""Per source, about eleven hours of watermarks that are not fully applied yet."""


class _Dated(Protocol):
    @property
    def version(self) -> int: ...

    @property
    def valid_from(self) -> date: ...


DatedT = TypeVar("DatedT", bound=_Dated)


def at(history: list[DatedT], day: date) -> DatedT:
    """Give what was in force on ``day``; before the first fact, the first."""
    for fact in reversed(history):
        if fact.valid_from <= day:
            return fact
    return history[0]


class Register:
    """Every version of units and schools, so that any day's names and borders can be shown."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.units: dict[str, list[UnitFact]] = {}
        self.merges: dict[str, MergeFact] = {}
        self.schools: dict[str, list[SchoolFact]] = {}
        self.school_years: dict[str, SchoolYearFact] = {}
        self.watermarks: dict[str, list[WatermarkFact]] = {}
        """Per source the latest one fully applied, if any is known, and all after it."""

    def apply(self, fact: Fact) -> None:
        """Take a fact, unless a newer version of it is known."""
        match fact:
            case UnitFact():
                _append(self.units, fact.unit_id, fact)
            case SchoolFact():
                _append(self.schools, fact.school_id, fact)
            case MergeFact():
                known = self.merges.get(fact.unit_id)
                if known is None or known.version < fact.version:
                    self.merges[fact.unit_id] = fact
            case SchoolYearFact():
                year = self.school_years.get(fact.school_year)
                if year is None or year.version < fact.version:
                    self.school_years[fact.school_year] = fact
            case WatermarkFact():
                marks = self.watermarks.setdefault(fact.source, [])
                if not marks or marks[-1].read_at < fact.read_at:
                    marks.append(fact)
                    if len(marks) > _MOST_WATERMARKS:
                        del marks[1:-1:2]

    def facts(self) -> Iterator[Fact]:
        """Give all facts, so that applying them to an empty register makes this one."""
        for units in self.units.values():
            yield from units
        yield from self.merges.values()
        for schools in self.schools.values():
            yield from schools
        yield from self.school_years.values()
        for marks in self.watermarks.values():
            yield from marks

    def forget_watermarks(self, reached: Mapping[str, WatermarkFact]) -> None:
        """Drop the watermarks before those that are ``reached``: nobody asks for them again."""
        for source, mark in reached.items():
            marks = self.watermarks[source]
            del marks[: marks.index(mark)]


HistoryT = TypeVar("HistoryT", UnitFact, SchoolFact)


def _append(histories: dict[str, list[HistoryT]], key: str, fact: HistoryT) -> None:
    history = histories.setdefault(key, [])
    if not history or history[-1].version < fact.version:
        history.append(fact)
