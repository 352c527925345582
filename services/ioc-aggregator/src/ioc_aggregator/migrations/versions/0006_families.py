"""Which families a generation has counted from the log's beginning."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

BEFORE = (
    "channels",
    "charges",
    "histogram",
    "links",
    "messages",
    "pupils",
    "receipts",
    "reported",
    "scores",
    "settled",
)
"""What the last release counted that did not say so; to count a family again is never wrong."""


def upgrade() -> None:
    op.add_column("generation", sa.Column("families", JSONB, nullable=True))
    families = "[" + ", ".join(f'"{name}"' for name in BEFORE) + "]"
    op.execute(f"UPDATE generation SET families = '{families}' WHERE live")  # noqa: S608 - ours
    # The first generation has no row until there is a second.
    op.execute(
        "INSERT INTO generation (number, live, begun_at, families) "  # noqa: S608 - ours
        f"SELECT 1, true, now(), '{families}' WHERE NOT EXISTS (SELECT 1 FROM generation) "
        "AND EXISTS (SELECT 1 FROM delivery.consumer_position WHERE next > 0)"
    )
