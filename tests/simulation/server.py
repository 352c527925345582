"""A database in memory: real SQL in real transactions, one after another, that fail on demand.

Transactions are serialised, which is a part of what PostgreSQL does under READ COMMITTED. The one
thing that needs more is the outbox: its ids are drawn when a row is written, and rows become
visible when their transaction commits, in any order.
"""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from chassis.tables import METADATA

from .clockwork import PROCESS
from .dialect import plain, translated

Values = Mapping[str, Any] | Sequence[Any]
Found = tuple[list[str], list[tuple[Any, ...]]]
"""The names of the columns, and the rows."""

_OWN_INSERT = re.compile(r"INSERT INTO (?!delivery\.)")
_TIMES = frozenset({"created", "oldest", "now()"})


@dataclass(frozen=True, slots=True)
class Committed:
    """A row of the outbox whose transaction has committed, and when it did."""

    moment: datetime
    id: int
    topic: str
    partition: int
    key: str
    attributes: str
    data: str


class Server:
    """One database server with the tables of delivery."""

    def __init__(self, moment: Callable[[], datetime]) -> None:
        """``moment`` is the server's clock."""
        self.moment = moment
        self.is_up = True
        self.is_full = False
        """Whether the service's own tables cannot grow; those of delivery have room left."""
        self.committed: list[Committed] = []
        """All that any transaction ever wrote to the outbox: the truth of what was promised."""
        self.leader: Link | None = None
        """Who holds the relay's advisory lock."""
        self.leads = -1
        """How often it passed from one to another."""
        self.links: dict[Link, None] = {}
        self._holder: Link | None = None
        self._released = asyncio.Event()
        self._last_id = 0
        self._current: Link | None = None
        self._sql = sqlite3.connect(":memory:", isolation_level=None)
        self._sql.execute("ATTACH ':memory:' AS delivery")
        self._sql.create_function("now", 0, lambda: self.moment().isoformat())
        self._sql.create_function("hashtextextended", 2, lambda text, _: len(text))
        self._sql.create_function("pg_try_advisory_lock", 1, lambda _: self._lead())
        for table in METADATA.tables.values():
            keys = [column.name for column in table.primary_key]
            columns = ", ".join(
                f'"{column.name}" INTEGER PRIMARY KEY'
                if keys == [column.name] == ["id"]
                else f'"{column.name}"'
                for column in table.columns
            )
            key = "" if keys == ["id"] else ", PRIMARY KEY (" + ", ".join(keys) + ")"
            self._sql.execute(f"CREATE TABLE {table.fullname} ({columns}{key})")

    def execution_options(self, **_: object) -> Self:
        """Return itself, as the engine that it stands for: who reads here reads alone anyway."""
        return self

    def create(self, statement: str) -> None:
        """Run a service's own DDL."""
        self._sql.execute(statement)

    def look(self, statement: str, *values: Any) -> list[Any]:
        """Read as an all-knowing observer; between transactions only what is committed."""
        return self._sql.execute(statement, values).fetchall()

    def watch(self, name: str, see: Callable[..., None], arguments: int) -> None:
        """Let triggers call ``see`` by ``name``."""
        self._sql.create_function(name, arguments, see)

    def stop(self) -> None:
        """Crash: every connection breaks, what was not committed is gone."""
        self.is_up = False
        for link in list(self.links):
            link.cut()

    def close(self) -> None:
        """Forget everything."""
        self._sql.close()

    def draw_id(self) -> int:
        """Return the next id of the outbox: ascending in order of drawing, not of committing."""
        self._last_id += 1
        return self._last_id

    def _lead(self) -> int:
        if self.leader is None:
            self.leader = self._current
            self.leads += 1
        return int(self.leader is self._current)

    async def hold(self, link: "Link") -> None:
        """Begin ``link``'s transaction as soon as nobody else has one."""
        while self._holder not in (None, link):
            self._released.clear()
            await self._released.wait()
            link.check()
        if self._holder is None:
            self._holder = link
            link.task = asyncio.current_task()
            self._sql.execute("BEGIN")

    @property
    def is_idle(self) -> bool:
        """Whether no transaction runs: what :meth:`look` sees is then committed."""
        return self._holder is None

    def is_held_by(self, link: "Link") -> bool:
        """Tell whether ``link`` has begun its transaction."""
        return self._holder is link

    def release(self, link: "Link", end: str) -> None:
        """End ``link``'s transaction; ``end`` is COMMIT or ROLLBACK."""
        if self._holder is link:
            self._sql.execute(end)
            if end == "ROLLBACK" and link.independent:
                for statement, values in link.independent:
                    self._sql.execute(statement, values)
            link.independent.clear()
            self._holder = None
            self._released.set()

    def inside(self) -> "Link | None":
        """Return whose transaction runs."""
        return self._holder

    def execute(self, link: "Link", statement: str, values: Values) -> Found:
        """Run one statement of ``link``'s transaction."""
        written = translated(statement)
        if written is None:
            return [], []
        self._current = link
        given = plain(values)
        cursor = self._sql.execute(written, given)
        rows = cursor.fetchall()
        if (outer := self._holder) is not None and outer is not link:
            outer.independent.append((written, given))
        names = [column[0] for column in cursor.description or ()]
        times = [n for n, name in enumerate(names) if name in _TIMES]
        if times:
            rows = [
                tuple(
                    datetime.fromisoformat(value) if n in times and value else value
                    for n, value in enumerate(row)
                )
                for row in rows
            ]
        return names, rows

    def promise(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write a committed transaction's rows of the outbox."""
        moment = self.moment()
        for row in rows:
            self._sql.execute(
                "INSERT INTO delivery.outbox (id, created, topic, partition, key, attributes, data)"
                " VALUES (:id, :created, :topic, :partition, :key, :attributes, :data)",
                plain(row),
            )
            self.committed.append(Committed(moment, **{k: row[k] for k in row if k != "created"}))


class UnspokenError(BaseException):
    """The chassis says something that the model does not understand; nobody may swallow it."""


class Link:
    """One session with a server; it belongs to the process that opened it and ends with it."""

    def __init__(self, server: Server) -> None:
        """Connect."""
        self.server = server
        self.process = PROCESS.get()
        self.independent: list[tuple[str, Any]] = []
        """What was committed on other sessions from within this one's transaction."""
        self.task: asyncio.Task[Any] | None = None
        """Who runs its transaction."""
        self._is_cut = False
        self._outbox: list[dict[str, Any]] = []
        server.links[self] = None
        self.process.connections[self] = None

    def lost(self) -> Exception:
        """Return what the driver raises when the connection is gone."""
        raise NotImplementedError

    def full(self) -> Exception:
        """Return what the driver raises when the server's disk is full."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise when the connection is gone."""
        if self._is_cut or not self.server.is_up:
            raise self.lost()

    def cut(self) -> None:
        """End the session from the server's side: its transaction rolls back, its locks fall."""
        self._is_cut = True
        self.leave()

    def leave(self) -> None:
        """End the session."""
        self.roll_back()
        self.server.links.pop(self, None)
        if self.server.leader is self:
            self.server.leader = None
        self.process.connections.pop(self, None)

    def slept(self) -> None:
        """End a transaction in which nothing happens, and a lead: the connection broke."""
        if self.server.is_held_by(self) or self.server.leader is self:
            self.cut()

    async def run(self, statement: str, values: Values) -> Found:
        """Run one statement; the first one begins the transaction."""
        await self.process.gate()
        self.check()
        if not self._is_inner:
            await self.server.hold(self)
        if self.server.is_full and _OWN_INSERT.match(statement):
            raise self.full()
        try:
            return self.server.execute(self, statement, values)
        except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
            raise UnspokenError(f"{error} in {translated(statement)}") from error

    @property
    def _is_inner(self) -> bool:
        """A session opened in the midst of another one's transaction: it commits on its own."""
        holder = self.server.inside()
        return holder not in (None, self) and holder.task is asyncio.current_task()

    def write_later(self, row: Mapping[str, Any]) -> None:
        """Write a row of the outbox: it has its id now, and is visible when it is committed."""
        self._outbox.append({**row, "id": self.server.draw_id()})

    async def commit(self) -> None:
        """Commit; whatever may go wrong before, within or after it does so here."""
        await self.process.gate()
        self.check()
        fault = ""
        if self._outbox or self.server.is_held_by(self):
            fault = self.process.faults.due(self.process.role, "commit")
            await self.process.faults.latency()
            await self._before(fault)
        if self._outbox:
            if not self._is_inner:
                await self.server.hold(self)
            self.server.promise(self._outbox)
            self._outbox.clear()
        self.server.release(self, "COMMIT")
        if fault == "kill after":
            self.process.kill()
            raise asyncio.CancelledError
        if fault == "fail after":
            self.cut()
            raise self.lost()

    async def _before(self, fault: str) -> None:
        if fault == "kill before":
            self.process.kill()
        await self.process.gate()
        self.check()
        if fault in ("fail before", "full"):
            self.roll_back()
            if fault == "full":
                raise self.full()
            self.cut()
            raise self.lost()

    def roll_back(self) -> None:
        """Undo everything since the transaction began."""
        self._outbox.clear()
        self.server.release(self, "ROLLBACK")
