"""When a column may be written, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradebook.books.domain import Closed, Entry, Gate, Window, entry, open_until

TODAY = date(2026, 12, 1)
NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
WINDOW = Window(date(2026, 11, 20), date(2026, 12, 10))
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("gate", "closed"),
    [
        (Gate(), None),
        (Gate(WINDOW), None),
        (Gate(Window(TODAY, TODAY)), None),
        (Gate(Window(TODAY + timedelta(days=1), date(2026, 12, 10))), Closed.NOT_YET),
        (Gate(Window(date(2026, 11, 1), TODAY - timedelta(days=1))), Closed.WINDOW_OVER),
        (Gate(WINDOW, locked=True), Closed.LOCKED),
        (Gate(WINDOW, locked=True, reopened_until=LATER), None),
        (Gate(WINDOW, locked=True, reopened_until=NOW), Closed.LOCKED),
    ],
)
def test_a_column_may_be_written_or_says_why_not(gate: Gate, closed: Closed | None) -> None:
    assert entry(gate, NOW, TODAY).closed is closed


@given(st.integers(-400, 400), st.integers(0, 200), st.booleans(), st.integers(-100, 100))
def test_it_is_open_exactly_in_its_window_unlocked_or_in_a_reopening(
    opens: int,
    days: int,
    locked: bool,
    hours: int,
) -> None:
    window = Window(TODAY + timedelta(opens), TODAY + timedelta(opens + days))
    found = entry(Gate(window, locked, NOW + timedelta(hours=hours)), NOW, TODAY)
    inside = opens <= 0 <= opens + days
    assert (found.closed is None) == (hours > 0 or (inside and not locked))
    assert found.last_day == window.closes_on


def test_a_reopening_runs_from_its_confirmation() -> None:
    until = open_until(NOW, 2)
    gate = Gate(locked=True, reopened_until=until)
    assert entry(gate, until - timedelta(seconds=1), TODAY) == Entry(None, None, until)
    assert entry(gate, until, TODAY).closed is Closed.LOCKED
