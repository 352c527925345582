"""``payments.channels.v1``: channels switched on and off become how many a school has."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec

from contracts import topics
from contracts.envelope import Envelope
from contracts.payments import PaymentChannelEnabled
from ioc_aggregator.intake.folding import Folded, key_fault, school_year_of
from ioc_aggregator.measures.cells import Change, Key
from ioc_aggregator.measures.families import CHANNELS, REPORTED

STREAM = topics.PAYMENT_CHANNELS.name

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class _Switched(msgspec.Struct, gc=False):
    school_id: str
    day: date
    channels: _Count
    before_channels: _Count


_DECODERS = {PaymentChannelEnabled.type_name(): msgspec.json.Decoder(_Switched)}


def fold(events: Sequence[Envelope]) -> Folded:
    """Count channels: each fact says how many there are, and how many there were."""
    folded = Folded()
    channels: Counter[Key] = Counter()
    reported: Counter[Key] = Counter()
    for index, fact in folded.facts(events, _DECODERS):
        year = school_year_of(fact.day)
        if (fault := key_fault(fact.school_id, year)) is not None:
            folded.refuse(index, fault)
            continue
        channels[fact.school_id, year] += fact.channels - fact.before_channels
        reported[fact.school_id, STREAM, year, ""] += 1
    folded.delta.changes[CHANNELS.name] = Change.count(channels)
    folded.delta.changes[REPORTED.name] = Change.count(reported)
    return folded
