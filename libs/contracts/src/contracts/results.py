"""Facts of assessment: averages, results, conduct, titles, promotion, completion, the closed book.

Each fact is one save for one class. Its rows are columns: ``after`` is what each pupil has now
(null: no longer decided), ``before`` what some of them had.
"""

from collections import Counter
from collections.abc import Sized
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from contracts import topics
from contracts.columns import Position, Sparse
from contracts.event import Event, Record
from contracts.gradebook import MAX_ROWS, Score
from contracts.ids import ClassId, PupilId, SchoolId, SchoolYear
from contracts.lists import Grade, OpenEnum, Sex, Subject, Term


class StudyResult(OpenEnum):
    """Kết quả học tập (TT 22/2021 Art. 9)."""

    GOOD = "good"
    """Tốt."""
    FAIR = "fair"
    """Khá."""
    SATISFACTORY = "satisfactory"
    """Đạt."""
    UNSATISFACTORY = "unsatisfactory"
    """Chưa đạt."""
    OTHER = "other"


class Conduct(OpenEnum):
    """Kết quả rèn luyện (TT 22/2021 Art. 8)."""

    GOOD = "good"
    """Tốt."""
    FAIR = "fair"
    """Khá."""
    SATISFACTORY = "satisfactory"
    """Đạt."""
    UNSATISFACTORY = "unsatisfactory"
    """Chưa đạt."""
    OTHER = "other"


class Title(OpenEnum):
    """Danh hiệu at the end of the year (TT 22/2021 Art. 15)."""

    EXCELLENT = "excellent"
    """Học sinh Xuất sắc."""
    GOOD = "good"
    """Học sinh Giỏi."""
    OTHER = "other"


class PrimaryResult(OpenEnum):
    """Kết quả giáo dục of primary education (TT 27/2020 Art. 9)."""

    EXCELLENT = "excellent"
    """Hoàn thành xuất sắc."""
    GOOD = "good"
    """Hoàn thành tốt."""
    COMPLETED = "completed"
    """Hoàn thành."""
    NOT_COMPLETED = "not-completed"
    """Chưa hoàn thành."""
    OTHER = "other"


class Promotion(OpenEnum):
    """Whether a pupil goes up a grade (TT 22/2021 Art. 12-14, TT 27/2020 Art. 11)."""

    PROMOTED = "promoted"
    """Được lên lớp."""
    SUMMER = "summer"
    """Kiểm tra lại, rèn luyện trong hè: not decided yet."""
    PROMOTED_AFTER_SUMMER = "promoted-after-summer"
    """Được lên lớp sau hè."""
    REPEATED = "repeated"
    """Ở lại lớp, without the summer."""
    REPEATED_AFTER_SUMMER = "repeated-after-summer"
    """Ở lại lớp sau hè."""
    OTHER = "other"


class Completion(OpenEnum):
    """Whether a pupil completed primary or lower secondary education."""

    COMPLETED = "completed"
    """Hoàn thành chương trình tiểu học; được công nhận hoàn thành chương trình THCS."""
    NOT_COMPLETED = "not-completed"
    OTHER = "other"


Pupils = Annotated[tuple[PupilId, ...], Field(min_length=1, max_length=MAX_ROWS)]


class _OfClass(Record):
    """What a decision about pupils of one class has in common."""

    class_id: ClassId
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    pupils: Pupils

    def _check_columns(self, before: tuple[int, ...], *columns: Sized) -> None:
        rows = len(self.pupils)
        if any(len(column) != rows for column in columns):
            raise ValueError("the columns differ in length")
        if Counter(self.pupils).most_common(1)[0][1] > 1:
            raise ValueError("a pupil stands twice")
        if before and before[-1] >= rows:
            raise ValueError("before names a row that is not there")


class SubjectAveragesComputed(Event, _OfClass):
    """The averages of a subject (ĐTBmhk, ĐTBmcn) of a class's pupils."""

    NAME: ClassVar[str] = "subject-averages-computed"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    subject: Subject
    term: Term
    """HK1 or HK2 for a term's average, CN for the year's."""
    after: Annotated[tuple[Score | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[Score]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class TermResultDecided(Event, _OfClass):
    """The study results (kết quả học tập) of a class's pupils, of a term or the year (CN)."""

    NAME: ClassVar[str] = "term-result-decided"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    term: Term
    sexes: Annotated[tuple[Sex, ...], Field(min_length=1, max_length=MAX_ROWS)]
    ethnic_minority: Annotated[tuple[bool, ...], Field(min_length=1, max_length=MAX_ROWS)]
    after: Annotated[tuple[StudyResult | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[StudyResult]
    adjusted: tuple[Position, ...]
    """The rows whose result Art. 9(3) raised by one level."""
    before_adjusted: tuple[Position, ...]
    """The rows whose result before was raised so."""

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after, self.sexes, self.ethnic_minority)
        decided = {at for at, result in enumerate(self.after) if result is not None}
        if not decided.issuperset(self.adjusted):
            raise ValueError("adjusted names a row without a result")
        if not set(self.before.at).issuperset(self.before_adjusted):
            raise ValueError("before_adjusted names a row without a result before")
        return self


class ConductDecided(Event, _OfClass):
    """The conduct (kết quả rèn luyện) of a class's pupils, of a term or the year."""

    NAME: ClassVar[str] = "conduct-decided"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    term: Term
    after: Annotated[tuple[Conduct | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[Conduct]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class TitleAwarded(Event, _OfClass):
    """The titles of a class's pupils at the end of the year; null is none."""

    NAME: ClassVar[str] = "title-awarded"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    after: Annotated[tuple[Title | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[Title]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class PrimaryResultDecided(Event, _OfClass):
    """The educational results of a primary class's pupils at the end of the year."""

    NAME: ClassVar[str] = "primary-result-decided"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    after: Annotated[tuple[PrimaryResult | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[PrimaryResult]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class PromotionDecided(Event, _OfClass):
    """Which pupils of a class go up a grade."""

    NAME: ClassVar[str] = "promotion-decided"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    after: Annotated[tuple[Promotion | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[Promotion]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class CompletionConfirmed(Event, _OfClass):
    """Which pupils of a grade 5 or grade 9 class completed their level."""

    NAME: ClassVar[str] = "completion-confirmed"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    round: Annotated[int, Field(ge=1, le=2)] = 1
    """1: at the end of the school year; 2: after the summer."""
    after: Annotated[tuple[Completion | None, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[Completion]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class RetestRequired(Event, _OfClass):
    """Which pupils of a class have to sit a subject again in the summer."""

    NAME: ClassVar[str] = "retest-required"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    subject: Subject
    after: Annotated[tuple[bool, ...], Field(min_length=1, max_length=MAX_ROWS)]
    before: Sparse[bool]
    """What was said of some of them before; of the others nothing."""

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        self._check_columns(self.before.at, self.after)
        return self


class GradebookLocked(Event):
    """The score book of a class, subject and term was opened with a deadline, or locked."""

    NAME: ClassVar[str] = "gradebook-locked"
    TOPIC: ClassVar[topics.Topic] = topics.RESULTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "class_id"

    class_id: ClassId
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    subject: Subject
    term: Term
    due_on: date
    """The last day to lock it without being late; it does not change."""
    locked: bool
    before_locked: bool | None
    """What it was before; null when the book is opened."""
