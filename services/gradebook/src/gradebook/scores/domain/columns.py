"""Which columns a subject's score book has (TT 22/2021 Art. 6, 7, 14; TT 27/2020 Art. 7)."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.lists import Assessment, ColumnKind, Grade, Level, Subject, Term

PERIODS: Mapping[Level, Mapping[Subject, int]] = {
    Level.THCS: {
        Subject.VAN: 140,
        Subject.TOAN: 140,
        Subject.NN1: 105,
        Subject.NN2: 105,
        Subject.TDT: 105,
        Subject.GDCD: 35,
        Subject.LSDL: 105,
        Subject.KHTN: 140,
        Subject.CN: 35,
        Subject.TIN: 35,
        Subject.GDTC: 70,
        Subject.NT: 70,
        Subject.HDTN: 105,
        Subject.GDDP: 35,
    },
    Level.THPT: {
        Subject.VAN: 105,
        Subject.TOAN: 105,
        Subject.NN1: 105,
        Subject.NN2: 105,
        Subject.TDT: 105,
        Subject.SU: 52,
        Subject.GDQPAN: 35,
        Subject.GDTC: 70,
        Subject.HDTN: 105,
        Subject.GDDP: 35,
        Subject.DIA: 70,
        Subject.KTPL: 70,
        Subject.LI: 70,
        Subject.HOA: 70,
        Subject.SINH: 70,
        Subject.CN: 70,
        Subject.TIN: 70,
        Subject.AN: 70,
        Subject.MT: 70,
    },
}
"""Số tiết of a subject a year (TT 32/2018): they decide how often it is assessed."""

_LONGER = {(Subject.CN, Grade.G8): 52, (Subject.CN, Grade.G9): 52}
"""Where one grade has more periods than its level."""

_SPECIAL_TOPICS = frozenset(
    {
        Subject.VAN,
        Subject.TOAN,
        Subject.SU,
        Subject.DIA,
        Subject.KTPL,
        Subject.LI,
        Subject.HOA,
        Subject.SINH,
        Subject.CN,
        Subject.TIN,
        Subject.AN,
        Subject.MT,
    }
)
"""The subjects of THPT that have chuyên đề học tập."""

_PRIMARY_TESTS = {
    Subject.TV: Grade.G1,
    Subject.TOAN: Grade.G1,
    Subject.TDT: Grade.G1,
    Subject.NN1: Grade.G3,
    Subject.THCN: Grade.G3,
    Subject.LSDL: Grade.G4,
    Subject.KH: Grade.G4,
}
"""The subjects with a test at the end of a term in primary, and the first grade that has it."""

_PRIMARY_MIDTERMS = frozenset({Subject.TV, Subject.TOAN})
_MIDTERMS_FROM = Grade.G4
_MOST_PAPERS = 99
_GRADES = list(Grade)

_TERMS: Mapping[ColumnKind, frozenset[Term]] = {
    ColumnKind.REGULAR: frozenset({Term.HK1, Term.HK2}),
    ColumnKind.SPECIAL_TOPIC: frozenset({Term.HK1, Term.HK2}),
    ColumnKind.MIDTERM: frozenset({Term.HK1, Term.HK2}),
    ColumnKind.ENDTERM: frozenset({Term.HK1, Term.HK2}),
    ColumnKind.RETEST: frozenset({Term.HE}),
    ColumnKind.EXAM: frozenset(Term),
}
KINDS: Mapping[ColumnKind, str] = {
    ColumnKind.REGULAR: "cột đánh giá thường xuyên",
    ColumnKind.SPECIAL_TOPIC: "cột cụm chuyên đề",
    ColumnKind.MIDTERM: "cột giữa kỳ",
    ColumnKind.ENDTERM: "cột cuối kỳ",
    ColumnKind.RETEST: "cột kiểm tra lại",
    ColumnKind.EXAM: "cột điểm thi",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a class's score book."""

    subject: Subject
    term: Term
    kind: ColumnKind
    position: int


def why_not(column: Column, grade: Grade) -> str | None:
    """Say why a class of this grade has no such column; None if it has."""
    subject, kind = column.subject, column.kind
    most = columns(subject, kind, grade)
    what = f"{subject.vietnamese}, {grade.vietnamese}"
    if most == 0:
        return f"{what}: không có {KINDS[kind]}"
    if column.term not in _TERMS[kind]:
        terms = ", ".join(term for term in Term if term in _TERMS[kind])
        return f"{what}: {KINDS[kind]} chỉ có ở {terms}"
    if column.position > most:
        return f"{what}: chỉ có {most} {KINDS[kind]} mỗi kỳ"
    return None


def columns(subject: Subject, kind: ColumnKind, grade: Grade) -> int:
    """Give how many columns of a kind a subject has in a term; 0 where it has none."""
    if kind is ColumnKind.EXAM:
        examined = subject.assessment is Assessment.SCORE and grade.level in subject.levels
        return _MOST_PAPERS if examined else 0
    if grade.level is Level.TH:
        return _primary_columns(subject, kind, grade)
    a_year = periods(subject, grade)
    if a_year is None:
        return 0
    match kind:
        case ColumnKind.REGULAR:
            return 2 if subject.assessment is Assessment.COMMENT else regular_columns(a_year)
        case ColumnKind.SPECIAL_TOPIC:
            return int(grade.level is Level.THPT and subject in _SPECIAL_TOPICS)
        case _:
            return 1


def periods(subject: Subject, grade: Grade) -> int | None:
    """Give a subject's periods a year; None where the grade does not have it."""
    return _LONGER.get((subject, grade), PERIODS.get(grade.level, {}).get(subject))


def regular_columns(periods: int) -> int:
    """Give the number of regular assessments a term of a subject with scores (Art. 6(2)(b))."""
    if periods <= 35:  # noqa: PLR2004 - the number stands in the law
        return 2
    return 3 if periods <= 70 else 4  # noqa: PLR2004 - so does this


def _primary_columns(subject: Subject, kind: ColumnKind, grade: Grade) -> int:
    """Primary knows only tests: regular assessment is by comment, and there is no re-test."""
    first = _PRIMARY_TESTS.get(subject)
    if first is None or _GRADES.index(grade) < _GRADES.index(first):
        return 0
    if kind is ColumnKind.ENDTERM:
        return 1
    return int(
        kind is ColumnKind.MIDTERM
        and subject in _PRIMARY_MIDTERMS
        and _GRADES.index(grade) >= _GRADES.index(_MIDTERMS_FROM)
    )
