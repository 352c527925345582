"""A poll read in bulk leaves what one leaves that is read record by record."""

from collections.abc import Sequence
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiokafka import ConsumerRecord
from sqlalchemy import text

from chassis.consuming import consumer, parking
from chassis.consuming.consumer import Consumer
from chassis.consuming.records import Prepared
from chassis.database import Database
from contracts import topics
from edu.testing.making import Make
from edu.testing.sources import document
from ioc_aggregator.engine import Engine
from ioc_aggregator.measures.facts import DayEnd
from ioc_aggregator.rollups import ends, projector

TOPIC = topics.SCORES


def polled(first: int, values: Sequence[bytes], partition: int = 0) -> list[Any]:
    return [
        Mock(
            ConsumerRecord, topic=TOPIC.name, partition=partition, offset=at, key=b"k", value=value
        )
        for at, value in enumerate(values, start=first)
    ]


class Reading:
    """The aggregator's consumer, fed by hand; ``bulk`` counts the slices it took at once."""

    def __init__(self, store: Database, *, in_bulk: bool) -> None:
        self.engine = Engine(store, writes_feed=False, feed_kept=1)
        self.consumer = Consumer(service="test", database=store, projector=self.engine.projector)
        self.bulk = 0
        self.client = AsyncMock(seek=Mock())
        self._store = store
        self._prepare = self.engine.projector.prepare
        self.engine.projector.prepare = self._count if in_bulk else lambda *_: None  # type: ignore[method-assign]

    def _count(self, topic: Any, values: Sequence[bytes]) -> Prepared | None:
        found = self._prepare(topic, values)
        if found is None:
            return None

        def make() -> Any:
            made = found.make()
            self.bulk += made is not None
            return made

        return Prepared(found.documents, make)

    async def poll(self, first: int, values: Sequence[bytes]) -> None:
        records = polled(first, values)
        while self.consumer.stored.get((TOPIC.name, 0)) is None:
            await self.consumer.consume(self.client, records)
        await self.consumer.consume(self.client, records)
        assert self.consumer.failure is None

    async def left(self) -> dict[str, Any]:
        async with self._store.reading() as session:
            parked = [(one.reason, one.offset) for one in await parking.listed(session)]
            rows = await session.execute(
                text("SELECT source, topic, partition, last FROM delivery.source_sequence")
            )
            sequences = [tuple(row) for row in rows]
            gaps = (
                await session.execute(text("SELECT first, last FROM delivery.sequence_gap"))
            ).all()
        return {
            "hash": self.engine.follower.state.hash(),
            "vector": dict(self.engine.follower.state.vector),
            "parked": parked,
            "sequences": sequences,
            "gaps": [tuple(row) for row in gaps],
        }


def saves(make: Make, *sequences: int) -> list[bytes]:
    return [document(make.save(11, [10 * n], [500]), at=make.moment, sequence=n) for n in sequences]


POLLS = {
    "in line": ([(1, 2, 3), (4, 5)], 2),
    "again, and on": ([(1, 2, 3), (2, 3), (4,)], 2),
    "a gap, and what fills it": ([(1, 2), (5, 6), (3,), (7,)], 2),
    "begun late": ([(4, 5), (6,)], 1),
}


@pytest.mark.parametrize("case", POLLS)
async def test_both_ways_of_reading_leave_the_same(case: str, store: Database, make: Make) -> None:
    polls, in_bulk = POLLS[case]
    found = []
    for bulk in (True, False):
        await _emptied(store)
        reading = Reading(store, in_bulk=bulk)
        first = 0
        for sequences in polls:
            await reading.poll(first, saves(make, *sequences))
            first += len(sequences)
        found.append(await reading.left())
        assert reading.bulk == (in_bulk if bulk else 0)
    assert found[0] == found[1]
    assert found[0]["vector"][TOPIC.name, 0] == first


async def test_a_large_slice_is_read_in_runs_and_leaves_one_entry(
    store: Database, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    values = saves(make, 1, 2, 3)
    for size in (consumer._BYTES_AT_ONCE, 1):
        await _emptied(store)
        monkeypatch.setattr(consumer, "_BYTES_AT_ONCE", size)
        reading = Reading(store, in_bulk=True)
        await reading.poll(0, values)
        async with store.reading() as session:
            rows = (await session.execute(text("SELECT first, next, blob FROM journal"))).all()
        found.append((await reading.left(), [tuple(row) for row in rows]))
        assert reading.bulk == (1 if size > 1 else 3)
    assert found[0] == found[1]
    assert len(found[0][1]) == 1


async def test_a_doubt_in_a_later_run_sends_the_slice_the_other_way(
    store: Database, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_BYTES_AT_ONCE", 1)
    reading = Reading(store, in_bulk=True)
    await reading.poll(0, saves(make, 1, 2, 4))
    left = await reading.left()
    assert (reading.bulk, left["gaps"]) == (2, [(3, 3)])
    assert left["vector"][TOPIC.name, 0] == 3
    scores = reading.engine.follower.state.columns["scores"]
    assert scores.column("corrected").sum() == 3


async def test_what_is_refused_is_parked_and_the_rest_of_its_poll_counts(
    store: Database, make: Make
) -> None:
    values = saves(make, 1, 2, 3)
    values[1] = values[1].replace(b'"after":[20]', b'"after":[2000]')
    reading = Reading(store, in_bulk=True)
    await reading.poll(0, values)
    left = await reading.left()
    assert (reading.bulk, left["parked"]) == (0, [("invalid-data", 1)])
    scores = reading.engine.follower.state.columns["scores"]
    assert scores.column("corrected").sum() == 2


async def test_a_day_that_ended_in_the_middle_of_a_poll_divides_it(
    store: Database, make: Make
) -> None:
    end = DayEnd(make.moment.date(), make.moment, {TOPIC.name: {0: 2}}, {}, {}, ())
    async with store.transaction() as session:
        await ends.learn(session, [end])
    reading = Reading(store, in_bulk=True)
    await reading.poll(0, saves(make, 1, 2, 3))
    async with store.reading() as session:
        rows = await session.execute(text("SELECT first, next FROM journal ORDER BY first"))
        assert [tuple(row) for row in rows] == [(0, 2), (2, 3)]


async def test_a_large_poll_is_applied_in_several_transactions(
    store: Database, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Reading(store, in_bulk=True)
    records = [one for lane in range(3) for one in polled(0, saves(make, 1, 2), lane)]
    await reading.consumer.consume(reading.client, records)  # loads the lanes
    monkeypatch.setattr(consumer, "_MOST_TOGETHER", 3)
    await reading.consumer.consume(reading.client, records)
    assert (reading.consumer.failure, reading.consumer.applied) == (None, 2)
    assert list((await reading.left())["vector"].values()) == [2, 2, 2]


async def test_a_backlog_is_known_by_its_size(
    store: Database, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projector, "_BACKLOG_RECORDS", 3)
    reading = Reading(store, in_bulk=True)
    caught_up = reading.engine.projector.caught_up
    assert caught_up.is_set()
    await reading.poll(0, saves(make, 1, 2, 3))
    assert not caught_up.is_set()
    await reading.poll(3, saves(make, 4))
    assert caught_up.is_set()


async def _emptied(store: Database) -> None:
    async with store.transaction() as session:
        for table in (
            "journal", "delivery.consumer_position", "delivery.source_sequence",
            "delivery.sequence_gap", "delivery.parked",
        ):  # fmt: skip
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
