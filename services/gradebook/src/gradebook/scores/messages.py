"""What travels between a person's screen and the score sheets."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from chassis.http import RequestModel
from contracts.gradebook import MAX_ROWS, ColumnNumber
from contracts.ids import ClassId, PupilId, SheetId
from contracts.lists import ColumnKind, CorrectionReason, Grade, ScoreState, Subject, Term
from gradebook.books.queries import Closed
from gradebook.requests import Note
from gradebook.scores.domain.history import What

ScaleName = Literal["comment", "whole", "tenths", "hundredths"]
"""Which marks a column admits: Đ and CĐ, whole numbers, or numbers with one or two decimals."""


class NewSheet(RequestModel):
    """A column to open for a class; an examination's has its own number of candidates."""

    class_id: ClassId
    subject: Subject
    term: Term
    kind: ColumnKind
    position: ColumnNumber
    candidates: Annotated[int, Field(ge=1, le=10_000)] | None = None


class NewSheets(RequestModel):
    """Columns to open, or to be given as they stand."""

    sheets: Annotated[list[NewSheet], Field(min_length=1, max_length=200)]


class CellBody(RequestModel):
    """What a cell should be. Neither score nor state: empty (xoá điểm)."""

    pupil_id: PupilId
    score: Annotated[str, StringConstraints(max_length=20)] | None = None
    """As people write it: 8, 8.5, 8,5, Đ, CĐ."""
    state: ScoreState | None = None
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """The version that was read; 0 if nobody had touched the cell."""


class SaveBody(RequestModel):
    """A save of one sheet."""

    cells: Annotated[list[CellBody], Field(min_length=1, max_length=MAX_ROWS)]
    day: date | None = None
    """The school day on which the scores were given; today if absent."""
    reason_code: CorrectionReason | None = None
    """Required where a cell had a value or a state."""
    reason: Note | None = None
    """In words, for the school's own history; required with ``other``."""


class SheetSave(SaveBody):
    """A save of one sheet among several."""

    sheet_id: SheetId


class SaveBodies(RequestModel):
    """Saves of several sheets, taken together or refused together."""

    saves: Annotated[list[SheetSave], Field(min_length=1, max_length=20)]


class SheetAnswer(BaseModel):
    """A sheet."""

    sheet_id: str
    class_id: str
    school_id: str
    school_year: str
    grade: Grade
    subject: Subject
    term: Term
    kind: ColumnKind
    position: int
    cells_due: int


class OpenedSheet(SheetAnswer):
    """A sheet, and whether it was opened just now."""

    opened: bool


class OpenedSheets(BaseModel):
    """The sheets in the order of the request."""

    sheets: Sequence[OpenedSheet]


class EntryAnswer(BaseModel):
    """Whether a column may be written now; if not, why."""

    open: bool
    why: Closed | None
    last_day: date | None
    """The last day of its window; null: open until its book is locked."""
    until: datetime | None
    """The moment at which a re-opening ends."""
    asked_at: datetime | None
    """When somebody asked for a re-opening that nobody has answered yet."""


class StandingAnswer(BaseModel):
    """How a column stands: for whoever writes it, and for guardians."""

    entry: EntryAnswer
    published: bool
    published_at: datetime | None


class CountedSheet(SheetAnswer, StandingAnswer):
    """A sheet, which marks it admits, how many of its cells have a value, and how it stands."""

    scale: ScaleName
    cells_entered: int


class SheetList(BaseModel):
    """The sheets of a class that the asker may read."""

    sheets: Sequence[CountedSheet]


class CellAnswer(BaseModel):
    """A cell as it is."""

    pupil_id: str
    score: str | None
    state: ScoreState | None
    version: int


class SavedAnswer(BaseModel):
    """The cells of the save as they are now; ``changed`` counts those that it changed."""

    sheet_id: str
    changed: int
    cells: Sequence[CellAnswer]


class SavedAnswers(BaseModel):
    """The saves in the order of the request."""

    sheets: Sequence[SavedAnswer]


class NamedCell(CellAnswer):
    """A line of a sheet; ``in_class`` is false for a pupil who left."""

    name: str
    in_class: bool


class WholeSheet(SheetAnswer, StandingAnswer):
    """A sheet with a line for each pupil, in the order of names."""

    cells: Sequence[NamedCell]


class ChangeAnswer(BaseModel):
    """One change of a cell: who, when, what, why."""

    version: int
    what: What
    before: str | None
    before_state: ScoreState | None
    after: str | None
    after_state: ScoreState | None
    value_before_deletion: str | None
    """Beside a value that was entered again: the one that had been deleted."""
    reason_code: CorrectionReason | None
    reason: str | None
    by: str
    at: datetime
    day: date


class ColumnAnswer(SheetAnswer):
    """A pupil's cell in one column, and everything that ever happened to it."""

    score: str | None
    state: ScoreState | None
    version: int
    history: Sequence[ChangeAnswer]


class PupilRow(BaseModel):
    """A pupil's row of the score book, as far as the asker may read it."""

    pupil_id: str
    name: str
    columns: Sequence[ColumnAnswer]
