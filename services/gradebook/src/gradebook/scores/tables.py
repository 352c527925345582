"""Sheets, their cells, and the history of each cell."""

from datetime import date, datetime

from sqlalchemy import DateTime, Index, SmallInteger, Text
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
