"""The result of one subject: ĐTBmhk and ĐTBmcn, or Đạt and Chưa đạt (TT 22/2021 Art. 6, 7, 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field

from gradebook.results.domain.readings import Readings, TopicReading
from gradebook.results.domain.words import Comment, Mark, Missing, NotACaseError
from gradebook.scores.domain.columns import regular_columns

STRICT = ConfigDict(extra="forbid", strict=True)
"""A case is read as it is written: no text is taken as a number, no unknown field passed over."""

MID, END = 2, 3
"""The weights of mid-term and end-term (Art. 9(1)b); a regular mark weighs 1."""

_COMMENTS_DUE = 2
"""Regular assessments a term of a comment subject (Art. 6(2)a)."""
_TOPIC_PERIODS = 35

Mode = Literal["scored", "comment"]
Periods = Annotated[int, Field(ge=1, le=500)]
# The first alternative that fits is taken: measured, half the time of looking for the best.
Cell = Annotated[Mark | Missing, Field(union_mode="left_to_right")]
CommentCell = Annotated[Comment | Missing, Field(union_mode="left_to_right")]
C = TypeVar("C")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Term(Generic[C]):
    """What was assessed in a term; ``topic``: the cụm chuyên đề, if the pupil takes it."""

    __pydantic_config__ = STRICT

    regular: tuple[C, ...]
    mid: C
    end: C
    topic: C | None = None


ScoredTerm = Term[Cell]
CommentTerm = Term[CommentCell]


@dataclass(frozen=True, slots=True)
class Scored:
    """A subject assessed by score and comment; ``periods`` are số tiết a year."""

    __pydantic_config__ = STRICT

    mode: Literal["scored"]
    periods: Periods
    terms: tuple[ScoredTerm, ScoredTerm]
    topic_reading: TopicReading | None = None


@dataclass(frozen=True, slots=True)
class Commented:
    """A subject assessed by comment alone."""

    __pydantic_config__ = STRICT

    mode: Literal["comment"]
    periods: Periods
    terms: tuple[CommentTerm, CommentTerm]
    topic_reading: TopicReading | None = None


Subject = Annotated[Scored | Commented, Field(discriminator="mode")]


@dataclass(frozen=True, slots=True)
class SubjectResult(Generic[R]):
    """A subject's results of both terms and of the year."""

    terms: tuple[R, R]
    year: R


def of_scored(subject: Scored, readings: Readings) -> SubjectResult[int | None]:
    """Give ĐTBmhk and ĐTBmcn in tenths.

    Raises:
        NotACaseError: a term has more regular marks than the subject has.

    """
    one, two = subject.terms
    return scored(
        (cells_of(one), cells_of(two)),
        (regular_due(subject, 0, readings), regular_due(subject, 1, readings)),
    )


def scored(
    terms: tuple[Sequence[Cell], Sequence[Cell]], due: tuple[int, int]
) -> SubjectResult[int | None]:
    """Give ĐTBmhk and ĐTBmcn in tenths of the cells of both terms, as `cells_of` gives them."""
    first, second = term_average(terms[0], due[0]), term_average(terms[1], due[1])
    return SubjectResult((first, second), year_average(first, second))


def of_comment(subject: Commented, readings: Readings) -> SubjectResult[Comment | None]:
    """Give Đạt or Chưa đạt of both terms and the year.

    Raises:
        NotACaseError: a term has more assessments than the subject has.

    """
    one, two = subject.terms
    return commented(
        (cells_of(one), cells_of(two)),
        (regular_due(subject, 0, readings), regular_due(subject, 1, readings)),
        readings,
    )


def commented(
    terms: tuple[Sequence[CommentCell], Sequence[CommentCell]],
    due: tuple[int, int],
    readings: Readings,
) -> SubjectResult[Comment | None]:
    """Give Đạt or Chưa đạt of both terms; that of the year is that of term II (Art. 9(1)a)."""
    first, second = (
        term_comment(terms[0], due[0], readings),
        term_comment(terms[1], due[1], readings),
    )
    return SubjectResult((first, second), second)


def regular_due(subject: Scored | Commented, at: int, readings: Readings) -> int:
    """Give how many regular assessments a term needs, the one of the cụm chuyên đề with them.

    Raises:
        NotACaseError: it has more than there can be.

    """
    term = subject.terms[at]
    reading = subject.topic_reading or readings.topic
    due, most = asked(subject.mode, subject.periods, term.topic is not None, reading)
    if len(term.regular) > most:
        raise too_many(len(term.regular), subject.periods, due).within("terms", at, "regular")
    return due


def too_many(regular: int, periods: int, due: int) -> NotACaseError:
    """Refuse more regular assessments of a term than there can be."""
    return NotACaseError(
        f"Có {regular} lần đánh giá thường xuyên, môn {periods} tiết/năm chỉ có {due}. Bỏ bớt, "
        "hoặc sửa periods."
    )


@cache
def asked(mode: Mode, periods: int, topic: bool, reading: TopicReading) -> tuple[int, int]:
    """Give how many regular assessments there must be, and how many there may be besides a topic.

    Art. 6(2): a comment subject 2; up to 35 periods 2, up to 70 3, above 4. A school may have given
    all of them before the topic came: that is one more, and no error.
    """
    scored = mode == "scored"
    plain = regular_columns(periods) if scored else _COMMENTS_DUE
    moved = regular_columns(periods + _TOPIC_PERIODS) if scored else plain
    due = {"within": plain, "extra": plain + 1, "band": moved}[reading] if topic else plain
    return due, (moved if reading == "band" else plain) + topic


def term_average(cells: Sequence[Cell], due: int) -> int | None:
    """Give ĐTBmhk in tenths (Art. 9(1)b); None while a mark is still to come.

    (ΣĐĐGtx + 2·ĐĐGgk + 3·ĐĐGck) / (nTX + 5), half up at the second decimal.
    """
    regular = len(cells) - 2
    marks = [cell for cell in cells if isinstance(cell, int)]
    if len(marks) < len(cells):
        given = [0 if cell is Missing.ZERO_BY_RULE else cell for cell in cells]
        marks = [cell for cell in given if isinstance(cell, int)]
    if len(marks) < len(cells) or regular < due:
        return None
    total = sum(marks) + (MID - 1) * marks[-2] + (END - 1) * marks[-1]
    parts = regular + MID + END
    return (2 * total + parts) // (2 * parts)


def year_average(first: int | None, second: int | None) -> int | None:
    """Give ĐTBmcn in tenths from the rounded term averages (Art. 9(1)b): (I + 2·II) / 3."""
    if first is None or second is None:
        return None
    return (2 * (first + 2 * second) + 3) // 6


def cells_of(term: Term[C]) -> tuple[C, ...]:
    """Give every cell of a term: the regular ones, the topic's among them, mid-term, end-term."""
    if term.topic is None:
        return (*term.regular, term.mid, term.end)
    return (*term.regular, term.topic, term.mid, term.end)


def term_comment(cells: Sequence[CommentCell], due: int, readings: Readings) -> Comment | None:
    """Give Đạt if every assessment that is due is Đạt, else Chưa đạt (Art. 9(1)a).

    While one is still to come there is no result; read literally it is Chưa đạt.
    """
    complete = len(cells) - 2 >= due
    if complete and cells.count(Comment.DAT) == len(cells):
        return Comment.DAT
    waits = not complete or Missing.PENDING in cells or Missing.EXCUSED in cells
    return None if waits and readings.comment_missing == "wait" else Comment.CHUA_DAT
