"""One AsyncAPI 3 document per service, derived from topics, events, owners and consumers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.envelope import CONTENT_TYPE, SEQUENCE_DIGITS
from contracts.event import Event
from contracts.registry import EVENTS
from contracts.topics import CONSUMERS, OWNERS, SERVICES, Topic, consumers_of
from edu.contracts_gate.schemas import inline, schema_of, text_of

_TEXT = {"type": "string", "minLength": 1}
_MOMENT = {"type": "string", "format": "date-time"}


def document(service: str) -> dict[str, Any]:
    """Give the AsyncAPI document of a service: every topic that it writes or reads."""
    writes, reads = OWNERS[service], CONSUMERS[service]
    topics = tuple(dict.fromkeys((*writes, *reads)))
    events = [event for topic in topics for event in _events(topic)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"edu {service}",
            "version": "1.0.0",
            "description": f"What {service} publishes and what it listens to.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {
            **{f"send.{topic.name}": _operation("send", topic) for topic in writes},
            **{f"receive.{topic.name}": _operation("receive", topic) for topic in reads},
        },
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": {event.__name__: _data(event) for event in events},
        },
    }


def texts() -> dict[str, str]:
    """Give every document's text by its file's name."""
    return {f"{service}.json": text_of(document(service)) for service in SERVICES}


def differences(folder: Path) -> Iterator[str]:
    """Yield a line for every committed document that is not what the contracts say."""
    for name, text in texts().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            yield f"docs/asyncapi/{name}: is not what the contracts say: `./edu contracts asyncapi`"


def write(folder: Path) -> list[str]:
    """Write every document; give the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (folder / name).write_text(text, "utf-8")
    return sorted(texts())


def _events(topic: Topic) -> list[type[Event]]:
    return [event for event in EVENTS if event.TOPIC is topic]


def _reference(*steps: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(steps)}


def _channel(topic: Topic) -> dict[str, Any]:
    names = [event.__name__ for event in _events(topic)]
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.description} Key: {topic.key}.",
        "messages": {name: _reference("components", "messages", name) for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": "0.5.0",
            }
        },
        "x-owner": topic.owner or "every service",
        "x-consumers": list(consumers_of(topic)),
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    """Give the part of the topic's configuration that AsyncAPI's Kafka binding knows."""
    config = topic.config()
    numbers: dict[str, Any] = {
        name: int(config[name])
        for name in ("retention.ms", "delete.retention.ms")
        if name in config
    }
    return {"cleanup.policy": [config["cleanup.policy"]], **numbers}


def _operation(action: str, topic: Topic) -> dict[str, Any]:
    return {
        "action": action,
        "channel": _reference("channels", topic.name),
        "messages": [
            _reference("channels", topic.name, "messages", event.__name__)
            for event in _events(topic)
        ],
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type_name(),
        "title": event.__name__,
        "summary": (event.__doc__ or "").partition("\n")[0],
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "properties": {
                "specversion": {"const": "1.0"},
                "id": _TEXT,
                "source": _TEXT,
                "type": {"const": event.type_name()},
                "subject": _TEXT,
                "time": _MOMENT,
                "recordedtime": _MOMENT,
                "dataschema": _TEXT,
                "correlationid": _TEXT,
                "causationid": _TEXT,
                "traceparent": _TEXT,
                "sequence": {"type": "string", "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$"},
                "datacontenttype": {"const": "application/json"},
                "data": _reference("components", "schemas", event.__name__),
            },
            "required": [
                "specversion",
                "id",
                "source",
                "type",
                "subject",
                "time",
                "recordedtime",
                "dataschema",
                "sequence",
                "data",
            ],
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"The {event.KEY} of the data."},
                "bindingVersion": "0.5.0",
            }
        },
        "x-draft": event.DRAFT,
    }


def _data(event: type[Event]) -> dict[str, Any]:
    """Give the schema of the data as a reader may rely on it: fields and open values may come."""
    schema = inline(schema_of(event))
    opened: dict[str, Any] = _opened(schema)
    return {name: value for name, value in opened.items() if name not in {"$id", "$schema"}}


def _opened(node: Any) -> Any:
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    opened = {name: _opened(value) for name, value in node.items()}
    if opened.get("additionalProperties") is False:
        del opened["additionalProperties"]
    if opened.pop("x-open", False):
        opened["x-known-values"] = opened.pop("enum")
    return opened
