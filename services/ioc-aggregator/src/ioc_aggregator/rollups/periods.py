"""What a number can be asked for: a school year, a term of one; a day, a week, a month."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from contracts.lists import Term
from ioc_aggregator.indicators.indicator import Indicator, PeriodKind
from ioc_aggregator.intake.folding import school_year_of
from ioc_aggregator.measures.families import REPORTED
from ioc_aggregator.rollups.columns import Columns
from ioc_aggregator.rollups.state import State

_YEAR = PeriodKind.SCHOOL_YEAR

PATTERN = r"^20[0-9]{2}-(20[0-9]{2}(/(HK1|HK2|CN|HE))?|W[0-5][0-9]|[01][0-9](-[0-3][0-9])?)$"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A school year, or one of its terms; or business days on end, whatever their school year."""

    school_year: str
    term: str = ""
    label: str = ""
    """How days on end are written: ``2026-11-20``, ``2026-W47`` (ISO 8601) or ``2026-11``."""
    days: tuple[date, date] | None = None
    """The first and the last of them."""

    def __str__(self) -> str:
        if self.label:
            return self.label
        return f"{self.school_year}/{self.term}" if self.term else self.school_year

    @property
    def kind(self) -> PeriodKind:
        """Which kind of period it is; days on end are a part of a school year."""
        return PeriodKind.TERM if self.term else PeriodKind.SCHOOL_YEAR

    def within(self, indicator: Indicator) -> "Period":
        """Give this period, or the one around it, or within it, that the indicator knows.

        What is decided once a term is for the year what was decided for the year (cả năm).
        """
        if self.days or self.kind in indicator.periods:
            return self
        return Period(self.school_year, str(Term.CN) if self.kind is _YEAR else "")


def parse(text: str) -> Period:
    """Read a period.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"{text!r} is no period")
    head, _, tail = text.partition("-")
    if len(tail) >= len("2027"):
        if tail[2] == "-":
            day = date.fromisoformat(text)
            return _days(day, day, text)
        school_year, _, term = text.partition("/")
        return Period(school_year, term)
    if tail.startswith("W"):
        monday = date.fromisocalendar(int(head), int(tail[1:]), 1)
        return _days(monday, monday + timedelta(days=6), text)
    first = date(int(head), int(tail), 1)
    return _days(first, first.replace(day=monthrange(first.year, first.month)[1]), text)


def week_of(day: date) -> Period:
    """Give the week of a day, from Monday to Sunday."""
    year, week, _ = day.isocalendar()
    return parse(f"{year}-W{week:02d}")


def month_of(day: date) -> Period:
    """Give the month of a day."""
    return parse(f"{day:%Y-%m}")


def ending(state: State, last: date | None, day: date) -> list[Period]:
    """Give the periods that close with ``day``: they end after ``last``, the end before, by then.

    Terms and school years end when their calendar of that day says so. Where no day had ended
    before, only what ends with this very day closes.
    """
    after = day - timedelta(days=1) if last is None else last
    days = [after + timedelta(days=past + 1) for past in range((day - after).days)]
    closed = []
    for each in days:
        closed += [
            period
            for period in (week_of(each), month_of(each))
            if period.days and period.days[1] == each
        ]
        for name, year in sorted(state.register.school_years.items()):
            closed += [Period(name, t.term) for t in year.terms if t.last_day == each]
            closed += [Period(name)] if year.last_day == each else []
    return closed


def _days(first: date, last: date, label: str) -> Period:
    return Period(school_year_of(last), label=label, days=(first, last))


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


def heard(state: State, indicator: Indicator) -> bool:
    """Tell whether all that it counts was ever heard of: a silent source shows nothing, never 0."""
    wanted = {term.family.name for term in indicator.sums if term.family.may_lack_a_source}
    return all(_used_at_all(state, state.columns[name]) for name in wanted)


def _used_at_all(state: State, columns: Columns) -> bool:
    name = f"used: {columns.family.name}"
    return state.kept(name, columns.changes, lambda: bool(columns.values.any()))


def of(state: State, indicator: Indicator, day: date) -> list[Period]:
    """Give the periods in which it has cells; the current one, too, of what lasts or has none."""
    if not heard(state, indicator):
        return []
    families = {term.family.name: term.family for term in indicator.sums}
    periods = {period for name in families for period in _used(state, state.columns[name])}
    if not families or any(family.lasting for family in families.values()):
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
