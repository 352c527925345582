"""``notifications.messages.v1``: what became of messages becomes how many were delivered a day."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec

from contracts import topics
from contracts.envelope import Envelope
from contracts.notifications import Channel, MessageDelivered, MessageFailed, Outcome, Purpose
from ioc_aggregator.intake.folding import Folded, Open, Sparse, Sums, key_fault, school_year_of
from ioc_aggregator.measures.cells import Change, Key
from ioc_aggregator.measures.families import MESSAGES, REPORTED

STREAM = topics.MESSAGES.name


class _Told(msgspec.Struct, gc=False):
    """Messages that are alike, one row for each."""

    school_id: str
    channel: str
    purpose: str
    day: date
    parts: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=100)]], msgspec.Meta(min_length=1)]
    before: Sparse[str]


_DELIVERED = MessageDelivered.type_name()
_TYPES = frozenset({_DELIVERED, MessageFailed.type_name()})
_DECODER = msgspec.json.Decoder(_Told)
_CHANNELS = Open(Channel)
_PURPOSES = Open(Purpose)


def fold(events: Sequence[Envelope]) -> Folded:
    """Count what was delivered; a message that counted as delivered and no longer does goes out."""
    folded = Folded()
    messages = Sums(MESSAGES)
    reported: Counter[Key] = Counter()
    for index, event in enumerate(events):
        if event.type not in _TYPES:
            continue
        try:
            fact = _DECODER.decode(event.data)
        except msgspec.MsgspecError as error:
            folded.refuse(index, str(error))
            continue
        rows = len(fact.parts)
        year = school_year_of(fact.day)
        fault = fact.before.fault(rows) or key_fault(fact.school_id, year)
        if fault is not None:
            folded.refuse(index, fault)
            continue
        is_delivered = event.type == _DELIVERED
        delivered = parts = 0
        for before, its_parts in zip(fact.before.spread(rows), fact.parts, strict=True):
            by = is_delivered - (before == Outcome.DELIVERED)
            delivered += by
            parts += by * its_parts
        key = (
            fact.school_id,
            year,
            _CHANNELS[fact.channel],
            _PURPOSES[fact.purpose],
            fact.day.isoformat(),
        )
        messages.add(key, delivered, parts)
        reported[fact.school_id, STREAM, year, ""] += 1
    messages.into(folded.delta)
    folded.delta.changes[REPORTED.name] = Change.count(reported)
    return folded
