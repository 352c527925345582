"""Facts of the gradebook: classes, placements, teaching, score sheets and scores."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field, model_validator

from contracts import topics
from contracts.columns import Sparse
from contracts.event import Event, Record
from contracts.ids import (
    ClassId,
    Count,
    Name,
    PersonId,
    PupilId,
    SchoolId,
    SchoolYear,
    SheetId,
    Version,
)
from contracts.lists import (
    Assessment,
    ColumnKind,
    CorrectionReason,
    Grade,
    ScoreState,
    Subject,
    Term,
)

MAX_ROWS = 60
"""The most cells one save may hold: a whole class, with room."""

Score = Annotated[int, Field(ge=0, le=1000)]
"""Hundredths of a point (850 = 8.5); in a comment subject Đạt is 1 and Chưa đạt is 0."""

ColumnNumber = Annotated[int, Field(ge=1, le=99)]
"""The column's number among those of its kind, from 1."""


class ClassOpened(Event):
    """A class exists, with this name and homeroom teacher (giáo viên chủ nhiệm)."""

    NAME: ClassVar[str] = "class-opened"
    TOPIC: ClassVar[topics.Topic] = topics.CLASSES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    class_id: ClassId
    version: Version
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    name: Name
    homeroom_teacher_id: PersonId | None


class ClassRoll(Record):
    """A class as statistics see it."""

    pupils: Count
    limit: Count
    """The most pupils that its level allows in a class (điều lệ nhà trường)."""
    two_sessions: bool
    """Học 2 buổi/ngày."""


class ClassCounted(Event):
    """How many pupils a class has, and whether it studies two sessions a day."""

    NAME: ClassVar[str] = "class-counted"
    TOPIC: ClassVar[topics.Topic] = topics.CLASSES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"
    DRAFT: ClassVar[bool] = True

    class_id: ClassId
    version: Version
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    after: ClassRoll
    before: ClassRoll | None
    """What the fact before said; null at first."""


class PupilPlaced(Event):
    """A pupil sits in a class (xếp lớp), or in none, and where before."""

    NAME: ClassVar[str] = "pupil-placed"
    TOPIC: ClassVar[topics.Topic] = topics.CLASSES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "pupil_id"

    pupil_id: PupilId
    class_id: ClassId | None
    version: Version
    school_id: SchoolId
    school_year: SchoolYear
    before_class_id: ClassId | None


class TeachingAssigned(Event):
    """Who teaches a subject in a class (phân công giảng dạy)."""

    NAME: ClassVar[str] = "teaching-assigned"
    TOPIC: ClassVar[topics.Topic] = topics.CLASSES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    class_id: ClassId
    subject: Subject
    version: Version
    school_id: SchoolId
    school_year: SchoolYear
    teacher_ids: tuple[PersonId, ...]


class SheetOpened(Event):
    """A column of a class's score book waits for scores; again when the number due changes."""

    NAME: ClassVar[str] = "sheet-opened"
    TOPIC: ClassVar[topics.Topic] = topics.SCORES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "sheet_id"

    sheet_id: SheetId
    school_id: SchoolId
    class_id: ClassId
    school_year: SchoolYear
    grade: Grade
    subject: Subject
    term: Term
    kind: ColumnKind
    position: ColumnNumber
    cells_due: Count
    before_cells_due: Count
    """What was due before this fact: 0 at first, so that sums add and subtract."""


class ScoreRow(NamedTuple):
    """One cell of a save, before and after."""

    pupil: PupilId
    before: int | None
    after: int | None
    before_state: ScoreState | None
    state: ScoreState | None


