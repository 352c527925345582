"""`docs/events.md`: every topic, event, type and list of the contracts, for whoever subscribes.

A field's type is read from the source text: its name (`Score`, `Dong`) carries unit and meaning,
and Python forgets it when it resolves the annotation.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

import contracts
from chassis.docstrings import texts_below
from contracts.event import Event
from contracts.lists import OpenEnum
from contracts.registry import EVENTS
from contracts.topics import SERVICES, TOPICS, Topic, consumers_of

FILE = "events.md"

_HEAD = """\
# Events

What the services publish, for whoever subscribes. Written by `./edu contracts docs` from
`libs/contracts`, never by hand. How to consume it: [the feed](feed.md),
[streams and webhooks](examples/README.md).

One event is one JSON document: CloudEvents 1.0, structured mode, content type
`application/cloudevents+json`; the same bytes on Kafka, in a webhook and in a golden sample.

| attribute | is |
|---|---|
| `id`, `source` | together the identity of the fact; `source` is `urn:edu:<service>` |
| `type` | `edu.<domain>.<event>.v<major>`; another major is another type |
| `subject` | the aggregate that it is about |
| `time`, `recordedtime` | when it happened, when it was written down (UTC) |
| `dataschema` | `urn:edu:schema:<domain>.<event>:<major>.<minor>` |
| `sequence` | 20 digits, gapless per source, topic and partition |
| `correlationid`, `causationid`, `traceparent` | where it came from; may be absent |
| `data` | what is described here |

**Duplicates and gaps**: keep the last `sequence` of each source, topic and partition. At most that
is a duplicate, one more is the next, and anything beyond is a gap (not in a compacted topic, where
older values of a key go).

