"""Dense integer columns of one family, with a row for each key that was ever used."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ioc_aggregator.measures.cells import Change, Family, Integers, Key

_FIRST_ROWS = 1024
_PART_ROWS = 8192
"""Rows written down at a time: what a whole year takes is never in memory twice."""


class Codes:
    """The values of one dimension, numbered in order of first use; shared by all families."""

    def __init__(self) -> None:
        """Know no value yet."""
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def find(self, text: str) -> int | None:
        """Give the code of a value, if it was ever used."""
        return self._codes.get(text)

    def code(self, text: str) -> int:
        """Give the code of a value; a new one gets the next."""
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self.texts)
            self.texts.append(text)
        return code


@dataclass(frozen=True, slots=True)
class Copy:
    """The cells of a family at one moment."""

    family: Family
    keys: Sequence[Key]
    values: NDArray[np.signedinteger]

    def changes(self) -> Iterator[Change]:
        """Write all of it down in parts: adding them to an empty family gives the same cells."""
        for begin in range(0, len(self.values), _PART_ROWS):
            end = begin + _PART_ROWS
            yield Change.of(self.keys[begin:end], self.values[begin:end])


class Columns:
    """The cells of one family: ``values[row, column]`` and, per dimension, the code of each row."""

    def __init__(self, family: Family, codes: Mapping[str, Codes]) -> None:
        """Begin empty; ``codes`` holds the numbering of each dimension."""
        self.family = family
        self.keys: list[Key] = []
        self.changes = 0
        """Counts what was added: whoever keeps something computed compares it."""
        self._dims = {dim: codes[dim] for dim in family.dims}
        self._rows: dict[Key, int] = {}
        self._values = np.zeros((_FIRST_ROWS, len(family.columns)), dtype=family.dtype)
        self._codes = {dim: np.zeros(_FIRST_ROWS, dtype=np.int32) for dim in family.dims}

    @property
    def values(self) -> NDArray[np.signedinteger]:
        """The rows in use."""
        return self._values[: len(self.keys)]

    def column(self, name: str) -> NDArray[np.signedinteger]:
        """Give one column of the rows in use."""
        return self.values[:, self.family.columns.index(name)]

    def dim(self, name: str) -> NDArray[np.int32]:
        """Give the code of a dimension for each row in use."""
        return self._codes[name][: len(self.keys)]

    def add(self, change: Change) -> None:
        """Add a change; keys used for the first time get their rows."""
        known = self._rows
        new = [key for key in change.keys if key not in known]
        if new:
            self._allocate(new)
        rows = np.fromiter(map(known.__getitem__, change.keys), np.int64, len(change.keys))
        cells = rows[change.at] * len(self.family.columns) + change.column
        self._values.reshape(-1)[cells] += change.by.astype(self.family.dtype)
        self.changes += 1

    def select(self, wanted: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
        """Mark the rows whose dimensions have one of the wanted values."""
        mask = np.ones(len(self.keys), dtype=np.bool_)
        for name, texts in wanted.items():
            codes = self.dim(name)
            any_of = np.zeros(len(self.keys), dtype=np.bool_)
            for text in texts:
                if (code := self._dims[name].find(text)) is not None:
                    any_of |= codes == code
            mask &= any_of
        return mask

    def copy(self) -> Copy:
        """Copy the cells. Keys are only ever appended, so those are shared."""
        return Copy(self.family, self.keys, self.values.copy())

    def _allocate(self, keys: Sequence[Key]) -> None:
        begin, end = len(self.keys), len(self.keys) + len(keys)
        if end > len(self._values):
            # A quarter more: doubling would leave as much memory unused as is used.
            more = max(end - len(self._values), len(self._values) // 4)
            self._values = np.concatenate(
                [self._values, np.zeros((more, self._values.shape[1]), dtype=self.family.dtype)]
            )
            self._codes = {
                dim: np.concatenate([codes, np.zeros(more, dtype=np.int32)])
                for dim, codes in self._codes.items()
            }
        shared = []
        for dim, texts in zip(self.family.dims, zip(*keys, strict=True), strict=True):
            numbering = self._dims[dim]
            codes = [numbering.code(text) for text in texts]
            self._codes[dim][begin:end] = codes
            shared.append([numbering.texts[code] for code in codes])
        # The same text is kept once, however many keys and batches it came with.
        own = list(zip(*shared, strict=True))
        self.keys += own
        self._rows.update(zip(own, range(begin, end), strict=True))


def sum_by(
    into: int, groups: NDArray[np.signedinteger], values: NDArray[np.signedinteger]
) -> Integers:
    """Sum rows of ``values`` into ``into`` rows; ``groups`` names the one for each."""
    sums = np.zeros((into, *values.shape[1:]), dtype=np.int64)
    if len(groups):
        order = np.argsort(groups, kind="stable")
        ordered = groups[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        sums[ordered[starts]] = np.add.reduceat(values[order], starts, axis=0, dtype=np.int64)
    return sums
