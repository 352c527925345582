"""Dense integer columns of one family, with a row for each key that was ever used."""

from collections.abc import Mapping, Sequence
from sys import intern

import numpy as np
from numpy.typing import NDArray

from ioc_aggregator.measures.cells import Change, Family, Key

_FIRST_ROWS = 1024


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
            code = self._codes[intern(text)] = len(self.texts)
            self.texts.append(intern(text))
        return code


class Columns:
    """The cells of one family: ``values[row, column]``, ``codes[row, dimension]``."""

    def __init__(self, family: Family, codes: Mapping[str, Codes]) -> None:
        """Begin empty; ``codes`` holds the numbering of each dimension."""
        self.family = family
        self.keys: list[Key] = []
        self._dims = [codes[dim] for dim in family.dims]
        self._rows: dict[Key, int] = {}
        self._values = np.zeros((_FIRST_ROWS, len(family.columns)), dtype=family.dtype)
        self._codes = np.zeros((_FIRST_ROWS, len(family.dims)), dtype=np.int32)

    @property
    def values(self) -> NDArray[np.signedinteger]:
        """The rows in use."""
        return self._values[: len(self.keys)]

    def add(self, change: Change) -> None:
        """Add a change; a key used for the first time gets its row."""
        rows = np.fromiter(map(self._row, change.keys), dtype=np.int64, count=len(change.keys))
        self._values[rows[change.at], change.column] += change.by.astype(self.family.dtype)

    def dim(self, name: str) -> NDArray[np.int32]:
        """Give the code of a dimension for each row."""
        return self._codes[: len(self.keys), self.family.dims.index(name)]

    def select(self, wanted: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
        """Mark the rows whose dimensions have one of the wanted values."""
        mask = np.ones(len(self.keys), dtype=np.bool_)
        for name, texts in wanted.items():
            codes = self._dims[self.family.dims.index(name)]
            found = [code for text in texts if (code := codes.find(text)) is not None]
            mask &= np.isin(self.dim(name), found)
        return mask

    def change(self) -> Change:
        """Write down all of it: adding this to an empty family gives the same cells."""
        return Change.of(self.keys, self.values)

    def _row(self, key: Key) -> int:
        row = self._rows.get(key)
        if row is None:
            row = len(self.keys)
            if row == len(self._values):
                self._values = np.concatenate([self._values, np.zeros_like(self._values)])
                self._codes = np.concatenate([self._codes, np.zeros_like(self._codes)])
            codes = [dim.code(text) for dim, text in zip(self._dims, key, strict=True)]
            key = tuple(dim.texts[code] for dim, code in zip(self._dims, codes, strict=True))
            self._codes[row] = codes
            self._rows[key] = row
            self.keys.append(key)
        return row
