"""What an event refuses from its writer, ignores for its reader, and says of itself."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts import topics
from contracts.admissions import Holiday, SchoolRegistered, SchoolYearSet, TermDates, UnitMerged
from contracts.columns import Sparse
from contracts.event import Event
from contracts.gradebook import ScoreEntered, ScoreRow
from contracts.lists import (
    Assessment,
    ColumnKind,
    CorrectionReason,
    Grade,
    Level,
    MeasureUnit,
    Ownership,
    Scope,
    ScoreState,
    Subject,
    Term,
)
from contracts.relay import Watermark
from contracts.statistics import IndicatorChanged

ID = "019a0000-0000-7000-8000-000000000001"
OTHER_ID = "019a0000-0000-7000-8000-000000000002"
DAY = date(2026, 11, 20)
PUPILS = tuple(f"019a0000-0000-7000-8000-{number:012d}" for number in range(61))
EXCUSED, ZERO = ScoreState.EXCUSED, ScoreState.ZERO_BY_RULE


def save(**changed: Any) -> ScoreEntered:
    """Make the save of one new score, with some fields changed."""
    values: dict[str, Any] = {
        "sheet_id": ID,
        "school_id": ID,
        "class_id": ID,
        "school_year": "2026-2027",
        "grade": Grade.G10,
        "subject": Subject.TOAN,
        "term": Term.HK1,
        "kind": ColumnKind.REGULAR,
        "position": 1,
        "entered_by": ID,
        "day": DAY,
        "pupils": PUPILS[:1],
        "after": (850,),
        "before": Sparse[int](at=(), value=()),
        "state": Sparse[ScoreState](at=(), value=()),
        "before_state": Sparse[ScoreState](at=(), value=()),
        "reason_code": None,
    }
    return ScoreEntered(**(values | changed))


def refused(match: str, **changed: Any) -> None:
    with pytest.raises(ValidationError, match=match):
        save(**changed)


def one(value: Any) -> dict[str, Any]:
    return {"at": (0,), "value": (value,)}


# The base


def test_a_writer_is_held_to_the_declaration() -> None:
    good: dict[str, Any] = {
        "unit_id": ID,
        "version": 1,
        "into_id": OTHER_ID,
        "valid_from": DAY,
    }
    assert UnitMerged(**good)
    for wrong in (
        {"added": 1},
        {"version": "1"},
        {"version": True},
        {"version": 1.0},
        {"version": 0},
        {"version": 2**31},
        {"unit_id": ID.upper()},
        {"unit_id": ID + "\n"},
        {"valid_from": "2026-11-20"},
        {"into_id": None},
    ):
        with pytest.raises(ValidationError):
            UnitMerged(**(good | wrong))
    with pytest.raises(ValidationError):
        UnitMerged.model_validate({name: good[name] for name in ("unit_id", "version")})


def test_an_event_does_not_change() -> None:
    event: Any = save()
    with pytest.raises(ValidationError, match="frozen"):
        event.position = 2


def test_a_reader_ignores_what_it_does_not_know() -> None:
    text = save().data_json()
    newer = text.replace('"at":[]', '"added":{"x":[1]},"at":[]').replace("{", '{"new":1,', 1)
    assert newer.count("added") == 3
    assert ScoreEntered.read(newer.encode()) == save()


def test_a_reader_takes_an_unknown_open_value_as_other_and_refuses_an_unknown_closed_one() -> None:
    text = save(state=one(EXCUSED), after=(None,)).data_json()
    read = ScoreEntered.read(text.replace("excused", "suspended"))
    assert read.state.value == (ScoreState.OTHER,)
    with pytest.raises(ValidationError, match="subject"):
        ScoreEntered.read(text.replace("TOAN", "TOAN_MOI"))


def test_the_text_of_the_data_is_compact_complete_and_in_the_declared_order() -> None:
    event = UnitMerged(unit_id=ID, version=1, into_id=OTHER_ID, valid_from=DAY)
    assert event.data_json() == (
        f'{{"unit_id":"{ID}","version":1,"into_id":"{OTHER_ID}","valid_from":"2026-11-20"}}'
    )
    assert '"reason_code":null' in save().data_json()


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("NAME", "ScoreEntered", "kebab-case"),
        ("KEY", "school", "names no attribute"),
        ("SUBJECT", "sheet", "names no attribute"),
    ],
)
def test_a_definition_that_cannot_work_is_refused(attribute: str, value: str, message: str) -> None:
    values = {"NAME": "tried", "KEY": "place", "SUBJECT": "place"} | {attribute: value}

    with pytest.raises(TypeError, match=message):

        class Tried(Event):
            NAME: ClassVar[str] = values["NAME"]
            TOPIC: ClassVar[topics.Topic] = topics.SCORES
            KEY: ClassVar[str] = values["KEY"]
            SUBJECT: ClassVar[str] = values["SUBJECT"]
            place: str


# Columns


@given(st.lists(st.none() | st.integers(0, 1000), max_size=60))
def test_a_sparse_column_holds_exactly_the_values_that_are_there(column: list[int | None]) -> None:
    sparse = Sparse[int].of(column)
    assert sparse.spread(len(column)) == column
    assert len(sparse.at) == len(column) - column.count(None)
    assert Sparse[int].model_validate_json(sparse.model_dump_json()) == sparse


@pytest.mark.parametrize(("at", "value"), [((0,), ()), ((1, 0), (1, 2)), ((0, 0), (1, 2))])
def test_what_is_no_sparse_column_is_refused(at: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        Sparse[int](at=at, value=value)


# The calendar


def test_a_school_year_has_days_in_order_and_each_term_once() -> None:
    first, last = date(2026, 9, 5), date(2027, 5, 31)
    term = TermDates(term=Term.HK1, first_day=first, last_day=first)
    year: dict[str, Any] = {
        "school_year": "2026-2027",
        "version": 1,
        "first_day": first,
        "last_day": last,
        "terms": (term,),
        "holidays": (),
    }
    assert SchoolYearSet(**year)
    for wrong in ({"terms": (term, term)}, {"terms": ()}, {"last_day": DAY, "first_day": last}):
        with pytest.raises(ValidationError):
            SchoolYearSet(**(year | wrong))
    with pytest.raises(ValidationError, match="before the first"):
        TermDates(term=Term.HK1, first_day=last, last_day=first)
    with pytest.raises(ValidationError, match="before the first"):
        Holiday(first_day=last, last_day=first, name="Tết")


def test_a_school_year_is_two_years_in_a_row() -> None:
    for wrong in ("2026-2028", "2026-2026", "2026", "26-27"):
        refused("school_year", school_year=wrong)


def test_a_school_has_a_level() -> None:
    with pytest.raises(ValidationError, match="levels"):
        SchoolRegistered(
            school_id=ID,
            version=1,
            code="80000701",
            name="Trường THPT Tây Ninh",
            levels=(),
            ownership=Ownership.PUBLIC,
            unit_id=ID,
            valid_from=DAY,
            open=True,
        )
    assert Level("THPT") is Level.THPT


# Scores


def test_a_save_has_as_many_values_as_pupils_each_once() -> None:
    assert save(pupils=PUPILS[:60], after=(0,) * 60)
    refused("differ in length", pupils=PUPILS[:2])
    refused("twice", pupils=PUPILS[:1] * 2, after=(0, 0))
    refused("at least 1", pupils=(), after=())
    refused("at most 60", pupils=PUPILS, after=(0,) * 61)


@pytest.mark.parametrize(
    "column",
    [{"before": {"at": (1,), "value": (0,)}}, {"state": {"at": (9,), "value": (EXCUSED,)}}],
)
def test_a_sparse_column_names_rows_of_the_save(column: dict[str, Any]) -> None:
    refused("not there", **column)


def test_scores_have_one_decimal_but_in_an_examination() -> None:
    for value in (-1, 1001, 845):
        refused("less than|greater than|decimals", after=(value,))
    refused("two decimals", before=one(845))
    exam = save(kind=ColumnKind.EXAM, after=(845,), before=one(5))
    assert exam.after == (845,)
    refused("less than", kind=ColumnKind.EXAM, after=(1001,))


def test_a_comment_subject_knows_two_values() -> None:
    for value in (0, 1, None):
        assert save(subject=Subject.NT, after=(value,))
    for kind in (ColumnKind.REGULAR, ColumnKind.EXAM):
        refused("Đạt", subject=Subject.NT, kind=kind, after=(10,))
    refused("Đạt", subject=Subject.NT, before=one(2))


def test_a_state_says_what_the_value_is() -> None:
    assert save(after=(None,), state=one(EXCUSED))
    assert save(after=(0,), state=one(ZERO))
    assert save(after=(700,), state=one(ScoreState.OTHER))
    refused("excused", after=(0,), state=one(EXCUSED))
    refused("zero by rule", after=(None,), state=one(ZERO))
    refused("zero by rule", after=(10,), state=one(ZERO))
    refused("excused", before=one(0), before_state=one(EXCUSED))
    refused("zero by rule", before_state=one(ZERO))


def test_a_save_is_read_row_by_row() -> None:
    correction = save(
        pupils=PUPILS[:4],
        after=(850, None, None, 0),
        before=Sparse[int].of((None, 700, None, 300)),
        state=Sparse[ScoreState].of((None, None, EXCUSED, ZERO)),
        before_state=Sparse[ScoreState].of((EXCUSED, None, None, None)),
        reason_code=CorrectionReason.ENTRY_ERROR,
    )
    assert list(correction.rows()) == [
        ScoreRow(PUPILS[0], None, 850, EXCUSED, None),
        ScoreRow(PUPILS[1], 700, None, None, None),
        ScoreRow(PUPILS[2], None, None, None, EXCUSED),
        ScoreRow(PUPILS[3], 300, 0, None, ZERO),
    ]


@st.composite
def saves(draw: st.DrawFn) -> ScoreEntered:
    """Draw any save that a gradebook could make."""
    subject, kind = draw(st.sampled_from(Subject)), draw(st.sampled_from(ColumnKind))
    step = 1 if kind is ColumnKind.EXAM else 10
    value = (
        st.integers(0, 1)
        if subject.assessment is Assessment.COMMENT
        else st.integers(0, 1000 // step).map(lambda tenths: tenths * step)
    )
    cell = st.one_of(
        st.tuples(st.none() | value, st.none()),
        st.sampled_from(((None, EXCUSED), (0, ZERO))),
    )
    rows = draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=60))
    after, before = [row[0] for row in rows], [row[1] for row in rows]
    return save(
        subject=subject,
        kind=kind,
        grade=draw(st.sampled_from(Grade)),
        term=draw(st.sampled_from(Term)),
        position=draw(st.integers(1, 99)),
        pupils=PUPILS[: len(rows)],
        after=tuple(score for score, _ in after),
        before=Sparse[int].of([score for score, _ in before]),
        state=Sparse[ScoreState].of([state for _, state in after]),
        before_state=Sparse[ScoreState].of([state for _, state in before]),
        reason_code=draw(st.none() | st.sampled_from(CorrectionReason)),
    )


@given(saves())
def test_every_save_is_read_as_it_was_written(written: ScoreEntered) -> None:
    read = ScoreEntered.read(written.data_json())
    assert read == written
    assert read.data_json() == written.data_json()
    assert [row.pupil for row in read.rows()] == list(written.pupils)


# Watermarks and statistics


def test_a_watermark_keeps_its_partitions_as_numbers() -> None:
    mark = Watermark(
        source="gradebook",
        read_at=datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        positions={"gradebook.scores.v1": {0: 7}},
    )
    assert Watermark.read(mark.data_json()) == mark
    assert mark.partition_key() == mark.aggregate_id() == "gradebook"


def numbers() -> Iterator[IndicatorChanged]:
    for dims in ({"grade": "10", "sex": "male"}, {"sex": "male", "grade": "10"}):
        yield IndicatorChanged(
            number=1,
            indicator="N04",
            version=1,
            unit_kind=Scope.SCHOOL,
            unit_id=ID,
            period="2026-2027/HK1",
            dims=dims,
            numerator=7,
            denominator=None,
            unit=MeasureUnit.COUNT,
            as_of=None,
            schools_reported=1,
            schools_expected=1,
            retracted=False,
        )


def test_the_key_of_a_number_is_which_number_it_is() -> None:
    assert {number.partition_key() for number in numbers()} == {
        f"N04/school/{ID}/2026-2027/HK1/grade=10,sex=male"
    }
