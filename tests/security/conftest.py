"""A broker that asks who is there, with every topic, user and right that contracts names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chassis import rights, topics
from chassis.kafka import Security
from edu.embedded.secured import Secured, secured
from edu.home import Home


@dataclass(frozen=True)
class Cluster:
    """The broker, its home, and what each service's user says to be let in."""

    home: Home
    broker: Secured
    passwords: Path

    def of(self, service: str) -> Security:
        """Return how a service speaks to it."""
        return self.broker.security(service, (self.passwords / service).read_text("utf-8"))

    def environment(self, service: str | None) -> dict[str, str]:
        """Return what a service's environment says of it; an administrator's, if none is named."""
        security = self.broker.admin if service is None else self.of(service)
        return {
            "KAFKA_SECURITY_PROTOCOL": security.protocol,
            "KAFKA_SASL_USERNAME": str(security.username),
            "KAFKA_SASL_PASSWORD": str(security.password),
            "KAFKA_SSL_CAFILE": str(security.ca_file),
        }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run one, as ``./edu topics apply`` and ``./edu rights apply`` leave it."""
    home = Home.at(tmp_path_factory.mktemp("secured"))
    with home.owned("tests"), secured(home) as broker:
        found = Cluster(home, broker, tmp_path_factory.mktemp("passwords"))
        topics.apply(broker.bootstrap, broker.admin)
        rights.apply(broker.bootstrap, found.passwords, security=broker.admin)
        yield found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the broker, as the plugin marks what needs its own."""
    for item in items:
        if "cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.wire)
            item.add_marker(pytest.mark.timeout(300))
