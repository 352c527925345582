"""What classes and pupils take beside the compulsory subjects."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0004"
down_revision = "0003"

_CODES = ARRAY(sa.String(32))


def upgrade() -> None:
    op.create_table(
        "subject_plan",
        sa.Column("whose", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("school_year", sa.String, nullable=False),
        sa.Column("chosen", _CODES, nullable=False),
        sa.Column("optional", _CODES, nullable=False),
        sa.Column("topics", _CODES, nullable=False),
        sa.Column("exempt", _CODES, nullable=False),
        sa.Column("individual", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("whose", "school_year", name="pk_subject_plan"),
    )
