"""How services store ids and codes, name their constraints, and speak of many rows at once."""

from enum import StrEnum
from typing import TypeVar, cast

from sqlalchemy import ARRAY, ColumnElement, Enum, Table, Uuid, any_, bindparam, inspect
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""The naming convention of a service's metadata, which its migrations rely on."""

Id = Uuid(as_uuid=False)
"""Ids are text in Python, as they travel, and 16 bytes in the database."""

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


def among(
    column: Mapped[str] | Mapped[str | None] | ColumnElement[str], parameter: str
) -> ColumnElement[bool]:
    """Say that an id is among those of ``parameter``, a list that is given at execution.

    One array whatever its length: the statement is compiled and prepared once.
    """
    return column == any_(bindparam(parameter, type_=ARRAY(Id)))


def table_of(model: type[SQLModel]) -> Table:
    """Give the table itself: for statements that write many rows, and for those asked often.

    A statement that names a mapped attribute anywhere is run by the ORM, which takes as long again
    for each statement and for each row as one of the table's own columns takes.
    """
    return cast("Table", inspect(model).local_table)
