"""``gradebook.classes.v1``: which schools have opened classes, placed pupils, assigned teaching."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from contracts import topics
from contracts.envelope import Envelope
from contracts.gradebook import ClassOpened, PupilPlaced, TeachingAssigned
from ioc_aggregator.intake.folding import Folded, key_fault
from ioc_aggregator.measures.cells import Change, Key
from ioc_aggregator.measures.families import REPORTED

STREAM = topics.CLASSES.name


class _Fact(msgspec.Struct, gc=False):
    school_id: str
    school_year: str


_DECODERS = dict.fromkeys(
    (kind.type_name() for kind in (ClassOpened, PupilPlaced, TeachingAssigned)),
    msgspec.json.Decoder(_Fact),
)


def fold(events: Sequence[Envelope]) -> Folded:
    """Count the events of each school: that is all the statistics need of classes so far."""
    folded = Folded()
    reported: Counter[Key] = Counter()
    for index, fact in folded.facts(events, _DECODERS):
        if (fault := key_fault(fact.school_id, fact.school_year)) is not None:
            folded.refuse(index, fault)
            continue
        reported[fact.school_id, STREAM, fact.school_year, ""] += 1
    folded.delta.changes[REPORTED.name] = Change.count(reported)
    return folded
