"""The columns of a score book, held against the tables of the law."""

from itertools import product

import pytest

from contracts.lists import Assessment, ColumnKind, Grade, Level, Subject, Term
from gradebook.scores.domain.columns import Column, columns, regular_columns, why_not

LOWER = (Grade.G6, Grade.G7, Grade.G8, Grade.G9)
UPPER = (Grade.G10, Grade.G11, Grade.G12)

# The last column of the tables in TT 22/2021 for lower secondary, by grade.
THCS = {
    "VAN": (4, 4, 4, 4),
    "TOAN": (4, 4, 4, 4),
    "NN1": (4, 4, 4, 4),
    "GDCD": (2, 2, 2, 2),
    "LSDL": (4, 4, 4, 4),
    "KHTN": (4, 4, 4, 4),
    "CN": (2, 2, 3, 3),
    "TIN": (2, 2, 2, 2),
    "GDTC": (2, 2, 2, 2),
    "NT": (2, 2, 2, 2),
    "HDTN": (2, 2, 2, 2),
    "GDDP": (2, 2, 2, 2),
    "NN2": (4, 4, 4, 4),
    "TDT": (4, 4, 4, 4),
}
THPT = {
    **dict.fromkeys(("VAN", "TOAN", "NN1", "NN2", "TDT"), 4),
    **dict.fromkeys(("SU", "DIA", "KTPL", "LI", "HOA", "SINH", "CN", "TIN"), 3),
    **dict.fromkeys(("GDQPAN", "GDTC", "HDTN", "GDDP", "AN", "MT"), 2),
}


@pytest.mark.parametrize("subject", Subject)
def test_regular_columns_are_as_many_as_the_law_says(subject: Subject) -> None:
    for grade, expected in zip(LOWER, THCS.get(subject, (0, 0, 0, 0)), strict=True):
        assert columns(subject, ColumnKind.REGULAR, grade) == expected
    for grade in UPPER:
        assert columns(subject, ColumnKind.REGULAR, grade) == THPT.get(subject, 0)


def test_the_number_of_regular_columns_follows_the_periods() -> None:
    assert [regular_columns(periods) for periods in (35, 36, 70, 71)] == [2, 3, 3, 4]


@pytest.mark.parametrize("subject", Subject)
def test_nothing_is_assessed_where_it_is_not_taught(subject: Subject) -> None:
    for grade, kind in product(Grade, ColumnKind):
        found = columns(subject, kind, grade)
        assert found == 0 or grade.level in subject.levels
        if grade.level is Level.MN:
            assert found == 0
        if kind is ColumnKind.EXAM and subject.assessment is Assessment.COMMENT:
            assert found == 0


@pytest.mark.parametrize(
    ("column", "grade", "why"),
    [
        (("TOAN", "HK1", "regular", 5), "6", "chỉ có 4 cột đánh giá thường xuyên"),
        (("TOAN", "CN", "regular", 1), "6", "chỉ có ở HK1, HK2"),
        (("TOAN", "HK1", "midterm", 2), "6", "chỉ có 1 cột giữa kỳ"),
        (("TOAN", "HK1", "retest", 1), "6", "chỉ có ở HE"),
        (("LI", "HK1", "regular", 1), "6", "không có cột đánh giá thường xuyên"),
        (("T_ANH", "HK1", "regular", 1), "12", "không có cột đánh giá thường xuyên"),
        (("TOAN", "HK1", "special-topic", 1), "6", "không có cột cụm chuyên đề"),
        (("GDTC", "CN", "exam", 1), "12", "không có cột điểm thi"),
        (("TOAN", "HK1", "regular", 1), "4", "không có cột đánh giá thường xuyên"),
        (("TOAN", "HK1", "midterm", 1), "3", "không có cột giữa kỳ"),
        (("KH", "HK1", "endterm", 1), "3", "không có cột cuối kỳ"),
        (("TV", "HK1", "endterm", 1), "MG5", "không có cột cuối kỳ"),
    ],
)
def test_a_column_that_is_not_there_is_refused_in_words(
    column: tuple[str, str, str, int], grade: str, why: str
) -> None:
    found = why_not(_column(*column), Grade(grade))
    assert found is not None
    assert why in found


@pytest.mark.parametrize(
    ("column", "grade"),
    [
        (("TOAN", "HK2", "regular", 4), "6"),
        (("GDTC", "HK1", "midterm", 1), "9"),
        (("GDTC", "HE", "retest", 1), "9"),
        (("LI", "HK1", "special-topic", 1), "11"),
        (("T_ANH", "CN", "exam", 1), "12"),
        (("TOAN", "HK1", "exam", 99), "5"),
        (("TV", "HK2", "midterm", 1), "4"),
        (("LSDL", "HK1", "endterm", 1), "5"),
    ],
)
def test_a_column_that_is_there_may_be_opened(
    column: tuple[str, str, str, int], grade: str
) -> None:
    assert why_not(_column(*column), Grade(grade)) is None


def _column(subject: str, term: str, kind: str, position: int) -> Column:
    return Column(Subject(subject), Term(term), ColumnKind(kind), position)
