"""The numbers of one place and of the places below it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis import clock
from chassis.errors import Forbidden
from contracts.lists import ColumnKind, Grade, Sex, Subject, Term
from contracts.notifications import Channel, Purpose
from contracts.payments import FeeKind, PaymentMethod
from ioc_aggregator.access import Scope
from ioc_aggregator.engine import Engine
from ioc_aggregator.indicators.indicator import AsOf, Indicator
from ioc_aggregator.rollups import numbers
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.hiding import hidden_from_the_public
from ioc_aggregator.rollups.history import Standing
from ioc_aggregator.rollups.numbers import Completeness, Table, Within
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.state import State
from ioc_aggregator.rollups.suppression import Marks
from ioc_aggregator.views import answers, places

_LISTS: Mapping[str, type[StrEnum]] = {
    "channel": Channel,
    "fee_kind": FeeKind,
    "grade": Grade,
    "kind": ColumnKind,
    "method": PaymentMethod,
    "purpose": Purpose,
    "sex": Sex,
    "subject": Subject,
    "term": Term,
}
"""The dimensions whose values have an order of their own."""


class _Numbers:
    """One indicator's tables, and what of them this scope may see."""

    def __init__(
        self,
        state: State,
        borders: Borders,
        indicator: Indicator,
        period: Period,
        *,
        scope: Scope,
        full: bool,
        by: str | None,
        where: Mapping[str, Sequence[str]],
        as_of: datetime | None,
        within: Within | None,
    ) -> None:
        """Compute all of it; ``full`` is whether the scope covers every place asked for."""
        self._scope, self._borders = scope, borders
        self.dated = as_of is not None
        counted = borders.day if as_of is None else clock.business_day(as_of)
        self.total = numbers.table(state, borders, indicator, period, day=counted, where=where)
        self.parts = (
            numbers.table(state, borders, indicator, period, day=counted, by=by, where=where)
            if by in (*indicator.dims, *indicator.fine_dims)
            else None
        )
        self.by = by or ""
        self.order = _in_order(self.by, () if self.parts is None else self.parts.values)
        self.complete = numbers.completeness(
            state,
            borders,
            period,
            streams=[stream.name for stream in indicator.streams],
            levels=frozenset(indicator.levels),
            lasting=indicator.lasting,
            within=within,
        )
        self.hidden = (
            None if full else hidden_from_the_public(state, borders, indicator, period, day=counted)
        )

    def number(self, place: int) -> answers.Number:
        """Give the number of a place."""
        marks = self._marks(place, None)
        hidden = marks is not None and bool(marks[0])
        numerator, denominator = _values(self.total, place, 0, shown=self.dated and not hidden)
        return answers.Number(
            numerator=numerator,
            denominator=denominator,
            suppressed=hidden,
            schools_reported=int(self.complete.reported[place]),
            schools_expected=int(self.complete.expected[place]),
            breakdown=self._breakdown(place),
        )

    def _breakdown(self, place: int) -> list[answers.Part]:
        if self.parts is None:
            return []
        parts = []
        marks = self._marks(place, self.by)
        for at, value in self.order:
            hidden = marks is not None and bool(marks[at])
            if hidden or self.parts.numerator[place, at] or self.parts.base[place, at]:
                shown = self.dated and not hidden
                numerator, denominator = _values(self.parts, place, at, shown=shown)
                parts.append(
                    answers.Part(
                        dims={self.by: value},
                        numerator=numerator,
                        denominator=denominator,
                        suppressed=hidden,
                    )
                )
        return parts

    def _marks(self, place: int, by: str | None) -> Marks | None:
        """Give the marks of a place's numbers; None where all of them are shown."""
        if self.hidden is None:
            return None
        marks: Marks = self.hidden.of(by)[place]
        # Only where something is hidden does it matter who asks.
        return marks if marks.any() and not self._scope.covers(self._borders, place) else None


def _in_order(by: str, values: Sequence[str]) -> list[tuple[int, str]]:
    """Give the values with their places: as their list has them, days and others by their text."""
    known = {str(text): rank for rank, text in enumerate(_LISTS.get(by, ()))}
    return sorted(enumerate(values), key=lambda one: (known.get(one[1], len(known)), one[1]))


def _values(table: Table, place: int, at: int, *, shown: bool) -> tuple[int | None, int | None]:
    if not shown:
        return None, None
    denominator = None if table.denominator is None else int(table.denominator[place, at])
    return int(table.numerator[place, at]), denominator


