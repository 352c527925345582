"""The Merkle tree of RFC 9162, section 2.1, over leaves that are only ever appended.

Complete subtrees are kept as nodes ``(level, place)``, which cover the 2^level leaves from
place · 2^level on; every root and every proof is put together from a logarithmic number of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

Node: TypeAlias = tuple[int, int]
Range: TypeAlias = tuple[int, int]
"""The leaves from the first up to, and without, the second."""


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf (section 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours (section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def nodes_of(span: Range) -> Iterator[Node]:
    """Divide leaves into the complete subtrees that RFC 9162 divides them into, left to right."""
    first, end = span
    for level in reversed(range((end - first).bit_length())):
        if (end - first) >> level:
            yield level, first >> level
            first += 1 << level


def grow(size: int, leaves: Iterable[bytes], known: Mapping[Node, bytes]) -> dict[Node, bytes]:
    """Append the hashes of leaves to a tree of ``size``; return every node that is complete now.

    ``known`` has the nodes of ``(0, size)``.
    """
    made: dict[Node, bytes] = {}
    for place, leaf in enumerate(leaves, start=size):
        level, at, value = 0, place, leaf
        made[level, at] = value
        while at % 2:
            left = (level, at - 1)
            value = node_hash(made[left] if left in made else known[left], value)
            level, at = level + 1, at // 2
            made[level, at] = value
    return made


def hash_of(span: Range, known: Mapping[Node, bytes]) -> bytes:
    """Give the hash over leaves that stand under one node of some tree; of all: its root."""
    *larger, value = (known[node] for node in nodes_of(span))
    for left in reversed(larger):
        value = node_hash(left, value)
    return value


def inclusion(place: int, size: int) -> Sequence[Range]:
    """Say over which leaves the hashes of an inclusion proof go (section 2.1.3.1)."""
    first, end = 0, size
    path: list[Range] = []
    while end - first > 1:
        middle = first + _split(end - first)
        if place < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency(before: int, size: int) -> Sequence[Range]:
    """Say over which leaves the hashes of a consistency proof go (section 2.1.4.1).

    It shows that the tree of ``size`` begins with the tree of ``before``, which is at least 1.
    """
    first, end = 0, size
    path: list[Range] = []
    while before < end:
        middle = first + _split(end - first)
        if before <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    if first:
        path.append((first, end))
    return path[::-1]


def _split(leaves: int) -> int:
    """Give the largest power of two below this number."""
    return 1 << ((leaves - 1).bit_length() - 1)
