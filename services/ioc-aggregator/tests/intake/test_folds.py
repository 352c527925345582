"""Each fold equals a naive recount of its events, whatever they are and however they are cut."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import topics
from contracts.admissions import (
    PupilCell,
    SchoolRegistered,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
    UnitRegistered,
)
from contracts.columns import Sparse
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.gradebook import ClassOpened, ScoreEntered, SheetOpened
from contracts.lists import (
    Assessment,
    ColumnKind,
    Grade,
    Level,
    Ownership,
    Sex,
    Subject,
    Term,
    TransferReason,
    UnitKind,
    WithdrawalReason,
)
from contracts.relay import Watermark
from ioc_aggregator.intake import enrolment, scores
from ioc_aggregator.intake.folding import Fold
from ioc_aggregator.intake.streams import FOLDS, TOPICS
from ioc_aggregator.measures.cells import Delta

Cells = Counter[tuple[str, tuple[str, ...], str]]
Documents = Callable[[Event], Envelope]
InPieces = Callable[[Fold, Sequence[Envelope], int], Cells]
CellsOf = Callable[[Delta], Cells]


def ident(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"


def without_zeros(cells: Cells) -> Cells:
    return Counter({cell: count for cell, count in cells.items() if count})


def only(cells: Cells, *families: str) -> Cells:
    """Keep what this file recounts; `test_recount` holds every family to another recount."""
    return Counter({cell: count for cell, count in cells.items() if cell[0] in families})


pupil_cells = st.builds(
    PupilCell,
    school_id=st.sampled_from([ident(1), ident(2)]),
    grade=st.sampled_from([Grade.MG5, Grade.G1, Grade.G10]),
    sex=st.sampled_from(Sex),
    ethnic_minority=st.booleans(),
    birth_year=st.just(2015),
    inclusion=st.booleans(),
)
years = st.sampled_from(["2025-2026", "2026-2027"])


@st.composite
def enrolment_events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["enrolled", "moved", "left"]))
    common: dict[str, Any] = {
        "pupil_id": ident(9),
        "version": 1,
        "school_year": draw(years),
        "day": date(2026, 9, 5),
    }
    if kind == "enrolled":
        cell = draw(pupil_cells)
        return StudentEnrolled(**common, **dict(cell), sealed="AAAA")
    if kind == "moved":
        return StudentTransferred(
            **common,
            reason_code=TransferReason.MOVED,
            before=draw(pupil_cells),
            after=draw(pupil_cells),
            sealed="AAAA",
        )
    return StudentWithdrawn(
        **common, reason_code=WithdrawalReason.DROPPED_OUT, before=draw(pupil_cells)
    )


def recount_enrolment(events: Sequence[Event]) -> Cells:
    cells: Cells = Counter()
    for event in events:
        steps: list[tuple[PupilCell | StudentEnrolled, int]] = []
        if isinstance(event, StudentEnrolled):
            steps = [(event, 1)]
        elif isinstance(event, StudentTransferred):
            steps = [(event.before, -1), (event.after, 1)]
        elif isinstance(event, StudentWithdrawn):
            steps = [(event.before, -1)]
        year = event.school_year  # type: ignore[attr-defined]
        for cell, step in steps:
            minority = "yes" if cell.ethnic_minority else "no"
            key = (cell.school_id, year, str(cell.grade), str(cell.sex), minority)
            cells["pupils", key, "count"] += step
        for school in {cell.school_id for cell, _ in steps}:
            cells["reported", (school, "admissions.enrolment.v1", year, ""), "events"] += 1
    return without_zeros(cells)


@given(st.lists(enrolment_events(), max_size=12), st.integers(0, 12))
def test_enrolment_equals_a_recount(
    document: Documents, fold_in_pieces: InPieces, events: list[Event], cut: int
) -> None:
    documents = [document(event) for event in events]
    counted = fold_in_pieces(enrolment.fold, documents, cut)
    assert only(counted, "pupils", "reported") == recount_enrolment(events)


@st.composite
def score_events(draw: st.DrawFn) -> Event:
    subject = draw(st.sampled_from([Subject.TOAN, Subject.VAN, Subject.GDTC]))
    sheet: dict[str, Any] = {
        "sheet_id": ident(5),
        "school_id": draw(st.sampled_from([ident(1), ident(2)])),
        "class_id": ident(6),
        "school_year": draw(years),
        "grade": draw(st.sampled_from([Grade.G6, Grade.G12])),
        "subject": subject,
        "term": draw(st.sampled_from(Term)),
        "kind": ColumnKind.EXAM,
        "position": 1,
    }
    if draw(st.integers(0, 4)) == 0:
        due, before = draw(st.integers(0, 45)), draw(st.integers(0, 45))
        return SheetOpened(**sheet, cells_due=due, before_cells_due=before)
    largest = 1 if subject.assessment is Assessment.COMMENT else 1000
    values = st.one_of(st.none(), st.integers(0, largest))
    after = draw(st.lists(values, min_size=1, max_size=6))
    before_values = draw(st.lists(values, min_size=len(after), max_size=len(after)))
    return ScoreEntered(
        **sheet,
        entered_by=ident(7),
        day=date(2026, 10, 1),
        pupils=tuple(ident(100 + at) for at in range(len(after))),
        after=tuple(after),
        before=Sparse[int].of(before_values),
        state=Sparse.of([]),
        before_state=Sparse.of([]),
        reason_code=None,
    )


def recount_scores(events: Sequence[Event]) -> Cells:
    cells: Cells = Counter()
    for event in events:
        assert isinstance(event, SheetOpened | ScoreEntered)
        key = (
            event.school_id,
            event.school_year,
            str(event.grade),
            str(event.subject),
            str(event.term),
            str(event.kind),
        )
        reported = (event.school_id, "gradebook.scores.v1", event.school_year, str(event.term))
        cells["reported", reported, "events"] += 1
        if isinstance(event, SheetOpened):
            cells["scores", key, "due"] += event.cells_due - event.before_cells_due
            continue
        width = 1 if event.subject.assessment is Assessment.COMMENT else 10
        for row in event.rows():
            for sign, value in ((1, row.after), (-1, row.before)):
                if value is not None:
                    cells["scores", key, "entered"] += sign
                    cells["scores", key, "sum"] += sign * value
                    cells["scores", key, "squares"] += sign * value * value
                    cells["histogram", key, str(value // width)] += sign
            if row.before is not None:
                cells["scores", key, "corrected"] += 1
    return without_zeros(cells)


@given(st.lists(score_events(), max_size=10), st.integers(0, 10))
def test_scores_equal_a_recount(
    document: Documents, fold_in_pieces: InPieces, events: list[Event], cut: int
) -> None:
    documents = [document(event) for event in events]
    counted = fold_in_pieces(scores.fold, documents, cut)
    assert only(counted, "scores", "histogram", "reported") == recount_scores(events)


def test_every_topic_has_a_fold() -> None:
    assert {topic.name for topic in TOPICS} == FOLDS.keys()


def test_classes_say_that_a_school_reported(document: Documents, cells_of: CellsOf) -> None:
    event = ClassOpened(
        class_id=ident(1),
        version=1,
        school_id=ident(2),
        school_year="2026-2027",
        grade=Grade.G6,
        name="6A",
        homeroom_teacher_id=None,
    )
    folded = FOLDS[topics.CLASSES.name]([document(event)] * 3)
    key = (ident(2), "gradebook.classes.v1", "2026-2027", "")
    assert cells_of(folded.delta)["reported", key, "events"] == 3


def test_facts_become_facts(document: Documents) -> None:
    unit = UnitRegistered(
        unit_id=ident(1),
        version=1,
        code="80",
        name="Tây Ninh",
        kind=UnitKind.PROVINCE,
        parent_id=None,
        valid_from=date(2025, 7, 1),
    )
    school = SchoolRegistered(
        school_id=ident(2),
        version=3,
        code="T1",
        name="THCS",
        levels=(Level.THCS,),
        ownership=Ownership.PUBLIC,
        unit_id=ident(1),
        valid_from=date(2025, 7, 1),
        open=True,
    )
    folded = FOLDS[topics.UNITS.name]([document(unit), document(school)])
    assert [type(fact).__name__ for fact in folded.delta.facts] == ["UnitFact", "SchoolFact"]


def test_nobody_speaks_for_another_source(document: Documents) -> None:
    mark = Watermark(source="gradebook", read_at=datetime(2026, 1, 1, tzinfo=UTC), positions={})
    foreign = msgspec.structs.replace(document(mark), source="urn:edu:admissions")
    fold = FOLDS[topics.WATERMARKS.name]
    assert fold([document(mark)]).delta.facts
    assert [refusal.index for refusal in fold([document(mark), foreign]).refused] == [1]


GOOD = {
    "school_id": ident(1),
    "school_year": "2026-2027",
    "grade": "6",
    "subject": "TOAN",
    "term": "HK1",
    "kind": "regular",
    "after": [850, None],
    "before": {"at": [0], "value": [800]},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("school_id", "not-an-id"),
        ("school_year", "2026"),
        ("grade", "13"),
        ("subject", "MAGIC"),
        ("term", "HK3"),
        ("kind", "guess"),
        ("after", []),
        ("after", [1001]),
        ("after", [-1]),
        ("after", ["850"]),
        ("after", [8.5]),
        ("before", {"at": [2], "value": [800]}),
        ("before", {"at": [0, 0], "value": [800, 800]}),
        ("before", {"at": [1, 0], "value": [800, 800]}),
        ("before", {"at": [0], "value": []}),
        ("before", {"at": [], "value": [800]}),
        ("before", {"at": [-1], "value": [800]}),
        ("before", {"at": [0], "value": [None]}),
        ("before", None),
        ("subject", "GDTC"),
    ],
)
def test_a_save_that_breaks_a_rule_is_refused_and_the_others_count(
    document: Documents, cells_of: CellsOf, field: str, value: object
) -> None:
    save = msgspec.structs.replace(
        document(recent_save()), data=msgspec.json.encode({**GOOD, field: value})
    )
    good = msgspec.structs.replace(save, data=msgspec.json.encode(GOOD))
    folded = scores.fold([good, save, good])
    assert [refusal.index for refusal in folded.refused] == [1]
    assert cells_of(folded.delta) == cells_of(scores.fold([good, good]).delta)


def recent_save() -> ScoreEntered:
    return ScoreEntered(
        sheet_id=ident(5),
        school_id=ident(1),
        class_id=ident(6),
        school_year="2026-2027",
        grade=Grade.G6,
        subject=Subject.TOAN,
        term=Term.HK1,
        kind=ColumnKind.REGULAR,
        position=1,
        entered_by=ident(7),
        day=date(2026, 10, 1),
        pupils=(ident(8),),
        after=(850,),
        before=Sparse[int].of([None]),
        state=Sparse.of([]),
        before_state=Sparse.of([]),
        reason_code=None,
    )


def test_an_unknown_kind_of_event_is_passed_over(document: Documents) -> None:
    later = msgspec.structs.replace(
        document(recent_save()), type="edu.gradebook.sheet-locked.v1", data=b"{}"
    )
    for fold in FOLDS.values():
        folded = fold([later])
        assert not folded.delta
        assert folded.refused == []


def test_the_arrays_of_a_change_are_integers(document: Documents) -> None:
    for change in scores.fold([document(recent_save())]).delta.changes.values():
        assert {change.at.dtype, change.column.dtype, change.by.dtype} == {np.dtype(np.int64)}
