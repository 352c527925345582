"""Classes, seats and teaching."""

from sqlalchemy import ARRAY
from sqlmodel import Field, UniqueConstraint

from chassis.columns import Id, code
from contracts.lists import Grade, Subject
from gradebook.base import Base


class SchoolClass(Base, table=True):
    """A class of a school in one school year. Its row's lock guards who sits in it."""

    __tablename__ = "school_class"
    __table_args__ = (UniqueConstraint("school_id", "school_year", "name"),)

    class_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    school_id: str = Field(sa_type=Id)
    school_year: str
    grade: Grade = Field(sa_type=code(Grade))
    name: str
    homeroom_teacher_id: str | None = Field(sa_type=Id)


class Placement(Base, table=True):
    """The one seat of a pupil in a school year; none after leaving."""

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    version: int
    """Ascends over all school years of a pupil."""
    school_id: str = Field(sa_type=Id)
    class_id: str | None = Field(sa_type=Id, index=True)


class Teaching(Base, table=True):
    """Who teaches a subject in a class (phân công giảng dạy)."""

    class_id: str = Field(primary_key=True, sa_type=Id)
    subject: Subject = Field(primary_key=True, sa_type=code(Subject))
    version: int
    teacher_ids: list[str] = Field(sa_type=ARRAY(Id))
