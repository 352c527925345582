"""The copies. A row is as its newest fact says; no row refers to another."""

from datetime import date

from sqlmodel import Field, Index

from chassis.columns import Id, code
from chassis.persons import EnrolmentCopy, SubjectKeyCopy
from contracts.lists import Grade, Ownership
from payments.base import Base


class School(Base, table=True):
    """A school of the register."""

    school_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    name: str
    ownership: Ownership = Field(sa_type=code(Ownership))
    open: bool


class SchoolYear(Base, table=True):
    """The first and last day of a school year."""

    __tablename__ = "school_year"

    school_year: str = Field(primary_key=True)
    version: int
    first_day: date
    last_day: date


class Pupil(EnrolmentCopy, Base, table=True):
    """Where a pupil is enrolled now, or was last; the person is sealed.

    The row's lock guards the pupil's charges and credit: whoever changes them takes it first.
    """

    __table_args__ = (Index(None, "school_id", "school_year"),)

    reference: str = Field(unique=True)


class SubjectKey(SubjectKeyCopy, Base, table=True):
    """A pupil's wrapped key."""

    __tablename__ = "subject_key"


class SchoolClass(Base, table=True):
    """A class of a school in one school year."""

    __tablename__ = "school_class"

    class_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    school_id: str = Field(sa_type=Id)
    school_year: str
    grade: Grade = Field(sa_type=code(Grade))
    name: str


class Placement(Base, table=True):
    """The one seat of a pupil in a school year; none after leaving."""

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    version: int
    class_id: str | None = Field(sa_type=Id, index=True)