async def answer(
    engine: Engine,
    *,
    scope: Scope,
    day: date | None,
    unit_id: str | None,
    wanted: Sequence[Indicator],
    period_text: str | None,
    by: str | None,
    where: Mapping[str, Sequence[str]],
    as_of: date | None = None,
) -> answers.IndicatorsAnswer:
    """Answer for one place, from memory, at one moment; or as it was at the end of a past day.

    Raises:
        Forbidden: filters outside the scope, or a breakdown so fine that either would undo what is
            withheld there.
    """
    present = await places.standing_at(engine, as_of, ())
    period = places.period_of(present.state, period_text, as_of or places.day_of(day))
    until = None if period.days is None else period.days[1]
    standings = [
        (
            item,
            await places.standing_at(
                engine, as_of or (None if item.daily else until), item.families
            ),
        )
        for item in wanted
    ]
    within = await places.within(engine, period)
    # From here on nothing is awaited: all that is of now is of one moment.
    now = engine.history.now()
    present = now if present.end is None else present
    day = day or min(filter(None, (as_of, until, places.day_of(None))))
    borders = present.state.borders(day)
    place = places.place_of(borders, unit_id)
    full = scope.covers(borders, place)
    if not full and (where or any(by in indicator.fine_dims for indicator in wanted)):
        raise Forbidden(
            "filters-out-of-scope", "Chỉ được lọc tự do trong phạm vi mà tài khoản phụ trách."
        )
    asked = _Asked(scope, day, unit_id, by, where, within, engine.history.closed)
    return answers.IndicatorsAnswer(
        feed=engine.feed.head,
        day=day,
        view=scope.view(borders, place),
        period=str(period),
        unit=places.unit(borders, place),
        path=[places.unit(borders, step) for step in borders.path(place)],
        indicators=[
            _indicator(standing if standing.end else now, item, period.within(item), asked)
            for item, standing in standings
        ],
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the indicators of an answer have in common."""

    scope: Scope
    day: date
    unit_id: str | None
    by: str | None
    where: Mapping[str, Sequence[str]]
    within: Within | None
    closed: Callable[[Period], date | None]


def _indicator(
    standing: Standing, indicator: Indicator, period: Period, asked: _Asked
) -> answers.IndicatorAnswer:
    state, scope = standing.state, asked.scope
    borders = state.borders(asked.day)
    place = places.place_of(borders, asked.unit_id)
    age = places.age_of(standing, indicator, clock.now())
    dims = (*indicator.dims, *indicator.fine_dims)
    filters = {name: texts for name, texts in asked.where.items() if name in dims}
    if not isinstance(indicator.numerator, AsOf):
        tables = _Numbers(
            state,
            borders,
            indicator,
            period,
            scope=scope,
            full=scope.covers(borders, place),
            by=asked.by,
            where=filters,
            as_of=age.as_of,
            within=asked.within,
        )
        number = tables.number(place)
        children = [
            answers.Child(**dict(places.unit(borders, child)), **dict(tables.number(child)))
            for child in borders.places[place].children
        ]
    else:
        number, children = _moment(standing, indicator, borders, period), []
    return answers.IndicatorAnswer(
        **dict(age),
        indicator=indicator.id,
        version=indicator.version,
        name=answers.Words(vi=indicator.name.vi, en=indicator.name.en),
        unit=measured_in(indicator),
        period=str(period),
        ended=standing.end.day if standing.end else None,
        closed=asked.closed(period),
        dims={name: ",".join(texts) for name, texts in filters.items()},
        number=number,
        children=children,
    )


def measured_in(indicator: Indicator) -> answers.IndicatorUnit:
    """Say what an indicator's numbers count."""
    return answers.IndicatorUnit(
        code=indicator.unit, vi=indicator.unit_name.vi, en=indicator.unit_name.en
    )


def _moment(
    standing: Standing, indicator: Indicator, borders: Borders, period: Period
) -> answers.Number:
    """Give the as-of of the whole and of each source, in seconds since 1970."""
    as_of: dict[str, datetime] = {
        source: standing.as_of[source] for source in indicator.sources if source in standing.as_of
    }
    complete: Completeness = numbers.completeness(
        standing.state,
        borders,
        period,
        streams=[stream.name for stream in indicator.streams],
        levels=frozenset(indicator.levels),
    )
    return answers.Number(
        numerator=int(min(as_of.values()).timestamp()) if as_of else None,
        denominator=None,
        suppressed=False,
        schools_reported=int(complete.reported[0]),
        schools_expected=int(complete.expected[0]),
        breakdown=[
            answers.Part(
                dims={"source": source},
                numerator=int(moment.timestamp()),
                denominator=None,
                suppressed=False,
            )
            for source, moment in as_of.items()
        ],
    )
