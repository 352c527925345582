"""The rules of enrolment by examples and by properties."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admissions.enrolment import domain
from admissions.enrolment.domain import Changes, Pupil, State
from chassis.errors import Conflict, Invalid, Problem
from contracts.admissions import PupilCell
from contracts.lists import Grade, Level, Sex

YEAR = "2026-2027"
CELL = PupilCell(
    school_id="0198f7a0-0000-7000-8000-000000000001",
    grade=Grade.G6,
    sex=Sex.FEMALE,
    ethnic_minority=False,
    birth_year=2015,
    inclusion=False,
)
PUPIL = Pupil(
    "0198f7a0-0000-7000-8000-000000000002", 1, State.ENROLLED, YEAR, date(2026, 9, 5), CELL
)


@pytest.mark.parametrize(
    ("grade", "levels", "is_taught"),
    [
        (Grade.G6, [Level.THCS], True),
        (Grade.G6, [Level.TH, Level.THPT], False),
        (Grade.MG5, [Level.MN], True),
        (Grade.G10, [Level.GDTX], True),
        (Grade.G1, [Level.GDTX], False),
        (Grade.G1, [Level.OTHER], False),
    ],
)
def test_a_grade_is_taught_at_its_level(
    grade: Grade, levels: Sequence[Level], is_taught: bool
) -> None:
    assert domain.taught(grade, levels) is is_taught


@pytest.mark.parametrize(
    ("grade", "levels", "first", "last"),
    [
        (Grade.NT, [Level.MN], 2022, 2026),
        (Grade.MG5, [Level.MN], 2018, 2023),
        (Grade.G1, [Level.TH], 2010, 2022),
        (Grade.G12, [Level.THPT], 1999, 2011),
        (Grade.G12, [Level.THPT, Level.GDTX], 1926, 2011),
    ],
)
def test_birth_years_are_plausible(
    grade: Grade, levels: Sequence[Level], first: int, last: int
) -> None:
    years = domain.birth_years(grade, levels, YEAR)
    assert (years.start, years.stop - 1) == (first, last)


def test_the_typical_age_is_plausible_in_every_grade() -> None:
    for age, grade in enumerate(list(Grade)[1:], 3):
        assert 2026 - age in domain.birth_years(grade, [grade.level], YEAR)


def test_a_step_needs_the_present_version_and_goes_forward_in_time() -> None:
    domain.check_step(PUPIL, version=1, day=PUPIL.since)
    with pytest.raises(Conflict, match="version-conflict"):
        domain.check_step(PUPIL, version=2, day=PUPIL.since)
    with pytest.raises(Invalid, match="trước lần thay đổi"):
        domain.check_step(PUPIL, version=1, day=date(2026, 9, 4))


def test_a_change_keeps_what_it_does_not_name() -> None:
    assert Changes().applied(CELL) == CELL
    after = Changes(grade=Grade.G7, inclusion=True, birth_date=date(2014, 1, 1)).applied(CELL)
    assert after == CELL.model_copy(
        update={"grade": Grade.G7, "inclusion": True, "birth_year": 2014}
    )
    with pytest.raises(Invalid, match="nothing-changes"):
        domain.transfer(PUPIL, CELL, school_year=YEAR, day=PUPIL.since, renamed=False)
    assert domain.transfer(PUPIL, CELL, school_year=YEAR, day=PUPIL.since, renamed=True)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["transfer", "withdraw", "again", "erase"]),
        st.dates(date(2026, 9, 1), date(2027, 5, 31)),
    ),
    max_size=8,
)


@given(STEPS)
def test_every_accepted_step_raises_the_version_and_nothing_follows_an_erasure(
    steps: list[tuple[str, date]],
) -> None:
    pupil, grades = PUPIL, iter(Grade)
    for step, day in steps:
        before = pupil
        try:
            if step == "transfer":
                domain.check_step(pupil, version=pupil.version, day=day)
                cell = CELL.model_copy(update={"grade": next(grades)})
                pupil = domain.transfer(pupil, cell, school_year=YEAR, day=day, renamed=False)
            elif step == "withdraw":
                pupil = domain.withdraw(pupil, version=pupil.version, day=day)
            elif step == "again" and pupil.state is State.WITHDRAWN and day >= pupil.since:
                pupil = domain.enrol_again(pupil, CELL, school_year=YEAR, day=day)
            elif step == "erase":
                pupil = domain.erase(pupil, version=pupil.version)
        except Problem:
            assert pupil is before
            continue
        if before.state is State.ERASED:
            assert pupil == before
        elif pupil is not before and pupil.state is not State.ERASED:
            assert (pupil.version, pupil.since) == (before.version + 1, day)
            assert pupil.since >= before.since
