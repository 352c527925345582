"""What was queued about a pupil can be withdrawn, while nobody has sent it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("message", sa.Column("withdrawn", ARRAY(sa.Uuid(as_uuid=False))))
