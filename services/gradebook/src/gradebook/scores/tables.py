"""Sheets, their cells, and the history of each cell."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlmodel import Field, UniqueConstraint

from chassis.columns import Id, code
from contracts.lists import ColumnKind, CorrectionReason, Grade, ScoreState, Subject, Term
from gradebook.base import Base


class Sheet(Base, table=True):
    """One column of a class's score book. Its row's lock guards its cells."""

    __table_args__ = (UniqueConstraint("class_id", "subject", "term", "kind", "position"),)

    sheet_id: str = Field(primary_key=True, sa_type=Id)
    class_id: str = Field(sa_type=Id)
    school_id: str = Field(sa_type=Id)
    school_year: str
    grade: Grade = Field(sa_type=code(Grade))
    subject: Subject = Field(sa_type=code(Subject))
    term: Term = Field(sa_type=code(Term))
    kind: ColumnKind = Field(sa_type=code(ColumnKind))
    position: int = Field(sa_type=SmallInteger)
    cells_due: int


class Cell(Base, table=True):
    """What a pupil has in a column; there is no row until it is touched for the first time."""

    __table_args__ = (Index(None, "pupil_id"),)

    sheet_id: str = Field(primary_key=True, sa_type=Id)
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    value: int | None = Field(sa_type=SmallInteger)
    """Hundredths; in a comment subject Đạt 1 and Chưa đạt 0."""
    state: ScoreState | None = Field(sa_type=code(ScoreState))


class CellChange(Base, table=True):
    """One change of a cell. The database itself refuses to alter or delete a row."""

    __tablename__ = "cell_change"

    sheet_id: str = Field(primary_key=True, sa_type=Id)
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    version: int = Field(primary_key=True)
    before: int | None = Field(sa_type=SmallInteger)
    before_state: ScoreState | None = Field(sa_type=code(ScoreState))
    after: int | None = Field(sa_type=SmallInteger)
    after_state: ScoreState | None = Field(sa_type=code(ScoreState))
    reason_code: CorrectionReason | None = Field(sa_type=code(CorrectionReason))
    reason: str | None = Field(sa_type=Text)
    changed_by: str = Field(sa_type=Id)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    day: date
    """The school day on which the score was given."""
    save_id: str | None = Field(default=None, sa_type=Id)
    """The save that it is part of; None where a release wrote it that knew no saves."""


class ScoreSave(Base, table=True):
    """One save of one sheet: a link of the chain over the history. ``cell_change`` has its cells.

    Written with them, in the save's own transaction. What stands below ``address`` is filled in
    once, after the commit (:mod:`gradebook.history.commands`); nothing else ever changes.
    """

    __tablename__ = "score_save"
    __table_args__ = (
        Index("ix_score_save_waiting", "id", postgresql_where=text("number IS NULL")),
        Index("uq_score_save_number", "number", unique=True),
    )

    sheet_id: str = Field(primary_key=True, sa_type=Id)
    save_id: str = Field(primary_key=True, sa_type=Id)
    id: int = Field(sa_column=Column(BigInteger, Identity(cache=1), nullable=False))
    """Ascends with the saves of a sheet: drawn while the sheet is held."""
    device: str | None = Field(sa_type=Text)
    """What the program that saved says of itself (User-Agent)."""
    address: str | None = Field(sa_type=Text)
    """The network address from which it saved."""
    number: int | None = Field(default=None, sa_type=BigInteger)
    """The place in the chain, from 1, without a gap."""
    hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    reason_digest: bytes | None = Field(default=None, sa_type=LargeBinary)
    """SHA-256 of salt and words: the chain holds while the words can be forgotten."""
    reason_salt: bytes | None = Field(default=None, sa_type=LargeBinary)
