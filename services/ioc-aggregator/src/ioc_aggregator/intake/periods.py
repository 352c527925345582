"""``ioc.periods.v1``: where the days ended, as this or an earlier database said it."""

from collections.abc import Sequence

from contracts import registry
from contracts.envelope import Envelope
from contracts.statistics import DayEnded
from ioc_aggregator.intake.folding import Folded
from ioc_aggregator.measures.facts import DayEnd


def fold(events: Sequence[Envelope]) -> Folded:
    """Read each end of a day."""
    folded = Folded()
    for index, document in enumerate(events):
        try:
            event = registry.parse(document)
        except registry.ContractError as error:
            if error.reason != "unknown-type":
                folded.refuse(index, error.detail)
            continue
        if isinstance(event, DayEnded):
            folded.ends.append(
                DayEnd(
                    event.day,
                    event.ended_at,
                    event.positions,
                    event.as_of,
                    event.hashes,
                    event.closed,
                )
            )
    return folded
