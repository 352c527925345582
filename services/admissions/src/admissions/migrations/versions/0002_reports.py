"""What other systems reported last."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("place_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("school_year", sa.String, primary_key=True),
        sa.Column("what", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("counts", JSONB, nullable=False),
    )
