"""Whose guardian somebody is, copied from notifications."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.Uuid(as_uuid=False)


def upgrade() -> None:
    op.create_table(
        "guardianship",
        sa.Column("guardian_id", _ID, nullable=False),
        sa.Column("pupil_id", _ID, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("guardian_id", "pupil_id", name="pk_guardianship"),
    )
    op.create_index("ix_guardianship_pupil_id", "guardianship", ["pupil_id"])
