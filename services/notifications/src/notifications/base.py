"""What the tables of all slices share: one metadata, and how ids and codes are stored."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, DateTime, Enum, MetaData, Table, Uuid, any_, bindparam
from sqlalchemy.orm import Mapped, registry
from sqlmodel import SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """Root of the tables of notifications. No row refers to what other services own."""


def table_of(model: type[Base]) -> Table:
    """Give the table itself, for statements that write many rows at once."""
    return Base.metadata.tables[str(model.__tablename__)]


Id = Uuid(as_uuid=False)
"""Ids are text in Python, as they travel, and 16 bytes in the database."""

Moment = DateTime(timezone=True)


def among(column: Mapped[str] | Mapped[str | None], parameter: str) -> ColumnElement[bool]:
    """Say that an id is among those of ``parameter``, a list that is given at execution.

    One array whatever its length: the statement is compiled and prepared once.
    """
    return column == any_(bindparam(parameter, type_=ARRAY(Id)))


E = TypeVar("E", bound=StrEnum)


def code(kind: type[E]) -> Enum:
    """Store a member of ``kind`` as its code, so that a list can grow without a migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def in_order(rows: Sequence[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """Sort rows by their ids, so that two transactions cannot wait for each other."""
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))
