"""Folding a stream event by event: each fact says by itself which cells it changes.

For streams that are not hot. Scores, roll-calls, fees and messages have folds of their own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from contracts.envelope import Envelope
from contracts.event import Event
from contracts.lists import Subject, Term
from contracts.topics import Topic
from ioc_aggregator.intake.folding import GRADES, Fold, Folded, Sums, key_fault
from ioc_aggregator.measures.cells import Change, Family, Key
from ioc_aggregator.measures.families import REPORTED

Added: TypeAlias = tuple[Family, Key, tuple[int, ...]]
"""What a fact adds to one row of a family. The first two parts of a key: school, school year."""

Heard: TypeAlias = tuple[str, str, str]
"""School, school year and term (or none) from which a fact was heard."""

_LISTS: Mapping[str, frozenset[str]] = {
    "grade": GRADES,
    "subject": frozenset(map(str, Subject)),
    "term": frozenset(map(str, Term)),
}


class Counted(msgspec.Struct, gc=False):
    """The few fields of an event that statistics need."""

    def heard(self) -> Iterable[Heard]:
        """Say whose fact it is."""
        raise NotImplementedError

    def added(self) -> Iterator[Added]:
        """Yield what it adds to which cells."""
        raise NotImplementedError

    def fault(self) -> str | None:
        """Say what is wrong with it, if anything; closed lists are looked at here."""
        return list_fault(self)


def list_fault(cell: object) -> str | None:
    """Say which field of a cell is in none of the closed lists, if any."""
    for name, values in _LISTS.items():
        value = getattr(cell, name, None)
        if value is not None and value not in values:
            return f"{name} is not in the closed list"
    return None


class Batch:
    """What the facts of a batch add up to."""

    def __init__(self, stream: Topic) -> None:
        """Begin with nothing."""
        self._stream = stream.name
        self._sums: dict[str, Sums] = {}
        self.reported: Counter[Key] = Counter()

    def take(self, fact: Counted) -> str | None:
        """Count a fact as a whole, or say what is wrong with it."""
        if (fault := fact.fault()) is not None:
            return fault
        heard = set(fact.heard())
        if (fault := _places_fault(place[:2] for place in heard)) is not None:
            return fault
        added = list(fact.added())
        if (fault := _places_fault(key[:2] for _, key, _ in added)) is not None:
            return fault
        for family, key, by in added:
            if family.name not in self._sums:
                self._sums[family.name] = Sums(family)
            self._sums[family.name].add(key, *by)
        for school, year, term in heard:
            self.reported[school, self._stream, year, term] += 1
        return None

    def into(self, folded: Folded) -> None:
        """Write it down."""
        for sums in self._sums.values():
            sums.into(folded.delta)
        folded.delta.changes[REPORTED.name] = Change.count(self.reported)


def _places_fault(places: Iterable[Key]) -> str | None:
    return next(filter(None, (key_fault(*place) for place in set(places))), None)


def fold_of(stream: Topic, kinds: Mapping[type[Event], type[Counted]]) -> Fold:
    """Make the fold of a stream from what each of its events counts as."""
    decoders = {event.type_name(): msgspec.json.Decoder(fact) for event, fact in kinds.items()}

    def fold(events: Sequence[Envelope]) -> Folded:
        folded = Folded()
        batch = Batch(stream)
        for index, fact in folded.facts(events, decoders):
            if (fault := batch.take(fact)) is not None:
                folded.refuse(index, fault)
        batch.into(folded)
        return folded

    return fold
