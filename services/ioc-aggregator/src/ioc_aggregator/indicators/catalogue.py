"""Every statistic that the aggregator answers for.

Ids are those of the province's list. Where it puts several numbers under one id, the first keeps
it and the others add a digit: N64 is billed, N641 collected, N642 overdue.
"""

from ioc_aggregator.indicators import (
    admission,
    adoption,
    contact,
    fees,
    gradebooks,
    places,
    pupils,
    results,
    staff,
    transcripts,
)
from ioc_aggregator.indicators.freshness import FRESHNESS
from ioc_aggregator.indicators.indicator import Indicator

_ROOMS = (
    places,
    pupils,
    staff,
    gradebooks,
    results,
    transcripts,
    contact,
    admission,
    fees,
    adoption,
)

CATALOGUE: dict[str, Indicator] = {
    indicator.id: indicator
    for indicator in sorted(
        (*(indicator for room in _ROOMS for indicator in room.ALL), FRESHNESS),
        # N64, N641, N642, N65: by the number of the list, then by the digit after it.
        key=lambda indicator: (indicator.id[:3], indicator.id),
    )
}
