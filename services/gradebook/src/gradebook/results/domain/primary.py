"""A primary pupil's year: result, title, promotion, completion (TT 27/2020 Art. 7, 9, 11, 13)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from gradebook.results.domain.readings import Readings

LAST_GRADE = 5
_LARGEST = 10
_WITH_DECIMALS = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)

SUBJECT_LEVELS = {"T": "Hoàn thành tốt", "H": "Hoàn thành", "C": "Chưa hoàn thành"}
"""Of a subject or educational activity (Art. 7(1)a)."""
PERSON_LEVELS = {"T": "Tốt", "D": "Đạt", "C": "Cần cố gắng"}
"""Of a quality or a competence (Art. 7(2))."""

QUALITIES = {
    "YEU_NUOC": "Yêu nước",
    "NHAN_AI": "Nhân ái",
    "CHAM_CHI": "Chăm chỉ",
    "TRUNG_THUC": "Trung thực",
    "TRACH_NHIEM": "Trách nhiệm",
}
"""Phẩm chất chủ yếu."""
COMPETENCES = {
    "TU_CHU_TU_HOC": "Tự chủ và tự học",
    "GIAO_TIEP_HOP_TAC": "Giao tiếp và hợp tác",
    "GIAI_QUYET_VAN_DE": "Giải quyết vấn đề và sáng tạo",
    "NGON_NGU": "Ngôn ngữ",
    "TINH_TOAN": "Tính toán",
    "KHOA_HOC": "Khoa học",
    "CONG_NGHE": "Công nghệ",
    "TIN_HOC": "Tin học",
    "THAM_MI": "Thẩm mĩ",
    "THE_CHAT": "Thể chất",
}
"""Năng lực cốt lõi: three general, seven specific."""

TESTED = {
    "TIENG_VIET": 1,
    "TOAN": 1,
    "NN1": 3,
    "TIN_CONG_NGHE": 3,
    "LICH_SU_DIA_LI": 4,
    "KHOA_HOC": 4,
}
"""The subjects with a test at the year's end, and the first grade that has it (Art. 7(1)b)."""


class YearLevel(StrEnum):
    """Kết quả giáo dục of the year (Art. 9(2)), the best first."""

    HTXS = "HTXS"
    HTT = "HTT"
    HT = "HT"
    CHT = "CHT"

    @property
    def vietnamese(self) -> str:
        """The level's name."""
        return _NAMES[self]


_NAMES = {
    YearLevel.HTXS: "Hoàn thành xuất sắc",
    YearLevel.HTT: "Hoàn thành tốt",
    YearLevel.HT: "Hoàn thành",
    YearLevel.CHT: "Chưa hoàn thành",
}


class Title(StrEnum):
    """Danh hiệu of the year (Art. 13(1))."""

    HS_XUAT_SAC = "HS_XUAT_SAC"
    HS_TIEU_BIEU = "HS_TIEU_BIEU"


class Outcome(StrEnum):
    """What becomes of the pupil (Art. 11)."""

    COMPLETED = "completed"
    SUPPORT = "support"
    """Not completed; the teacher helps and assesses again."""
    PRINCIPAL_DECIDES = "principal_decides"
    """Not completed after that either."""
    PROMOTED_BY_PRINCIPAL = "promoted_by_principal"
    RETAINED = "retained"
    INCOMPLETE = "incomplete"
    """An assessment is still to come."""
    REJECTED = "rejected"
    """What was entered is no assessment."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What was assessed: levels of subjects, qualities, competences, and year-end tests.

    They are what somebody entered, and may be anything; `faults` says what is none of the law's.
    """

    __pydantic_config__ = _WITH_DECIMALS

    subjects: dict[str, Any] = field(default_factory=dict)
    qualities: dict[str, Any] = field(default_factory=dict)
    competences: dict[str, Any] = field(default_factory=dict)
    tests: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a primary pupil's year.

    ``supplement`` is what was assessed anew after support; None = not yet. The two booleans are
    what teacher and class say for a title.
    """

    __pydantic_config__ = _WITH_DECIMALS

    grade: Annotated[int, Field(ge=1, le=LAST_GRADE)]
    subjects: dict[str, Any]
    qualities: dict[str, Any]
    competences: dict[str, Any]
    tests: dict[str, Any]
    outstanding_or_progress: bool = False
    recognised_by_class: bool = False
    supplement: Assessed | None = None
    principal_promotes: bool | None = None


@dataclass(frozen=True, slots=True)
class PrimaryResult:
    """All that follows from a primary pupil's year."""

    errors: tuple[str, ...]
    result: YearLevel | None
    result_after_support: YearLevel | None
    title: Title | None
    outcome: Outcome
    primary_completed: bool


def evaluate(case: Case, readings: Readings) -> PrimaryResult:
    """Give all that follows from a primary pupil's year."""
    first = Assessed(case.subjects, case.qualities, case.competences, case.tests)
    errors = [*faults(first)]
    if case.supplement is not None:
        errors += (f"supplement.{fault}" for fault in faults(case.supplement))
    if errors:
        return _undecided(Outcome.REJECTED, tuple(sorted(errors)))
    if any(missing(first, case.grade)):
        return _undecided(Outcome.INCOMPLETE)
    result = level(first)
    after = None
    if result is YearLevel.CHT and case.supplement is not None:
        after = level(supplemented(first, case.supplement))
    outcome = _outcome(result, after, case)
    return PrimaryResult(
        errors=(),
        result=result,
        result_after_support=after,
        title=_title(result, case),
        outcome=outcome,
        primary_completed=case.grade == LAST_GRADE and _completes(outcome, readings),
    )


