"""Where days ended, and what each of them changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "day_end",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("positions", JSONB, nullable=False),
        sa.Column("as_of", JSONB, nullable=False),
        sa.Column("hashes", JSONB, nullable=False),
        sa.Column("closed", JSONB, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("replayed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "day_change",
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("family", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("blob", sa.LargeBinary, nullable=False),
    )
    op.execute("ALTER TABLE day_change ALTER COLUMN blob SET STORAGE EXTERNAL")
