"""Whether two minor versions of an event can live beside each other, in both directions.

"Writer closed, reader open": what a writer of one version emits is a closed schema, what a reader
of another accepts is the same schema opened: unknown fields are ignored and an open enumeration
takes any text. A change is compatible when

* backward, everything an old writer wrote is read by a new reader: closed(old) ⊆ open(new);
* forward, everything a new writer writes is read by an old reader: closed(new) ⊆ open(old).

Objects, arrays, maps and nulls are compared part by part, so that a break is named by its field;
each part that is left goes to `jsonsubschema`, which decides whether one is within the other.
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from edu.contracts_gate.schemas import Schema, normal

_NULL = {"type": "null"}


class Direction(StrEnum):
    """Who can no longer read."""

    BACKWARD = "backward"
    """A new reader, what an old writer wrote."""
    FORWARD = "forward"
    """An old reader, what a new writer writes."""


@dataclass(frozen=True)
class Break:
    """One field at which one direction fails."""

    direction: Direction
    field: str
    why: str


def breaks(old: Schema, new: Schema) -> list[Break]:
    """Give every field at which the two versions cannot read each other."""
    before, after = normal(old), normal(new)
    return [
        *(Break(Direction.BACKWARD, *found) for found in _outside(before, after, "")),
        *(Break(Direction.FORWARD, *found) for found in _outside(after, before, "")),
    ]


def _outside(writer: Schema, reader: Schema, field: str) -> Iterator[tuple[str, str]]:
    """Yield where something that the writer may emit is not accepted by the reader, and why."""
    if writer == reader:
        return
    writer_null, writer = _without_null(writer)
    reader_null, reader = _without_null(reader)
    if writer_null and not reader_null:
        yield field, "null is written, but not accepted"
    kinds = {_kind(writer), _kind(reader)}
    if kinds == {"object"}:
        yield from _outside_object(writer, reader, field)
    elif kinds == {"map"}:
        yield from _outside(
            writer["additionalProperties"], reader["additionalProperties"], f"{field}.*"
        )
    elif kinds == {"array"}:
        yield from _outside(writer["items"], reader["items"], f"{field}[]")
        lengths = ({**writer, "items": {}}, {**reader, "items": {}})
        if not _within(*map(json.dumps, lengths)):
            yield field, "the number of items written is not accepted"
    elif not _within(_leaf(writer, reader=False), _leaf(reader, reader=True)):
        yield field, f"{_words(writer)} is written, {_words(reader)} is accepted"


def _outside_object(writer: Schema, reader: Schema, field: str) -> Iterator[tuple[str, str]]:
    prefix = f"{field}." if field else ""
    for name in reader["required"]:
        if name not in writer["required"]:
            known = name in writer["properties"]
            yield prefix + name, f"required, but {'may be absent' if known else 'not written'}"
    for name, written in writer["properties"].items():
        if name in reader["properties"]:
            yield from _outside(written, reader["properties"][name], prefix + name)


def _without_null(node: Schema) -> tuple[bool, Schema]:
    """Tell whether null is allowed, and give what else is."""
    choices = node.get("anyOf", [])
    others = [choice for choice in choices if choice != _NULL]
    if len(others) == len(choices):
        return False, node
    return True, others[0] if len(others) == 1 else {**node, "anyOf": others}


def _kind(node: Schema) -> str:
    if "properties" in node:
        return "object"
    if isinstance(node.get("additionalProperties"), dict):
        return "map"
    return "array" if "items" in node else "leaf"


def _leaf(node: Schema, *, reader: bool) -> str:
    """Give the schema as jsonsubschema takes it, in canonical text (for the cache)."""
    return json.dumps(_plain(node, reader=reader), sort_keys=True)


def _plain(node: Any, *, reader: bool) -> Any:
    if isinstance(node, list):
        return [_plain(item, reader=reader) for item in node]
    if not isinstance(node, dict):
        return node
    if "properties" in node:
        fields = {name: _plain(of, reader=reader) for name, of in node["properties"].items()}
        whole: Schema = {"type": "object", "properties": fields, "additionalProperties": reader}
        # Draft 4, which the library speaks, has no empty list of required fields.
        return whole | ({"required": node["required"]} if node["required"] else {})
    plain = {name: _plain(value, reader=reader) for name, value in node.items()}
    if plain.pop("x-open", False) and reader:
        return {"type": "string"}
    if "enum" in plain:
        # jsonsubschema makes regular expressions of texts and trips over their special characters.
        plain["enum"] = [_token(v) if isinstance(v, str) else v for v in plain["enum"]]
    return plain


def _token(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _within(inner: str, outer: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's source has escapes that Python warns of
        from jsonsubschema import isSubschema  # noqa: PLC0415 - slow, and only comparing needs it

    logging.getLogger("jsonsubschema").setLevel(logging.ERROR)
    return bool(isSubschema(json.loads(inner), json.loads(outer)))


def _words(node: Schema) -> str:
    """Give a leaf in the words of a message."""
    if "enum" in node:
        values = ", ".join(str(value) for value in node["enum"][:8])
        return f"{values}{', …' if len(node['enum']) > 8 else ''}"  # noqa: PLR2004
    limits = {name: value for name, value in node.items() if name != "type"}
    return f"{node.get('type', 'anything')} {json.dumps(limits)}" if limits else str(node["type"])
