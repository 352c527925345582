"""The fixtures give every test a broker and a database in which nothing has happened yet."""

from collections.abc import Callable

import asyncpg
import pytest
from confluent_kafka import Producer

from contracts.topics import TOPICS, UNITS
from edu.topics import administrator, apply


@pytest.mark.parametrize("turn", [1, 2])
def test_topics_are_there_and_empty(kafka: str, turn: int) -> None:
    admin = administrator(kafka)
    topics = admin.list_topics(timeout=10).topics
    assert {topic.name for topic in TOPICS} <= set(topics)
    producer = Producer({"bootstrap.servers": kafka})
    seen: list[int | None] = []
    producer.produce(
        UNITS.name, b"x", b"k", on_delivery=lambda _, message: seen.append(message.offset())
    )
    producer.flush(10)
    assert seen == [0], f"turn {turn}"
    assert apply(kafka) == []


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_database_is_empty_and_sorts_as_people_here_do(
    database: Callable[[str], str], turn: int
) -> None:
    connection = await asyncpg.connect(database("fixtures"))
    await connection.execute("CREATE TABLE IF NOT EXISTS person (name text)")
    assert await connection.fetchval("SELECT count(*) FROM person") == 0, f"turn {turn}"
    await connection.executemany(
        "INSERT INTO person VALUES ($1)", [("Đăng",), ("Em",), ("Dũng",), ("Ăn",), ("Ánh",)]
    )
    rows = await connection.fetch("SELECT name FROM person ORDER BY name")
    assert [row["name"] for row in rows] == ["Ánh", "Ăn", "Dũng", "Đăng", "Em"]
    await connection.close()


async def test_a_service_cannot_open_another_ones_database(
    database: Callable[[str], str],
) -> None:
    mine, other = database("fixtures"), database("neighbour")
    trespass = mine.rsplit("/", 1)[0] + "/" + other.rsplit("/", 1)[1]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(trespass)
