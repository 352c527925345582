"""What is asked of FastStream and aiokafka: everything their defaults would lose is said aloud."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faststream import AckPolicy

from chassis.consuming.consumer import Consumer
from chassis.consuming.handlers import Handlers
from chassis.consuming.subscription import Subscription
from chassis.database import Database
from chassis.relay import relay
from contracts.admissions import UnitRegistered

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for room in ("libs", "services", "tools", "tests")
    for path in (ROOT / room).rglob("*.py")
    # There stand the engines that ours is held against, one of which is FastStream as it comes.
    if path != Path(__file__) and path.parent != ROOT / "tests/bench"
)
POLLING = ROOT / "libs/chassis/src/chassis/consuming/subscription.py"
# Only polling is asked of FastStream: no router, application, publisher, filter or test broker.
POLLING_NEEDS = {
    "faststream.AckPolicy",
    "faststream.kafka.KafkaBroker",
    "faststream.kafka.message.KafkaAckableMessage",
    "faststream.kafka.subscriber.usecase.BatchSubscriber",
    "faststream.message.StreamMessage",
    "faststream.security.BaseSecurity",
    "faststream.security.SASLScram512",
}


class Asked(Exception):  # noqa: N818 - not an error: it ends what we look at
    """Holds what was asked for."""


class Recorder:
    """Stands where a client would be made, and keeps what it was asked to be."""

    def __init__(self, *addresses: Any, **asked: Any) -> None:
        self.asked = {"addresses": addresses} | asked

    def subscriber(self, *topics: str, **asked: Any) -> None:
        raise Asked(self.asked | asked | {"topics": topics})


def made(*_: Any, **asked: Any) -> None:
    raise Asked(asked)


@pytest.fixture
async def polling(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a service's one subscriber is asked to be."""
    monkeypatch.setattr("faststream.kafka.KafkaBroker", Recorder)
    handlers = Handlers()
    handlers.on(UnitRegistered)(ignore)
    database = Database("postgresql://nobody@localhost/none", application="test")
    consumer = Consumer(service="reader", database=database, projector=handlers)
    asking = Subscription(
        consumer=consumer, database=database, bootstrap=["a:1", "b:2"], group="reader"
    )
    with pytest.raises(Asked) as asked:
        await asking.run()
    found: dict[str, Any] = asked.value.args[0]
    return found


async def ignore(*_: Any) -> None:
    """Stand for a handler that is never called."""


@pytest.fixture
async def sending(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a relay's producer is asked to be."""
    monkeypatch.setattr(relay, "AIOKafkaProducer", made)
    with pytest.raises(Asked) as asked:
        await relay.Relay(service="x", url="", bootstrap=["a:1"])._send(None)  # type: ignore[arg-type]
    found: dict[str, Any] = asked.value.args[0]
    return found


def imports_of_faststream(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    whole = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    parts = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return {name for name in whole | parts if name.split(".")[0] == "faststream"}


def test_only_one_module_knows_faststream_and_it_only_polls() -> None:
    found = {path: imports_of_faststream(path) for path in SOURCES}
    assert {path for path, names in found.items() if names} == {POLLING}
    assert found[POLLING] <= POLLING_NEEDS


def test_acknowledging_is_ours(polling: dict[str, Any]) -> None:
    assert polling["ack_policy"] is AckPolicy.MANUAL


def test_a_new_group_starts_at_the_beginning(polling: dict[str, Any]) -> None:
    assert polling["auto_offset_reset"] == "earliest"


def test_whole_batches_come_and_no_partition_starves(polling: dict[str, Any]) -> None:
    assert polling["batch"] is True
    assert polling["max_records"] is None


@pytest.mark.parametrize(
    "value", [None, b"\xff", 7, object()], ids=["null", "not-utf-8", "number", "object"]
)
async def test_no_header_can_make_the_parser_raise(polling: dict[str, Any], value: object) -> None:
    parser: Callable[[Any], Any] = polling["parser"]
    records = ({"headers": [("x", value)]},)
    message = await parser(records)
    assert await polling["decoder"](message) is records


def test_topics_are_never_made_by_reading_them(polling: dict[str, Any]) -> None:
    assert polling["allow_auto_create_topics"] is False


def test_a_topic_made_anew_is_noticed_within_seconds(
    polling: dict[str, Any], sending: dict[str, Any]
) -> None:
    assert polling["metadata_max_age_ms"] <= 10_000
    assert sending["metadata_max_age_ms"] <= 10_000


def test_addresses_are_a_list(polling: dict[str, Any], sending: dict[str, Any]) -> None:
    assert polling["addresses"] == (["a:1", "b:2"],)
    assert sending["bootstrap_servers"] == ["a:1"]


def test_group_timings_are_ours(polling: dict[str, Any]) -> None:
    assert polling["session_timeout_ms"] >= 3 * polling["heartbeat_interval_ms"]
    assert polling["max_poll_interval_ms"] >= 60_000
    assert "max_workers" not in polling


def test_no_answer_is_ever_published(polling: dict[str, Any]) -> None:
    assert polling["no_reply"] is True


def test_the_relay_waits_for_all_replicas_and_never_doubles(sending: dict[str, Any]) -> None:
    assert sending["acks"] == "all"
    assert sending["enable_idempotence"] is True
    assert sending["linger_ms"] == 0


def test_a_batch_of_the_relay_holds_a_whole_chunk(sending: dict[str, Any]) -> None:
    assert sending["max_batch_size"] == 1 << 20
