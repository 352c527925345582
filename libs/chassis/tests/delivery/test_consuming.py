"""The one consuming function on real Kafka and real PostgreSQL: once, in order, nothing lost."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.clock import new_id
from chassis.consuming import parking, store
from chassis.consuming.consumer import Consumer
from chassis.consuming.decisions import Pace
from chassis.consuming.handlers import Handlers, Received
from chassis.consuming.subscription import Subscription
from chassis.database import Database, Session, is_transient
from contracts import topics
from contracts.admissions import UnitRegistered
from contracts.event import Event
from contracts.privacy import SubjectKey
from edu import topics as provisioning
from edu.testing import eventually, running, sources

Unit = Callable[..., UnitRegistered]
UNITS = topics.UNITS.name


def document(event: Event, sequence: int, **changes: str) -> bytes:
    """Render ``event`` as the relay would; ``changes`` replace texts of the document."""
    rendered = sources.document(event, sequence=sequence).decode()
    for old, new in changes.items():
        rendered = rendered.replace(old.replace("_", "-"), new)
    return rendered.encode()


async def send(
    kafka: str,
    *values: bytes | None,
    headers: Sequence[tuple[str, bytes]] = (),
    topic: str = UNITS,
    key: bytes = b"k",
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for value in values:
        await producer.send_and_wait(topic, value=value, key=key, partition=0, headers=headers)
    await producer.stop()


class Reader:
    """A service that keeps the names of units in a table, and fails when it is told to."""

    def __init__(self, database: Database, kafka: str) -> None:
        self.failing: set[str] = set()
        self.outage = 0
        self.bears = 1_000
        """How many events it can keep before its transaction has taken too long."""
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens while its transaction is open."""
        self.handlers = Handlers()
        self.handlers.on(UnitRegistered)(self._keep)
        self.database = database
        self.kafka = kafka

    async def _keep(self, session: Session, received: Sequence[Received[UnitRegistered]]) -> None:
        if self.outage > 0:
            self.outage -= 1
            raise ConnectionResetError
        if len(received) > self.bears:
            raise TimeoutError
        for item in received:
            await session.execute(
                text("INSERT INTO kept (name) VALUES (:name)"), {"name": item.event.name}
            )
            if item.event.name in self.failing:
                message = f"cannot keep {item.event.name}"
                raise ValueError(message)
        self.meanwhile()

    def subscription(self) -> Subscription:
        self.consumer = Consumer(service="reader", database=self.database, projector=self.handlers)
        return Subscription(
            consumer=self.consumer,
            database=self.database,
            bootstrap=[self.kafka],
            group="reader",
        )

    async def rows(self, statement: str) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.execute(text(statement))).scalars())

    async def kept(self) -> list[str]:
        return await self.rows("SELECT name FROM kept ORDER BY id")

    async def parked(self) -> list[tuple[str, str]]:
        async with self.database.reading() as session:
            return [(row.state, row.reason) for row in await parking.listed(session)]


@pytest.fixture
async def reader(delivery: Database, kafka: str) -> Reader:
    async with delivery.transaction() as session:
        await session.execute(
            text("CREATE TABLE IF NOT EXISTS kept (id bigserial PRIMARY KEY, name text)")
        )
    return Reader(delivery, kafka)


async def test_each_event_has_its_effect_once_however_often_it_comes(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    one, two, three = (document(unit(n), n) for n in (1, 2, 3))
    await send(kafka, one, two, one, two, three)
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 3))
    async with running(reader.subscription().run()):
        await send(kafka, three, document(unit(4), 4))
        await eventually(lambda: _has(reader, 4))
    assert await reader.kept() == [f"Xã số {n}" for n in (1, 2, 3, 4)]


async def _has(reader: Reader, count: int) -> bool:
    return len(await reader.kept()) == count


