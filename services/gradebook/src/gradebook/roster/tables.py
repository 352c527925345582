"""The copies. A row is as its newest fact says; no row refers to another."""

from datetime import date

from sqlalchemy import ARRAY
from sqlmodel import Field, Index

from chassis.columns import Id, code
from chassis.persons import EnrolmentCopy, SubjectKeyCopy
from contracts.lists import Level, Sex
from gradebook.base import Base


class School(Base, table=True):
    """A school of the register."""

    school_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    name: str
    levels: list[Level] = Field(sa_type=ARRAY(code(Level)))
    open: bool


class SchoolYear(Base, table=True):
    """The first and last day of a school year."""

    __tablename__ = "school_year"

    school_year: str = Field(primary_key=True)
    version: int
    first_day: date
    last_day: date


class Pupil(EnrolmentCopy, Base, table=True):
    """Where a pupil is enrolled now, or was last; the person is sealed."""

    __table_args__ = (Index(None, "school_id", "school_year"),)

    # What selects the cells in which results are counted; null until admissions says it again.
    sex: Sex | None = Field(default=None, sa_type=code(Sex))
    ethnic_minority: bool | None = None
    birth_year: int | None = None


class SubjectKey(SubjectKeyCopy, Base, table=True):
    """A pupil's wrapped key."""

    __tablename__ = "subject_key"
