"""The durable form of the state: generations, their journal, their snapshots."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ioc_aggregator.base import METADATA

GENERATION = Table(
    "generation",
    METADATA,
    # One reading of the log from its beginning. Everybody answers from the live one; where no
    # row is, that is the first.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("live", Boolean, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    # Of one that is not live: {topic: {partition: {source: [last, [[first, last] of a gap, …]]}}}.
    # Its journal and snapshots say where it stands; the live one's are in `delivery`.
    Column("sources", JSONB),
    # The families that it has counted from the log's beginning; NULL where nobody has said so.
    Column("families", JSONB),
    Index("generation_live", "live", unique=True, postgresql_where=text("live")),
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("generation", Integer, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    # What the records from offset `first` up to `next` change; rows of a lane join exactly.
    Column("first", BigInteger, primary_key=True),
    Column("next", BigInteger, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

SNAPSHOT = Table(
    "snapshot",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=True),
    Column("generation", Integer, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    # {topic: {partition: next}}: everything below is in the parts, nothing else.
    Column("vector", JSONB, nullable=False),
)

SNAPSHOT_PART = Table(
    "snapshot_part",
    METADATA,
    Column("snapshot", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("blob", LargeBinary, nullable=False),
)

DAY_END = Table(
    "day_end",
    METADATA,
    # Where each business day ended, for every generation: the same as stands on ioc.periods.v1.
    Column("day", Date, primary_key=True),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    # {topic: {partition: next}}: everything below counts for the day or an earlier one.
    Column("positions", JSONB, nullable=False),
    Column("as_of", JSONB, nullable=False),
    Column("hashes", JSONB, nullable=False),
    Column("closed", JSONB, nullable=False),
    # How many parked records this generation had applied later than they came.
    Column("generation", Integer, nullable=False),
    Column("replayed", BigInteger, nullable=False),
)

CHECKPOINT = Table(
    "checkpoint",
    METADATA,
    # What other services signed of their histories. Two roots of one size both stay.
    Column("log", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", Text, primary_key=True),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("public_key", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("before_size", BigInteger, nullable=False),
    # What did not hold when it came, after what had come before.
    Column("faults", JSONB, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)

DAY_CHANGE = Table(
    "day_change",
    METADATA,
    # What a day changed in a family's cells; the family without a name holds the facts, and is
    # there for every day whose change is known.
    Column("generation", Integer, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("family", Text, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("blob", LargeBinary, nullable=False),
)
