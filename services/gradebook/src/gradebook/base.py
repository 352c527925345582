"""The one metadata that the tables of all slices share."""

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from chassis.columns import NAMES


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Root of the gradebook's tables. There are no foreign keys to what other services own."""
