"""The tables of admissions share one metadata, which Alembic compares with the migrations."""

from sqlalchemy import Uuid
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry()):
    """Base of every table of admissions."""


UUID = Uuid(as_uuid=False)
"""A column of ids: sixteen bytes in PostgreSQL, lower-case text in Python and in events."""
