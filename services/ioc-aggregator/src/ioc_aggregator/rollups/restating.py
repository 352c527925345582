"""Restatements: what came after a period was closed, and what it did to the period's numbers.

A close is never changed. The numbers of the period go on being what the log says, so each day
after the close on which they moved is one restatement: when, by which schools, and by how much.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from chassis import clock
from ioc_aggregator.indicators.indicator import Indicator
from ioc_aggregator.rollups import numbers
from ioc_aggregator.rollups.hiding import hidden_from_the_public
from ioc_aggregator.rollups.history import History, Standing
from ioc_aggregator.rollups.periods import Period


class Pair(NamedTuple):
    """A number."""

    numerator: int
    denominator: int | None


@dataclass(frozen=True, slots=True)
class Stand:
    """All numbers of an indicator in a period, at one moment."""

    standing: Standing
    numbers: Mapping[str, Pair]
    """By place."""
    hidden: frozenset[str]
    """The places whose number the public may not see."""
    events: Mapping[tuple[str, str], int]
    """By school and stream, how many had been heard for the period."""

    def moved(self, before: "Stand") -> list[str]:
        """Give the places whose number is not what it was."""
        ids = before.numbers.keys() | self.numbers.keys()
        return sorted(one for one in ids if before.numbers.get(one) != self.numbers.get(one))

    def heard(self, before: "Stand", school: str) -> list[str]:
        """Give the streams in which a school has sent more since."""
        return sorted(
            stream
            for (one, stream), count in self.events.items()
            if one == school and count > before.events.get((one, stream), 0)
        )


async def stands(
    history: History, indicator: Indicator, period: Period, closed: date, *, on: date
) -> AsyncIterator[Stand]:
    """Yield what an indicator was when its period closed, each day after it, and now.

    ``on`` is the day whose borders and schools apply to all of them, so that only facts move it.
    """
    async for standing in history.walk(closed, indicator.families):
        yield _stand(standing, indicator, period, on)
    yield _stand(history.now(), indicator, period, on)


def _stand(standing: Standing, indicator: Indicator, period: Period, on: date) -> Stand:
    state, borders = standing.state, standing.state.borders(on)
    moments = [standing.as_of[source] for source in indicator.sources if source in standing.as_of]
    day = clock.business_day(min(moments)) if moments else on
    table = numbers.table(state, borders, indicator, period, day=day)
    marks = hidden_from_the_public(state, borders, indicator, period, day=day).of(None)
    found = {
        place.id: Pair(
            int(table.numerator[at, 0]),
            None if table.denominator is None else int(table.denominator[at, 0]),
        )
        for at, place in enumerate(borders.places)
    }
    hidden = frozenset(place.id for at, place in enumerate(borders.places) if marks[at, 0])
    events = {}
    for stream in indicator.streams:
        counts = numbers.reported(state, borders, period, streams=[stream.name])
        for code, count in enumerate(counts.tolist()):
            events[state.codes["school"].texts[code], stream.name] = count
    return Stand(standing, found, hidden, events)
