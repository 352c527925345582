"""A database behind a line that loses everything: it takes connections and never says a word."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from chassis.database import Database, is_transient
from chassis.pulse import Pulse, SilentError

LONGEST = 10.0
"""On however busy a machine; a statement may take thirty. The fault scenario measures two."""


@pytest.fixture
async def silent() -> AsyncIterator[Database]:
    """Give the engine of such a database."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(
        lambda _, writer: writers.append(writer), "127.0.0.1", 0, start_serving=True
    )
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql://nobody:x@127.0.0.1:{port}/nothing", application="test")
    yield database
    await database.close()
    for writer in writers:
        writer.close()
    server.close()


async def ask(pulse: Pulse, database: Database) -> Exception:
    """Ask it something; give the error that comes of it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is looked at below
        async with pulse.felt(), database.transaction() as session:
            await session.execute(text("SELECT 1"))
    return caught.value


async def test_nobody_waits_for_a_statements_time_out_and_the_next_not_at_all(
    silent: Database,
) -> None:
    pulse = Pulse(silent.engine, silent.url)
    began = time.monotonic()
    errors = await asyncio.gather(*(ask(pulse, silent) for _ in range(5)))
    assert time.monotonic() - began < LONGEST
    assert all(is_transient(error) for error in errors)
    assert pulse.silent
    assert isinstance(await ask(pulse, silent), SilentError)
    await pulse.stop()


@pytest.mark.wire
async def test_a_slow_statement_is_no_silence(postgres: str) -> None:
    database = Database(postgres, application="test")
    pulse = Pulse(database.engine, database.url)
    async with pulse.felt(), database.transaction() as session:
        await session.execute(text("SELECT pg_sleep(2.5)"))
    assert not pulse.silent
    await pulse.stop()
    await database.close()
