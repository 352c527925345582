"""What the tables of all slices share: one metadata, and how money is stored."""

from sqlalchemy import BigInteger, ColumnElement, MetaData, SQLColumnExpression, cast, func
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.columns import NAMES


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Root of the tables of payments. There are no foreign keys to what other services own."""


Money = BigInteger
"""Whole đồng."""


def total(amount: SQLColumnExpression[int]) -> ColumnElement[int]:
    """Sum money in SQL, as an integer again (PostgreSQL sums bigint as numeric); 0 of nothing."""
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)
