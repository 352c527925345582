"""Windows, books, re-openings, publications, closed terms."""

from datetime import date, datetime

from sqlalchemy import DateTime, Index, SmallInteger, Text, text
from sqlmodel import Field

from chassis.columns import Id, code
from contracts.lists import ColumnKind, Grade, Subject, Term
from gradebook.base import Base
from gradebook.books.domain import ReopeningReason, ReopeningState


class EntryWindow(Base, table=True):
    """When a school's columns of a kind are written; position 0 stands for all of the kind."""

    __tablename__ = "entry_window"

    school_id: str = Field(primary_key=True, sa_type=Id)
    school_year: str = Field(primary_key=True)
    term: Term = Field(primary_key=True, sa_type=code(Term))
    kind: ColumnKind = Field(primary_key=True, sa_type=code(ColumnKind))
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    opens_on: date
    closes_on: date


class Book(Base, table=True):
    """One subject of one class in one term: its plan, its deadline, and whether it is locked."""

    class_id: str = Field(primary_key=True, sa_type=Id)
    subject: Subject = Field(primary_key=True, sa_type=code(Subject))
    term: Term = Field(primary_key=True, sa_type=code(Term))
    school_id: str = Field(sa_type=Id)
    school_year: str
    grade: Grade = Field(sa_type=code(Grade))
    regular: int = Field(sa_type=SmallInteger)
    """How many regular assessments (ĐĐGtx) are planned."""
    due_on: date
    """The last day to lock it without being late; it does not change."""
    locked: bool
    locked_by: str | None = Field(sa_type=Id)
    locked_at: datetime | None = Field(sa_type=DateTime(timezone=True))


class Reopening(Base, table=True):
    """A request to write again what is closed, and what a second person said to it."""

    __table_args__ = (
        Index(
            "ux_reopening_requested",
            "target_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index(None, "target_id"),
        Index(None, "school_id", "requested_at"),
    )

    reopening_id: str = Field(primary_key=True, sa_type=Id)
    target_id: str = Field(sa_type=Id)
    """A sheet, or a class for what its homeroom teacher writes."""
    school_id: str = Field(sa_type=Id)
    state: ReopeningState = Field(sa_type=code(ReopeningState))
    hours: int = Field(sa_type=SmallInteger)
    reason_code: ReopeningReason = Field(sa_type=code(ReopeningReason))
    reason: str | None = Field(sa_type=Text)
    requested_by: str = Field(sa_type=Id)
    requested_at: datetime = Field(sa_type=DateTime(timezone=True))
    decided_by: str | None = Field(sa_type=Id)
    decided_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    decision_reason: str | None = Field(sa_type=Text)
    until: datetime | None = Field(sa_type=DateTime(timezone=True))


class Publication(Base, table=True):
    """Whether guardians see a sheet; no row: it never was published."""

    sheet_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    published: bool
    changed_by: str = Field(sa_type=Id)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class TermClosing(Base, table=True):
    """A term of a class whose results the principal has decided; closing it again renews them."""

    __tablename__ = "term_closing"

    class_id: str = Field(primary_key=True, sa_type=Id)
    term: Term = Field(primary_key=True, sa_type=code(Term))
    closings: int
    closed_by: str = Field(sa_type=Id)
    closed_at: datetime = Field(sa_type=DateTime(timezone=True))
