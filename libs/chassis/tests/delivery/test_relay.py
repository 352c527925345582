"""The relay on real Kafka and real PostgreSQL: order, numbers, lead, restart, watermark."""

import asyncio
import json
from collections.abc import Callable

import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.outbox import EventTooLargeError, emit, emit_tombstones
from chassis.relay.relay import Relay
from chassis.relay.republish import republish
from contracts import envelope, topics
from contracts.admissions import UnitRegistered
from contracts.event import Event
from contracts.privacy import SubjectKey
from edu.testing import eventually, records, running

Unit = Callable[..., UnitRegistered]


async def write(database: Database, *events: Event) -> None:
    async with database.transaction() as session:
        await emit(session, *events)


async def acknowledged(database: Database) -> int:
    async with database.reading() as session:
        result = await session.execute(
            text("SELECT coalesce(sum(acknowledged), 0) FROM delivery.relay_position")
        )
        return int(result.scalar_one())


def sequences(found: list[object]) -> list[int | None]:
    decoded = [envelope.decode(r.value, r.key) for r in found]  # type: ignore[attr-defined]
    return [event.sequence for event in decoded if isinstance(event, envelope.Envelope)]


async def test_rows_reach_kafka_in_order_numbered_without_gap(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    for start in range(0, 300, 100):
        await write(delivery, *map(unit, range(start, start + 100)))
    async with running(relay.run()):
        found = await records(kafka, 300, topics.UNITS)
    names = [json.loads(record.value or b"")["data"]["name"] for record in found]
    assert names == [f"Xã số {n}" for n in range(300)]
    assert sequences(list(found)) == list(range(1, 301))
    assert found[0].headers == (("content-type", b"application/cloudevents+json"),)


async def test_a_relay_that_dies_after_numbering_sends_the_same_bytes_again(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    await write(delivery, unit(1), unit(2), unit(3))
    async with running(relay.run()):
        first = await records(kafka, 3, topics.UNITS)
        await eventually(lambda: acknowledged(delivery))
    async with delivery.transaction() as session:
        await session.execute(text("UPDATE delivery.relay_position SET acknowledged = 1"))
    again = Relay(service="admissions", url=delivery.url, bootstrap=[kafka])
    async with running(again.run()):
        found = await records(kafka, 5, topics.UNITS)
    assert [record.value for record in found[3:]] == [record.value for record in first[1:]]


async def test_of_two_relays_one_leads_and_the_other_takes_over(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    other = Relay(service="admissions", url=delivery.url, bootstrap=[kafka])
    async with running(relay.run()):
        await eventually(lambda: relay.state == "leading")
        async with running(other.run()):
            await eventually(lambda: other.state == "following")
            await write(delivery, unit(1))
            await eventually(lambda: acknowledged(delivery))
            assert other.state == "following"
    async with running(other.run()):
        await write(delivery, unit(2))
        found = await records(kafka, 2, topics.UNITS)
    assert sequences(list(found)) == [1, 2]


async def test_a_database_restored_from_a_backup_sends_nothing(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    await write(delivery, unit(1), unit(2))
    async with running(relay.run()):
        await records(kafka, 2, topics.UNITS)
        await eventually(lambda: acknowledged(delivery))
    async with delivery.transaction() as session:
        await session.execute(text("TRUNCATE delivery.outbox, delivery.relay_position"))
    await write(delivery, unit(9))
    restored = Relay(service="admissions", url=delivery.url, bootstrap=[kafka])
    async with running(restored.run()) as task:
        await eventually(lambda: restored.state == "kafka-ahead")
        assert "backup" in str(restored.detail)
        task.cancel()
    assert len(await records(kafka, 2, topics.UNITS)) == 2


async def test_sent_rows_of_a_compacted_topic_are_gone_and_others_stay(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    pupil = unit(7).unit_id
    key = SubjectKey(pupil_id=pupil, version=1, wrapped_key="QUJDRA==", key_id="k1")
    async with delivery.transaction() as session:
        await emit(session, unit(1), key)
        await emit_tombstones(session, topics.SUBJECT_KEYS, [pupil])
    async with running(relay.run()):
        found = await records(kafka, 2, topics.SUBJECT_KEYS)
        await eventually(lambda: _topics_left(delivery, ["admissions.units.v1"]))
    assert found[1].value is None
    assert found[1].key == pupil.encode()


async def _topics_left(database: Database, expected: list[str]) -> bool:
    async with database.reading() as session:
        rows = await session.execute(text("SELECT DISTINCT topic FROM delivery.outbox"))
        return sorted(row.topic for row in rows) == expected


async def test_the_watermark_follows_what_kafka_has_acknowledged(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    await write(delivery, unit(1), unit(2), unit(3))
    async with running(relay.run()):
        found = await records(kafka, 1, topics.WATERMARKS)
        async with asyncio.timeout(15):
            while json.loads(found[-1].value or b"")["data"]["positions"] == {}:
                found = await records(kafka, len(found) + 1, topics.WATERMARKS)
    document = json.loads(found[-1].value or b"")
    assert found[-1].key == b"admissions"
    assert document["source"] == "urn:edu:admissions"
    assert document["data"]["positions"] == {"admissions.units.v1": {"0": 3}}


async def test_republish_sends_the_same_bytes(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    await write(delivery, unit(1), unit(2), unit(3))
    async with running(relay.run()):
        first = await records(kafka, 3, topics.UNITS)
    sent = await republish(
        url=delivery.url,
        bootstrap=[kafka],
        topic=topics.UNITS.name,
        partition=0,
        first=2,
        last=3,
    )
    assert sent == 2
    found = await records(kafka, 5, topics.UNITS)
    assert [record.value for record in found[3:]] == [record.value for record in first[1:]]


async def test_an_absent_topic_holds_no_other(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    async with delivery.transaction() as session:
        await emit(session, unit(1))
        await session.execute(
            text("UPDATE delivery.outbox SET topic = 'admissions.nowhere.v1'"),
        )
    await write(delivery, unit(2))
    async with running(relay.run()):
        assert len(await records(kafka, 1, topics.UNITS)) == 1


async def test_a_document_over_64_kib_refuses_the_command(delivery: Database, unit: Unit) -> None:
    big = unit(1).model_copy(update={"name": "x" * (64 * 1024)})
    with pytest.raises(EventTooLargeError, match="65536 at most"):
        async with delivery.transaction() as session:
            await emit(session, big)


async def test_nothing_is_sent_of_a_command_that_rolled_back(
    delivery: Database, relay: Relay, kafka: str, unit: Unit
) -> None:
    async def fail() -> None:
        async with delivery.transaction() as session:
            await emit(session, unit(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await write(delivery, unit(2))
    async with running(relay.run()):
        found = await records(kafka, 1, topics.UNITS)
    assert sequences(list(found)) == [1]
    assert json.loads(found[0].value or b"")["data"]["name"] == "Xã số 2"
