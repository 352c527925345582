"""What the gate says: every reason why the contracts as they are may not be released."""

from collections.abc import Iterator
from pathlib import Path

from contracts.event import Event
from contracts.registry import EVENTS
from contracts.topics import TOPICS, Topic, consumers_of
from edu.contracts_gate import frozen
from edu.contracts_gate.compatibility import Break, Direction, breaks
from edu.contracts_gate.schemas import ROUTE, normal, schema_of, shape_of

FEWEST_SAMPLES = 3

_AGAIN = "raise its MINOR and run `./edu contracts freeze`"


def problems(room: Path, against: str | None) -> Iterator[str]:
    """Yield a line for everything that is wrong, most telling first."""
    released = frozen.now(room)
    events = [event for event in EVENTS if not event.DRAFT]
    for event in events:
        yield from _incompatible(event, released, "")
    yield from _changed_topics(released, "")
    if against is not None:
        then = frozen.at(against)
        for event in events:
            yield from _incompatible(event, then, f" of {against}")
        yield from _changed_topics(then, f" of {against}")
        yield from _rewritten(released, then, against)
    for event in events:
        yield from _unfrozen(event, released)
    yield from _orphaned(released)
    yield from _touched(room, released)


def _incompatible(event: type[Event], released: frozen.Released, where: str) -> Iterator[str]:
    """Compare the event as it is with every frozen minor of its major."""
    new = schema_of(event)
    for minor, old in released.schemas(event.schema_name(), event.MAJOR).items():
        version = f"{event.MAJOR}.{minor}"
        for name in ROUTE:
            if old[name] != new[name]:
                yield (
                    f"{event.schema_name()}: {name.removeprefix('x-')} is {new[name]}, "
                    f"{old[name]} at {version}{where}: {_readers(event.TOPIC)} counts on it"
                )
        for found in breaks(old, new):
            yield _line(event, version, where, found)


def _readers(topic: Topic) -> str:
    return ", ".join(consumers_of(topic)) or "every subscriber"


def _line(event: type[Event], old: str, where: str, found: Break) -> str:
    new = f"{event.MAJOR}.{event.MINOR}"
    readers = _readers(event.TOPIC)
    if found.direction is Direction.BACKWARD:
        who = f"the new reader ({readers}) cannot read what {event.SOURCE} wrote at {old}{where}"
    else:
        who = f"the old reader ({readers} at {old}{where}) cannot read what {event.SOURCE} writes"
    field = found.field or "the event itself"
    return f"{event.schema_name()} {new}: {field}: {who}: {found.why}"


def _changed_topics(released: frozen.Released, where: str) -> Iterator[str]:
    for topic in TOPICS:
        shape, old = shape_of(topic), released.topic(topic.name)
        for name, value in (old or {}).items():
            if shape[name] != value:
                yield (
                    f"{topic.name}: {name} is {shape[name]}, frozen{where} as {value}: "
                    f"{_readers(topic)} counts on it; a topic that changes it needs a new name"
                )


def _rewritten(released: frozen.Released, then: frozen.Released, against: str) -> Iterator[str]:
    for path, text in then.files.items():
        if path not in released.files:
            yield f"{path}: released at {against}, and gone"
        elif released.files[path] != text:
            yield f"{path}: released at {against}, and rewritten since"


def _unfrozen(event: type[Event], released: frozen.Released) -> Iterator[str]:
    path = frozen.schema_path(event)
    current = released.schemas(event.schema_name(), event.MAJOR).get(event.MINOR)
    if current is None:
        yield f"{event.schema_name()}: {path} is missing: run `./edu contracts freeze`"
    elif normal(current) != normal(schema_of(event)):
        yield f"{event.schema_name()}: differs from the frozen {path}: {_AGAIN}"
    samples = f"samples/{event.schema_name()}.v{event.MAJOR}/"
    count = sum(path.startswith(samples) for path in released.files)
    if count < FEWEST_SAMPLES:
        yield f"{event.schema_name()}: {count} golden samples, at least {FEWEST_SAMPLES} are due"


def _orphaned(released: frozen.Released) -> Iterator[str]:
    """Yield what is frozen, but no longer stands in the contracts."""
    known = {f"schemas/{event.schema_name()}/{event.MAJOR}." for event in EVENTS}
    known |= {f"samples/{event.schema_name()}.v{event.MAJOR}/" for event in EVENTS}
    known |= {frozen.topic_path(topic.name) for topic in TOPICS}
    for path in released.files:
        if not path.startswith(tuple(known)):
            yield f"{path}: frozen, but nothing in the contracts has this name and major"


def _touched(room: Path, released: frozen.Released) -> Iterator[str]:
    listed = frozen.hashes(room)
    for topic in TOPICS:
        if released.topic(topic.name) is None:
            yield f"{topic.name}: is not frozen: run `./edu contracts freeze`"
    for path, digest in listed.items():
        if path not in released.files:
            yield f"{path}: frozen, and gone"
        elif frozen.digest(released.files[path]) != digest:
            yield f"{path}: frozen, and changed since"
    for path in released.files.keys() - listed.keys():
        yield f"{path}: is not listed in {frozen.HASHES}: run `./edu contracts freeze`"
