"""``notifications.messages.v1``: what became of messages becomes how many were delivered a day."""

from collections import Counter
from collections.abc import Iterator, Sequence
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
    before_days: Sparse[date] = msgspec.field(default_factory=lambda: Sparse([], []))

    def fault(self) -> str | None:
        """Say what is wrong with it, if anything."""
        rows = len(self.parts)
        if not set(self.before_days.at) <= set(self.before.at):
            return "before_days names a row that has no before"
        years = map(school_year_of, (self.day, *self.before_days.value))
        faults = (key_fault(self.school_id, year) for year in years)
        return (
            self.before.fault(rows)
            or self.before_days.fault(rows)
            or next(filter(None, faults), None)
        )

    def counts(self, *, delivered: bool) -> Iterator[tuple[date, int, int]]:
        """Yield by how many messages and parts it changes which day, row by row."""
        rows = len(self.parts)
        columns = (self.parts, self.before.spread(rows), self.before_days.spread(rows))
        for parts, before, before_day in zip(*columns, strict=True):
            if delivered:
                yield self.day, 1, parts
            if before == Outcome.DELIVERED:
                yield before_day or self.day, -1, -parts


_DELIVERED = MessageDelivered.type_name()
_DECODERS = dict.fromkeys((_DELIVERED, MessageFailed.type_name()), msgspec.json.Decoder(_Told))
_CHANNELS = Open(Channel)
_PURPOSES = Open(Purpose)


def fold(events: Sequence[Envelope]) -> Folded:
    """Count what was delivered; a message that counted as delivered and no longer does goes out."""
    folded = Folded()
    messages = Sums(MESSAGES)
    reported: Counter[Key] = Counter()
    for index, fact in folded.facts(events, _DECODERS):
        fault = fact.fault()
        if fault is not None:
            folded.refuse(index, fault)
            continue
        kinds = _CHANNELS[fact.channel], _PURPOSES[fact.purpose]
        for day, count, parts in fact.counts(delivered=events[index].type == _DELIVERED):
            key = (fact.school_id, school_year_of(day), *kinds, day.isoformat())
            messages.add(key, count, parts)
        reported[fact.school_id, STREAM, school_year_of(fact.day), ""] += 1
    messages.into(folded.delta)
    folded.delta.changes[REPORTED.name] = Change.count(reported)
    return folded
