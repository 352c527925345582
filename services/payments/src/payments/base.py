"""What the tables of all slices share: one metadata, and how ids, codes and money are stored."""

from enum import StrEnum
from typing import TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Enum,
    MetaData,
    SQLColumnExpression,
    Table,
    Uuid,
    cast,
    func,
)
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """Root of the tables of payments. There are no foreign keys to what other services own."""


def table_of(model: type[Base]) -> Table:
    """Give the table itself, for statements that write many rows at once."""
    return Base.metadata.tables[str(model.__tablename__)]


E = TypeVar("E", bound=StrEnum)

Id = Uuid(as_uuid=False)
"""Ids are text in Python, as they travel, and 16 bytes in the database."""

Money = BigInteger
"""Whole đồng."""


def code(kind: type[E]) -> Enum:
    """Store a member of ``kind`` as its code, so that a list can grow without a migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def total(amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Sum money in SQL, as an integer again (PostgreSQL sums bigint as numeric); 0 of nothing."""
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)
