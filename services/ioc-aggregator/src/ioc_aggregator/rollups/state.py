"""The statistics in memory: what the journal's entries add up to.

Only committed entries are applied, each exactly once: an entry says which offsets of its lane it
covers, and the vector of positions says which are in already.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np

from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.facts import SchoolFact, WatermarkFact
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rollups.borders import Borders
from ioc_aggregator.rollups.columns import Codes, Columns
from ioc_aggregator.rollups.register import Register

Lane: TypeAlias = tuple[str, int]
"""A topic and a partition of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the records of one lane from offset ``first`` up to ``next`` change."""

    lane: Lane
    first: int
    next: int
    delta: Delta


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
        self._drawn: dict[date, tuple[int, int, Borders]] = {}
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
        for fact in delta.facts:
            self.register.apply(fact)
            if isinstance(fact, SchoolFact):
                self.codes["school"].code(fact.school_id)
            if not isinstance(fact, WatermarkFact):
                self._facts += 1

    def export(self) -> Delta:
        """Write down all of it as one delta: the content of a snapshot."""
        return Delta(
            {name: columns.change() for name, columns in self.columns.items()},
            list(self.register.facts()),
        )

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

    def hash(self) -> str:
        """Hash the non-zero cells in the order of their keys: equal cells, equal hash.

        The order in which keys were first used does not matter, nor do rows that are zero again.
        """
        digest = hashlib.blake2b(digest_size=32)
        for name in sorted(self.columns):
            columns = self.columns[name]
            order = sorted(range(len(columns.keys)), key=columns.keys.__getitem__)
            values = columns.values[order]
            used = np.flatnonzero(values.any(axis=1))
            values = values[used]
            row, column = np.nonzero(values)
            keys = ("\x1f".join(columns.keys[order[index]]) for index in used)
            digest.update(f"{name}\x1d{len(used)}\x1d{len(row)}\x1d".encode())
            digest.update("\x1e".join(keys).encode())
            for part in (row, column, values[row, column]):
                digest.update(part.astype("<i8").tobytes())
        return digest.hexdigest()
