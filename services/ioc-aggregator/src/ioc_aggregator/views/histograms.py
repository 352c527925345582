"""How scores spread: 101 bins, count, sum and sum of squares of any place."""

from datetime import date

import numpy as np

from chassis import clock
from contracts import topics
from contracts.lists import Assessment, Subject
from ioc_aggregator.access import Scope
from ioc_aggregator.engine import Engine
from ioc_aggregator.indicators.gradebooks import ENTRY_PROGRESS
from ioc_aggregator.measures.families import BINS, HISTOGRAM, REPORTED, SCORES
from ioc_aggregator.rollups import numbers, spread, suppression
from ioc_aggregator.rollups.history import Standing
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.views import answers, places

FAMILIES = (HISTOGRAM.name, SCORES.name, REPORTED.name)
"""What a histogram is made of."""

_SUMS = 3
"""Count, sum and sum of squares are shown: that many equations tie the bins."""


def answer(
    engine: Engine,
    *,
    standing: Standing,
    scope: Scope,
    day: date,
    unit_id: str | None,
    where: dict[str, str | None],
) -> answers.HistogramAnswer:
    """Sum the histograms that match, over whatever is left open."""
    state = standing.state
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
    age = places.age(standing, ENTRY_PROGRESS.sources, clock.now())
    hidden = np.zeros(BINS, dtype=np.bool_)
    suppressed = False
    if not scope.covers(borders, place):
        base = np.hstack([totals[:, :1], bins])
        marks = suppression.hide(base, borders, groups=[BINS], sums_shown=_SUMS)
        suppressed, hidden = bool(marks[place, 0]), marks[place, 1:]
    dated = age.as_of is not None
    count, total, squares = totals[place].tolist()
    shown = dated and not suppressed
    assessment = Subject(str(where["subject"])).assessment
    told = shown and count and not hidden.any() and assessment is Assessment.SCORE
    return answers.HistogramAnswer(
        **dict(age),
        feed=engine.feed.head,
        day=day,
        view=scope.view(borders, place),
        unit=places.unit(borders, place),
        subject=str(where["subject"]),
        assessment=assessment.value,
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
        spread=_spread(count, total, squares, bins[place].tolist()) if told else None,
        ended=standing.end.day if standing.end else None,
    )


def _spread(count: int, total: int, squares: int, bins: list[int]) -> answers.Spread:
    ends = (*spread.BANDS[1:], BINS)
    return answers.Spread(
        mean=_ratio(spread.mean(count, total)),
        variance=_ratio(spread.variance(count, total, squares)),
        median=spread.median(bins),
        bands=[
            answers.Band(begin=begin, end=end, count=number)
            for begin, end, number in zip(spread.BANDS, ends, spread.bands(bins), strict=True)
        ],
    )


def _ratio(ratio: spread.Ratio) -> answers.Ratio:
    return answers.Ratio(numerator=ratio.numerator, denominator=ratio.denominator)
