"""Marks as people write them, held against decimal arithmetic."""

from decimal import ROUND_DOWN, Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lists import ColumnKind, Grade, Subject
from gradebook.scores.domain.marks import NotAMarkError, Scale, read, scale_of, write

NUMBERS = (Scale.WHOLE, Scale.TENTHS, Scale.HUNDREDTHS)
PLACES = {Scale.WHOLE: "1", Scale.TENTHS: "0.1", Scale.HUNDREDTHS: "0.01"}


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("8", 800),
        ("8.5", 850),
        ("8,5", 850),
        (" 8,5 ", 850),
        ("8.50", 850),
        ("0", 0),
        ("0,3", 30),
        ("10", 1000),
        ("10,0", 1000),
    ],
)
def test_a_mark_is_read_as_it_is_written(text: str, mark: int) -> None:
    assert read(text, Scale.TENTHS) == mark


@pytest.mark.parametrize(
    ("text", "mark"),
    [("Đ", 1), ("đ", 1), ("CĐ", 0), ("cđ", 0), ("Đạt", 1), ("chưa  đạt", 0), ("Ð", 1), ("CÐ", 0)],
)
def test_a_comment_subject_knows_two_results(text: str, mark: int) -> None:
    assert read(text, Scale.COMMENT) == mark


@pytest.mark.parametrize(
    ("text", "scale", "why"),
    [
        ("10.1", Scale.TENTHS, "lớn hơn 10"),
        ("11", Scale.TENTHS, "lớn hơn 10"),
        ("85", Scale.TENTHS, "lớn hơn 10"),
        ("8.25", Scale.TENTHS, "quá nhiều chữ số thập phân"),
        ("8.255", Scale.HUNDREDTHS, "quá nhiều chữ số thập phân"),
        ("8.5", Scale.WHOLE, "quá nhiều chữ số thập phân"),
        ("", Scale.TENTHS, "không phải là điểm"),
        ("08", Scale.TENTHS, "không phải là điểm"),
        ("-1", Scale.TENTHS, "không phải là điểm"),
        ("+8", Scale.TENTHS, "không phải là điểm"),
        ("8.", Scale.TENTHS, "không phải là điểm"),
        (".5", Scale.TENTHS, "không phải là điểm"),
        ("8,5,0", Scale.TENTHS, "không phải là điểm"),
        ("1e1", Scale.TENTHS, "không phải là điểm"),
        ("٨", Scale.TENTHS, "không phải là điểm"),
        ("Đ", Scale.TENTHS, "không phải là điểm"),
        ("8", Scale.COMMENT, "môn đánh giá bằng nhận xét"),
        ("D", Scale.COMMENT, "môn đánh giá bằng nhận xét"),
    ],
)
def test_what_is_no_mark_is_refused_in_words(text: str, scale: Scale, why: str) -> None:
    with pytest.raises(NotAMarkError, match=why):
        read(text, scale)


@given(st.sampled_from(NUMBERS), st.integers(0, 1000))
def test_whatever_a_scale_admits_is_written_and_read_back(scale: Scale, mark: int) -> None:
    admitted = Decimal(mark) / 100 == (Decimal(mark) / 100).quantize(
        Decimal(PLACES[scale]), ROUND_DOWN
    )
    if admitted:
        assert read(write(mark, scale), scale) == mark
        assert read(write(mark, scale).replace(".", ","), scale) == mark
    else:
        with pytest.raises(NotAMarkError):
            read(write(mark, scale), scale)


@given(
    st.sampled_from(NUMBERS),
    st.one_of(
        st.text(alphabet="0123456789.,-+ Đe", max_size=7),
        st.decimals(-1, 11, places=3).map(str),
        st.text(max_size=5),
    ),
)
def test_reading_agrees_with_decimal_arithmetic(scale: Scale, text: str) -> None:
    assert _read_or_none(text, scale) == _naive(text, scale)


def _read_or_none(text: str, scale: Scale) -> int | None:
    try:
        return read(text, scale)
    except NotAMarkError:
        return None


def _naive(text: str, scale: Scale) -> int | None:
    plain = text.strip().replace(",", ".")
    if not plain or set(plain) - set("0123456789.") or plain.count(".") > 1:
        return None
    whole, point, decimals = plain.partition(".")
    if not whole or (point and not decimals) or (len(whole) > 1 and whole[0] == "0"):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    rounded = number.quantize(Decimal(PLACES[scale]), ROUND_DOWN)
    return int(number * 100) if number == rounded and 0 <= number <= 10 else None


def test_each_column_has_its_scale() -> None:
    assert scale_of(Subject.GDTC, ColumnKind.REGULAR, Grade.G6) is Scale.COMMENT
    assert scale_of(Subject.TOAN, ColumnKind.EXAM, Grade.G12) is Scale.HUNDREDTHS
    assert scale_of(Subject.TOAN, ColumnKind.MIDTERM, Grade.G6) is Scale.TENTHS
    assert scale_of(Subject.TOAN, ColumnKind.ENDTERM, Grade.G4) is Scale.WHOLE


@pytest.mark.parametrize(
    ("mark", "scale", "text"),
    [
        (850, Scale.TENTHS, "8.5"),
        (825, Scale.HUNDREDTHS, "8.25"),
        (805, Scale.HUNDREDTHS, "8.05"),
        (1000, Scale.TENTHS, "10"),
        (0, Scale.TENTHS, "0"),
        (1, Scale.COMMENT, "Đ"),
        (0, Scale.COMMENT, "CĐ"),
    ],
)
def test_a_mark_is_written_short(mark: int, scale: Scale, text: str) -> None:
    assert write(mark, scale) == text
