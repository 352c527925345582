"""Conduct and remarks."""

from datetime import datetime

from sqlalchemy import DateTime, Index, Text
from sqlmodel import Field

from chassis.columns import Id, code
from contracts.lists import Term
from contracts.results import Conduct as Level
from gradebook.base import Base


class Conduct(Base, table=True):
    """A pupil's conduct of a term (HE: after the summer's training) and what was remarked."""

    __table_args__ = (Index(None, "class_id", "term"),)

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    term: Term = Field(primary_key=True, sa_type=code(Term))
    class_id: str = Field(sa_type=Id)
    version: int
    level: Level | None = Field(sa_type=code(Level))
    remark: str | None = Field(sa_type=Text)
    absences: int | None
    """Buổi nghỉ of the term, as the homeroom teacher counted them."""
    changed_by: str = Field(sa_type=Id)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
