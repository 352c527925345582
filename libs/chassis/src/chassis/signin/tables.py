"""The table of sessions, in a schema of its own; `chassis.migrations.create_signin` makes it."""

from sqlalchemy import ARRAY, Column, DateTime, LargeBinary, MetaData, Table, Text

METADATA = MetaData(schema="signin")

SESSION = Table(
    "session",
    METADATA,
    # SHA-256 of what the browser holds: whoever reads the table cannot be anybody with it.
    Column("id", LargeBinary, primary_key=True),
    # What the provider vouched for at the beginning.
    Column("subject", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("school", Text),
    Column("unit", Text),
    Column("begun", DateTime(timezone=True), nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
)
