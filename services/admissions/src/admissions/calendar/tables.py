"""One row a school year; its terms and holidays are only ever read and replaced with it."""

from datetime import date
from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from admissions.base import Base


class SchoolYearRow(Base, table=True):
    """The calendar of a school year."""

    __tablename__ = "school_year"

    school_year: str = Field(primary_key=True)
    version: int
    first_day: date
    last_day: date
    terms: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    holidays: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
