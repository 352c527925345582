"""The recount and the aggregator's folds say the same of any log, though they share no line."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope
from contracts.admissions import PupilCell, StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.columns import Sparse
from contracts.event import Event
from contracts.gradebook import ClassOpened, PupilPlaced, ScoreEntered, SheetOpened
from contracts.lists import (
    Assessment,
    ColumnKind,
    Grade,
    Sex,
    Subject,
    Term,
    TransferReason,
    WithdrawalReason,
)
from edu.verify.recount import Cells, Recount
from ioc_aggregator.intake.streams import FOLDS
from ioc_aggregator.rollups.state import State

from .conftest import Written

IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(4)]
ids = st.sampled_from(IDS)
years = st.sampled_from(["2025-2026", "2026-2027"])
DAY = date(2026, 11, 22)
SEALED = "c2VhbGVk"

cells = st.builds(
    PupilCell,
    school_id=ids,
    grade=st.sampled_from([Grade.G1, Grade.G12]),
    sex=st.sampled_from(Sex),
    ethnic_minority=st.booleans(),
    birth_year=st.just(2015),
    inclusion=st.booleans(),
)


@st.composite
def enrolled(draw: st.DrawFn) -> StudentEnrolled:
    return StudentEnrolled(
        pupil_id=draw(ids),
        version=1,
        school_year=draw(years),
        day=DAY,
        sealed=SEALED,
        **draw(cells).model_dump(),
    )


@st.composite
def sheets(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "sheet_id": draw(ids),
        "school_id": draw(ids),
        "class_id": draw(ids),
        "school_year": draw(years),
        "grade": draw(st.sampled_from([Grade.G6, Grade.G12])),
        "subject": draw(st.sampled_from([Subject.TOAN, Subject.GDTC])),
        "term": draw(st.sampled_from(Term)),
        "kind": draw(st.sampled_from([ColumnKind.REGULAR, ColumnKind.EXAM])),
        "position": 1,
    }


@st.composite
def saves(draw: st.DrawFn) -> ScoreEntered:
    sheet = draw(sheets())
    comment = sheet["subject"].assessment is Assessment.COMMENT
    if comment:
        values = st.integers(0, 1)
    elif sheet["kind"] is ColumnKind.EXAM:
        values = st.integers(0, 1000)
    else:
        values = st.integers(0, 100).map(lambda tenths: tenths * 10)
    column = st.lists(st.none() | values, min_size=4, max_size=4)
    return ScoreEntered(
        **sheet,
        entered_by=IDS[0],
        day=DAY,
        pupils=tuple(IDS),
        after=tuple(draw(column)),
        before=Sparse[int].of(draw(column)),
        state=Sparse(at=(), value=()),
        before_state=Sparse(at=(), value=()),
        reason_code=None,
    )


events: st.SearchStrategy[Event] = st.one_of(
    enrolled(),
    st.builds(
        StudentTransferred,
        pupil_id=ids,
        version=st.just(2),
        school_year=years,
        day=st.just(DAY),
        reason_code=st.just(TransferReason.MOVED),
        before=cells,
        after=cells,
        sealed=st.just(SEALED),
    ),
    st.builds(
        StudentWithdrawn,
        pupil_id=ids,
        version=st.just(3),
        school_year=years,
        day=st.just(DAY),
        reason_code=st.just(WithdrawalReason.COMPLETED),
        before=cells,
    ),
    st.builds(
        ClassOpened,
        class_id=ids,
        version=st.just(1),
        school_id=ids,
        school_year=years,
        grade=st.just(Grade.G6),
        name=st.just("6A1"),
        homeroom_teacher_id=st.none(),
    ),
    st.builds(
        PupilPlaced,
        pupil_id=ids,
        class_id=ids,
        version=st.just(1),
        school_id=ids,
        school_year=years,
        before_class_id=st.none(),
    ),
    st.builds(
        lambda sheet, due, before: SheetOpened(**sheet, cells_due=due, before_cells_due=before),
        sheets(),
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    saves(),
)


def folded(log: Written) -> Cells:
    """Give the aggregator's cells, as its dump writes them."""
    state = State()
    for record in log.records:
        document = envelope.decode(record.value, record.key)
        assert isinstance(document, envelope.Envelope)
        result = FOLDS[record.topic]([document])
        assert result.refused == []
        state.add(result.delta)
    return {
        (name, tuple(sorted(zip(columns.family.dims, key, strict=True))), column): int(value)
        for name, columns in state.columns.items()
        for key, values in zip(columns.keys, columns.values, strict=True)
        for column, value in zip(columns.family.columns, values, strict=True)
        if value
    }


@given(st.lists(events, max_size=12))
def test_both_count_the_same(sent: list[Event]) -> None:
    log = Written()
    for event in sent:
        log.add(event)
    recount = Recount()
    recount.take(log.records)
    assert {cell: value for cell, value in recount.cells.items() if value} == folded(log)


@given(st.lists(saves(), min_size=1, max_size=6), st.integers(0, 5))
def test_a_record_that_comes_again_is_counted_once(sent: list[ScoreEntered], again: int) -> None:
    log = Written()
    for event in sent:
        log.add(event)
    once, twice = Recount(), Recount()
    once.take(log.records)
    twice.take([*log.records, *log.records[: again + 1]])
    assert twice.cells == once.cells
    assert twice.duplicates == min(again + 1, len(sent))
