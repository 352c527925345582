"""How scores spread: 101 bins, count, sum and sum of squares of any place."""

from datetime import date

import numpy as np

from chassis import clock
from contracts import topics
from contracts.lists import Subject
from ioc_aggregator.access import Scope
from ioc_aggregator.engine import Engine
from ioc_aggregator.indicators.gradebooks import ENTRY_PROGRESS
from ioc_aggregator.measures.families import BINS
from ioc_aggregator.rollups import numbers, suppression
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.views import answers, places

_SUMS = 3
"""Count, sum and sum of squares are shown: that many equations tie the bins."""


def answer(
    engine: Engine, *, scope: Scope, day: date, unit_id: str | None, where: dict[str, str | None]
) -> answers.HistogramAnswer:
    """Sum the histograms that match, over whatever is left open."""
    state = engine.follower.state
    borders = state.borders(day)
    place = places.place_of(borders, unit_id)
    wanted = {name: [text] for name, text in where.items() if text is not None}
    bins, totals = numbers.histograms(state, borders, wanted)
    year, term = where["school_year"], where["term"]
    complete = numbers.completeness(
        state,
        borders,
        Period(year, term or "") if year else None,
        streams=[topics.SCORES.name],
        levels=frozenset(ENTRY_PROGRESS.levels),
    )
    age = places.age(engine, ENTRY_PROGRESS.sources, clock.now())
    hidden = np.zeros(BINS, dtype=np.bool_)
    suppressed = False
    if not scope.covers(borders, place):
        base = np.hstack([totals[:, :1], bins])
        marks = suppression.hide(base, borders, groups=[BINS], sums_shown=_SUMS)
        suppressed, hidden = bool(marks[place, 0]), marks[place, 1:]
    dated = age.as_of is not None
    count, total, squares = totals[place].tolist()
    shown = dated and not suppressed
    return answers.HistogramAnswer(
        **dict(age),
        feed=engine.feed.head,
        day=day,
        view=scope.view(borders, place),
        unit=places.unit(borders, place),
        subject=str(where["subject"]),
        assessment=Subject(str(where["subject"])).assessment.value,
        school_year=year,
        grade=where["grade"],
        term=term,
        kind=where["kind"],
        schools_reported=int(complete.reported[place]),
        schools_expected=int(complete.expected[place]),
        suppressed=suppressed,
        count=count if shown else None,
        sum=total if shown else None,
        squares=squares if shown else None,
        counts=[
            value if shown and not out else None
            for value, out in zip(bins[place].tolist(), hidden, strict=True)
        ],
    )
