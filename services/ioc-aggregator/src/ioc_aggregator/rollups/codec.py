"""A delta as bytes: what stands in a row of the journal and in a part of a snapshot."""

import zlib

import msgspec
import numpy as np

from ioc_aggregator.measures.cells import Change, Delta, Integers, Key
from ioc_aggregator.measures.facts import Fact
from ioc_aggregator.measures.families import FAMILIES

_SIZES = tuple(np.dtype(f"<i{size}") for size in (1, 2, 4, 8))
_LEVEL = 1
"""zlib's fastest level already makes a journal three to four times smaller."""


class _Array(msgspec.Struct, array_like=True):
    size: int
    values: bytes


class _Dim(msgspec.Struct, array_like=True):
    texts: list[str]
    codes: _Array


class _Family(msgspec.Struct, array_like=True):
    keys: list[_Dim]
    at: _Array
    column: _Array
    by: _Array


class _Blob(msgspec.Struct, array_like=True):
    families: dict[str, _Family]
    facts: list[Fact]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Blob)


def encode(delta: Delta) -> bytes:
    """Write a delta; the same delta always gives the same bytes."""
    families = {name: _family(change) for name, change in delta.changes.items() if len(change)}
    if delta.foreign:
        families |= _DECODER.decode(delta.foreign).families
    return zlib.compress(_ENCODER.encode(_Blob(families, delta.facts)), _LEVEL)


def decode(blob: bytes) -> Delta:
    """Read what :func:`encode` wrote.

    What a newer version counts is kept as it is: were it left out of the next snapshot, nobody
    would read its records again after this version has been replaced.
    """
    content = _DECODER.decode(zlib.decompress(blob))
    changes = {
        name: Change(
            _keys(family.keys), _unpack(family.at), _unpack(family.column), _unpack(family.by)
        )
        for name, family in content.families.items()
        if name in FAMILIES
    }
    others = {name: item for name, item in content.families.items() if name not in FAMILIES}
    foreign = _ENCODER.encode(_Blob(others, [])) if others else b""
    return Delta(changes, content.facts, foreign)


def _family(change: Change) -> _Family:
    used, at = np.unique(change.at, return_inverse=True)
    keys = [change.keys[row] for row in used]
    dims = [_dim(texts) for texts in zip(*keys, strict=True)]
    return _Family(dims, _pack(at), _pack(change.column), _pack(change.by))


def _dim(texts: tuple[str, ...]) -> _Dim:
    codes: dict[str, int] = {}
    numbered = [codes.setdefault(text, len(codes)) for text in texts]
    return _Dim(list(codes), _pack(np.array(numbered, dtype=np.int64)))


def _keys(dims: list[_Dim]) -> list[Key]:
    columns = [[dim.texts[code] for code in _unpack(dim.codes).tolist()] for dim in dims]
    return list(zip(*columns, strict=True))


def _pack(values: Integers) -> _Array:
    low, high = int(values.min()), int(values.max())
    dtype = next(d for d in _SIZES if np.iinfo(d).min <= low and high <= np.iinfo(d).max)
    return _Array(dtype.itemsize, values.astype(dtype).tobytes())


def _unpack(array: _Array) -> Integers:
    return np.frombuffer(array.values, dtype=f"<i{array.size}").astype(np.int64)
