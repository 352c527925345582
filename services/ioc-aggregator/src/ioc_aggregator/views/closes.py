"""Past days and closed periods: what can be seen again, what was restated, and who is missing."""

from datetime import date

import numpy as np

from chassis import clock
from chassis.errors import NotFound
from contracts import lists
from ioc_aggregator.access import Scope
from ioc_aggregator.engine import Engine
from ioc_aggregator.indicators.indicator import AsOf, Indicator
from ioc_aggregator.measures.facts import DayEnd
from ioc_aggregator.measures.families import REPORTED
from ioc_aggregator.rollups import numbers, restating
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.restating import Stand
from ioc_aggregator.rollups.state import State
from ioc_aggregator.views import answers, places

_FIRST_MONTH = 8
"""A school year without a calendar begins with August."""


async def days(engine: Engine) -> answers.PeriodsAnswer:
    """Give every day that has ended, and the periods that closed with it."""
    found = await engine.history.ends()
    return answers.PeriodsAnswer(today=places.day_of(None), days=[_end(end) for end in found])


async def restatements(
    engine: Engine, *, scope: Scope, unit_id: str | None, indicator: Indicator, text: str
) -> answers.RestatementsAnswer:
    """Give each day after the close of a period on which the number moved.

    Raises:
        NotFound: the period was not closed, or nothing of this indicator is ever closed.
    """
    day = places.day_of(None)
    period = places.period_of(engine.follower.state, text, day)
    closing = [end for end in await engine.history.ends() if str(period) in end.closed]
    if not closing or isinstance(indicator.numerator, AsOf):
        raise NotFound("period-not-closed", "Kỳ này chưa chốt, nên chưa có gì để điều chỉnh.")
    period = period.within(indicator)
    steps: list[tuple[Stand, Stand]] = []
    then = now = None
    async for stand in restating.stands(engine.history, indicator, period, closing[0].day, on=day):
        if now is not None and stand.moved(now):
            steps.append((now, stand))
        then, now = then or stand, stand
        if period.days is not None and not indicator.daily:
            break  # It is what stood at the end: nothing later belongs to it.
    if then is None or now is None:
        raise NotFound("day-not-kept", "Chưa có số liệu chốt của kỳ này.")
    borders = engine.follower.state.borders(day)
    place = places.place_of(borders, unit_id)
    whose = borders.places[place].id
    full = scope.covers(borders, place)
    told = [step for step in steps if whose in step[1].moved(step[0])]
    return answers.RestatementsAnswer(
        indicator=indicator.id,
        version=indicator.version,
        period=str(period),
        unit=places.unit(borders, place),
        closed=_end(closing[0]),
        then=_value(then, whose, full=full),
        now=_value(now, whose, full=full),
        restatements=[
            answers.Restatement(
                day=after.standing.end.day if after.standing.end else None,
                ended_at=after.standing.end.ended_at if after.standing.end else None,
                before=_value(before, whose, full=full),
                after=_value(after, whose, full=full),
                schools=_schools(borders, place, before, after) if full else [],
            )
            for before, after in told
        ],
    )


def _schools(
    borders: Borders, place: int, before: Stand, after: Stand
) -> list[answers.SchoolRestated]:
    found = []
    for whose in after.moved(before):
        at = borders.index.get(whose, 0)
        if borders.places[at].kind == lists.Scope.SCHOOL and place in borders.path(at):
            found.append(
                answers.SchoolRestated(
                    **dict(places.unit(borders, at)),
                    before=_value(before, whose, full=True),
                    after=_value(after, whose, full=True),
                    streams=after.heard(before, whose),
                )
            )
    return found


async def completeness(
    engine: Engine, *, unit_id: str | None, indicator: Indicator, text: str | None
) -> answers.CompletenessAnswer:
    """Say which schools should have reported in a period and have not, and since when."""
    day = places.day_of(None)
    streams = [stream.name for stream in indicator.streams]
    heard = await engine.history.last_heard(streams)
    period = places.period_of(engine.follower.state, text, day).within(indicator)
    within = await places.within(engine, period)
    until = None if period.days is None else period.days[1]
    past = await places.standing_at(engine, until, {REPORTED.name})
    standing = engine.history.now() if past.end is None else past
    state = standing.state
    borders = state.borders(min(until or day, day))
    place = places.place_of(borders, unit_id)
    did = numbers.reported(
        state,
        borders,
        period,
        streams=streams,
        lasting=indicator.lasting,
        within=within,
    )
    should = borders.expected(frozenset(indicator.levels))
    inside = np.array([place in borders.path(at) for at in borders.school_places.tolist()], bool)
    missing = np.flatnonzero(should & inside & (did <= 0))
    first = _first_day(state, period)
    return answers.CompletenessAnswer(
        **dict(places.age_of(standing, indicator, clock.now())),
        indicator=indicator.id,
        period=str(period),
        unit=places.unit(borders, place),
        schools_reported=int((should & inside & (did > 0)).sum()),
        schools_expected=int((should & inside).sum()),
        missing=[
            answers.Missing(
                **dict(places.unit(borders, int(borders.school_places[code]))),
                since=max(first, state.register.schools[school][0].valid_from),
                last_heard=heard.get(school),
            )
            for code in missing.tolist()
            for school in [state.codes["school"].texts[code]]
        ],
    )


def _first_day(state: State, period: Period) -> date:
    if period.days is not None:
        return period.days[0]
    year = state.register.school_years.get(period.school_year)
    if year is None:
        return date(int(period.school_year[:4]), _FIRST_MONTH, 1)
    return next((term.first_day for term in year.terms if term.term == period.term), year.first_day)


def _value(stand: Stand, whose: str, *, full: bool) -> answers.Value:
    hidden = not full and whose in stand.hidden
    found = None if hidden else stand.numbers.get(whose)
    return answers.Value(
        numerator=None if found is None else found.numerator,
        denominator=None if found is None else found.denominator,
        suppressed=hidden,
    )


def _end(end: DayEnd) -> answers.EndRow:
    return answers.EndRow(
        day=end.day,
        ended_at=end.ended_at,
        as_of=end.as_of,
        hashes=end.hashes,
        closed=list(end.closed),
    )
