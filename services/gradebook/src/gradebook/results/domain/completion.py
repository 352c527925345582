"""Hoàn thành chương trình THCS: TT 22/2021 Art. 12; TT 31/2023 for cohorts until 2024-25."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from gradebook.results.domain.averages import STRICT
from gradebook.results.domain.readings import Readings
from gradebook.results.domain.words import NotACaseError, Rating
from gradebook.results.domain.year import MOST_ABSENCES

_OLDEST = 21
"""TT 31/2023: a pupil of general education is not older, in the year the school year ends."""
_YOUNGEST = 15
"""TT 31/2023: a learner of continuing education is not younger."""
_LAST_OF_OLD_RULE = 2024
"""The school year 2024-2025."""


class Rule(StrEnum):
    """By which law it is decided."""

    TT31_2023 = "TT31_2023"
    """Xét công nhận tốt nghiệp THCS, with a diploma; it asks age and file, too."""
    TT22_ART12 = "TT22_ART12"
    """The principal confirms completion in the học bạ."""


class Status(StrEnum):
    """Whether the programme is completed."""

    CONFIRMED = "confirmed"
    WAITING_SUMMER = "waiting_summer"
    NOT_COMPLETED = "not_completed"


class Reason(StrEnum):
    """Why it is not."""

    ABSENCES = "absences"
    AGE = "age"
    FILE = "file"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a grade-9 pupil; None in a summer's field = still to come."""

    __pydantic_config__ = STRICT

    school_year: Annotated[str, Field(pattern=r"^20[0-9]{2}-20[0-9]{2}$")]
    track: Literal["GDPT", "GDTX"]
    birth_year: Annotated[int, Field(ge=1900, le=2100)]
    file_complete: bool
    conduct_year: Rating
    study_year: Rating
    absences: Annotated[int, Field(ge=0, le=366)]
    conduct_after_summer: Rating | None = None
    study_after_retest: Rating | None = None


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """Whether, by which rule, in which round: 1 after the school year, 2 after the summer."""

    rule: Rule
    status: Status
    round: Literal[1, 2] | None
    reasons: tuple[Reason, ...]


def evaluate(case: Case, readings: Readings) -> CompletionResult:
    """Say whether a pupil completed the programme of THCS.

    Raises:
        NotACaseError: the school year is none.

    """
    first = int(case.school_year[:4])
    if int(case.school_year[5:]) != first + 1:
        raise NotACaseError("Năm học gồm hai năm liền nhau, ví dụ 2026-2027.", "school_year")
    rule = Rule.TT31_2023 if first <= _LAST_OF_OLD_RULE else Rule.TT22_ART12
    reasons = set(_standing(case, rule, first + 1))
    passed = _results(case, readings)
    if passed is False:
        reasons.add(Reason.RESULTS)
    if reasons:
        return CompletionResult(rule, Status.NOT_COMPLETED, None, tuple(sorted(reasons)))
    if passed is None:
        return CompletionResult(rule, Status.WAITING_SUMMER, None, ())
    at_once = case.conduct_year.passes and case.study_year.passes
    return CompletionResult(rule, Status.CONFIRMED, 1 if at_once else 2, ())


def _standing(case: Case, rule: Rule, year: int) -> list[Reason]:
    """Name what no summer mends. The 45 absences hold under both rules."""
    reasons = [Reason.ABSENCES] if case.absences > MOST_ABSENCES else []
    if rule is Rule.TT31_2023:
        age = year - case.birth_year
        if age > _OLDEST if case.track == "GDPT" else age < _YOUNGEST:
            reasons.append(Reason.AGE)
        if not case.file_complete:
            reasons.append(Reason.FILE)
    return reasons


def _results(case: Case, readings: Readings) -> bool | None:
    """Say whether conduct and study pass, after the summer if need be; None: still to come."""
    conduct, study = case.conduct_year.passes, case.study_year.passes
    if not conduct and not study and readings.both_failed == "ministry":
        return False
    waits = False
    for passed, later in ((conduct, case.conduct_after_summer), (study, case.study_after_retest)):
        if passed:
            continue
        if later is None:
            waits = True
        elif not later.passes:
            return False
    return None if waits else True
