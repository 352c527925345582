"""Every fold equals the independent recount of `./edu verify`, over random facts of all kinds."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from random import Random

import msgspec
import pytest

from contracts import topics
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.gradebook import ScoresPublished
from contracts.payments import FeePaid, FeeReversed
from contracts.registry import EVENTS
from edu.testing.anything import Anything
from edu.verify.documents import TYPES
from edu.verify.recount import Recount
from ioc_aggregator.intake import checkpoints, register
from ioc_aggregator.intake.folding import Fold
from ioc_aggregator.intake.streams import FOLDS, TOPICS
from ioc_aggregator.measures.families import FAMILIES, REPORTED

Documents = Callable[[Event], Envelope]
Cells = Counter[tuple[str, tuple[str, ...], str]]
InPieces = Callable[[Fold, Sequence[Envelope], int], Cells]

SEEDS = range(10)
FACTS = 40
BALANCED = (FeePaid, FeeReversed)
"""Their amounts have to add up, which chance does not find; `test_fee_folds` makes them."""
COUNT_NOTHING = (ScoresPublished,)
"""What guardians may see changes no number."""
KINDS = {
    topic: [
        event for event in EVENTS if event.TOPIC is topic and event not in BALANCED + COUNT_NOTHING
    ]
    for topic in TOPICS
    # What is witnessed is not counted.
    if topic.owner != "ioc-aggregator"
    and FOLDS[topic.name] not in (register.fold, checkpoints.fold)
}


def recounted(topic: str, documents: Sequence[Envelope]) -> Cells:
    """Count what verify makes of the same documents, in the order of our dimensions."""
    recount = Recount()
    for document in documents:
        fact = msgspec.convert(
            msgspec.json.decode(document.data), TYPES[document.type], str_keys=True
        )
        recount.count(topic, fact)
    return Counter(
        {
            (family, tuple(dict(key)[dim] for dim in FAMILIES[family].dims), value): count
            for (family, key, value), count in recount.cells.items()
            if count
        }
    )


@pytest.mark.parametrize("topic", KINDS, ids=lambda topic: topic.name)
def test_a_fold_equals_the_recount(
    topic: topics.Topic, document: Documents, fold_in_pieces: InPieces
) -> None:
    for seed in SEEDS:
        make, random = Anything(seed), Random(seed)
        kinds = KINDS[topic]
        documents = [document(make.event(random.choice(kinds))) for _ in range(FACTS)]
        ours = fold_in_pieces(FOLDS[topic.name], documents, random.randrange(FACTS))
        assert ours == recounted(topic.name, documents), f"seed {seed}"


@pytest.mark.parametrize("kind", [*chain(*KINDS.values())], ids=lambda kind: kind.schema_name())
def test_a_family_says_which_events_fill_it(kind: type[Event], document: Documents) -> None:
    make = Anything(7)
    filled = set()
    for _ in range(60):
        folded = FOLDS[kind.TOPIC.name]([document(make.event(kind))])
        assert folded.refused == []
        filled |= {name for name, change in folded.delta.changes.items() if len(change)}
    declared = {name for name, family in FAMILIES.items() if kind in family.events}
    assert filled == declared | {REPORTED.name}
