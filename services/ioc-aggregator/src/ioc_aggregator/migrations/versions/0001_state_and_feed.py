"""Generations, journal, snapshots, the feed, and the tables of delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.clock import business_day, now
from chassis.migrations import create_delivery

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_delivery(op.execute, business_day(now()))
    _create_state()
    _create_feed()


def _create_state() -> None:
    op.create_table(
        "generation",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("live", sa.Boolean, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    )
    live = sa.text("live")
    op.create_index("generation_live", "generation", ["live"], unique=True, postgresql_where=live)
    op.create_table(
        "journal",
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("first", sa.BigInteger, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
    )
    # The blobs are compressed already.
    op.execute("ALTER TABLE journal ALTER COLUMN blob SET STORAGE EXTERNAL")
    op.create_table(
        "snapshot",
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vector", JSONB, nullable=False),
    )
    op.create_table(
        "snapshot_part",
        sa.Column("snapshot", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
    )
    op.execute("ALTER TABLE snapshot_part ALTER COLUMN blob SET STORAGE EXTERNAL")


def _create_feed() -> None:
    op.create_table(
        "feed",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("cell", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("feed_cell", "feed", ["cell", "number"])
    op.create_table(
        "feed_start",
        sa.Column("after", sa.BigInteger, primary_key=True, autoincrement=False),
    )
