"""Does the gate judge rightly? Every known change, at every place of every event where it fits.

Each event gets a probe beside its own fields, with one place for each change, so that no change
goes untried on any event.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from contracts.event import Event
from edu.contracts_gate.compatibility import Break, Direction, breaks
from edu.contracts_gate.schemas import Schema, inline, schema_of

_NULL = {"type": "null"}
_PROBE: Schema = {
    "type": "object",
    "properties": {
        "optional": {"type": "integer"},
        "nullable": {"anyOf": [{"type": "integer"}, _NULL]},
        "closed": {"type": "string", "enum": ["first", "second"]},
        "open": {"type": "string", "enum": ["first", "other"], "x-open": True},
        "rows": {"type": "array", "items": {"type": "object", "properties": {}, "required": []}},
    },
    "required": ["nullable", "closed", "open", "rows"],
    "additionalProperties": False,
}

Steps = tuple[str | int, ...]
"""The way to a node: the keys and indexes that lead to it."""

COMPATIBLE: frozenset[Direction] = frozenset()
BACKWARD = frozenset({Direction.BACKWARD})
FORWARD = frozenset({Direction.FORWARD})


@dataclass(frozen=True)
class Change:
    """A kind of change: where it fits, what it does there, and who can then no longer read."""

    name: str
    broken: frozenset[Direction]
    fits: Callable[[Schema], Iterator[str | None]]
    """Yields each thing that can be changed at a node: a field's name, or ``None`` for itself."""
    apply: Callable[[Schema, Any], None]


def _itself(condition: Callable[[Schema], bool]) -> Callable[[Schema], Iterator[str | None]]:
    def fits(node: Schema) -> Iterator[str | None]:
        if condition(node):
            yield None

    return fits


def _fields(condition: Callable[[Schema, str], bool]) -> Callable[[Schema], Iterator[str | None]]:
    def fits(node: Schema) -> Iterator[str | None]:
        for name in node.get("properties", {}):
            if condition(node, name):
                yield name

    return fits


def _is_object(node: Schema) -> bool:
    return "properties" in node


def _is_closed(node: Schema) -> bool:
    return "enum" in node and not node.get("x-open")


def _is_nullable(node: Schema) -> bool:
    return _NULL in node.get("anyOf", ())


def _is_required(node: Schema, name: str) -> bool:
    return name in node.get("required", ())


def _add_optional(node: Schema, _: str | None) -> None:
    node["properties"]["added"] = {"type": "integer"}


def _add_required(node: Schema, _: str | None) -> None:
    _add_optional(node, None)
    node["required"] = [*node.get("required", ()), "added"]


def _drop(node: Schema, name: str) -> None:
    del node["properties"][name]


def _widen(node: Schema, _: str | None) -> None:
    node["enum"] = [*node["enum"], "added"]


def _narrow(node: Schema, _: str | None) -> None:
    node["enum"] = node["enum"][1:]


def _forbid_null(node: Schema, _: str | None) -> None:
    choices = [choice for choice in node.pop("anyOf") if choice != _NULL]
    node.update(choices[0] if len(choices) == 1 else {"anyOf": choices})


def _make_optional(node: Schema, name: str) -> None:
    node["required"] = [other for other in node["required"] if other != name]


def _make_nullable(node: Schema, name: str) -> None:
    node["properties"][name] = {"anyOf": [node["properties"][name], _NULL]}


CHANGES = (
    Change("nothing changed", COMPATIBLE, _itself(lambda node: "$id" in node), lambda *_: None),
    Change("optional field added", COMPATIBLE, _itself(_is_object), _add_optional),
    Change(
        "optional field dropped",
        COMPATIBLE,
        _fields(lambda node, name: not _is_required(node, name)),
        _drop,
    ),
    Change(
        "required field added",
        BACKWARD,
        _itself(lambda node: _is_object(node) and "$id" in node),
        _add_required,
    ),
    Change(
        "required nested field added",
        BACKWARD,
        _itself(lambda node: _is_object(node) and "$id" not in node),
        _add_required,
    ),
    Change("closed list widened", FORWARD, _itself(_is_closed), _widen),
    Change(
        "closed list narrowed",
        BACKWARD,
        _itself(lambda node: _is_closed(node) and len(node["enum"]) > 1),
        _narrow,
    ),
    Change("null forbidden", BACKWARD, _itself(_is_nullable), _forbid_null),
    Change("required made optional", FORWARD, _fields(_is_required), _make_optional),
    Change(
        "required made nullable",
        FORWARD,
        _fields(
            lambda node, name: (
                _is_required(node, name) and not _is_nullable(node["properties"][name])
            )
        ),
        _make_nullable,
    ),
    Change("open list widened", COMPATIBLE, _itself(lambda node: bool(node.get("x-open"))), _widen),
)


@dataclass(frozen=True)
class Trial:
    """One change at one place of one event."""

    event: str
    change: Change
    field: str
    old: Schema
    new: Schema

    def judged_rightly(self) -> bool:
        """Tell whether the gate finds exactly the right readers broken, at this very field."""
        found = breaks(self.old, self.new)
        return {one.direction for one in found} == self.change.broken and all(
            one.field == self.field for one in found
        )

    def __str__(self) -> str:
        found: list[Break] = breaks(self.old, self.new)
        return f"{self.event}: {self.change.name} at {self.field}: judged {found or 'compatible'}"


def trials(event: type[Event]) -> Iterator[Trial]:
    """Yield every known change at every place of the event where it fits."""
    old = inline(schema_of(event))
    old["properties"]["probe"] = _PROBE
    old["required"].append("probe")
    for change in CHANGES:
        for steps, node in _nodes(old, ()):
            for name in change.fits(node):
                new = deepcopy(old)
                changed: Any = new
                for step in steps:
                    changed = changed[step]
                change.apply(changed, name)
                place = [*_names(steps), *([name] if name else [])]
                if change.apply is _add_required:
                    place.append("added")
                field = ".".join(place).replace(".[]", "[]")
                yield Trial(event.schema_name(), change, field, old, new)


def _nodes(node: Schema, steps: Steps) -> Iterator[tuple[Steps, Schema]]:
    """Yield the node and every node within it, with the way there."""
    yield steps, node
    for name, field in node.get("properties", {}).items():
        yield from _nodes(field, (*steps, "properties", name))
    for within in ("items", "additionalProperties"):
        if isinstance(node.get(within), dict):
            yield from _nodes(node[within], (*steps, within))
    for index, choice in enumerate(node.get("anyOf", ())):
        yield from _nodes(choice, (*steps, "anyOf", index))


def _names(steps: Steps) -> Iterator[str]:
    """Yield the parts of the field's name as the gate writes it."""
    rest = iter(steps)
    for step in rest:
        if step == "properties":
            yield str(next(rest))
        elif step == "anyOf":
            next(rest)
        else:
            yield "[]" if step == "items" else "*"


def run(events: tuple[type[Event], ...]) -> tuple[int, list[str]]:
    """Try everything; give the number tried and a line for each that was judged wrongly."""
    tried = [trial for event in events for trial in trials(event)]
    return len(tried), [str(trial) for trial in tried if not trial.judged_rightly()]
