"""The copies. A row is as its newest fact says; no row refers to another."""

from sqlmodel import Field, Index

from chassis.columns import Id
from chassis.persons import EnrolmentCopy, SubjectKeyCopy
from notifications.base import Base


class School(Base, table=True):
    """A school of the register."""

    school_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    name: str


class SchoolClass(Base, table=True):
    """A class and its homeroom teacher (giáo viên chủ nhiệm)."""

    __tablename__ = "school_class"
    __table_args__ = (Index(None, "homeroom_teacher_id"),)

    class_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    school_id: str = Field(sa_type=Id)
    name: str
    homeroom_teacher_id: str | None = Field(sa_type=Id)


class Placement(Base, table=True):
    """Which class a pupil sits in, in one school year; in none, if it is null."""

    __table_args__ = (Index(None, "class_id"),)

    pupil_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    version: int
    class_id: str | None = Field(sa_type=Id)


class PublishedSheet(Base, table=True):
    """Whether guardians may see a column of the score book; no row: it never was published."""

    __tablename__ = "published_sheet"

    sheet_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    published: bool


class Pupil(EnrolmentCopy, Base, table=True):
    """Where a pupil is enrolled now, or was last; the person is sealed."""


class SubjectKey(SubjectKeyCopy, Base, table=True):
    """A pupil's wrapped key."""

    __tablename__ = "subject_key"
