"""A pupil's year: results, title, promotion, the summer (TT 22/2021 Art. 8, 9, 11-15)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from gradebook.results.domain import averages, conduct
from gradebook.results.domain.averages import STRICT, Scored, Subject, SubjectResult
from gradebook.results.domain.readings import Readings
from gradebook.results.domain.study import SIX, Study, study
from gradebook.results.domain.words import (
    Comment,
    Mark,
    Missing,
    NotACaseError,
    Rating,
    Result,
)

MOST_ABSENCES = 45
"""Buổi of the year, with leave or without, in a row or not (Art. 12(1)c)."""
_RETESTED = 50
"""A lower ĐTBmcn is re-tested (Art. 14)."""
EXCELLENT = 90
"""ĐTBmcn that six subjects must have for Học sinh Xuất sắc (Art. 15(1)a)."""

_GRADES = {"THCS": range(6, 10), "THPT": range(10, 13)}


class Title(StrEnum):
    """Danh hiệu of the year (Art. 15)."""

    XUAT_SAC = "XUAT_SAC"
    GIOI = "GIOI"

    @property
    def vietnamese(self) -> str:
        """The title as it is awarded."""
        return "Học sinh Xuất sắc" if self is Title.XUAT_SAC else "Học sinh Giỏi"


class YearEnd(StrEnum):
    """What the end of the school year says."""

    PROMOTED = "promoted"
    SUMMER_TRAINING = "summer_training"
    """Rèn luyện trong kì nghỉ hè (Art. 13)."""
    RETEST = "retest"
    """Kiểm tra, đánh giá lại trong kì nghỉ hè (Art. 14)."""
    RETAINED = "retained"
    INCOMPLETE = "incomplete"
    """A result is still to come."""


class Final(StrEnum):
    """What became of the pupil."""

    PROMOTED = "promoted"
    RETAINED = "retained"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Summer:
    """The summer that is over; ``conduct`` None = the training was not completed."""

    __pydantic_config__ = STRICT

    conduct: Rating | None
    retests: dict[str, Mark | Comment | Literal[Missing.ZERO_BY_RULE]]
    """What was sat; a subject that is not here was not."""


@dataclass(frozen=True, slots=True)
class IndividualPlan:
    """A disabled pupil's own plan (Art. 11): the principal decides on promotion."""

    __pydantic_config__ = STRICT

    principal_promotes: bool | None = None


class Known(NamedTuple):
    """What of a year decides beside the results of its subjects; None as in a `Case`."""

    conduct: tuple[Rating | None, Rating | None]
    absences: int | None
    summer: Summer | None
    individual_plan: IndividualPlan | None


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a pupil's year.

    ``absences`` None = not counted yet, ``summer`` None = it is not over yet.
    """

    __pydantic_config__ = STRICT

    level: Literal["THCS", "THPT"]
    grade: Annotated[int, Field(ge=6, le=12)]
    subjects: Annotated[dict[str, Subject], Field(min_length=1)]
    conduct: tuple[Rating | None, Rating | None]
    absences: Annotated[int, Field(ge=0, le=366)] | None
    summer: Summer | None = None
    individual_plan: IndividualPlan | None = None


@dataclass(frozen=True, slots=True)
class TermsAndYear:
    """The study results of both terms and of the year."""

    terms: tuple[Study, Study]
    year: Study


@dataclass(frozen=True, slots=True)
class AfterSummer:
    """What the summer made of the year's results."""

    conduct: Rating
    study: Study
    subjects: Mapping[str, Result]
    outcome: Literal[Final.PROMOTED, Final.RETAINED]


@dataclass(frozen=True, slots=True)
class YearResult:
    """All that follows from a pupil's year."""

    subjects: Mapping[str, SubjectResult[int | None] | SubjectResult[Comment | None]]
    study: TermsAndYear
    conduct_year: Rating | None
    title: Title | None
    year_end: YearEnd
    retest_subjects: tuple[str, ...]
    after_summer: AfterSummer | None
    final: Final


class _Results(NamedTuple):
    """The results of the year, on which everything else rests."""

    marks: Mapping[str, int | None]
    passes: Mapping[str, Comment | None]
    study: Study
    conduct: Rating | None


