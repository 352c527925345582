"""What was reported last of each cell, so that the next report can say what it replaces."""

from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from admissions.base import UUID, Base


class ReportRow(Base, table=True):
    """One cell of one place: ``what`` tells it from the place's others of the kind."""

    __tablename__ = "report"

    place_id: str = Field(sa_column=Column(UUID, primary_key=True))
    kind: str = Field(primary_key=True)
    school_year: str = Field(primary_key=True)
    what: str = Field(primary_key=True)
    version: int
    counts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
