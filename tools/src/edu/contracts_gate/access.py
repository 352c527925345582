"""`deploy/kafka/`: every topic and every service's user, as Strimzi resources, from contracts."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from chassis.topics import REPLICAS, config
from contracts.rights import rights_of
from contracts.topics import SERVICES, TOPICS, Topic

_HEAD = "# Generated from contracts by `./edu contracts kafka`; `./edu check` compares.\n"
_LABELS = {"strimzi.io/cluster": "edu"}


class _Indented(yaml.SafeDumper):
    """Indents lists as everybody who writes such files by hand does."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def texts() -> dict[str, str]:
    """Give every file's text by its name."""
    return {
        "topics.yaml": _text([_topic(topic) for topic in TOPICS]),
        "users.yaml": _text([_user(service) for service in SERVICES]),
    }


def differences(folder: Path) -> Iterator[str]:
    """Yield a line for every committed file that is not what the contracts say."""
    for name, text in texts().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            yield f"deploy/kafka/{name}: is not what the contracts say: `./edu contracts kafka`"


def write(folder: Path) -> list[str]:
    """Write every file; give the names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (folder / name).write_text(text, "utf-8")
    return sorted(texts())


def _text(resources: list[dict[str, Any]]) -> str:
    return _HEAD + yaml.dump_all(resources, Dumper=_Indented, sort_keys=False, explicit_start=True)


def _resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": dict(_LABELS)},
        "spec": spec,
    }


def _topic(topic: Topic) -> dict[str, Any]:
    spec = {
        "partitions": topic.partitions,
        "replicas": REPLICAS,
        "config": config(topic, REPLICAS),
    }
    return _resource("KafkaTopic", topic.name, spec)


def _user(service: str) -> dict[str, Any]:
    by_name = groupby(rights_of(service), key=lambda right: (right.resource, right.name))
    acls = [
        {
            "resource": {"type": str(resource), "name": name, "patternType": "literal"},
            "operations": [str(right.operation) for right in rights],
        }
        for (resource, name), rights in by_name
    ]
    spec = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": acls},
    }
    return _resource("KafkaUser", service, spec)
