"""Every statistic that the aggregator answers for.

Ids are those of the province's list. Where it puts several numbers under one id, the first keeps
it and the others add a digit: N64 is billed, N641 collected, N642 overdue.
"""

from ioc_aggregator.indicators import contact, fees, gradebooks
from ioc_aggregator.indicators.freshness import FRESHNESS
from ioc_aggregator.indicators.pupils import PUPILS_ENROLLED

CATALOGUE = {
    indicator.id: indicator
    for indicator in (
        PUPILS_ENROLLED,
        gradebooks.ENTRY_PROGRESS,
        gradebooks.CORRECTIONS,
        contact.SCHOOLS_WITH_CONTACT_BOOK,
        contact.MESSAGES_DELIVERED,
        contact.PARTS_DELIVERED,
        fees.CASHLESS_ENABLED,
        fees.CASHLESS_ACTIVE,
        fees.BILLED,
        fees.COLLECTED,
        fees.OVERDUE,
        fees.COLLECTION_RATE,
        fees.CASHLESS_SHARE,
        FRESHNESS,
    )
}