async def test_a_group_that_starts_late_reads_from_the_beginning(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    await send(kafka, *(document(unit(n), n) for n in range(7, 12)))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 5))
    assert await reader.rows("SELECT last FROM delivery.source_sequence") == [11]
    assert await reader.rows("SELECT first FROM delivery.sequence_gap") == []


async def test_a_gap_is_stored_work_goes_on_and_a_resend_heals_it(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    await send(kafka, document(unit(1), 1), document(unit(5), 5))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 2))
        assert await reader.rows("SELECT last - first + 1 FROM delivery.sequence_gap") == [3]
        await send(kafka, *(document(unit(n), n) for n in (3, 2, 4, 3)))
        await eventually(lambda: _has(reader, 5))
    assert await reader.rows("SELECT first FROM delivery.sequence_gap") == []
    assert sorted(await reader.kept()) == [f"Xã số {n}" for n in (1, 2, 3, 4, 5)]


async def test_what_cannot_be_read_is_parked_with_its_reason_and_its_neighbours_go_on(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    await send(
        kafka,
        document(unit(1), 1),
        b"\xff\xfe",
        b'{"specversion": NaN}',
        b"",
        document(unit(2), 2, **{"urn:edu:admissions": "urn:edu:rogue"}),
        document(unit(2), 2, **{"unit_registered.v1": "unit-registered.v9"}),
        document(unit(3), 3, **{"unit_registered.v1": "never-heard-of.v1"}),
        document(unit(4), 4, **{'"kind":"commune"': '"kind":7'}),
    )
    await send(kafka, document(unit(5), 5), headers=[("bad", b"\xff"), ("null", b"")])
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 2))
    assert await reader.kept() == ["Xã số 1", "Xã số 5"]
    assert [reason for _, reason in await reader.parked()] == [
        "not-utf-8",
        "not-json",
        "not-json",
        "foreign-source",
        "unknown-major",
        "not-the-contract",
    ]


async def test_a_handler_that_fails_three_times_stops_only_its_own_subject(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    reader.failing = {"Xã số 1"}
    first, again = unit(1), unit(1, version=2).model_copy(update={"name": "Xã mới"})
    later = unit(1, version=3).model_copy(update={"name": "Xã mới hơn"})
    await send(kafka, document(first, 1), document(unit(2), 2), document(again, 3))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 1))
        await send(kafka, document(later, 4), document(unit(3), 5))
        await eventually(lambda: _has(reader, 2))
    assert await reader.kept() == ["Xã số 2", "Xã số 3"]
    assert await reader.parked() == [
        ("parked", "handler-failed"),
        ("held", "held"),
        ("held", "held"),
    ]
    reader.failing = set()
    assert await parking.replay(reader.database, reader.handlers) == 3
    assert await reader.kept() == ["Xã số 2", "Xã số 3", "Xã số 1", "Xã mới", "Xã mới hơn"]
    assert await reader.parked() == []


async def test_a_dropped_record_releases_the_next_of_its_subject(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    reader.failing = {"Xã số 1"}
    await send(kafka, document(unit(1), 1), document(unit(1, version=2), 2))
    async with running(reader.subscription().run()):
        await eventually(lambda: _parked(reader, 2))
    reader.failing = set()
    number = (await reader.rows("SELECT min(id) FROM delivery.parked"))[0]
    async with reader.database.transaction() as session:
        assert await parking.drop(session, number)
    assert await parking.replay(reader.database, reader.handlers) == 1
    assert await reader.kept() == ["Xã số 1"]


async def test_a_tombstone_drops_what_is_parked_of_its_key_and_of_nobody_else(
    reader: Reader, kafka: str
) -> None:
    reader.handlers.on(SubjectKey)(_fail)
    reader.handlers.on_tombstone(topics.SUBJECT_KEYS)(_listen)
    pupils = [new_id() for _ in range(2)]
    keys = topics.SUBJECT_KEYS.name
    for pupil_id in pupils:
        key = SubjectKey(pupil_id=pupil_id, version=1, wrapped_key="AAAA", key_id="one")
        newer = document(key, 2, **{"subject_key.v1": "subject-key.v2"})
        await send(kafka, document(key, 1), newer, topic=keys, key=pupil_id.encode())
    async with running(reader.subscription().run()):
        await eventually(lambda: _parked(reader, 4))
        await send(kafka, None, topic=keys, key=pupils[0].encode())
        await eventually(lambda: _parked(reader, 2))
    assert await reader.rows("SELECT DISTINCT subject FROM delivery.parked") == [pupils[1]]


async def _fail(_: Session, __: Sequence[Received[SubjectKey]]) -> None:
    message = "no key can be kept"
    raise ValueError(message)


async def _listen(_: Session, __: Sequence[str]) -> None:
    """Want the topic's tombstones, and do nothing about them."""


async def _parked(reader: Reader, count: int) -> bool:
    return len(await reader.parked()) == count


async def test_an_outage_parks_nothing_and_loses_nothing(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    reader.outage = 3
    await send(kafka, *(document(unit(n), n) for n in range(1, 6)))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 5))
    assert await reader.parked() == []


