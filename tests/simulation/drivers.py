"""The model's server behind the faces that the chassis knows: SQLAlchemy's session and asyncpg."""

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from asyncpg.exceptions import ConnectionDoesNotExistError, DiskFullError
from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import TextClause

from chassis.tables import OUTBOX

from .server import Found, Link, Server, Values

_POSTGRESQL = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]

_COMPILED: dict[Any, str] = {}


def _lost() -> Exception:
    error: Exception = ConnectionDoesNotExistError("connection was closed in the middle")
    return error


def _full() -> Exception:
    error: Exception = DiskFullError("no space left on device")
    return error


class Session(Link):
    """An ``AsyncSession`` on a model's server: the part of it that the chassis uses."""

    def __init__(self, bind: Server, *, expire_on_commit: bool = False) -> None:
        """Connect to ``bind``."""
        super().__init__(bind)
        self.bind = bind
        self.info: dict[str, Any] = {}
        self.expire_on_commit = expire_on_commit

    def lost(self) -> Exception:
        return DBAPIError("", None, _lost(), connection_invalidated=True)

    def full(self) -> Exception:
        return OperationalError("", None, _full())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.leave()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Self]:
        try:
            yield self
        except BaseException:
            self.roll_back()
            raise
        await self.commit()

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[Self]:
        await self.run("SAVEPOINT nested", {})
        try:
            yield self
        except BaseException:
            # A rollback of everything, by now, has ended the savepoint, too.
            if self.server.is_held_by(self):
                self.server.execute(self, "ROLLBACK TO nested", {})
            raise
        await self.run("RELEASE nested", {})

    async def flush(self) -> None:
        """Nothing is pending: the model's services write rows, not objects."""

    async def execute(
        self, statement: ClauseElement, parameters: Values | Sequence[Values] | None = None
    ) -> Result[Any]:
        sets: list[Any] = (
            list(parameters)
            if isinstance(parameters, Sequence)
            else [parameters if parameters is not None else {}]
        )
        if isinstance(statement, Insert) and statement.table is OUTBOX:
            await self.process.gate()
            self.check()
            for row in sets:
                self.write_later(row)
            return _result(([], []))
        text, fixed = _written(statement, tuple(sets[0]))
        names: list[str] = []
        rows: list[tuple[Any, ...]] = []
        for values in sets:
            names, found = await self._run(text, {**fixed, **values})
            rows += found
        return _result((names, rows))

    async def _run(self, text: str, values: Values) -> Found:
        try:
            return await self.run(text, values)
        except sqlite3.IntegrityError as error:
            raise DBAPIError(text, None, error) from error


def _written(statement: ClauseElement, columns: tuple[str, ...]) -> tuple[str, Mapping[str, Any]]:
    """Return a statement as the driver for PostgreSQL would get it, and the values within it."""
    if isinstance(statement, TextClause):
        return statement.text, {}
    if not columns:
        compiled = statement.compile(dialect=_POSTGRESQL)
        return str(compiled), compiled.params
    cached = statement._generate_cache_key()
    assert cached is not None
    key = (cached.key, columns)
    if key not in _COMPILED:
        _COMPILED[key] = str(statement.compile(dialect=_POSTGRESQL, column_keys=list(columns)))
    return _COMPILED[key], {}


def _result(found: Found) -> Result[Any]:
    names, rows = found
    return IteratorResult(SimpleResultMetaData(names), iter(rows))


class Connection(Link):
    """An asyncpg connection to a model's server: the part of it that the relay uses."""

    _is_in_transaction = False

    def lost(self) -> Exception:
        return _lost()

    def full(self) -> Exception:
        return _full()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._is_in_transaction = True
        try:
            yield
        except BaseException:
            self.roll_back()
            raise
        else:
            await self.commit()
        finally:
            self._is_in_transaction = False

    async def fetch(self, statement: str, *values: Any) -> list[Mapping[str, Any]]:
        names, rows = await self.run(statement, values)
        if not self._is_in_transaction:
            self.server.release(self, "COMMIT")
        return [dict(zip(names, row, strict=True)) for row in rows]

    async def fetchrow(self, statement: str, *values: Any) -> Mapping[str, Any] | None:
        return next(iter(await self.fetch(statement, *values)), None)

    async def fetchval(self, statement: str, *values: Any) -> Any:
        row = await self.fetchrow(statement, *values)
        return None if row is None else next(iter(row.values()))

    async def execute(self, statement: str, *values: Any) -> None:
        await self.fetch(statement, *values)

    def terminate(self) -> None:
        self.leave()

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        del timeout
        await self.process.gate()
        self.leave()


async def connect(server: Server, **_: Any) -> Connection:
    """Open a connection as ``asyncpg.connect`` does."""
    connection = Connection(server)
    await connection.process.faults.latency()
    if not server.is_up:
        connection.leave()
        raise ConnectionRefusedError
    return connection


class Pool:
    """A pool that opens a connection whenever one is wanted."""

    def __init__(self, server: Server, **_: Any) -> None:
        self.server = server

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is open."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        connection = await connect(self.server)
        try:
            yield connection
        finally:
            connection.leave()
