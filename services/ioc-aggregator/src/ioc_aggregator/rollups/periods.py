"""What a number can be asked for: a school year, or a term of one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from ioc_aggregator.indicators.indicator import Indicator, PeriodKind
from ioc_aggregator.intake.folding import school_year_of
from ioc_aggregator.measures.families import REPORTED
from ioc_aggregator.rollups.columns import Columns
from ioc_aggregator.rollups.state import State

PATTERN = r"^20[0-9]{2}-20[0-9]{2}(/(HK1|HK2|CN|HE))?$"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A school year, or one of its terms."""

    school_year: str
    term: str = ""

    def __str__(self) -> str:
        return f"{self.school_year}/{self.term}" if self.term else self.school_year

    @property
    def kind(self) -> PeriodKind:
        """Which kind of period it is."""
        return PeriodKind.TERM if self.term else PeriodKind.SCHOOL_YEAR

    def within(self, indicator: Indicator) -> "Period":
        """Give this period, or the school year around it where the indicator knows no terms."""
        return self if self.kind in indicator.periods else Period(self.school_year)


def parse(text: str) -> Period:
    """Read a period.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"{text!r} is no period")
    school_year, _, term = text.partition("/")
    return Period(school_year, term)


def current(state: State, day: date) -> Period:
    """Give the school year of ``day``: by its calendar, else the last one begun, else by rule."""
    years = state.register.school_years.values()
    begun = [year for year in years if year.first_day <= day]
    if begun:
        return Period(max(begun, key=lambda year: year.first_day).school_year)
    return Period(school_year_of(day))


def known(state: State, day: date) -> list[Period]:
    """Give every period that anybody reported in or set a calendar for, and the current one."""
    periods = set(_used(state, state.columns[REPORTED.name])) | {current(state, day)}
    for year in state.register.school_years.values():
        periods.add(Period(year.school_year))
        periods |= {Period(year.school_year, days.term) for days in year.terms}
    return sorted(periods)


def of(state: State, indicator: Indicator, day: date) -> list[Period]:
    """Give the periods in which the indicator has cells, and the current one of what lasts."""
    families = {term.family.name: term.family for term in indicator.sums}
    periods = {period for name in families for period in _used(state, state.columns[name])}
    if any(family.lasting for family in families.values()):
        periods.add(current(state, day))
    return sorted(period for period in periods if period.kind in indicator.periods)


def _used(state: State, columns: Columns) -> Iterator[Period]:
    years, terms = state.codes["school_year"].texts, state.codes["term"].texts
    year_codes = columns.dim("school_year")
    for year in np.flatnonzero(np.bincount(year_codes)).tolist():
        yield Period(years[year])
    if "term" in columns.family.dims:
        pairs = np.bincount(year_codes * len(terms) + columns.dim("term"))
        for pair in np.flatnonzero(pairs).tolist():
            year, term = divmod(pair, len(terms))
            if terms[term]:
                yield Period(years[year], terms[term])