class ScoreEntered(Event):
    """One save of a score sheet: cells entered, corrected, emptied or excused.

    A cell counts in statistics if and only if its value is not null.
    """

    NAME: ClassVar[str] = "score-entered"
    TOPIC: ClassVar[topics.Topic] = topics.SCORES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "sheet_id"

    sheet_id: SheetId
    school_id: SchoolId
    class_id: ClassId
    school_year: SchoolYear
    grade: Grade
    subject: Subject
    term: Term
    kind: ColumnKind
    position: ColumnNumber
    entered_by: PersonId
    day: date
    """The school day on which the scores were given."""
    pupils: Annotated[tuple[PupilId, ...], Field(min_length=1, max_length=MAX_ROWS)]
    after: Annotated[tuple[Score | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    """The value of each pupil's cell now; null where it has none."""
    before: Sparse[Score]
    """The values of the cells that had one."""
    state: Sparse[ScoreState]
    before_state: Sparse[ScoreState]
    reason_code: CorrectionReason | None
    """Why, where a cell had a value or a state before."""

    @model_validator(mode="after")
    def _is_a_save(self) -> Self:
        rows = len(self.pupils)
        if len(self.after) != rows:
            raise ValueError("pupils and after differ in length")
        if len(set(self.pupils)) < rows:
            raise ValueError("a pupil stands twice")
        # Few cells have a state, and this runs for every save that is written or read.
        for name, column in (
            ("before", self.before),
            ("state", self.state),
            ("before_state", self.before_state),
        ):
            if column.at and column.at[-1] >= rows:
                raise ValueError(f"{name} names a row that is not there")
        self._check_values()
        if self.state.at:
            _check_states(self.state, self.after)
        if self.before_state.at:
            _check_states(self.before_state, self.before.spread(rows))
        return self

    def _check_values(self) -> None:
        comment = self.subject.assessment is Assessment.COMMENT
        step = 1 if self.kind is ColumnKind.EXAM else 10
        # A loop, because making a generator for one cell costs more than looking at it.
        for value in self.after + self.before.value:
            if not value:
                continue
            if comment and value > 1:
                raise ValueError("a comment subject knows only 1 (Đạt) and 0 (Chưa đạt)")
            if not comment and value % step:
                raise ValueError("only an examination has two decimals")

    def rows(self) -> Iterator[ScoreRow]:
        """Yield the save cell by cell."""
        rows = len(self.pupils)
        columns = (
            self.pupils,
            self.before.spread(rows),
            self.after,
            self.before_state.spread(rows),
            self.state.spread(rows),
        )
        yield from map(ScoreRow._make, zip(*columns, strict=True))


class ScoresPublished(Event):
    """Guardians may see a sheet from now on, or no longer (công bố điểm, thu hồi công bố).

    What they see of it: every pupil with a value or a state. While a sheet is published, each later
    ``score-entered`` of it is theirs at once; both stand in one order on one topic. A sheet of more
    than 60 such pupils says it in several facts.
    """

    NAME: ClassVar[str] = "scores-published"
    TOPIC: ClassVar[topics.Topic] = topics.SCORES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "sheet_id"

    sheet_id: SheetId
    school_id: SchoolId
    class_id: ClassId
    school_year: SchoolYear
    grade: Grade
    subject: Subject
    term: Term
    kind: ColumnKind
    position: ColumnNumber
    version: Version
    """Ascends with each publication and each withdrawal of the sheet."""
    published: bool
    """False: withdrawn; then everything that was shown stands in the columns before."""
    published_by: PersonId
    day: date
    pupils: Annotated[tuple[PupilId, ...], Field(max_length=MAX_ROWS)]
    after: Annotated[tuple[Score | None, ...], Field(max_length=MAX_ROWS)]
    """What is shown of each pupil now."""
    before: Sparse[Score]
    state: Sparse[ScoreState]
    before_state: Sparse[ScoreState]

    @model_validator(mode="after")
    def _is_a_publication(self) -> Self:
        rows = len(self.pupils)
        if len(self.after) != rows:
            raise ValueError("pupils and after differ in length")
        if len(set(self.pupils)) < rows:
            raise ValueError("a pupil stands twice")
        for column in (self.before, self.state, self.before_state):
            if column.at and column.at[-1] >= rows:
                raise ValueError("a column names a row that is not there")
        shown = any(value is not None for value in self.after) or bool(self.state.at)
        if self.published and (self.before.at or self.before_state.at):
            raise ValueError("what is published now was not shown before")
        if shown and not self.published:
            raise ValueError("what is withdrawn is not shown")
        return self

    def rows(self) -> Iterator[ScoreRow]:
        """Yield what is shown, or no longer shown, pupil by pupil."""
        rows = len(self.pupils)
        columns = (
            self.pupils,
            self.before.spread(rows),
            self.after,
            self.before_state.spread(rows),
            self.state.spread(rows),
        )
        yield from map(ScoreRow._make, zip(*columns, strict=True))


def _check_states(states: Sparse[ScoreState], values: Sequence[int | None]) -> None:
    for at, state in zip(states.at, states.value, strict=True):
        if state is ScoreState.EXCUSED and values[at] is not None:
            raise ValueError("an excused cell has no value")
        if state is ScoreState.ZERO_BY_RULE and values[at] != 0:
            raise ValueError("a cell that is zero by rule has the value 0")
