"""Where a class may be opened, and who may sit in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lists import Grade, Level
from gradebook.classes.domain import Place, may_open, must_leave, why_not_here

places = st.builds(
    Place,
    st.sampled_from(["school", "other school"]),
    st.sampled_from(["2026-2027", "2027-2028"]),
    st.sampled_from([Grade.G6, Grade.G7]),
)


@pytest.mark.parametrize(
    ("levels", "grade", "allowed"),
    [
        ([Level.THCS], Grade.G6, True),
        ([Level.THCS], Grade.G10, False),
        ([Level.THCS, Level.THPT], Grade.G10, True),
        ([Level.GDTX], Grade.G10, True),
        ([Level.GDTX], Grade.G1, False),
        ([Level.MN], Grade.MG5, True),
    ],
)
def test_a_class_is_of_a_level_that_its_school_teaches(
    levels: list[Level], grade: Grade, allowed: bool
) -> None:
    assert may_open(levels, grade) is allowed


@given(places, places)
def test_a_pupil_sits_only_where_they_are_enrolled(room: Place, enrolled: Place) -> None:
    assert (why_not_here(room, enrolled) is None) == (room == enrolled)
    assert why_not_here(room, None) is not None


@given(places, places, st.booleans())
def test_a_seat_is_lost_only_by_a_fact_about_its_own_school_year(
    room: Place, enrolled: Place, still: bool
) -> None:
    expected = room.school_year == enrolled.school_year and (room != enrolled or not still)
    assert must_leave(room, enrolled, still=still) is expected