def evaluate(case: Case, readings: Readings) -> YearResult:
    """Give all that follows from a year.

    Raises:
        NotACaseError: the case contradicts itself or the law.

    """
    _check(case)
    known = Known(case.conduct, case.absences, case.summer, case.individual_plan)
    return follow(*_subjects(case, readings), known, readings)


def follow(
    scored: Mapping[str, SubjectResult[int | None]],
    comments: Mapping[str, SubjectResult[Comment | None]],
    known: Known,
    readings: Readings,
) -> YearResult:
    """Give all that follows from the results of subjects and from what else is known."""
    one, two = (
        study(
            [found.terms[at] for found in scored.values()],
            [found.terms[at] for found in comments.values()],
            readings,
        )
        for at in (0, 1)
    )
    marks = {code: found.year for code, found in scored.items()}
    passes = {code: found.year for code, found in comments.items()}
    of_year = _Results(
        marks,
        passes,
        study(marks.values(), passes.values(), readings),
        conduct.year(*known.conduct),
    )
    end = _year_end(known, of_year, readings)
    after = _after_summer(known, of_year, end, readings)
    return YearResult(
        subjects={**scored, **comments},
        study=TermsAndYear((one, two), of_year.study),
        conduct_year=of_year.conduct,
        title=_title(of_year, end, readings),
        year_end=end,
        retest_subjects=_retests(of_year, end),
        after_summer=after,
        final=after.outcome if after else _FINAL[end],
    )


_SUMMER = frozenset({YearEnd.SUMMER_TRAINING, YearEnd.RETEST})

_FINAL = {
    YearEnd.PROMOTED: Final.PROMOTED,
    YearEnd.RETAINED: Final.RETAINED,
    YearEnd.SUMMER_TRAINING: Final.PENDING,
    YearEnd.RETEST: Final.PENDING,
    YearEnd.INCOMPLETE: Final.PENDING,
}


def _check(case: Case) -> None:
    if case.grade not in _GRADES[case.level]:
        raise NotACaseError(
            f"{case.level} không có lớp {case.grade}. Sửa level hoặc grade.", "grade"
        )
    for code, retest in case.summer.retests.items() if case.summer else ():
        subject = case.subjects.get(code)
        if subject is None:
            raise NotACaseError(
                f"Học sinh không học môn {code}. Bỏ môn này hoặc sửa mã môn.",
                *("summer", "retests", code),
            )
        if isinstance(retest, Comment if isinstance(subject, Scored) else int):
            how = "điểm (phần mười)" if isinstance(subject, Scored) else "DAT hoặc CHUA_DAT"
            raise NotACaseError(
                f"Kết quả kiểm tra lại của môn {code} phải là {how}.", *("summer", "retests", code)
            )


def _subjects(
    case: Case, readings: Readings
) -> tuple[
    dict[str, SubjectResult[int | None]],
    dict[str, SubjectResult[Comment | None]],
]:
    scored, comments = {}, {}
    for code, subject in case.subjects.items():
        try:
            if isinstance(subject, Scored):
                scored[code] = averages.of_scored(subject, readings)
            else:
                comments[code] = averages.of_comment(subject, readings)
        except NotACaseError as error:
            raise error.within("subjects", code) from None
    return scored, comments


def _title(of_year: _Results, end: YearEnd, readings: Readings) -> Title | None:
    """Art. 15(1): conduct and study Tốt; Xuất sắc with six averages of 9.0 and more."""
    if of_year.conduct is not Rating.TOT or of_year.study.result is not Rating.TOT:
        return None
    if readings.title == "promoted_only" and end is not YearEnd.PROMOTED:
        return None
    return Title.XUAT_SAC if excellent(of_year.marks.values()) >= SIX else Title.GIOI


def excellent(marks: Iterable[int | None]) -> int:
    """Count the averages of 9.0 and more."""
    return sum(one is not None and one >= EXCELLENT for one in marks)


