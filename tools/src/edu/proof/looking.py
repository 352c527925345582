"""Where in its work a process was when it was killed: asked of its database, not assumed.

The process is frozen first (SIGSTOP), so it cannot go on while the database is looked at. It is
inside a commit when one of its connections is executing ``COMMIT`` and holds the lock that the
move of a position took: it has said that the slice counts, and has not heard whether it does.

Some commits are held at their very end: a deferred trigger, which the database fires in the middle
of the commit, waits for a lock that the proof has taken. The process dies, the lock is let go, and
the database finishes a commit of which nobody hears.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

import asyncpg
import psutil

LOCK = 20_250_610
"""The number of the advisory lock on which a commit is held."""

_MAKE = f"""
CREATE SCHEMA proof;
CREATE FUNCTION proof.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock_shared({LOCK});
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER held AFTER UPDATE ON delivery.consumer_position
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION proof.wait();
"""
_UNMAKE = "DROP SCHEMA IF EXISTS proof CASCADE"

_LOOK = """
SELECT a.client_port, a.state = 'active' AND a.query ~* '^\\s*commit' AS commits,
       a.wait_event_type = 'Lock' AND a.wait_event = 'advisory' AS held
  FROM pg_stat_activity a
  JOIN pg_locks l ON l.pid = a.pid AND l.granted AND l.mode = 'RowExclusiveLock'
   AND l.relation = 'delivery.consumer_position'::regclass
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
"""


class Moment(StrEnum):
    """Where a process was."""

    COMMIT = "inside a commit"
    TRANSACTION = "inside a transaction"
    BETWEEN = "between two"


class Looking:
    """Looks at what the service's connections do, over a connection that is open already."""

    def __init__(self, watching: asyncpg.Connection, holding: asyncpg.Connection) -> None:
        """One connection to look, one to hold."""
        self.watching = watching
        self._holding = holding

    async def moment(self) -> Moment:
        """Tell where whoever moves a position is right now."""
        rows = await self.watching.fetch(_LOOK)
        if any(row["commits"] for row in rows):
            return Moment.COMMIT
        return Moment.TRANSACTION if rows else Moment.BETWEEN

    async def is_held(self, by: int | None = None) -> bool:
        """Tell whether a commit waits at its end; ``by`` is the id of the process that said it."""
        rows = await self.watching.fetch(_LOOK)
        ports = {row["client_port"] for row in rows if row["commits"] and row["held"]}
        return bool(ports if by is None else ports & _ports_of(by))

    async def is_free(self) -> bool:
        """Tell whether nobody moves a position: whatever was begun is over, one way or another."""
        return not await self.watching.fetch(_LOOK)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Let every commit that moves a position wait at its end until the block is over."""
        await self._holding.execute(f"SELECT pg_advisory_lock({LOCK})")
        try:
            yield
        finally:
            await self._holding.execute(f"SELECT pg_advisory_unlock({LOCK})")


def _ports_of(pid: int) -> set[int]:
    connections = psutil.Process(pid).net_connections("tcp")
    return {connection.laddr.port for connection in connections}


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Looking]:
    """Open the connections, and let the database be able to hold commits while the block runs."""
    watching, holding = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        await watching.execute(_UNMAKE)
        await watching.execute(_MAKE)
        yield Looking(watching, holding)
    finally:
        await holding.close()
        await watching.execute(_UNMAKE)
        await watching.close()
