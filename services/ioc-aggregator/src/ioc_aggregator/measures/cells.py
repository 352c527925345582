"""Additive integer cells, and how a change of them is written down.

A *family* is a table whose rows are keyed by school and further dimensions and whose columns are
integers. A *change* names few of its cells and what is added to each. Changes commute, so state is
the sum of all of them in whatever order the partitions were read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from contracts import topics
from contracts.event import Event
from ioc_aggregator.measures.facts import Fact

Key: TypeAlias = tuple[str, ...]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Family:
    """A table of cells. The first dimension is always the school."""

    name: str
    dims: tuple[str, ...]
    columns: tuple[str, ...]
    dtype: type[np.signedinteger] = np.int64
    lasting: bool = False
    """Its cells are changes of what lasts: a school year's value is the sum of all up to it."""
    events: tuple[type[Event], ...] = ()
    """The events that fill it; none where every event of a school does."""

    @property
    def may_lack_a_source(self) -> bool:
        """Whether nobody may be there to fill it: only drafts do, or reports from outside."""
        return bool(self.events) and all(
            event.DRAFT or event.TOPIC is topics.REPORTS for event in self.events
        )


@dataclass(slots=True)
class Change:
    """What is added to one family: ``by[i]`` to column ``column[i]`` of row ``keys[at[i]]``.

    No cell stands twice and nothing is zero, so a change can be added without accumulating.
    """

    keys: list[Key]
    at: Integers
    column: Integers
    by: Integers

    @classmethod
    def of(cls, keys: Sequence[Key], sums: NDArray[np.signedinteger]) -> "Change":
        """Write down the non-zero cells of ``sums``, whose rows are those of ``keys``."""
        # Half the time of `nonzero`, which looks for rows and columns by itself.
        flat = np.ascontiguousarray(sums).reshape(-1)
        used = np.flatnonzero(flat)
        at, column = np.divmod(used, sums.shape[1])
        return cls(list(keys), at, column, flat[used].astype(np.int64, copy=False))

    @classmethod
    def count(cls, counts: Mapping[Key, int]) -> "Change":
        """Write down a family of one column."""
        keys = [key for key, count in counts.items() if count]
        sums = np.array([counts[key] for key in keys], dtype=np.int64)
        return cls.of(keys, sums.reshape(len(keys), 1))

    @classmethod
    def joined(cls, changes: Sequence["Change"]) -> "Change":
        """Add up changes of the same family."""
        keys = dict.fromkeys(chain.from_iterable(change.keys for change in changes))
        rows = {key: row for row, key in enumerate(keys)}
        width = 1 + max((int(one.column.max()) for one in changes if len(one)), default=0)
        sums = np.zeros((len(rows), width), dtype=np.int64)
        for one in changes:
            known = np.fromiter(map(rows.__getitem__, one.keys), np.int64, len(one.keys))
            sums.reshape(-1)[known[one.at] * width + one.column] += one.by
        return cls.of(list(rows), sums)

    def __len__(self) -> int:
        return len(self.by)


@dataclass(slots=True)
class Delta:
    """What a run of records changes: cells by family, and facts."""

    changes: dict[str, Change] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    foreign: bytes = b""
    """Families that only a newer version knows, as it wrote them."""

    @classmethod
    def joined(cls, deltas: Sequence["Delta"]) -> "Delta":
        """Add up what one version counted of runs of records that follow one another."""
        if len(deltas) == 1:
            return deltas[0]
        named: dict[str, list[Change]] = {}
        for delta in deltas:
            for name, change in delta.changes.items():
                named.setdefault(name, []).append(change)
        facts = [fact for delta in deltas for fact in delta.facts]
        return cls({name: Change.joined(changes) for name, changes in named.items()}, facts)

    def __bool__(self) -> bool:
        return bool(self.facts or self.foreign) or any(map(len, self.changes.values()))
