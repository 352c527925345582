"""The JSON Schema of an event, and the one form in which two schemas are compared.

A schema is what the *writer* promises: it is closed, every declared field and nothing else. What
a reader accepts is derived from it (see `compatibility`).
"""

import json
from collections.abc import Mapping
from typing import Any

from contracts.event import Event
from contracts.topics import Topic
from edu.contracts_gate.docstrings import describe
from edu.failure import Failure

describe()

Schema = dict[str, Any]

_PROSE = {"$defs", "$id", "$schema", "default", "description", "examples", "title"}
ROUTE = ("x-topic", "x-key", "x-subject")
"""Where an event travels: a part of its schema, because readers count on that too."""

_UNDERSTOOD = {
    "additionalProperties",
    "anyOf",
    "enum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "properties",
    "required",
    "type",
    "x-open",
}
_TEXT = ("format", "pattern", "minLength", "maxLength")
"""Together the text by which a constrained string is known, once it has a format or a pattern."""


def schema_of(event: type[Event]) -> Schema:
    """Give the schema that is frozen for this event's minor version."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event.dataschema(),
        "x-topic": event.TOPIC.name,
        "x-key": event.KEY,
        "x-subject": event.SUBJECT,
        **event.model_json_schema(),
    }


def shape_of(topic: Topic) -> dict[str, Any]:
    """Give what is frozen of a topic: what decides order and content for whoever reads it."""
    return {
        "name": topic.name,
        "key": topic.key,
        "partitions": topic.partitions,
        "compacted": topic.compacted,
    }


def text_of(value: Mapping[str, Any]) -> str:
    """Give the text in which a document is committed."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def inline(schema: Schema) -> Schema:
    """Give the schema with every reference replaced by what it names."""
    definitions: dict[str, Schema] = schema.get("$defs", {})

    def expand(node: Any) -> Any:
        if isinstance(node, list):
            return [expand(item) for item in node]
        if not isinstance(node, dict):
            return node
        rest = {
            name: expand(value) for name, value in node.items() if name not in {"$defs", "$ref"}
        }
        if "$ref" not in node:
            return rest
        return expand(definitions[node["$ref"].removeprefix("#/$defs/")]) | rest

    expanded: Schema = expand(schema)
    return expanded


def normal(schema: Schema) -> Schema:
    """Give the schema without prose, in one spelling; two that mean the same compare equal.

    A string with a pattern or a format is known by that text alone: it is unchanged or another.
    A keyword that the gate does not understand is an error, never passed over.
    """
    normalised: Schema = _normal(inline(schema))
    return normalised


def _normal(node: Schema) -> Schema:
    node = {name: value for name, value in node.items() if name not in _PROSE.union(ROUTE)}
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if "format" in node or "pattern" in node:
        text = {name: node.pop(name) for name in _TEXT if name in node}
        node["enum"] = [f"text {json.dumps(text)}"]
    if unknown := node.keys() - _UNDERSTOOD:
        raise Failure(f"the gate does not understand {', '.join(sorted(unknown))} in {node}")
    if "properties" in node:
        node["properties"] = {name: _normal(field) for name, field in node["properties"].items()}
        node["required"] = sorted(node.get("required", ()))
    for name in ("items", "additionalProperties"):
        if isinstance(node.get(name), dict):
            node[name] = _normal(node[name])
    if "anyOf" in node:
        node["anyOf"] = sorted(map(_normal, node["anyOf"]), key=json.dumps)
    if "enum" in node:
        node["enum"] = sorted(node["enum"], key=json.dumps)
    return node
