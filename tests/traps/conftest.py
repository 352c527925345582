"""Records on a real broker, and members that keep what they have seen in a real database."""

from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from confluent_kafka import Producer

from chassis.database import Database
from edu.testing.delivery import with_delivery
from edu.testing.sources import document

from .member import TOPIC, Member, pupil

Send = Callable[..., None]


def _sender(kafka: str) -> Send:
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5})
    sequences: dict[int, int] = {}

    def send(
        numbers: Sequence[int],
        *,
        partition: int = 0,
        headers: Callable[[int], list[tuple[str, str | bytes | None]]] = lambda _: [],
    ) -> None:
        for number in numbers:
            sequences[partition] = sequences.get(partition, 0) + 1
            producer.produce(
                TOPIC.name,
                document(pupil(number), sequence=sequences[partition]),
                b"key",
                partition=partition,
                headers=headers(number),
            )
            producer.poll(0)
        assert producer.flush(30) == 0

    return send


@pytest.fixture
def send(kafka: str) -> Send:
    """``send([1, 2], partition=3)`` writes the pupils' enrolments, numbered as a relay does."""
    return _sender(kafka)


@pytest.fixture
def sender() -> Callable[[str], Send]:
    """``sender(address)`` is the same for another broker."""
    return _sender


@pytest.fixture
async def delivery(database: Callable[[str], str]) -> AsyncIterator[Database]:
    """Give a database with the tables of delivery and the one that members write."""
    seen = "CREATE TABLE seen (id bigserial PRIMARY KEY, number int NOT NULL)"
    async with with_delivery(database("traps"), seen) as opened:
        yield opened


@pytest.fixture
def member(delivery: Database, kafka: str) -> Callable[[], Member]:
    """``member()`` is one more member of the group, on the same database."""
    return lambda: Member(delivery, kafka)