**Read with open eyes**: fields that you do not know may come; a list marked *open* may grow (take
an unknown value as `other`), one marked *closed* never does. Order holds within one key; between
topics there is none. A fact with a `version` replaces those with a lower one. Money is whole đồng,
scores are integer hundredths, days are those of Asia/Ho_Chi_Minh. A null value with a key is a
tombstone (compacted topics only). No name, phone or address is ever in the clear.
"""

_PLAIN = {
    "str": "text",
    "int": "integer",
    "bool": "true or false",
    "date": "day (`2026-09-05`)",
    "Any": "anything",
}


@dataclass
class Source:
    """What the contracts' source text says: fields' types, and what stands below a name."""

    fields: dict[str, dict[str, ast.expr]] = field(default_factory=dict)
    """By class, the annotation of each field."""
    members: dict[str, dict[str, str]] = field(default_factory=dict)
    """By class, the text below each member."""
    aliases: dict[str, str] = field(default_factory=dict)
    """By name of a type, the text below it."""
    objects: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Source":
        """Read every module of the contracts."""
        found = cls()
        for info in pkgutil.iter_modules(contracts.__path__, "contracts."):
            module = importlib.import_module(info.name)
            tree = ast.parse(inspect.getsource(module))
            found.aliases |= _lines_below(tree.body)
            found.objects |= vars(module)
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    found.members[node.name] = _lines_below(node.body)
                    found.fields[node.name] = {
                        one.target.id: one.annotation
                        for one in node.body
                        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                    }
        return found

    def annotation(self, model: type[BaseModel], name: str) -> ast.expr:
        """Give the annotation of a field, which a base may have."""
        for base in model.__mro__:
            if name in self.fields.get(base.__name__, {}):
                return self.fields[base.__name__][name]
        raise KeyError(f"{model.__name__}.{name}")


def _lines_below(body: list[ast.stmt]) -> dict[str, str]:
    return {name: _line(text) for name, text in texts_below(body)}


class Page:
    """The page while it is written; it meets types as it goes and explains them at the end."""

    def __init__(self) -> None:
        self._source = Source.read()
        self._used: dict[str, Any] = {}

    def text(self) -> str:
        """Give the whole page."""
        parts = [_HEAD, "## Topics\n", _topics()]
        for domain in dict.fromkeys(topic.domain for topic in TOPICS):
            parts.append(f"## {domain}\n")
            parts += [self._event(event) for event in EVENTS if event.TOPIC.domain == domain]
        parts += ["## Records\n", *self._records(), "## Types\n", self._types()]
        parts += ["## Lists\n", *self._lists()]
        return "\n".join(parts)

    def _event(self, event: type[Event]) -> str:
        readers = ", ".join(consumers_of(event.TOPIC)) or "whoever subscribes"
        return "\n".join(
            (
                f"### {event.NAME}\n",
                f"`{event.type_name()}`, {event.MAJOR}.{event.MINOR}"
                + (", a draft" if event.DRAFT else "")
                + f" · `{event.TOPIC.name}` · key `{event.KEY}` · subject `{event.SUBJECT}` · "
                f"by {event.TOPIC.owner or 'every service'} · to {readers}\n",
                _line(event.__doc__ or "") + "\n",
                self._table(event),
            )
        )

    def _table(self, model: type[BaseModel]) -> str:
        properties = model.model_json_schema()["properties"]
        rows = ["| field | type | meaning |", "|---|---|---|"]
        for name, info in model.model_fields.items():
            annotation = self._source.annotation(model, name)
            limits = _limits(properties[name]) if _is_annotated(annotation) else ""
            optional = "" if info.is_required() else ", may be absent"
            kind = self._spell(annotation) + limits + optional
            rows.append(f"| `{name}` | {kind} | {self._meaning(info.description, annotation)} |")
        return "\n".join(rows) + "\n"

    def _meaning(self, description: str | None, annotation: ast.expr) -> str:
        """Give what a field means: its own text, or that of the type it has."""
        if description:
            return _line(description)
        named = [
            node.id
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name) and not node.id.isupper()
        ]
        return next(filter(None, map(self._text_of, named)), "")

    def _text_of(self, name: str) -> str:
        """Give the text of a type, or the first line of that of a list or record."""
        found = self._source.objects.get(name)
        if isinstance(found, type) and name in self._source.members:
            return _first(found)
        return self._source.aliases.get(name, "")

    def _spell(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant):
            return "null"
        if isinstance(node, ast.BinOp):
            return f"{self._spell(node.left)} or {self._spell(node.right)}"
        if isinstance(node, ast.Name):
            return _PLAIN.get(node.id) or self._use(node.id)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            match node.value.id:
                case "Annotated":
                    return self._spell(inner[0])
                case "tuple":
                    return f"list of {self._spell(inner[0])}"
                case "dict":
                    return f"object: {self._spell(inner[0])} → {self._spell(inner[1])}"
                case name:
                    return f"{self._use(name)} of {self._spell(inner[0])}"
        raise TypeError(f"an annotation that this page cannot spell: {ast.unparse(node)}")

    def _use(self, name: str) -> str:
        found = self._source.objects[name]
        if isinstance(found, TypeVar):
            return "what the column holds"
        self._used[name] = found
        return f"[{name}](#{name.lower()})" if _has_page(found) else f"`{name}`"

    def _records(self) -> Iterator[str]:
        done: set[str] = set()
        while fresh := {
            name: one
            for name, one in self._used.items()
            if name not in done and _has_page(one) and issubclass(one, BaseModel)
        }:
            for name, record in sorted(fresh.items()):
                done.add(name)
                yield f"### {name}\n\n{_line(record.__doc__ or '')}\n\n{self._table(record)}"

    def _types(self) -> str:
        rows = ["| type | in JSON | meaning |", "|---|---|---|"]
        for name, alias in sorted(self._used.items()):
            if not _has_page(alias):
                schema = TypeAdapter(alias).json_schema()
                kind = _PLAIN["int"] if schema.get("type") == "integer" else _PLAIN["str"]
                rows.append(
                    f"| `{name}` | {kind}{_limits(schema)} | {self._source.aliases.get(name, '')} |"
                )
        return "\n".join(rows) + "\n"

    def _lists(self) -> Iterator[str]:
        for name, one in sorted(self._used.items()):
            if _has_page(one) and issubclass(one, StrEnum):
                kind = "Open." if issubclass(one, OpenEnum) else "Closed."
                words = _line(one.__doc__ or "").replace(" Closed.", "")
                yield f"### {name}\n\n{words} *{kind}*\n\n{self._values(one)}"

    def _values(self, one: type[StrEnum]) -> str:
        texts = self._source.members[one.__name__]
        rows = ["| value | meaning |", "|---|---|"]
        for member in one:
            words = " · ".join(
                filter(None, (getattr(member, "vietnamese", ""), getattr(member, "english", "")))
            )
            rows.append(f"| `{member.value}` | {words or texts.get(member.name, '')} |")
        return "\n".join(rows) + "\n"


def _topics() -> str:
    rows = [
        "| topic | key | partitions | kept | written by | read by | holds |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic in TOPICS:
        readers = ", ".join(consumers_of(topic)) or "whoever subscribes"
        rows.append(
            f"| `{topic.name}` | `{topic.key}` | {topic.partitions} | {_kept(topic)} | "
            f"{topic.owner or 'every service'} | {readers} | {topic.description} |"
        )
    services = ", ".join(f"[{name}](../services/{name}/README.md)" for name in SERVICES)
    return "\n".join(rows) + f"\n\nThe services: {services}.\n"


def _kept(topic: Topic) -> str:
    if topic.compacted:
        return "the latest of each key"
    return "for ever" if topic.retention_days is None else f"{topic.retention_days} days"


def _has_page(found: object) -> bool:
    """Tell whether something is a record or a list, and so described under a heading."""
    return isinstance(found, type) and issubclass(found, BaseModel | StrEnum)


def _is_annotated(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Annotated"
    )


def _limits(schema: Mapping[str, Any]) -> str:
    """Give what a schema says beyond the type, where it says something."""
    if "format" in schema:
        return f", {schema['format']}"
    if pattern := schema.get("pattern"):
        shape = "a UUID in lower case" if pattern.startswith("^[0-9a-f]{8}-") else f"`{pattern}`"
        return ", " + shape.replace("|", "\\|")
    for least, most, what in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " of them"),
    ):
        if least in schema or most in schema:
            low, high = schema.get(least, 0), schema.get(most)
            return f", {low} to {high}{what}" if high is not None else f", at least {low}{what}"
    return ""


def _first(found: type) -> str:
    """Give the first paragraph of a list's or record's docstring."""
    return _line((found.__doc__ or "").partition("\n\n")[0]).removesuffix(" Closed.")


def _line(text: str) -> str:
    """Give a docstring as one line of Markdown, fit for a table."""
    return " ".join(inspect.cleandoc(text).split()).replace("``", "`").replace("|", "\\|")


def differences(folder: Path) -> Iterator[str]:
    """Yield a line if the committed page is not what the contracts say."""
    path = folder / FILE
    if not path.exists() or path.read_text("utf-8") != Page().text():
        yield f"docs/{FILE}: is not what the contracts say: `./edu contracts docs`"


def write(folder: Path) -> list[str]:
    """Write the page; give its name."""
    (folder / FILE).write_text(Page().text(), "utf-8")
    return [FILE]
