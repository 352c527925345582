"""``gradebook.checkpoints.v1``: what a service signed of its history; witnessed, never counted."""

from collections.abc import Sequence

from contracts import registry
from contracts.checkpoints import HistoryCheckpointed
from contracts.envelope import Envelope
from ioc_aggregator.intake.folding import Folded


def fold(events: Sequence[Envelope]) -> Folded:
    """Read each checkpoint."""
    folded = Folded()
    for index, document in enumerate(events):
        try:
            event = registry.parse(document)
        except registry.ContractError as error:
            if error.reason != "unknown-type":
                folded.refuse(index, error.detail)
            continue
        if isinstance(event, HistoryCheckpointed):
            folded.checkpoints.append(event)
    return folded
