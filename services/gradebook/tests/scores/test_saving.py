"""What a save does to cells: by examples, and held against a score book kept by a naive clerk."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lists import CorrectionReason, ScoreState
from gradebook.scores.domain.marks import Scale
from gradebook.scores.domain.saving import UNTOUCHED, Cell, Decision, Entry, Reason, Save, decide

AN, BINH = "an", "binh"
NO_REASON = Reason(None, None)
MISTYPED = Reason(CorrectionReason.ENTRY_ERROR, None)
EXCUSED, ZERO = ScoreState.EXCUSED, ScoreState.ZERO_BY_RULE


def _decide(
    *entries: Entry,
    cells: Mapping[str, Cell] | None = None,
    in_class: Sequence[str] = (AN, BINH),
    reason: Reason = NO_REASON,
    scale: Scale = Scale.TENTHS,
) -> Decision:
    return decide(Save("sheet", entries, None, reason), cells or {}, in_class, scale)


def _entry(
    score: str | None = None, state: ScoreState | None = None, version: int = 0, pupil: str = AN
) -> Entry:
    return Entry(pupil, score, state, version)


def test_a_first_score_needs_no_reason() -> None:
    (change,) = _decide(_entry("8,5")).changes
    assert (change.before, change.after) == (UNTOUCHED, Cell(1, 850, None))


@pytest.mark.parametrize("was", [Cell(3, 700, None), Cell(3, None, EXCUSED), Cell(3, 0, ZERO)])
@pytest.mark.parametrize("entry", [_entry("8", version=3), _entry(version=3)])
def test_changing_a_score_or_a_state_needs_a_reason(was: Cell, entry: Entry) -> None:
    refused = _decide(entry, cells={AN: was})
    assert [fault.field for fault in refused.faults] == ["score"]
    assert "phải có lý do" in refused.faults[0].what
    taken = _decide(entry, cells={AN: was}, reason=MISTYPED)
    assert not taken.faults
    assert taken.changes[0].after.version == 4


@pytest.mark.parametrize(("text", "faults"), [(None, 1), ("  ", 1), ("phúc khảo lần hai", 0)])
def test_another_reason_needs_words(text: str | None, faults: int) -> None:
    reason = Reason(CorrectionReason.OTHER, text)
    cells = {AN: Cell(1, 700, None)}
    assert len(_decide(_entry("8", version=1), cells=cells, reason=reason).faults) == faults


def test_a_deleted_cell_may_be_filled_again_without_a_reason() -> None:
    decision = _decide(_entry("9", version=2), cells={AN: Cell(2, None, None)})
    assert not decision.faults
    assert decision.changes[0].after == Cell(3, 900, None)


@pytest.mark.parametrize("version", [0, 1, 3, 99])
def test_a_cell_that_changed_meanwhile_is_stale(version: int) -> None:
    decision = _decide(
        _entry("9", version=version), cells={AN: Cell(2, 700, None)}, reason=MISTYPED
    )
    assert decision.stale == [0]
    assert not decision.changes


@pytest.mark.parametrize("version", [0, 1, 2, 99])
def test_a_cell_that_is_as_wanted_neither_changes_nor_conflicts(version: int) -> None:
    decision = _decide(_entry("7", version=version), cells={AN: Cell(2, 700, None)})
    assert decision == Decision([], [], [])


def test_zero_by_rule_is_zero_and_an_excused_cell_has_no_value() -> None:
    assert _decide(_entry(state=ZERO)).changes[0].after == Cell(1, 0, ZERO)
    assert _decide(_entry("0", ZERO)).changes[0].after == Cell(1, 0, ZERO)
    assert _decide(_entry(state=EXCUSED)).changes[0].after == Cell(1, None, EXCUSED)
    assert _decide(_entry("CĐ", ZERO), scale=Scale.COMMENT).changes[0].after == Cell(1, 0, ZERO)
    assert "được phép vắng" in _decide(_entry("5", EXCUSED)).faults[0].what
    assert "theo quy chế" in _decide(_entry("5", ZERO)).faults[0].what
    assert _decide(_entry(state=ScoreState.OTHER)).faults[0].field == "state"


def test_strangers_and_doubles_are_refused_by_row() -> None:
    decision = _decide(_entry("5", pupil="stranger"), _entry("6"), _entry("7"))
    assert [(fault.row, fault.field) for fault in decision.faults] == [
        (0, "pupil_id"),
        (2, "pupil_id"),
    ]


def test_a_pupil_who_left_keeps_cells_that_can_be_corrected_but_gets_no_new_one() -> None:
    entry = _entry("8", version=1)
    cells = {AN: Cell(1, 700, None)}
    assert _decide(entry, cells=cells, in_class=[BINH], reason=MISTYPED).changes
    assert _decide(_entry("8"), in_class=[BINH]).faults


def test_what_is_no_mark_names_the_row_and_what_may_be_written() -> None:
    (fault,) = _decide(_entry("7", pupil=BINH), _entry("85")).faults
    assert fault.row == 1
    assert "“85” lớn hơn 10" in fault.what
    assert "ví dụ 8,5" in fault.how


Filled = tuple[int | None, ScoreState | None]
PUPILS = [f"pupil {n}" for n in range(4)]
states = st.sampled_from([None, EXCUSED, ZERO])
cells = st.builds(
    lambda version, filled: Cell(version, *filled),
    st.integers(1, 3),
    st.sampled_from([(None, None), (0, None), (700, None), (None, EXCUSED), (0, ZERO)]),
)
entries = st.builds(
    Entry,
    st.sampled_from([*PUPILS, "stranger"]),
    st.sampled_from([None, "0", "7", "8,5", "8.55", "x"]),
    states,
    st.integers(0, 3),
)


@given(
    st.lists(entries, min_size=1, max_size=6),
    st.dictionaries(st.sampled_from(PUPILS), cells),
    st.sets(st.sampled_from(PUPILS)),
    st.sampled_from([NO_REASON, MISTYPED]),
)
def test_a_naive_clerk_decides_the_same(
    wanted: list[Entry], before: dict[str, Cell], in_class: set[str], reason: Reason
) -> None:
    decision = decide(Save("sheet", wanted, None, reason), before, in_class, Scale.TENTHS)
    assert (not decision.faults and not decision.stale) == _is_taken(
        wanted, before, in_class, reason
    )
    if decision.faults or decision.stale:
        return
    after: dict[str, Filled | None] = {
        pupil: (cell.value, cell.state) for pupil, cell in before.items()
    }
    versions = {pupil: cell.version for pupil, cell in before.items()}
    for entry in wanted:
        filled = _fill(entry)
        if after.get(entry.pupil_id, (None, None)) != filled:
            after[entry.pupil_id] = filled
            versions[entry.pupil_id] = versions.get(entry.pupil_id, 0) + 1
    now = before | {change.pupil_id: change.after for change in decision.changes}
    assert {pupil: (cell.value, cell.state) for pupil, cell in now.items()} == after
    assert {pupil: cell.version for pupil, cell in now.items()} == versions
    assert all(
        change.before == before.get(change.pupil_id, UNTOUCHED) for change in decision.changes
    )


def _is_taken(
    wanted: list[Entry], before: dict[str, Cell], in_class: set[str], reason: Reason
) -> bool:
    if len({entry.pupil_id for entry in wanted}) < len(wanted):
        return False
    for entry in wanted:
        was = before.get(entry.pupil_id, UNTOUCHED)
        filled = _fill(entry)
        if filled is None or (entry.pupil_id not in in_class and entry.pupil_id not in before):
            return False
        if filled == (was.value, was.state):
            continue
        if entry.version != was.version:
            return False
        if (was.value is not None or was.state is not None) and reason is NO_REASON:
            return False
    return True


def _fill(entry: Entry) -> Filled | None:
    if entry.score in ("8.55", "x"):
        return None
    value = {None: None, "0": 0, "7": 700, "8,5": 850}[entry.score]
    if entry.state is EXCUSED:
        return None if value is not None else (None, EXCUSED)
    if entry.state is ZERO:
        return (0, ZERO) if value in (None, 0) else None
    return value, None
