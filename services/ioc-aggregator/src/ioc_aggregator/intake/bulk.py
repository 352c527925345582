"""Many documents of one shape at once: how large streams are read where they can be.

A bulk reader never judges. Where it has the least doubt about any document of a batch it says so,
and each of them is decoded and judged by itself; so both ways count the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.envelope import Whole, quick
from ioc_aggregator.intake.folding import Document, Folded
from ioc_aggregator.measures.cells import Delta, Integers

NONE = -1
"""Stands for null in the arrays of values."""

_LONGEST = 4
"""The most digits of a value, and the letters of null."""

_TOGETHER = 1024
"""Arrays whose text is looked at together: what comes of it stays in the processor's cache."""

_OTHER, _DIGIT, _LETTER, _END = b"odle"
_KINDS = bytes.maketrans(bytes(range(256)), bytes([_OTHER]) * 256)
for _kind, _letters in ((_DIGIT, b"0123456789"), (_LETTER, b"nul"), (_END, b",[]")):
    _KINDS = bytes(_kind if at in _letters else known for at, known in enumerate(_KINDS))
_DIGITS = bytes(at - ord("0") if chr(at) in "0123456789" else 0 for at in range(256))


@dataclass(frozen=True, slots=True)
class Bulk:
    """How a stream is read in bulk; either step gives None where it has a doubt."""

    read: Callable[[Sequence[bytes]], list[Whole[Any]] | None]
    fold: Callable[[Sequence[Whole[Any]]], Delta | None]


def bulk_of(fold: Callable[[Sequence[Document]], Folded]) -> Bulk:
    """Read in bulk what ``fold`` reads of a document: its type and its data.

    What such a fold refuses is parked when it is read live, so a batch with any of that is left.
    """

    def fold_documents(documents: Sequence[Whole[Any]]) -> Delta | None:
        folded = fold(documents)
        doubtful = folded.refused or folded.ends or folded.checkpoints
        return None if doubtful else folded.delta

    return Bulk(quick(msgspec.Raw), fold_documents)


def integers(texts: Sequence[msgspec.Raw]) -> tuple[NDArray[np.int16], Integers] | None:
    """Read JSON arrays of integers below 10,000 and nulls: all values in a row, and how many each.

    The texts are JSON already, so only what else may stand in an array has to be looked for. Made
    into Python's integers first, the values would cost four times as much.
    """
    read = [(np.zeros(0, dtype=np.int16), np.zeros(0, dtype=np.int64))]
    for begin in range(0, len(texts), _TOGETHER):
        some = _integers(texts[begin : begin + _TOGETHER])
        if some is None:
            return None
        read.append(some)
    values, lengths = zip(*read, strict=True)
    return np.concatenate(values), np.concatenate(lengths)


def _integers(texts: Sequence[msgspec.Raw]) -> tuple[NDArray[np.int16], Integers] | None:
    text = b"".join(texts)
    kinds = text.translate(_KINDS)
    kind = np.frombuffer(kinds, dtype=np.uint8)
    letter = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(kind == _END)
    # Between two ends stands a value, except between two arrays.
    within = letter[ends[:-1]] != ord("]")
    first, last = ends[:-1][within] + 1, ends[1:][within] - 1
    length = last - first
    length += 1
    opening = np.flatnonzero(letter[first - 1] == ord("["))
    sound = (
        _OTHER not in kinds
        and len(opening) == len(texts)
        and length.min() >= 1
        and length.max() <= _LONGEST
    )
    if not sound:
        return None
    digit = np.frombuffer(text.translate(_DIGITS), dtype=np.uint8)
    values = digit[last].astype(np.int16)
    # Before a single digit stands an end, which counts as 0; before two, any value's digit.
    values += digit[last - 1] * np.int16(10)
    for place in range(2, _LONGEST):
        longer = np.flatnonzero(length > place)
        values[longer] += digit[last[longer] - place] * np.int16(10**place)
    if _LETTER in kinds:
        values[kind[first] == _LETTER] = NONE
    return values, np.diff(opening, append=len(first))
