"""Pupils, their keys and what happened to them; a name stands nowhere in the clear."""

from datetime import date, datetime

from sqlalchemy import Column, DateTime, ForeignKey, Index, Text, text
from sqlmodel import Field

from admissions.base import UUID, Base


class PupilRow(Base, table=True):
    """A pupil as last enrolled. ``code`` and ``sealed`` are gone once the person is erased."""

    __tablename__ = "pupil"
    __table_args__ = (
        Index("pupil_school", "school_id", "code", postgresql_where=text("state = 'enrolled'")),
    )

    id: str = Field(sa_column=Column(UUID, primary_key=True))
    version: int
    state: str
    code: str | None = Field(unique=True)
    school_id: str = Field(sa_column=Column(UUID, ForeignKey("school.id"), nullable=False))
    grade: str
    school_year: str = Field(foreign_key="school_year.school_year")
    sex: str
    ethnic_minority: bool
    birth_year: int
    inclusion: bool
    since: date
    """The day of the last step."""
    sealed: str | None = Field(sa_column=Column(Text))


class SubjectKeyRow(Base, table=True):
    """The wrapped key of one pupil: without this row everything sealed is noise."""

    __tablename__ = "subject_key"

    pupil_id: str = Field(sa_column=Column(UUID, ForeignKey("pupil.id"), primary_key=True))
    version: int
    wrapped_key: str = Field(sa_column=Column(Text, nullable=False))
    key_id: str


class StepRow(Base, table=True):
    """One step of a pupil's way: enrolled, transferred or withdrawn, when, why and by whom."""

    __tablename__ = "enrolment_step"

    pupil_id: str = Field(sa_column=Column(UUID, ForeignKey("pupil.id"), primary_key=True))
    version: int = Field(primary_key=True)
    step: str
    day: date
    school_id: str = Field(sa_column=Column(UUID, ForeignKey("school.id"), nullable=False))
    grade: str
    school_year: str
    reason_code: str | None
    note: str | None = Field(sa_column=Column(Text))
    """The reason in words: it stays at home, and goes with the person."""
    recorded_by: str
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
