"""What happens to members of a group: killed, cut off, rebalanced, silent, without a broker."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.consuming import subscription
from chassis.consuming.subscription import StalledError
from chassis.database import Database
from chassis.health import Health
from chassis.supervisor import Supervisor
from edu import topics as provisioning
from edu.embedded.kafka import Kafka
from edu.embedded.pair import Pair
from edu.home import Home
from edu.testing import eventually, running

from . import member as process
from .conftest import Send
from .member import TOPIC, Member

Members = Callable[[], Member]


async def test_a_handler_cut_off_by_a_stop_has_no_effect_and_is_done_again(
    member: Members, send: Send
) -> None:
    send(range(1, 4))
    reader = member()
    reader.gate.clear()
    async with running(reader.subscription.run()):
        await asyncio.wait_for(reader.entered.wait(), 20)
    assert await reader.seen() == []
    again = member()
    async with running(again.subscription.run()):
        await eventually(lambda: again.has(range(1, 4)))


async def test_a_rebalance_while_a_handler_runs_doubles_nothing(
    member: Members, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(range(1, 4))
    first, second = member(), member()
    first.gate.clear()
    taken: list[tuple[str, int]] = []
    revoked = first.consumer.revoked

    def noted(lanes: Sequence[tuple[str, int]]) -> None:
        taken.extend(lanes)
        revoked(lanes)

    monkeypatch.setattr(first.consumer, "revoked", noted)
    async with running(first.subscription.run()):
        await asyncio.wait_for(first.entered.wait(), 20)
        async with running(second.subscription.run()):
            # Whichever of the two has the partition now, the handler under way began before.
            await eventually(lambda: taken, within=30)
            first.gate.set()
            send(range(4, 7))
            await eventually(lambda: second.has(range(1, 7)), within=30)


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_a_killed_member_leaves_its_partitions_to_another(
    member: Members, send: Send, kafka: str, delivery: Database
) -> None:
    for partition in range(TOPIC.partitions):
        send(range(partition * 1000, partition * 1000 + 500), partition=partition)
    reader = member()
    killed = subprocess.Popen([sys.executable, "-P", process.__file__, delivery.url, kafka])  # noqa: ASYNC220
    try:
        await eventually(lambda: reader.column("SELECT 1 FROM seen LIMIT 1"), within=30)
    finally:
        killed.kill()
        killed.wait()
    for partition in range(TOPIC.partitions):
        send(range(partition * 1000 + 500, partition * 1000 + 600), partition=partition)
    expected = [p * 1000 + n for p in range(TOPIC.partitions) for n in range(600)]
    async with running(reader.subscription.run()):
        await eventually(lambda: reader.has(expected), within=60)


async def test_a_member_that_stands_still_is_noticed_and_ends(
    member: Members, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "_WATCH_SECONDS", 0.2)
    monkeypatch.setattr(subscription, "_STALLED_SECONDS", 1.0)
    clients: list[AIOKafkaConsumer] = []
    reader = member()
    assigned = reader.consumer.assigned

    async def noted(client: AIOKafkaConsumer, lanes: list[tuple[str, int]]) -> None:
        clients.append(client)
        await assigned(client, lanes)

    monkeypatch.setattr(reader.consumer, "assigned", noted)
    task = asyncio.create_task(reader.subscription.run())
    await eventually(lambda: clients)
    # A member that Kafka has forgotten polls for ever and gets nothing.
    clients[0].pause(*(TopicPartition(TOPIC.name, p) for p in range(TOPIC.partitions)))
    send(range(1, 4))
    with pytest.raises(StalledError):
        await asyncio.wait_for(task, 20)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    """Run a broker of the test's own, which may be killed."""
    home = Home.at(tmp_path)
    with home.owned("tests"):
        pair = Pair(home, durable=False)
        pair.start(postgres=False)
        assert pair.kafka is not None
        provisioning.apply(pair.kafka.bootstrap)
        yield pair.kafka
        pair.stop()


@pytest.fixture
async def alone(delivery: Database, broker: Kafka) -> AsyncIterator[Callable[[], Member]]:
    """``alone()`` is a member on that broker, kept running as in a service."""
    supervisor = Supervisor(Health(service="reader", version="0"))

    def start() -> Member:
        made = Member(delivery, broker.bootstrap)
        supervisor.start(f"events {id(made)}", made.subscription.run)
        return made

    yield start
    await supervisor.stop(within=10)


async def killed(broker: Kafka) -> None:
    assert broker.child is not None
    os.kill(broker.child.pid, signal.SIGKILL)
    await asyncio.to_thread(broker.child.wait, 10)


async def back(broker: Kafka) -> None:
    broker.start()
    await asyncio.to_thread(broker.wait_ready)


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_a_broker_that_dies_and_comes_back_costs_a_pause_and_no_record(
    alone: Members, broker: Kafka, sender: Callable[[str], Send]
) -> None:
    send = sender(broker.bootstrap)
    send(range(1, 101))
    # The group is the first one that this broker has ever seen.
    reader = alone()
    await eventually(lambda: reader.has(range(1, 101)), within=30)
    await killed(broker)
    await back(broker)
    send(range(101, 201))
    await eventually(lambda: reader.has(range(1, 201)), within=60)


@pytest.mark.chaos
@pytest.mark.timeout(120)
async def test_a_member_that_starts_without_a_broker_says_so_and_reads_when_there_is_one(
    alone: Members, broker: Kafka, sender: Callable[[str], Send]
) -> None:
    send = sender(broker.bootstrap)
    send(range(1, 4))
    await killed(broker)
    reader = alone()
    await eventually(lambda: reader.subscription.state != "running")
    await back(broker)
    await eventually(lambda: reader.has(range(1, 4)), within=60)
    assert reader.subscription.state == "running"
