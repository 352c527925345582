"""What the sources had sent to where a generation that is not live stands."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("generation", sa.Column("sources", JSONB, nullable=True))
