"""What the relay reads and writes in the database, over one connection that also holds its lock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from chassis.relay.decisions import Lane, number

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('edu.relay', 0))"
_LOOK = (
    "SELECT now() AS at, EXISTS (SELECT 1 FROM delivery.outbox WHERE sequence IS NULL) AS waiting"
)

SETTINGS = {
    "application_name": "relay",
    # An acknowledged number must be durable, whatever the role's own default is.
    "synchronous_commit": "on",
    # Every statement finds its rows by an index, and in its order. Left to guess, PostgreSQL reads
    # and sorts the whole backlog in each round, and all that was ever sent: it has no statistics
    # about rows that are a second old.
    **{
        f"enable_{way}": "off" for way in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin")
    },
}
"""The relay's connections have these settings."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """A numbered row of the outbox, ready to be rendered."""

    id: int
    created: datetime
    topic: str
    partition: int
    key: str
    sequence: int
    attributes: str | None
    data: str | None

    @property
    def lane(self) -> Lane:
        """The topic and partition that the row belongs to."""
        return (self.topic, self.partition)


class LeadConnection:
    """The leader's own connection: lock and numbering share it, so a lost lock cannot number."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        """Wrap ``connection``; use :meth:`take`."""
        self._connection = connection

    @classmethod
    async def take(cls, url: str) -> "LeadConnection | None":
        """Connect and take the lead of this database; None when another relay has it."""
        connection = await asyncpg.connect(
            url, timeout=5, command_timeout=30, server_settings=SETTINGS
        )
        leads = False
        try:
            leads = await connection.fetchval(_LOCK)
        finally:
            if not leads:
                connection.terminate()
        return cls(connection) if leads else None

    async def close(self) -> None:
        """Give the lead back."""
        await self._connection.close(timeout=5)

    async def positions(self) -> dict[Lane, tuple[int, int]]:
        """Return per lane the last number given and the last one acknowledged."""
        rows = await self._connection.fetch(
            "SELECT topic, partition, numbered, acknowledged FROM delivery.relay_position"
        )
        return {(r["topic"], r["partition"]): (r["numbered"], r["acknowledged"]) for r in rows}

    async def round(
        self,
        last: Mapping[Lane, int],
        limit: int,
        *,
        acknowledged: Mapping[Lane, int],
        compacted: Sequence[str],
    ) -> tuple[datetime, list[Row], dict[Lane, int]]:
        """Record what Kafka holds and number up to ``limit`` rows, in order of id: one transaction.

        Returns the database's time before the read, the rows, and the last number of each lane
        that got one. All rows of one snapshot: a row that commits later is read later, whatever
        its id, and may by then follow rows of other aggregates only.
        """
        if not acknowledged:  # most rounds of most days: one question instead of four
            look = await self._connection.fetchrow(_LOOK)
            at = look["at"]
            if not look["waiting"]:
                return at, [], {}
        async with self._connection.transaction():
            if acknowledged:
                at = await self._acknowledge(acknowledged, compacted)
            found = await self._connection.fetch(
                "SELECT id, created, topic, partition, key, attributes, data "
                "FROM delivery.outbox WHERE sequence IS NULL ORDER BY id LIMIT $1",
                limit,
            )
            if not found:
                return at, [], {}
            lanes = [(r["topic"], r["partition"]) for r in found]
            numbers = number(lanes, last)
            latest = dict(zip(lanes, numbers, strict=True))
            rows = [
                Row(r["id"], r["created"], *lane, r["key"], sequence, r["attributes"], r["data"])
                for r, lane, sequence in zip(found, lanes, numbers, strict=True)
            ]
            # No join: an index finds the ids, whatever the statistics are. They ascend, so the
            # bucket of an id is its place. The moments name the monthly partitions.
            await self._connection.execute(
                "UPDATE delivery.outbox o "
                "SET sequence = ($2::bigint[])[width_bucket(o.id, $1::bigint[])] "
                "WHERE o.id = ANY($1::bigint[]) AND o.created BETWEEN $3 AND $4",
                [row.id for row in rows],
                numbers,
                min(row.created for row in rows),
                max(row.created for row in rows),
            )
            await self._connection.execute(
                "INSERT INTO delivery.relay_position (topic, partition, numbered, acknowledged) "
                "SELECT t, p, n, 0 FROM unnest($1::text[], $2::int[], $3::bigint[]) v(t, p, n) "
                "ON CONFLICT (topic, partition) DO UPDATE SET numbered = excluded.numbered",
                [topic for topic, _ in latest],
                [partition for _, partition in latest],
                list(latest.values()),
            )
        return at, rows, latest

    async def _acknowledge(self, lanes: Mapping[Lane, int], compacted: Sequence[str]) -> datetime:
        """Record what Kafka holds; drop sent rows of ``compacted`` topics, which nothing resends.

        A kept row could revive an erased key. Returns when the transaction began.
        """
        topics = [topic for topic, _ in lanes]
        partitions = [partition for _, partition in lanes]
        sequences = list(lanes.values())
        began: datetime = await self._connection.fetchval(
            "UPDATE delivery.relay_position r SET acknowledged = v.s "
            "FROM unnest($1::text[], $2::int[], $3::bigint[]) v(t, p, s) "
            "WHERE r.topic = v.t AND r.partition = v.p RETURNING now()",
            topics,
            partitions,
            sequences,
        )
        if not set(topics).isdisjoint(compacted):
            await self._connection.execute(
                "DELETE FROM delivery.outbox o "
                "USING unnest($1::text[], $2::int[], $3::bigint[]) v(t, p, s) "
                "WHERE o.topic = v.t AND o.partition = v.p AND o.sequence <= v.s "
                "AND o.topic = ANY($4::text[])",
                topics,
                partitions,
                sequences,
                list(compacted),
            )
        return began

    async def fill(self, keys: Mapping[Lane, str]) -> None:
        """Write a tombstone of each lane's key to the outbox, to be sent like any other row."""
        await self._connection.execute(
            "INSERT INTO delivery.outbox (created, topic, partition, key) "
            "SELECT now(), t, p, k FROM unnest($1::text[], $2::int[], $3::text[]) v(t, p, k)",
            [topic for topic, _ in keys],
            [partition for _, partition in keys],
            list(keys.values()),
        )

    async def backlog(self) -> tuple[int, datetime | None]:
        """Return how many rows Kafka does not hold yet, and when the oldest was written."""
        row = await self._connection.fetchrow(
            "SELECT count(*) AS rows, min(created) AS oldest FROM ("
            "  SELECT created FROM delivery.outbox WHERE sequence IS NULL"
            "  UNION ALL"
            "  SELECT o.created FROM delivery.relay_position p JOIN delivery.outbox o"
            "    ON o.topic = p.topic AND o.partition = p.partition"
            "    AND o.sequence > p.acknowledged) waiting"
        )
        return row["rows"], row["oldest"]

    async def execute(self, statements: Iterable[str]) -> None:
        """Run housekeeping statements one by one."""
        for statement in statements:
            await self._connection.execute(statement)

    async def outbox_partitions(self) -> list[str]:
        """Return the names of the outbox's partitions."""
        rows = await self._connection.fetch(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
            "WHERE inhparent = 'delivery.outbox'::regclass"
        )
        return [str(row["name"]).removeprefix("delivery.") for row in rows]


async def numbered_rows(
    connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy,
    lane: Lane,
    after: int,
    *,
    upto: int,
    limit: int,
) -> list[Row]:
    """Return rows of ``lane`` with ``after`` < number ≤ ``upto``, in order, at most ``limit``."""
    rows = await connection.fetch(
        "SELECT id, created, topic, partition, key, sequence, attributes, data "
        "FROM delivery.outbox WHERE topic = $1 AND partition = $2 "
        "AND sequence > $3 AND sequence <= $4 ORDER BY sequence LIMIT $5",
        *lane,
        after,
        upto,
        limit,
    )
    return [Row(**r) for r in rows]
