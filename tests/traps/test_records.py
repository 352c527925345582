"""What Kafka may hand over, or no longer have: foreign headers, expired records, lost offsets."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError
from confluent_kafka import Consumer, TopicPartition

from edu import topics as provisioning
from edu.testing import eventually, running

from .conftest import Send
from .member import GROUP, TOPIC, Member

Members = Callable[[], Member]


async def test_a_foreign_header_costs_neither_its_record_nor_its_batch(
    member: Members, send: Send
) -> None:
    foreign: list[tuple[str, str | bytes | None]] = [("not-utf-8", b"\xff\xfe"), ("null", None)]
    send(range(1, 7), headers=lambda number: foreign if number == 3 else [])
    reader = member()
    async with running(reader.subscription.run()):
        await eventually(lambda: reader.has(range(1, 7)))
    assert await reader.column("SELECT reason FROM delivery.parked") == []


async def test_a_lost_offset_in_kafka_loses_nothing_here(
    member: Members, send: Send, kafka: str
) -> None:
    send(range(1, 6))
    reader = member()
    async with running(reader.subscription.run()):
        await eventually(lambda: reader.has(range(1, 6)))
    send(range(6, 11))
    offsets = Consumer({"bootstrap.servers": kafka, "group.id": GROUP})
    await asyncio.to_thread(
        offsets.commit, offsets=[TopicPartition(TOPIC.name, 0, 10)], asynchronous=False
    )
    offsets.close()
    again = member()
    async with running(again.subscription.run()):
        await eventually(lambda: again.has(range(1, 11)))
    # The client was moved to the database's position: what came first is what came next.
    assert (await again.seen())[5:] == [6, 7, 8, 9, 10]


async def test_a_commit_that_kafka_refuses_changes_nothing(
    member: Members, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise CommitFailedError

    with monkeypatch.context() as patch:
        patch.setattr(AIOKafkaConsumer, "commit", refuse)
        send(range(1, 6))
        reader = member()
        async with running(reader.subscription.run()):
            await eventually(lambda: reader.has(range(1, 6)))
            send(range(6, 9))
            await eventually(lambda: reader.has(range(1, 9)))
    again = member()
    async with running(again.subscription.run()):
        send([9])
        await eventually(lambda: again.has(range(1, 10)))


async def test_records_that_expired_unread_are_known_to_be_missing(
    member: Members, send: Send, kafka: str
) -> None:
    send(range(1, 4))
    reader = member()
    async with running(reader.subscription.run()):
        await eventually(lambda: reader.has(range(1, 4)))
    send(range(4, 11))
    deleted = provisioning.administrator(kafka).delete_records([TopicPartition(TOPIC.name, 0, 7)])
    for future in deleted.values():
        await asyncio.to_thread(future.result, 10)
    again = member()
    async with running(again.subscription.run()):
        await eventually(lambda: again.has([1, 2, 3, 8, 9, 10]))
    assert await again.column("SELECT first FROM delivery.sequence_gap") == [4]
    assert await again.column("SELECT last FROM delivery.sequence_gap") == [7]


async def test_a_backlog_in_one_partition_does_not_starve_the_others(
    member: Members, send: Send
) -> None:
    many, few = range(1000, 21_000), range(1, 11)
    send(many, partition=1)
    send(few, partition=3)
    reader = member()
    async with running(reader.subscription.run()):
        await eventually(lambda: _holds(reader, set(few)), within=30)
        assert len(await reader.seen()) < len(many)


async def _holds(reader: Member, numbers: set[int]) -> bool:
    return numbers <= set(await reader.seen())
