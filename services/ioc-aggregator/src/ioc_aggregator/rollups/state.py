"""The statistics in memory: what the journal's entries add up to.

Only committed entries are applied, each exactly once: an entry says which offsets of its lane it
covers, and the vector of positions says which are in already.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np

from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.facts import Fact, SchoolFact, WatermarkFact
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.columns import Codes, Columns, Copy
from ioc_aggregator.rollups.register import Register

T = TypeVar("T")

Lane: TypeAlias = tuple[str, int]
"""A topic and a partition of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the records of one lane from offset ``first`` up to ``next`` change."""

    lane: Lane
    first: int
    next: int
    delta: Delta


@dataclass(frozen=True, slots=True)
class Content:
    """A state at one moment, to be written down."""

    vector: dict[Lane, int]
    copies: list[Copy]
    facts: list[Fact]
    foreign: list[bytes]

    def deltas(self) -> Iterator[Delta]:
        """Write all of it down in parts: adding them to an empty state gives this one."""
        yield Delta(facts=self.facts)
        for copy in self.copies:
            for change in copy.changes():
                yield Delta({copy.family.name: change})
        for families in self.foreign:
            yield Delta(foreign=families)

    def hashes(self) -> dict[str, str]:
        """Hash each family's non-zero cells in the order of their keys: equal cells, equal hash.

        The order in which keys were first used does not matter, nor do rows that are zero again.
        """
        return {copy.family.name: _hash(copy) for copy in self.copies}

    def hash(self) -> str:
        """Hash all cells."""
        return combined(self.hashes())


def combined(hashes: Mapping[str, str]) -> str:
    """Make one hash of the families'."""
    named = "".join(f"{family}\x1d{text}\x1d" for family, text in sorted(hashes.items()))
    return hashlib.blake2b(named.encode(), digest_size=32).hexdigest()


def _hash(copy: Copy) -> str:
    digest = hashlib.blake2b(digest_size=32)
    keys, values = copy.keys, copy.values
    used = np.flatnonzero(values.any(axis=1)).tolist()
    for row in sorted(used, key=keys.__getitem__):
        column = np.flatnonzero(values[row])
        digest.update("\x1f".join((*keys[row], str(len(column)), "")).encode())
        digest.update(column.astype("<i2").tobytes())
        digest.update(values[row, column].astype("<i8").tobytes())
    return digest.hexdigest()


class State:
    """Cells, facts and the position vector that they stand at."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self.vector: dict[Lane, int] = {}
        self.register = Register()
        self.codes = {dim: Codes() for family in FAMILIES.values() for dim in family.dims}
        self.columns = {name: Columns(family, self.codes) for name, family in FAMILIES.items()}
        self.changes = 0
        """Counts the entries applied: whoever keeps something computed compares it."""
        self._foreign: list[bytes] = []
        self._drawn: dict[date, tuple[int, int, Borders]] = {}
        self._kept: dict[str, tuple[int, Any]] = {}
        self._facts = 0

    def apply(self, entry: Entry) -> bool:
        """Add an entry, unless its offsets are in already; tell whether it was new."""
        if entry.first < self.vector.get(entry.lane, 0):
            return False
        self.vector[entry.lane] = entry.next
        self.add(entry.delta)
        return True

    def add(self, delta: Delta) -> None:
        """Add cells and facts, whatever the position."""
        if not delta:
            return
        self.changes += 1
        for name, change in delta.changes.items():
            self.columns[name].add(change)
        if delta.foreign:
            self._foreign.append(delta.foreign)
        for fact in delta.facts:
            self.register.apply(fact)
            if isinstance(fact, SchoolFact):
                self.codes["school"].code(fact.school_id)
            if not isinstance(fact, WatermarkFact):
                self._facts += 1

    def copy(self) -> "Content":
        """Copy everything, so that it can be written down while the state goes on."""
        copies = [columns.copy() for columns in self.columns.values()]
        facts = list(self.register.facts())
        return Content(dict(self.vector), copies, facts, list(self._foreign))

    def borders(self, day: date) -> Borders:
        """Draw the tree of a day; drawn once until a fact or a new school comes."""
        schools = self.codes["school"].texts
        drawn = self._drawn.get(day)
        if drawn is None or drawn[:2] != (self._facts, len(schools)):
            borders = Borders(self.register, schools, day)
            self._drawn = {
                known: kept
                for known, kept in self._drawn.items()
                if kept[:2] == (self._facts, len(schools))
            }
            drawn = self._drawn[day] = (self._facts, len(schools), borders)
        return drawn[2]

    def kept(self, name: str, changes: int, make: Callable[[], T]) -> T:
        """Keep something computed for as long as the number of ``changes`` stays what it is."""
        known = self._kept.get(name)
        if known is None or known[0] != changes:
            known = self._kept[name] = (changes, make())
        return cast("T", known[1])

    def hash(self) -> str:
        """Hash the cells."""
        return self.copy().hash()
