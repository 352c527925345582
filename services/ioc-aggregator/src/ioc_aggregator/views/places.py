"""Names: the unit that was asked for, its path, and the whole register of a day."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta

from chassis import clock
from chassis.errors import FieldError, Invalid, NotFound
from contracts.lists import Scope
from ioc_aggregator.engine import Engine
from ioc_aggregator.indicators.indicator import Indicator
from ioc_aggregator.measures.families import REPORTED
from ioc_aggregator.rollups import freshness, periods
from ioc_aggregator.rollups.borders import Borders, Place
from ioc_aggregator.rollups.freshness import Freshness
from ioc_aggregator.rollups.history import Standing
from ioc_aggregator.rollups.numbers import Within
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.register import at
from ioc_aggregator.rollups.state import State
from ioc_aggregator.views import answers


def day_of(asked: date | None) -> date:
    """Give the day whose borders are asked for."""
    return asked or clock.business_day(clock.now())


def period_of(state: State, asked: str | None, day: date) -> Period:
    """Give the period that is asked for, or the current one."""
    if asked is None:
        return periods.current(state, day)
    try:
        period = periods.parse(asked)
    except ValueError:
        raise Invalid(
            "no-such-period",
            "Không có ngày, tuần hay tháng này trong lịch.",
            errors=[FieldError("period", "không có trong lịch", "viết như 2026-11-20, 2026-W47")],
        ) from None
    if period.days is not None:
        return replace(period, school_year=periods.current(state, period.days[1]).school_year)
    first, last = period.school_year.split("-")
    if int(last) != int(first) + 1:
        raise Invalid(
            "no-school-year",
            "Năm học gồm hai năm liền nhau.",
            errors=[FieldError("period", "không phải năm học", "viết như 2026-2027")],
        )
    return period


async def standing_at(engine: Engine, day: date | None, families: Collection[str]) -> Standing:
    """Give what stood at the end of a day; the present without one, or of a day to come.

    Raises:
        NotFound: no day had ended by then.
    """
    if day is None or day >= clock.business_day(clock.now()):
        return engine.history.now()
    standing = await engine.history.at(day, families)
    if standing is None:
        raise NotFound("day-not-kept", "Chưa có số liệu chốt của ngày này hay ngày nào trước đó.")
    return standing


async def within(engine: Engine, period: Period) -> Within | None:
    """Give what stood before and after days on end; None for any other period."""
    if period.days is None:
        return None
    first, last = period.days
    before = await engine.history.at(first - timedelta(days=1), {REPORTED.name})
    after = None
    if last < day_of(None):
        after = await engine.history.at(last, {REPORTED.name})
    return Within(before.state if before else State(), after.state if after else None)


def place_of(borders: Borders, unit_id: str | None) -> int:
    """Give the place that is asked for, or the whole.

    Raises:
        NotFound: there is none on that day.
    """
    if unit_id is None:
        return 0
    place = borders.index.get(unit_id)
    if place is None:
        raise NotFound("no-such-unit", "Không có đơn vị hay trường này vào ngày đã chọn.")
    return place


def unit(borders: Borders, index: int) -> answers.Unit:
    """Name a place."""
    place = borders.places[index]
    return answers.Unit(
        unit_id=place.id,
        kind=place.kind,
        code=place.code,
        name=place.name,
        declared=place.declared,
        parent_id=None if place.parent < 0 else borders.places[place.parent].id,
    )


def age(standing: Standing, sources: tuple[str, ...], now: datetime) -> answers.Age:
    """Say how old numbers of these sources are: as old as the oldest of them."""
    moments = [standing.as_of.get(source) for source in sources]
    known = all(source in standing.state.register.watermarks for source in sources)
    as_of = min((moment for moment in moments if moment), default=None)
    if None in moments:
        as_of = None
    state = freshness.judge(as_of, now, known=known)
    if standing.end is not None:
        state = Freshness.NO_SOURCE if as_of is None else Freshness.ENDED
    return answers.Age(
        as_of=as_of,
        state=state,
        stale_since=as_of if state is Freshness.STALE else None,
        sources=list(sources),
    )


def age_of(standing: Standing, indicator: Indicator, now: datetime) -> answers.Age:
    """Say how old an indicator's numbers are; freshness itself needs no source but one."""
    sources = indicator.sources
    if "source" in indicator.dims:
        sources = tuple(s for s in sources if s in standing.as_of) or sources
    found = age(standing, sources, now)
    if periods.heard(standing.state, indicator):
        return found
    silent = {"as_of": None, "state": Freshness.NO_SOURCE, "stale_since": None}
    return found.model_copy(update=silent)


def register(state: State, day: date) -> answers.UnitsAnswer:
    """Give every name of a day."""
    borders = state.borders(day)
    facts = state.register
    return answers.UnitsAnswer(
        day=day,
        root=borders.places[0].id,
        units=[
            answers.UnitRow(
                unit_id=unit_id,
                kind=fact.kind,
                code=fact.code,
                name=fact.name,
                parent_id=fact.parent_id,
                valid_from=fact.valid_from,
                merged_into=None if (into := borders.unit_of(unit_id)) == unit_id else into,
            )
            for unit_id, history in sorted(facts.units.items())
            for fact in [at(history, day)]
        ],
        schools=[
            _school(borders, place, state) for place in borders.places if place.kind == Scope.SCHOOL
        ],
        school_years=[
            answers.SchoolYearRow(
                school_year=year.school_year,
                first_day=year.first_day,
                last_day=year.last_day,
                terms=[
                    answers.TermRow(term=t.term, first_day=t.first_day, last_day=t.last_day)
                    for t in year.terms
                ],
            )
            for _, year in sorted(facts.school_years.items())
        ],
        periods=[str(period) for period in periods.known(state, day)],
        period=str(periods.current(state, day)),
    )


def _school(borders: Borders, place: Place, state: State) -> answers.SchoolRow:
    history = state.register.schools.get(place.id)
    fact = at(history, borders.day) if history else None
    return answers.SchoolRow(
        school_id=place.id,
        code=place.code,
        name=place.name,
        levels=[] if fact is None else list(fact.levels),
        ownership=None if fact is None else fact.ownership,
        unit_id=borders.places[place.parent].id,
        open=fact is not None and fact.open and fact.valid_from <= borders.day,
        declared=place.declared,
    )
