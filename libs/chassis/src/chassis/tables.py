"""The tables of delivery, the same in each service's database, in their own schema ``delivery``.

They are made and changed by :mod:`chassis.migrations`, called from each service's migrations.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA = "delivery"
METADATA = MetaData(schema=SCHEMA)

OUTBOX = Table(
    "outbox",
    METADATA,
    # One database sequence with CACHE 1: rows of one aggregate, written under its lock, are in
    # order of id.
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("created", DateTime(timezone=True), primary_key=True),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("key", Text, nullable=False),
    # Null until the relay numbers the row; gapless per (topic, partition) from then on.
    Column("sequence", BigInteger),
    # The CloudEvents attributes and the data as JSON texts; both null in a tombstone.
    Column("attributes", Text),
    Column("data", Text),
)

RELAY_POSITION = Table(
    "relay_position",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("numbered", BigInteger, nullable=False),
    Column("acknowledged", BigInteger, nullable=False),
)

CONSUMER_POSITION = Table(
    "consumer_position",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    # The offset of the next record to apply; changed only by compare-and-set.
    Column("next", BigInteger, nullable=False),
    # Kafka's id of the topic that the offset belongs to; another id is another log.
    Column("topic_id", Text),
)

SOURCE_SEQUENCE = Table(
    "source_sequence",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

SEQUENCE_GAP = Table(
    "sequence_gap",
    METADATA,
    Column("source", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    # Both ends are missing themselves.
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
)

PARKED = Table(
    "parked",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("source", Text),
    Column("subject", Text),
    Column("type", Text),
    Column("event_id", Text),
    # "parked" by its own fault, or "held" because an earlier record of its subject is parked.
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False),
)

INBOX = Table(
    "inbox",
    METADATA,
    Column("consumer", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("received", DateTime(timezone=True), nullable=False),
)

IDEMPOTENCY_KEY = Table(
    "idempotency_key",
    METADATA,
    Column("principal", Text, primary_key=True),
    Column("route", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("content_type", Text),
    Column("body", LargeBinary),
    Column("created", DateTime(timezone=True), nullable=False),
)
