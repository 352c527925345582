"""The feed's entries, and how far it was trimmed."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Table, Text

from ioc_aggregator.base import METADATA

FEED = Table(
    "feed",
    METADATA,
    # N: gapless, in the order of the commits.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # Which number of the catalogue this is; the latest entry of each cell is never trimmed.
    Column("cell", Text, nullable=False),
    # What stands in the outbox, and the sequence that the relay gives it there.
    Column("partition", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("data", Text, nullable=False),
    # The public may not see this value.
    Column("hidden", Boolean, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Index("feed_cell", "cell", "number"),
)

FEED_START = Table(
    "feed_start",
    METADATA,
    # At most one row: every entry after this number is there, before it only the latest of each
    # cell. Without a row nothing was ever trimmed.
    Column("after", BigInteger, primary_key=True, autoincrement=False),
)
