"""What somebody should look at before a lock, without a database."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gradebook.scores.domain.saving import Cell
from gradebook.workflow.domain import Anomaly, Kind, Saved, missing, unusual

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
PUPILS = tuple(f"pupil {n:02}" for n in range(20))


def column(*marks: int) -> dict[str, int]:
    return dict(zip(PUPILS, marks, strict=False))


def found(*marks: int) -> list[Anomaly]:
    return unusual({"sheet": column(*marks)}, {}, [], scored=True)


def test_ten_times_too_much_or_one_row_too_far_stands_out() -> None:
    usual = (700, 720, 650, 800, 750, 680, 710)
    assert found(*usual, 100) == [Anomaly(Kind.OUTLIER, "sheet", (PUPILS[7],))]
    assert found(*usual, 600) == []
    # Under eight marks the spread tells nothing.
    assert found(*usual[:6], 100) == []


def test_a_whole_column_of_one_mark_stands_out_where_there_are_marks() -> None:
    same = column(*[800] * 8)
    assert unusual({"sheet": same}, {}, [], scored=True) == [
        Anomaly(Kind.COLUMN_EQUAL, "sheet", tuple(sorted(same)))
    ]
    assert unusual({"sheet": same}, {}, [], scored=False) == []


@given(st.integers(0, 100), st.integers(0, 100))
def test_an_average_that_corrections_carried_over_a_threshold_stands_out(
    before: int, after: int
) -> None:
    averages = {"an": (before * 10, after * 10)}
    crossed = any((before >= one) != (after >= one) for one in (50, 65, 80))
    assert bool(unusual({}, averages, [], scored=True)) == crossed


@given(st.integers(0, 23), st.integers(1, 20))
def test_many_cells_in_the_night_stand_out(hour: int, cells: int) -> None:
    at = datetime(2026, 12, 1, hour, 30, tzinfo=HERE)
    saved = Saved("sheet", "teacher", at, PUPILS[:cells])
    night = hour < 6 or hour >= 22
    anomalies = unusual({}, {}, [saved], scored=False)
    assert bool(anomalies) == (night and cells >= 10)


@given(st.lists(st.integers(0, 100), min_size=8, max_size=20))
def test_an_outlier_is_farther_from_the_middle_half_than_three_times_its_width(
    tenths: list[int],
) -> None:
    marks = [10 * one for one in tenths]
    ordered = sorted(marks)
    low, high = ordered[len(marks) // 4], ordered[::-1][len(marks) // 4]
    far = {
        PUPILS[at]
        for at, mark in enumerate(marks)
        if mark < low - 3 * max(50, high - low) or mark > high + 3 * max(50, high - low)
    }
    outliers = {p for one in found(*marks) if one.kind is Kind.OUTLIER for p in one.pupils}
    assert outliers == (far if len(set(marks)) > 1 else set())


def test_a_state_is_no_missing_mark() -> None:
    cells = {"an": Cell(1, 800), "binh": Cell(2, None), "chi": Cell()}
    assert missing({"an", "binh", "chi", "dung"}, cells) == ["binh", "chi", "dung"]
