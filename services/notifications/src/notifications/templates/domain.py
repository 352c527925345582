"""What each message says, without the names: those join it when it is sent.

A message keeps its content with the version of its template, so a class here may only gain optional
fields; what a newer text needs beyond that is a new template.
"""

from datetime import date
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict

from contracts.attendance import Absence, Session
from contracts.lists import Assessment, ColumnKind, Grade, ScoreState, Subject, Term
from contracts.notifications import Purpose
from contracts.payments import FeeKind, PaymentMethod


class Content(BaseModel):
    """The values of one message; ``TEMPLATE`` turns them into words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    TEMPLATE: ClassVar[str]
    PURPOSE: ClassVar[Purpose]
    URGENT: ClassVar[bool] = False
    """It goes at any hour, and in no digest: a child's safety may depend on it."""

    def pupils(self) -> tuple[str, ...]:
        """Give the ids of the pupils whom it is about."""
        raise NotImplementedError

    def schools(self) -> tuple[str, ...]:
        """Give the ids of further schools that it names."""
        return ()

    def only(self, pupil_ids: frozenset[str]) -> "Content | None":
        """Give what remains of it for these pupils; nothing, if it is about none of them."""
        return self if pupil_ids.issuperset(self.pupils()) else None


class ScoreRow(BaseModel):
    """One pupil's cell, before and after."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pupil_id: str
    before: int | None
    after: int | None
    before_state: ScoreState | None
    state: ScoreState | None


class _Scores(Content):
    """Cells of one column: one message for all children of a guardian in it."""

    PURPOSE: ClassVar[Purpose] = Purpose.SCORES

    school_year: str
    subject: Subject
    term: Term
    kind: ColumnKind
    position: int
    day: date
    rows: tuple[ScoreRow, ...]

    def pupils(self) -> tuple[str, ...]:
        """Give the ids of the pupils whom it is about."""
        return tuple(row.pupil_id for row in self.rows)

    def only(self, pupil_ids: frozenset[str]) -> Self | None:
        """Give what remains of it for these pupils; nothing, if it is about none of them."""
        rows = tuple(row for row in self.rows if row.pupil_id in pupil_ids)
        return self.model_copy(update={"rows": rows}) if rows else None

    @property
    def comment(self) -> bool:
        """Whether the subject is assessed by comments: Đạt, Chưa đạt."""
        return self.subject.assessment is Assessment.COMMENT


class ScoreSaved(_Scores):
    """A column was published, or a published one was corrected."""

    TEMPLATE: ClassVar[str] = "score-saved"

    @property
    def correction(self) -> bool:
        """Whether something was said before that no longer holds (đính chính)."""
        return any(row.before is not None or row.before_state is not None for row in self.rows)


class ScoreWithdrawn(_Scores):
    """What was published of a column is taken back (thu hồi công bố)."""

    TEMPLATE: ClassVar[str] = "score-withdrawn"


class FeeRow(BaseModel):
    """What one pupil owes, before and after; null where there is no charge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pupil_id: str
    before: int | None
    after: int | None


class FeeAssessed(Content):
    """A fee was assessed, changed or cancelled."""

    TEMPLATE: ClassVar[str] = "fee-assessed"
    PURPOSE: ClassVar[Purpose] = Purpose.FEES

    school_year: str
    name: str
    kind: FeeKind
    mandatory: bool
    period: str
    due_on: date
    rows: tuple[FeeRow, ...]

    def pupils(self) -> tuple[str, ...]:
        """Give the ids of the pupils whom it is about."""
        return tuple(row.pupil_id for row in self.rows)

    def only(self, pupil_ids: frozenset[str]) -> "FeeAssessed | None":
        """Give what remains of it for these pupils; nothing, if it is about none of them."""
        rows = tuple(row for row in self.rows if row.pupil_id in pupil_ids)
        return self.model_copy(update={"rows": rows}) if rows else None


class PaidLine(BaseModel):
    """A part of the money, and what it settled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FeeKind
    amount: int


class FeePaid(Content):
    """Money settled what a pupil owes: as it came, or out of the pupil's credit."""

    TEMPLATE: ClassVar[str] = "fee-paid"
    PURPOSE: ClassVar[Purpose] = Purpose.FEES

    pupil_id: str
    day: date
    method: PaymentMethod
    received: int
    prepaid: int
    remaining: int
    lines: tuple[PaidLine, ...]

    def pupils(self) -> tuple[str, ...]:
        """Give the id of the pupil whom it is about."""
        return (self.pupil_id,)


class AbsenceRow(BaseModel):
    """What one pupil counts as in a session; null: there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pupil_id: str
    after: Absence | None
    corrects: bool
    """Something else was said before, which no longer holds."""
    before: Absence | None
    """What was said then."""


class AbsenceMarked(Content):
    """Pupils were absent from a session, came late, or what was said of it is corrected."""

    TEMPLATE: ClassVar[str] = "absence-marked"
    PURPOSE: ClassVar[Purpose] = Purpose.ATTENDANCE
    URGENT: ClassVar[bool] = True

    class_id: str
    day: date
    session: Session
    rows: tuple[AbsenceRow, ...]

    def pupils(self) -> tuple[str, ...]:
        """Give the ids of the pupils whom it is about."""
        return tuple(row.pupil_id for row in self.rows)

    def only(self, pupil_ids: frozenset[str]) -> "AbsenceMarked | None":
        """Give what remains of it for these pupils; nothing, if it is about none of them."""
        rows = tuple(row for row in self.rows if row.pupil_id in pupil_ids)
        return self.model_copy(update={"rows": rows}) if rows else None

    @property
    def correction(self) -> bool:
        """Whether something was said before that no longer holds (đính chính)."""
        return any(row.corrects for row in self.rows)


class Enrolled(Content):
    """A pupil studies at a school."""

    TEMPLATE: ClassVar[str] = "enrolled"
    PURPOSE: ClassVar[Purpose] = Purpose.ENROLMENT

    pupil_id: str
    school_year: str
    grade: Grade
    day: date

    def pupils(self) -> tuple[str, ...]:
        """Give the id of the pupil whom it is about."""
        return (self.pupil_id,)


class Transferred(Content):
    """A pupil came to another school, or another grade."""

    TEMPLATE: ClassVar[str] = "transferred"
    PURPOSE: ClassVar[Purpose] = Purpose.ENROLMENT

    pupil_id: str
    school_year: str
    day: date
    before_school_id: str
    before_grade: Grade
    grade: Grade
    other_school: bool

    def pupils(self) -> tuple[str, ...]:
        """Give the id of the pupil whom it is about."""
        return (self.pupil_id,)

    def schools(self) -> tuple[str, ...]:
        """Give the school that the pupil left."""
        return (self.before_school_id,)


CONTENTS: tuple[type[Content], ...] = (
    ScoreSaved,
    ScoreWithdrawn,
    FeeAssessed,
    FeePaid,
    AbsenceMarked,
    Enrolled,
    Transferred,
)
