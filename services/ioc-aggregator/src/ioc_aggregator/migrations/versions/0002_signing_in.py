"""The sessions of people who sign in."""

from alembic import op

from chassis.migrations import create_signin

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_signin(op.execute)