def _year_end(known: Known, of_year: _Results, readings: Readings) -> YearEnd:
    """Art. 12-14, in this order: absences retain whatever the marks."""
    if known.individual_plan is not None:
        promotes = known.individual_plan.principal_promotes
        if promotes is None:
            return YearEnd.INCOMPLETE
        return YearEnd.PROMOTED if promotes else YearEnd.RETAINED
    if known.absences is not None and known.absences > MOST_ABSENCES:
        return YearEnd.RETAINED
    conduct_year, study_year = of_year.conduct, of_year.study.result
    if conduct_year is None or study_year is None or known.absences is None:
        return YearEnd.INCOMPLETE
    if conduct_year.passes:
        return YearEnd.PROMOTED if study_year.passes else YearEnd.RETEST
    if study_year.passes or readings.both_failed == "sequential":
        return YearEnd.SUMMER_TRAINING
    return YearEnd.RETAINED


def _retests(of_year: _Results, end: YearEnd) -> tuple[str, ...]:
    """Art. 14: every ĐTBmcn under 5.0 and every comment subject Chưa đạt.

    Only for whom a re-test stands before: now, or after the summer training.
    """
    if end not in _SUMMER or of_year.study.result is not Rating.CHUA_DAT:
        return ()
    low = [code for code, mark in of_year.marks.items() if mark is not None and mark < _RETESTED]
    failed = [code for code, passed in of_year.passes.items() if passed is Comment.CHUA_DAT]
    return tuple(sorted(low + failed))


def _after_summer(
    known: Known, of_year: _Results, end: YearEnd, readings: Readings
) -> AfterSummer | None:
    """Art. 13, 14: what training and re-tests replace, and all that follows anew."""
    if known.summer is None or end not in _SUMMER:
        return None
    after = of_year.conduct or Rating.CHUA_DAT
    if end is YearEnd.SUMMER_TRAINING:
        after = known.summer.conduct or after
    marks, passes = dict(of_year.marks), dict(of_year.passes)
    # Whoever's conduct is still Chưa đạt sits no re-test; any other may sit some of them.
    for code in _retests(of_year, end) if after.passes else ():
        retest = known.summer.retests.get(code)
        if retest is None:
            continue
        if code in passes:
            # Listed are those Chưa đạt, so that however it is read nothing can become worse.
            passes[code] = Comment.DAT if retest is Comment.DAT else Comment.CHUA_DAT
        else:
            marks[code] = _replaced(marks[code], retest, readings)
    again = study(marks.values(), passes.values(), readings)
    promoted = after.passes and again.result is not None and again.result.passes
    return AfterSummer(
        after, again, {**marks, **passes}, Final.PROMOTED if promoted else Final.RETAINED
    )


def _replaced(before: int | None, retest: int | Comment | Missing, readings: Readings) -> int:
    """Art. 14: the re-test is the subject's result of the year; read kindly, the better one."""
    mark = retest if isinstance(retest, int) else 0
    return max(mark, before or 0) if readings.retest == "best_of" else mark


@dataclass(frozen=True, slots=True)
class ClassCase:
    """A class: the years of its pupils."""

    __pydantic_config__ = STRICT

    level: Literal["THCS", "THPT"]
    grade: Annotated[int, Field(ge=6, le=12)]
    pupils: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class ClassResult:
    """Each pupil's results, and how many have each level and each decision at the year's end."""

    pupils: tuple[YearResult, ...]
    study_year: Mapping[str, int]
    year_end: Mapping[str, int]


def evaluate_class(case: ClassCase, readings: Readings) -> ClassResult:
    """Give the results of a whole class; a pupil without a study result is in no level's count.

    Raises:
        NotACaseError: a pupil's case is none, or is of another grade.

    """
    found = []
    for at, pupil in enumerate(case.pupils):
        if (pupil.level, pupil.grade) != (case.level, case.grade):
            raise NotACaseError(
                f"Lớp này là lớp {case.grade} {case.level}. Sửa level, grade của học sinh.",
                *("pupils", at, "grade"),
            )
        try:
            found.append(evaluate(pupil, readings))
        except NotACaseError as error:
            raise error.within("pupils", at) from None
    levels = Counter(one.study.year.result for one in found)
    ends = Counter(one.year_end for one in found)
    return ClassResult(
        tuple(found),
        {rating: levels[rating] for rating in Rating},
        {end: ends[end] for end in YearEnd},
    )
