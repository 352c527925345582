"""What travels between a person's screen and the year's workflow."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from chassis.http import RequestModel
from contracts.ids import SheetId
from contracts.lists import ColumnKind, Subject, Term
from gradebook.books.domain import LONGEST_REOPENING, ReopeningReason, ReopeningState
from gradebook.requests import Note
from gradebook.workflow.domain import Kind


class PlannedSubject(RequestModel):
    """A subject's plan; without a number, as many regular assessments as the law says."""

    subject: Subject
    regular: Annotated[int, Field(ge=0, le=9)] | None = None


class AssessmentPlan(RequestModel):
    """A class's assessments of a term; without subjects, those of its subject plan."""

    term: Term
    due_on: date
    """The last day to lock the books without being late."""
    subjects: Annotated[list[PlannedSubject], Field(min_length=1, max_length=30)] | None = None


class BookAnswer(BaseModel):
    """A book: the plan of one subject and term, and whether it is locked."""

    class_id: str
    subject: Subject
    term: Term
    regular: int
    due_on: date
    locked: bool
    locked_by: str | None
    locked_at: datetime | None


class BookList(BaseModel):
    """The books of a class in a term."""

    books: Sequence[BookAnswer]


class MissingAnswer(BaseModel):
    """A column, and the pupils who have neither a mark nor a state in it."""

    sheet_id: str
    kind: ColumnKind
    position: int
    pupils: Sequence[str]


class AnomalyAnswer(BaseModel):
    """Something unusual to look at before the lock."""

    kind: Kind
    sheet_id: str | None
    pupils: Sequence[str]


class ReviewAnswer(BaseModel):
    """A book before its lock."""

    class_id: str
    subject: Subject
    term: Term
    missing: Sequence[MissingAnswer]
    anomalies: Sequence[AnomalyAnswer]


class LockBody(RequestModel):
    """To lock a book; ``accepts`` names the kinds of anomalies that somebody has looked at."""

    accepts: Annotated[list[Kind], Field(max_length=len(Kind))] = Field(default_factory=list)


class LateAnswer(BaseModel):
    """A subject of a class whose columns are not full yet."""

    class_id: str
    class_name: str
    subject: Subject
    teacher_ids: Sequence[str]
    cells_due: int
    cells_entered: int
    cells_excused: int
    locked: bool


class LateOfClass(BaseModel):
    """Who has not entered yet in one class, as far as the asker reads its columns."""

    class_id: str
    term: Term
    subjects: Sequence[LateAnswer]


class LateList(BaseModel):
    """Who has not entered yet."""

    school_id: str
    term: Term
    subjects: Sequence[LateAnswer]


class Publication(RequestModel):
    """Sheets that guardians may see from now on, or no longer."""

    sheet_ids: Annotated[list[SheetId], Field(min_length=1, max_length=100)]
    published: bool


class PublishedSheet(BaseModel):
    """A sheet, and whether its publication was changed just now."""

    sheet_id: str
    published: bool
    changed: bool


class PublishedSheets(BaseModel):
    """The sheets in the order of the request."""

    sheets: Sequence[PublishedSheet]


class ReopeningBody(RequestModel):
    """To write what is closed again, for some hours from its confirmation on."""

    hours: Annotated[int, Field(ge=1, le=LONGEST_REOPENING)]
    reason_code: ReopeningReason
    reason: Note | None = None
    """In words; required with ``other``."""


class ReopeningDecision(RequestModel):
    """The second person's answer."""

    confirm: bool
    reason: Note | None = None


class ReopeningAnswer(BaseModel):
    """A request, and what became of it.

    Without a subject, term, kind and position it is of what the homeroom teacher writes.
    """

    reopening_id: str
    target_id: str
    class_id: str
    class_name: str
    subject: Subject | None
    term: Term | None
    kind: ColumnKind | None
    position: int | None
    state: ReopeningState
    hours: int
    reason_code: ReopeningReason
    reason: str | None
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    until: datetime | None


class ReopeningList(BaseModel):
    """The requests of a school, the newest first."""

    reopenings: Sequence[ReopeningAnswer]
