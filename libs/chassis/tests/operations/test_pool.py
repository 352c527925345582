"""A connection that broke while it lay in the pool is replaced before anybody uses it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from chassis import database as databases
from chassis.database import Database, Session
from edu.testing import eventually


@pytest.fixture
async def opened(database: Callable[[str], str]) -> AsyncIterator[Database]:
    made = Database(database("pool"), application="test")
    yield made
    await made.close()


async def used(session: Session) -> tuple[int, Any]:
    """Return the server's number of the session's connection, and the driver's side of it."""
    raw = await (await session.connection()).get_raw_connection()
    number: int = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    return number, raw.driver_connection


async def test_one_that_the_server_ended(opened: Database) -> None:
    async with opened.transaction() as session:
        number, driver = await used(session)
    other = await asyncpg.connect(opened.url)
    await other.execute("SELECT pg_terminate_backend($1)", number)
    await other.close()
    await eventually(driver.is_closed)
    async with opened.transaction() as session:
        assert (await used(session))[0] != number


async def test_one_that_does_not_answer_after_a_pause(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened.transaction() as session:
        first, _ = await used(session)
    dialect = opened.engine.dialect
    asked: list[object] = []

    def no_answer(connection: object) -> bool:
        asked.append(connection)
        raise dialect.loaded_dbapi.InterfaceError("the line is dead")

    monkeypatch.setattr(dialect, "do_ping", no_answer)
    async with opened.transaction() as session:
        assert (await used(session))[0] == first
    assert not asked, "one that was used a moment ago is not asked"
    monkeypatch.setattr(databases, "_TRUSTED_SECONDS", -1.0)
    async with opened.transaction() as session:
        assert (await used(session))[0] != first
    assert len(asked) == 1
