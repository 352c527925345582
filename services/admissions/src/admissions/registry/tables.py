"""Units with the names they had, schools with the codes they had."""

from datetime import date

from sqlalchemy import ARRAY, Column, ForeignKey, Index, Text, text
from sqlmodel import Field

from admissions.base import UUID, Base


class UnitRow(Base, table=True):
    """A unit as it now is."""

    __tablename__ = "unit"
    __table_args__ = (
        Index("unit_living_code", "code", unique=True, postgresql_where=text("ended_on IS NULL")),
    )

    id: str = Field(sa_column=Column(UUID, primary_key=True))
    version: int
    code: str
    name: str
    kind: str
    parent_id: str | None = Field(sa_column=Column(UUID, ForeignKey("unit.id"), index=True))
    valid_from: date
    named_from: date
    ended_on: date | None
    """The first day on which it is no more."""
    merged_into_id: str | None = Field(sa_column=Column(UUID, ForeignKey("unit.id")))


class UnitNameRow(Base, table=True):
    """A name (and kind) that a unit bears from a day on; of two from one day the later version."""

    __tablename__ = "unit_name"

    unit_id: str = Field(sa_column=Column(UUID, ForeignKey("unit.id"), primary_key=True))
    version: int = Field(primary_key=True)
    name: str
    kind: str
    valid_from: date


class SchoolRow(Base, table=True):
    """A school as it now is."""

    __tablename__ = "school"
    __table_args__ = (
        Index("school_open_code", "code", unique=True, postgresql_where=text("open")),
    )

    id: str = Field(sa_column=Column(UUID, primary_key=True))
    version: int
    code: str
    name: str
    levels: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    ownership: str
    unit_id: str = Field(sa_column=Column(UUID, ForeignKey("unit.id"), nullable=False, index=True))
    valid_from: date
    open: bool


class SchoolCodeRow(Base, table=True):
    """A code that a school bears from a day on: the ministry issued them anew more than once."""

    __tablename__ = "school_code"

    school_id: str = Field(sa_column=Column(UUID, ForeignKey("school.id"), primary_key=True))
    version: int = Field(primary_key=True)
    code: str = Field(index=True)
    valid_from: date
