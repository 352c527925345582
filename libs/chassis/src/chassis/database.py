"""PostgreSQL for one service: one engine, one transaction per command or slice, opened here."""

import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as Session
from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["Database", "Session", "is_transient", "plain_url"]

EMITTED = "chassis.emitted"
"""Key in ``Session.info``: set by :func:`chassis.outbox.emit`, read after the commit."""

_IDLE_IN_TRANSACTION_MS = 30_000
_STATEMENT_SECONDS = 30.0
_RETURNED = "chassis.returned"
_TRUSTED_SECONDS = 1.0
# Among them a full disk (53100), too little memory (53200) and a transaction that took too long
# (25P04): no record is at fault for these.
_TRANSIENT_SQLSTATES = frozenset(
    {"25P03", "25P04", "40001", "40P01", "53100", "53200", "53300", "55P03"}
    | {"57P01", "57P02", "57P03"}
)


def plain_url(url: str) -> str:
    """Return ``url`` as libpq and asyncpg write it, without SQLAlchemy's driver name."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def is_transient(error: BaseException) -> bool:
    """Tell whether the same work may succeed later: the database is away, busy or deadlocked."""
    if isinstance(error, DBAPIError):
        sqlstate = getattr(error.orig, "sqlstate", None)
        return (
            error.connection_invalidated
            or sqlstate is None
            or sqlstate in _TRANSIENT_SQLSTATES
            or str(sqlstate).startswith("08")
        )
    return isinstance(error, (OSError, TimeoutError, PoolTimeoutError))


def _look_before_use(engine: AsyncEngine) -> None:
    """Replace a connection that broke while it lay in the pool.

    One that was used a moment ago is only looked at: SQLAlchemy's own ``pool_pre_ping`` asks the
    server each time, which is three round trips more for every command.
    """
    dialect = engine.dialect

    def returned(_: object, record: ConnectionPoolEntry) -> None:
        record.info[_RETURNED] = time.monotonic()

    def taken(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        driver: Any = record.driver_connection
        if driver.is_closed():
            raise DisconnectionError
        if time.monotonic() - record.info.get(_RETURNED, math.inf) > _TRUSTED_SECONDS:
            try:
                dialect.do_ping(connection)
            except (dialect.loaded_dbapi.Error, OSError, TimeoutError) as error:
                raise DisconnectionError from error

    event.listen(engine.sync_engine, "checkin", returned)
    event.listen(engine.sync_engine, "checkout", taken)


class Database:
    """The engine of one service. ``transaction()`` is the only way to change anything."""

    def __init__(self, url: str, *, application: str, pool_size: int = 10) -> None:
        """Prepare a lazy pool; nothing connects before the first transaction."""
        self.url = plain_url(url)
        self.engine: AsyncEngine = create_async_engine(
            self.url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=5,
            # What a statement carries may be personal; errors name the statement only.
            hide_parameters=True,
            connect_args={
                "timeout": 5,
                "command_timeout": _STATEMENT_SECONDS,
                "server_settings": {
                    "application_name": application,
                    "idle_in_transaction_session_timeout": str(_IDLE_IN_TRANSACTION_MS),
                },
            },
        )
        # The same pool; its transactions begin so, which is no statement of its own.
        self._snapshots = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        _look_before_use(self.engine)
        self._after_emit: list[Callable[[], None]] = []

    def after_emit(self, wake: Callable[[], None]) -> None:
        """Call ``wake`` after each commit that wrote an outbox row (a hint, never needed)."""
        self._after_emit.append(wake)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Open one transaction: committed when the block ends, rolled back when it raises."""
        async with Session(self.engine, expire_on_commit=False) as session:
            async with session.begin():
                yield session
            if session.info.get(EMITTED):
                for wake in self._after_emit:
                    wake()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """Open one read-only transaction with a single snapshot for all its statements."""
        async with Session(self._snapshots, expire_on_commit=False) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
