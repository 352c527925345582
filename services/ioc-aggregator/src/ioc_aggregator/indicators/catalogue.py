"""Every statistic that the aggregator answers for."""

from ioc_aggregator.indicators.freshness import FRESHNESS
from ioc_aggregator.indicators.gradebooks import CORRECTIONS, ENTRY_PROGRESS
from ioc_aggregator.indicators.pupils import PUPILS_ENROLLED

CATALOGUE = {
    indicator.id: indicator
    for indicator in (PUPILS_ENROLLED, ENTRY_PROGRESS, CORRECTIONS, FRESHNESS)
}
