"""``notifications.messages.v1``: what became of messages becomes how many were delivered a day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated

import msgspec

from contracts import topics
from contracts.notifications import (
    Channel,
    MessageDelivered,
    MessageFailed,
    Outcome,
    Purpose,
    StaffMessageDelivered,
)
from ioc_aggregator.intake.bulk import bulk_of
from ioc_aggregator.intake.counting import Added, Batch, Counted, Heard
from ioc_aggregator.intake.folding import (
    Document,
    Folded,
    Open,
    Places,
    Sparse,
    Sums,
    Whole,
    school_year_of,
)
from ioc_aggregator.measures.families import MESSAGES, SENDINGS, STAFF_MESSAGES

STREAM = topics.MESSAGES.name


class _Told(msgspec.Struct, gc=False):
    """Messages that are alike, one row for each."""

    school_id: str
    channel: str
    purpose: str
    day: date
    parts: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=100)]], msgspec.Meta(min_length=1)]
    costs: list[Annotated[int, msgspec.Meta(ge=0, le=10**12)]]
    before: Sparse[str]
    before_days: Sparse[date] = msgspec.field(default_factory=lambda: Sparse([], []))

    def fault(self, places: Places) -> str | None:
        """Say what is wrong with it, if anything."""
        rows = len(self.parts)
        if len(self.costs) != rows:
            return "parts and costs differ in length"
        if not set(self.before_days.at) <= set(self.before.at):
            return "before_days names a row that has no before"
        years = map(school_year_of, (self.day, *self.before_days.value))
        faults = (places.fault(self.school_id, year) for year in years)
        return (
            self.before.fault(rows)
            or self.before_days.fault(rows)
            or next(filter(None, faults), None)
        )

    def counts(self, outcome: str) -> Iterator[tuple[date, str, int, int, int]]:
        """Yield day, outcome, and by how many messages, parts and đồng that changes."""
        rows = len(self.parts)
        if not self.before.at:
            yield self.day, outcome, rows, sum(self.parts), sum(self.costs)
            return
        columns = self.parts, self.costs, self.before.spread(rows), self.before_days.spread(rows)
        for parts, cost, before, before_day in zip(*columns, strict=True):
            yield self.day, outcome, 1, parts, cost
            if before is not None:
                # What only was in doubt had neither parts nor a price yet.
                had = before == Outcome.DELIVERED
                yield before_day or self.day, before, -1, -parts * had, -cost * had


class _ToStaff(Counted, gc=False):
    school_id: str
    channel: str
    day: date
    messages: Whole
    before_messages: Whole

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, school_year_of(self.day), ""),)

    def added(self) -> Iterator[Added]:
        year, day = school_year_of(self.day), self.day.isoformat()
        key = (self.school_id, year, _CHANNELS[self.channel], day)
        yield STAFF_MESSAGES, key, (self.messages - self.before_messages,)


_OUTCOMES = {
    MessageDelivered.type_name(): str(Outcome.DELIVERED),
    MessageFailed.type_name(): str(Outcome.FAILED),
}
_DECODERS: dict[str, msgspec.json.Decoder[_Told | _ToStaff]] = {
    **dict.fromkeys(_OUTCOMES, msgspec.json.Decoder(_Told)),
    StaffMessageDelivered.type_name(): msgspec.json.Decoder(_ToStaff),
}
_CHANNELS = Open(Channel)
_PURPOSES = Open(Purpose)


def fold(events: Sequence[Document]) -> Folded:
    """Count what was delivered; a message that counted as delivered and no longer does goes out."""
    folded = Folded()
    messages, sendings = Sums(MESSAGES), Sums(SENDINGS)
    others = Batch(topics.MESSAGES)
    places = Places()
    for index, fact in folded.facts(events, _DECODERS):
        fault = fact.fault(places) if isinstance(fact, _Told) else others.take(fact)
        if fault is not None:
            folded.refuse(index, fault)
        elif isinstance(fact, _Told):
            channel, purpose = _CHANNELS[fact.channel], _PURPOSES[fact.purpose]
            for day, outcome, by, parts, cost in fact.counts(_OUTCOMES[events[index].type]):
                year = school_year_of(day)
                delivered = outcome == Outcome.DELIVERED
                failed = outcome == Outcome.FAILED
                sending = (by * delivered, by * failed, cost)
                sendings.add((fact.school_id, year, channel), *sending)
                if delivered:
                    key = (fact.school_id, year, channel, purpose, day.isoformat())
                    messages.add(key, by, parts)
            others.reported[fact.school_id, STREAM, school_year_of(fact.day), ""] += 1
    messages.into(folded.delta)
    sendings.into(folded.delta)
    others.into(folded)
    return folded


BULK = bulk_of(fold)
