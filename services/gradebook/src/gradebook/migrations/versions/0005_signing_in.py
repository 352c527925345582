"""The sessions of people who sign in."""

from alembic import op

from chassis.migrations import create_signin

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_signin(op.execute)
