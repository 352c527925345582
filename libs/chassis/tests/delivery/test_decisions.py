"""The decisions of relay and consumer, held against naive models."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chassis.consuming.decisions import (
    Interval,
    Pace,
    Placement,
    SourceState,
    place,
    step,
    unread,
    without,
)
from chassis.outbox_partitions import expired, partition_ddl
from chassis.relay.decisions import Lead, Read, continues, is_covered, may_lead, number

LANES = st.lists(st.sampled_from([("t", 0), ("t", 1), ("u", 0)]), max_size=30)


@given(LANES, st.dictionaries(st.sampled_from([("t", 0), ("t", 1)]), st.integers(1, 9)))
def test_numbers_are_gapless_within_each_lane_whatever_the_mix(
    lanes: list[tuple[str, int]], last: dict[tuple[str, int], int]
) -> None:
    numbers = number(lanes, last)
    for lane in set(lanes):
        own = [n for at, n in zip(lanes, numbers, strict=True) if at == lane]
        assert own == list(range(last.get(lane, 0) + 1, last.get(lane, 0) + 1 + len(own)))


@given(st.lists(st.integers(1, 12), min_size=1, max_size=60))
def test_every_number_is_fresh_exactly_once_unless_it_lies_before_the_first_seen(
    sequences: list[int],
) -> None:
    state = SourceState()
    seen: set[int] = set()
    for sequence in sequences:
        result = step(state, sequence)
        started = state.last is not None
        before_start = started and sequence < sequences[0]
        assert result.fresh == (sequence not in seen and not before_start)
        state = result.state
        seen.add(sequence)
    missing = {n for gap in state.gaps for n in range(gap.first, gap.last + 1)}
    assert missing == set(range(sequences[0], max(sequences))) - seen


def test_a_gap_shrinks_splits_and_closes_as_its_records_come() -> None:
    gap = (Interval(3, 7),)
    assert without(gap, 5) == (Interval(3, 4), Interval(6, 7))
    assert without((Interval(3, 3),), 3) == ()
    assert without(gap, 3) == (Interval(4, 7),)
    assert without(gap, 9) == gap


def test_a_log_whose_beginning_has_expired_says_so_and_starts() -> None:
    result = step(SourceState(), 41)
    assert result.fresh
    assert result.late_start
    assert result.gap is None


def test_a_topic_made_anew_starts_from_its_beginning_and_a_first_look_does_not() -> None:
    assert place(Placement(500, "old"), "new") == (Placement(0, "new"), True)
    assert place(Placement(500, None), "new") == (Placement(500, "new"), False)
    assert place(Placement(500, "old"), None) == (Placement(500, "old"), False)


def test_offsets_with_holes_are_compared_not_counted() -> None:
    assert unread([4, 7, 9], 5) == 1
    assert unread([4, 7, 9], 10) == 3
    assert unread([4, 7, 9], 0) == 0


def test_a_relay_whose_database_was_restored_from_a_backup_may_not_send() -> None:
    lane = ("t", 0)
    assert may_lead({lane: 7}, {lane: (6, 6)}) is Lead.KAFKA_AHEAD
    assert may_lead({lane: 7}, {}) is Lead.KAFKA_AHEAD
    assert may_lead({lane: 5}, {lane: (9, 6)}) is Lead.KAFKA_BEHIND
    assert may_lead({lane: 8}, {lane: (9, 6)}) is Lead.SEND
    assert may_lead({}, {lane: (4, 0)}) is Lead.SEND


def test_rows_join_the_memory_of_a_lane_only_where_they_continue_it() -> None:
    assert continues(4, [5, 6], held=0, limit=10)
    assert not continues(4, [6], held=0, limit=10)
    assert not continues(4, [5], held=10, limit=10)


def test_a_read_is_covered_when_each_of_its_rows_is_acknowledged() -> None:
    read = Read(datetime(2026, 9, 5, tzinfo=UTC), {("t", 0): 3})
    assert not is_covered(read, {("t", 0): 2})
    assert is_covered(read, {("t", 0): 3})


def test_outbox_months_are_made_ahead_and_dropped_when_all_of_them_has_expired() -> None:
    today = datetime(2026, 12, 15, tzinfo=UTC).date()
    assert [line.split()[5] for line in partition_ddl(today)] == [
        "delivery.outbox_2026_12",
        "delivery.outbox_2027_01",
        "delivery.outbox_2027_02",
    ]
    names = ["outbox_2025_10", "outbox_2025_11", "outbox_2026_12", "outbox_default"]
    assert expired(names, today, 400) == ["outbox_2025_10"]
    assert expired(names, today, None) == []


def test_a_slow_handler_gets_one_record_at_a_time_and_a_quick_one_all() -> None:
    pace = Pace()
    for _ in range(20):
        pace.took(pace.room, 0.01)
    assert pace.room == 5_000
    pace.failed()
    assert pace.room < 5_000 // 10
    for _ in range(5):
        pace.took(pace.room, 10.0 * pace.room)
    assert pace.room == 1
    pace.failed()
    assert pace.room == 1