def _undecided(outcome: Outcome, errors: tuple[str, ...] = ()) -> PrimaryResult:
    return PrimaryResult(errors, None, None, None, outcome, primary_completed=False)


def faults(assessed: Assessed) -> Iterator[str]:
    """Name what was entered that the law does not know, such as ``tests.TOAN: not_an_integer``.

    A test is marked from 0 to 10 without decimals (Art. 7(1)c); 9.0 is 9.
    """
    for name, entered, levels in _rated(assessed):
        for code, given in entered.items():
            if given is not None and not (isinstance(given, str) and given in levels):
                yield f"{name}.{code}: unknown_level"
    for code, given in assessed.tests.items():
        if given is None:
            continue
        number = mark(given)
        if number is None:
            yield f"tests.{code}: not_an_integer"
        elif not 0 <= number <= _LARGEST:
            yield f"tests.{code}: out_of_range"


def _rated(assessed: Assessed) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, str]]]:
    yield "subjects", assessed.subjects, SUBJECT_LEVELS
    yield "qualities", assessed.qualities, PERSON_LEVELS
    yield "competences", assessed.competences, PERSON_LEVELS


def mark(given: object) -> int | None:
    """Give the whole number that was entered, however it was written; None if it is none."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(given))
        whole = int(number)
    except (InvalidOperation, OverflowError, ValueError):
        return None
    return whole if whole == number else None


def missing(assessed: Assessed, grade: int) -> Iterator[str]:
    """Name what is still to be assessed before there can be a result."""
    for name, entered, needed in (
        ("subjects", assessed.subjects, subjects_of(grade)),
        ("qualities", assessed.qualities, QUALITIES),
        ("competences", assessed.competences, COMPETENCES),
        ("tests", assessed.tests, {code for code, since in TESTED.items() if grade >= since}),
    ):
        lacking = {code for code in needed if entered.get(code) is None}
        lacking.update(code for code, given in entered.items() if given is None)
        yield from (f"{name}.{code}" for code in sorted(lacking))


def subjects_of(grade: int) -> frozenset[str]:
    """Give what every pupil of the grade is taught, but Nghệ thuật, which may be one or two."""
    always = {"TIENG_VIET", "TOAN", "DAO_DUC", "GDTC", "HDTN"}
    nature = {"TNXH"} if grade <= 3 else {"LICH_SU_DIA_LI", "KHOA_HOC"}  # noqa: PLR2004 - grade 3
    return frozenset(always | nature | {code for code, since in TESTED.items() if grade >= since})


def level(assessed: Assessed) -> YearLevel:
    """Give the year's level (Art. 9(2))."""
    subjects = set(assessed.subjects.values())
    person = {*assessed.qualities.values(), *assessed.competences.values()}
    lowest = lowest_test(assessed)
    if subjects <= {"T"} and person <= {"T"}:
        if lowest >= 9:  # noqa: PLR2004 - 9, 7 and 5 stand in the law
            return YearLevel.HTXS
        if lowest >= 7:  # noqa: PLR2004
            return YearLevel.HTT
    if subjects <= {"T", "H"} and person <= {"T", "D"} and lowest >= 5:  # noqa: PLR2004
        return YearLevel.HT
    return YearLevel.CHT


def lowest_test(assessed: Assessed) -> int:
    """Give the lowest mark of the year-end tests, all of which are marks."""
    return min((mark(given) or 0 for given in assessed.tests.values()), default=_LARGEST)


def supplemented(first: Assessed, supplement: Assessed) -> Assessed:
    """Replace what was assessed anew (Art. 11(1)b)."""
    return Assessed(
        {**first.subjects, **supplement.subjects},
        {**first.qualities, **supplement.qualities},
        {**first.competences, **supplement.competences},
        {**first.tests, **supplement.tests},
    )


def _title(result: YearLevel, case: Case) -> Title | None:
    """Art. 13(1), from the year's own result: what support mends earns no title."""
    if result is YearLevel.HTXS:
        return Title.HS_XUAT_SAC
    recognised = case.outstanding_or_progress and case.recognised_by_class
    return Title.HS_TIEU_BIEU if result is YearLevel.HTT and recognised else None


def _outcome(result: YearLevel, after: YearLevel | None, case: Case) -> Outcome:
    """Art. 11(1): completed; else support and a new assessment; else the principal decides."""
    if result is not YearLevel.CHT:
        return Outcome.COMPLETED
    if after is None:
        return Outcome.SUPPORT
    if after is not YearLevel.CHT:
        return Outcome.COMPLETED
    if case.principal_promotes is None:
        return Outcome.PRINCIPAL_DECIDES
    return Outcome.PROMOTED_BY_PRINCIPAL if case.principal_promotes else Outcome.RETAINED


def _completes(outcome: Outcome, readings: Readings) -> bool:
    """Art. 11(2): hoàn thành chương trình tiểu học at the end of grade 5."""
    if outcome is Outcome.PROMOTED_BY_PRINCIPAL:
        return readings.primary_completion == "principal"
    return outcome is Outcome.COMPLETED