async def test_a_member_that_overslept_is_fenced_and_changes_nothing(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    await send(kafka, document(unit(1), 1))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 1))
        # Another member has applied the next record meanwhile.
        async with reader.database.transaction() as session:
            await session.execute(text("UPDATE delivery.consumer_position SET next = 2"))
            await session.execute(text("UPDATE delivery.source_sequence SET last = 2"))
        await send(kafka, document(unit(2), 2), document(unit(3), 3))
        await eventually(lambda: _has(reader, 2))
    assert await reader.kept() == ["Xã số 1", "Xã số 3"]


async def test_a_member_that_is_frozen_does_not_hold_its_lanes_for_ever(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane, move = (UNITS, 0), (0, 1)
    async with reader.database.transaction() as session:
        await store.load(session, [lane])
    monkeypatch.setattr(store, "LONGEST_MS", 1_000)
    holds = asyncio.Event()

    async def freeze() -> None:
        async with reader.database.transaction() as session:
            await store.advance(session, {lane: move})
            holds.set()
            # For the database busy, as a process is that was stopped while it sent something.
            await session.execute(text("SELECT pg_sleep(60)"))

    frozen = asyncio.create_task(freeze())
    await holds.wait()
    monkeypatch.setattr(store, "LONGEST_MS", 60_000)  # of the one that takes over
    async with reader.database.transaction() as session:
        assert await store.advance(session, {lane: move}) == {lane}
    with pytest.raises(DBAPIError) as ended:
        await frozen
    assert is_transient(ended.value)


async def test_a_lane_that_is_taken_away_meanwhile_ends_what_was_begun(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    reader.meanwhile = lambda: reader.consumer.revoked([(UNITS, 0)])
    await send(kafka, *(document(unit(n), n) for n in range(1, 41)))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 40), within=30)
    assert await reader.kept() == [unit(n).name for n in range(1, 41)]
    assert reader.consumer.pace.room >= Pace().room  # a rebalance is no failure


async def test_a_topic_that_was_deleted_and_made_again_is_read_from_its_beginning(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    await send(kafka, *(document(unit(n), n) for n in (1, 2, 3)))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 3))
        await asyncio.to_thread(provisioning.reset, kafka)
        await send(kafka, document(unit(4), 4))
        await eventually(lambda: _has(reader, 4), within=40)
    assert await reader.kept() == [f"Xã số {n}" for n in (1, 2, 3, 4)]


async def test_a_handler_that_bears_only_a_few_at_a_time_gets_on(
    reader: Reader, kafka: str, unit: Unit
) -> None:
    reader.bears = 3
    await send(kafka, *(document(unit(n), n) for n in range(1, 41)))
    async with running(reader.subscription().run()):
        await eventually(lambda: _has(reader, 40), within=30)
    assert await reader.kept() == [unit(n).name for n in range(1, 41)]
    assert await reader.parked() == []
