"""Alembic for each service, and the schema ``delivery`` that all of them share.

Only ``python -m <service> migrate`` and the tests import this module.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import plain_url
from chassis.outbox_partitions import partition_ddl

_SET_LOCK_TIMEOUT = "SET lock_timeout = '2s'"
"""A migration that cannot get its lock gives up, rather than queue all traffic behind it."""


def create_delivery(execute: Callable[[str], Any], today: date) -> None:
    """Create the tables of delivery (version 1) in schema ``delivery``.

    ``execute`` is Alembic's ``op.execute``; ``today`` selects the first monthly outbox partitions.
    """
    for statement in _DELIVERY_V1:
        execute(statement)
    for statement in partition_ddl(today):
        execute(statement)


_DELIVERY_V1 = (
    "CREATE SCHEMA delivery",
    # The id draws from one sequence with CACHE 1, so ids ascend in the order of the inserts.
    """
    CREATE TABLE delivery.outbox (
        id bigserial,
        created timestamptz NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        key text NOT NULL,
        sequence bigint,
        attributes text,
        data text,
        PRIMARY KEY (id, created)
    ) PARTITION BY RANGE (created)
    """,
    "CREATE INDEX outbox_unnumbered ON delivery.outbox (id) WHERE sequence IS NULL",
    "CREATE INDEX outbox_sequence ON delivery.outbox (topic, partition, sequence)",
    # Catches what no monthly partition covers, so that no command ever fails for want of one.
    "CREATE TABLE delivery.outbox_default PARTITION OF delivery.outbox DEFAULT",
    """
    CREATE TABLE delivery.relay_position (
        topic text, partition integer,
        numbered bigint NOT NULL, acknowledged bigint NOT NULL,
        PRIMARY KEY (topic, partition),
        CHECK (0 <= acknowledged AND acknowledged <= numbered)
    )
    """,
    """
    CREATE TABLE delivery.consumer_position (
        topic text, partition integer,
        next bigint NOT NULL, topic_id text,
        PRIMARY KEY (topic, partition)
    )
    """,
    """
    CREATE TABLE delivery.source_sequence (
        source text, topic text, partition integer,
        last bigint NOT NULL,
        PRIMARY KEY (source, topic, partition)
    )
    """,
    """
    CREATE TABLE delivery.sequence_gap (
        source text, topic text, partition integer,
        first bigint, last bigint NOT NULL,
        seen timestamptz NOT NULL,
        PRIMARY KEY (source, topic, partition, first),
        CHECK (first <= last)
    )
    """,
    """
    CREATE TABLE delivery.parked (
        id bigserial PRIMARY KEY,
        topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL,
        key bytea, value bytea,
        source text, subject text, type text, event_id text,
        state text NOT NULL CHECK (state IN ('parked', 'held')),
        reason text NOT NULL, detail text NOT NULL,
        parked_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX parked_subject ON delivery.parked (topic, partition, subject)",
    """
    CREATE TABLE delivery.inbox (
        consumer text, source text, event_id text,
        received timestamptz NOT NULL,
        PRIMARY KEY (consumer, source, event_id)
    )
    """,
    """
    CREATE TABLE delivery.idempotency_key (
        principal text, route text, key text,
        body_hash bytea NOT NULL,
        status integer, content_type text, body bytea,
        created timestamptz NOT NULL,
        PRIMARY KEY (principal, route, key)
    )
    """,
    "CREATE INDEX idempotency_key_created ON delivery.idempotency_key (created)",
)


def create_signin(execute: Callable[[str], Any]) -> None:
    """Create the sessions of people who sign in (version 1) in schema ``signin``."""
    for statement in _SIGNIN_V1:
        execute(statement)


_SIGNIN_V1 = (
    "CREATE SCHEMA signin",
    """
    CREATE TABLE signin.session (
        id bytea PRIMARY KEY,
        subject text NOT NULL, roles text[] NOT NULL, school text, unit text,
        begun timestamptz NOT NULL, seen timestamptz NOT NULL
    )
    """,
)


def run(metadata: MetaData) -> None:
    """Be the body of a service's ``env.py``: run its migrations on the database it was given."""
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
        context.execute(_SET_LOCK_TIMEOUT)
        context.run_migrations()
    else:
        asyncio.run(_run(metadata))


async def _run(metadata: MetaData) -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        message = "no database address was given to the migrations"
        raise RuntimeError(message)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate, metadata)
        await connection.commit()
    await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData) -> None:
    connection.exec_driver_sql(_SET_LOCK_TIMEOUT)
    # Of the session; and Alembic must begin each transaction itself, or no migration could leave
    # it to build an index CONCURRENTLY (``autocommit_block``).
    connection.commit()
    context.configure(
        connection=connection, target_metadata=metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


def configuration(folder: Path, url: str) -> Config:
    """Return Alembic's configuration for the migrations in ``folder``."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    address = plain_url(url).replace("postgresql://", "postgresql+asyncpg://", 1)
    config.set_main_option("sqlalchemy.url", address.replace("%", "%%"))
    return config


def upgrade(folder: Path, url: str) -> None:
    """Bring the database at ``url`` to the newest revision in ``folder``."""
    command.upgrade(configuration(folder, url), "head")


def statements(folder: Path) -> dict[str, str]:
    """Return what each revision says to a database, as SQL by revision; needs no database."""
    config = configuration(folder, "postgresql://")
    said: dict[str, str] = {}
    before = "base"
    for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
        config.output_buffer = StringIO()
        command.upgrade(config, f"{before}:{script.revision}", sql=True)
        said[script.revision] = config.output_buffer.getvalue()
        before = script.revision
    return said


def differences(folder: Path, url: str) -> None:
    """Raise when the service's tables and its migrations disagree (``alembic check``)."""
    command.check(configuration(folder, url))
