"""Does the database answer at all? Asked only while somebody waits for it longer than usual.

A line that loses everything says nothing: a statement would wait for its whole time-out, hold its
connection, and every other request would queue behind it. So whoever waits looks with a connection
of its own. Where that is not answered either, all connections are given up and every request that
waits is ended; until the database answers again, nobody is let near it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

_PATIENCE_SECONDS = 0.3
_LOOK_SECONDS = 0.5
_LOOKS = 2
"""Together well under two seconds: so long may a request wait for a database that is not there."""
_AGAIN_SECONDS = 0.25
_LATE_SECONDS = 0.2

_log = structlog.get_logger()


class SilentError(OSError):
    """The database has not answered for a while; nothing was asked of it."""


class Pulse:
    """Of one engine's database."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        """Know every connection that the engine opens; ``url`` is where to look."""
        self.silent = False
        self._url = url
        self._connections: WeakSet[Any] = WeakSet()
        self._waiting: set[asyncio.Timeout] = set()
        self._answered = 0
        """How many blocks have ended well: on a busy machine a look may come to nothing."""
        self._look: asyncio.Task[None] | None = None
        event.listen(engine.sync_engine, "do_connect", self._connecting)
        event.listen(engine.sync_engine, "connect", self._connected)

    @asynccontextmanager
    async def felt(self) -> AsyncIterator[None]:
        """Watch over a block that asks the database something.

        Raises:
            SilentError: it does not answer; the block did not begin.
            TimeoutError: it has stopped answering; the block was ended.
        """
        self._refuse_if_silent()
        async with asyncio.timeout(None) as limit:
            self._waiting.add(limit)
            asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, self._doubt, limit)
            try:
                yield
                self._answered += 1
            finally:
                self._waiting.remove(limit)

    def _doubt(self, limit: asyncio.Timeout) -> None:
        if limit not in self._waiting:
            return
        loop = asyncio.get_running_loop()
        if self._look is None:
            self._look = loop.create_task(self._looking())
        loop.call_later(_PATIENCE_SECONDS, self._doubt, limit)

    def _refuse_if_silent(self) -> None:
        if self.silent:
            raise SilentError("the database does not answer")

    def _connecting(self, *_: object) -> None:
        self._refuse_if_silent()

    def _connected(self, _: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        self._connections.add(record.driver_connection)

    async def _looking(self) -> None:
        """Look until it answers; when it has not twice, let everybody go who waits for it."""
        time = asyncio.get_running_loop().time
        misses = 0
        try:
            while True:
                began = time()
                if await self._answers():
                    break
                # Who was held up itself cannot say of another that it does not answer.
                misses += time() - began < _LOOK_SECONDS + _LATE_SECONDS
                if misses == _LOOKS and not self.silent:
                    self._give_up()
                if self.silent:
                    await asyncio.sleep(_AGAIN_SECONDS)
            if self.silent:
                _log.info("database_answers")
        finally:
            self.silent = False
            self._look = None

    def _give_up(self) -> None:
        self.silent = True
        _log.error("database_silent", requests=len(self._waiting))
        # First the connections: who is ended then has nobody left to say goodbye to.
        for connection in list(self._connections):
            connection.terminate()
        now = asyncio.get_running_loop().time()
        for limit in self._waiting:
            limit.reschedule(now)

    async def _answers(self) -> bool:
        before = self._answered
        try:
            connection = await asyncpg.connect(self._url, timeout=_LOOK_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return self._answered > before
        connection.terminate()
        return True

    async def stop(self) -> None:
        """Look no more."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)
