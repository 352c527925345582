"""What the tables of all slices share: one metadata, moments, and the order of rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.columns import NAMES


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Root of the tables of notifications. No row refers to what other services own."""


Moment = DateTime(timezone=True)


def in_order(rows: Sequence[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """Sort rows by their ids, so that two transactions cannot wait for each other."""
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))
