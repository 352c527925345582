"""What ``/readyz`` says of a service: its database and schema, its relay, its consumer.

Only database and schema are required: a command needs nothing else, so Kafka's absence shows here
and takes no service away.
"""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import clock
from chassis.consuming.consumer import Consumer
from chassis.consuming.subscription import Subscription
from chassis.database import Database
from chassis.health import Health, Part
from chassis.relay.relay import Relay
from chassis.rights_watch import RightsWatch

_UNDEFINED_TABLE = "42P01"


def watch_database(health: Health, database: Database, *, package: str, head: str) -> None:
    """Look whether the database answers and its schema is the newest; ``serve`` never migrates."""

    async def look(part: Part) -> None:
        part.mend = f"start PostgreSQL, or correct the address: python -m {package} config"
        try:
            async with database.reading() as session:
                answer = await session.execute(text("SELECT version_num FROM alembic_version"))
                found = answer.scalar()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _UNDEFINED_TABLE:
                raise
            found = None
        if found is None or found < head:
            part.failing(
                f"the schema is at {found or 'nothing'}, this version needs {head}",
                mend=f"python -m {package} migrate",
            )
        else:
            part.ok(f"schema {found}")

    health.probe("database", look, required=True)


def watch_rights(health: Health, rights: RightsWatch) -> None:
    """Show which right this service lacks in Kafka; clients hide it, or call it something else."""

    async def look(part: Part) -> None:
        if rights.failure is not None:
            part.failing(rights.failure)
        elif rights.missing:
            part.failing(
                f"{rights.user} lacks {', '.join(map(str, rights.missing))}",
                mend="./edu rights apply",
            )
        else:
            part.ok(rights.user)

    health.probe("kafka rights", look, required=False)


def watch_relay(health: Health, relay: Relay) -> None:
    """Show whether the outbox flows: who leads, which lanes wait, how old the oldest row is."""

    async def look(part: Part) -> None:
        if relay.detail is not None:
            part.failing(relay.detail)
        elif relay.waiting:
            waits = "; ".join(f"{t}/{p}: {why}" for (t, p), why in sorted(relay.waiting.items()))
            part.failing(f"cannot send to {waits}", mend="./edu topics apply")
        elif relay.state in {"starting", "checking"}:
            part.failing("no connection to Kafka or the database yet; commands are kept meanwhile")
        elif relay.oldest is not None:
            age = (clock.now() - relay.oldest).total_seconds()
            part.ok(f"{relay.state}; oldest unsent row {age:.0f} s")
        else:
            part.ok(relay.state)

    health.probe("outbox", look, required=False)


def watch_consumer(health: Health, consumer: Consumer, subscription: Subscription) -> None:
    """Show whether events arrive: missing topics, a subscriber that is down, a slice that waits."""

    async def look(part: Part) -> None:
        if subscription.missing:
            part.failing(
                f"topics are missing: {', '.join(subscription.missing)}", mend="./edu topics apply"
            )
        elif subscription.state != "running":
            part.failing("no connection to Kafka yet; events wait there")
        elif consumer.failure is not None:
            part.failing(f"records wait: {consumer.failure}")
        elif subscription.standstill:
            waits = ", ".join(f"{t}/{p}" for t, p in sorted(subscription.standstill))
            longest = max(subscription.standstill.values())
            part.failing(f"records wait in {waits}, the longest for {longest:.0f} s")
        else:
            part.ok(f"{len(consumer.stored)} partitions")

    health.probe("events", look, required=False)
