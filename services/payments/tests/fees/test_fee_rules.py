"""What may be charged, and how much, by examples and against naive arithmetic."""

from datetime import date
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lists import Ownership
from contracts.payments import FeeKind
from payments.fees.domain import (
    Change,
    ChargeFacts,
    ExemptionGroup,
    FeeUnit,
    Wanted,
    assess,
    correct,
    most_of,
    owed,
    tuition_is_free,
    why_not_for,
)
from payments.ledger.domain import Owed

YEAR = (date(2026, 9, 5), date(2027, 5, 31))
POOR, ORPHAN = ExemptionGroup.POOR_HOUSEHOLD, ExemptionGroup.ORPHAN
PERCENTS = {POOR: 100, ORPHAN: 50}
AN, BINH, CHI = "an", "binh", "chi"


@pytest.mark.parametrize(
    ("kind", "ownership", "free"),
    [
        (FeeKind.TUITION, Ownership.PUBLIC, True),
        (FeeKind.TUITION, Ownership.PRIVATE, False),
        (FeeKind.TUITION, Ownership.COMMUNITY, False),
        (FeeKind.BOARDING_MEALS, Ownership.PUBLIC, False),
    ],
)
def test_tuition_is_free_at_public_schools(
    kind: FeeKind, ownership: Ownership, *, free: bool
) -> None:
    assert tuition_is_free(kind, ownership) is free


@pytest.mark.parametrize(
    ("unit", "period", "fits"),
    [
        (FeeUnit.MONTH, "2026-09", True),
        (FeeUnit.DAY, "2027-05", True),
        (FeeUnit.DAY, "2026-08", False),
        (FeeUnit.MONTH, "2027-06", False),
        (FeeUnit.MONTH, "HK1", False),
        (FeeUnit.TERM, "HK1", True),
        (FeeUnit.TERM, "CN", False),
        (FeeUnit.YEAR, "CN", True),
        (FeeUnit.YEAR, "2026-09", False),
        (FeeUnit.ONCE, "HE", True),
        (FeeUnit.ONCE, "2026-09", False),
    ],
)
def test_a_period_suits_the_items_unit_and_the_year(
    unit: FeeUnit, period: str, *, fits: bool
) -> None:
    assert (why_not_for(unit, period, *YEAR) is None) is fits


def test_meals_are_charged_by_the_day_that_was_eaten() -> None:
    # 22 school days, 3 absences that were announced in time.
    assert owed(30_000, 19, 0) == Owed(570_000, 0)
    assert most_of(FeeUnit.DAY) == 31
    assert most_of(FeeUnit.MONTH) == 1


@given(amount=st.integers(1, 10**9), quantity=st.integers(1, 99), percent=st.integers(0, 100))
def test_an_exemption_is_exact_and_its_fraction_is_the_pupils(
    amount: int, quantity: int, percent: int
) -> None:
    found = owed(amount, quantity, percent)
    assert found.net == floor(Fraction(amount * quantity * (100 - percent), 100))
    assert found.gross == found.net + found.reduction == amount * quantity
    assert 0 <= found.reduction <= found.gross


def standing(pupil: str, quantity: int = 1, amount: int = 100, reduction: int = 0) -> ChargeFacts:
    return ChargeFacts(pupil, quantity, None, Owed(amount, reduction))


def test_a_round_charges_who_was_not_charged() -> None:
    wanted = [Wanted(AN, 1, None), Wanted(BINH, 2, None), Wanted(CHI, 1, POOR)]
    new, different = assess(100, PERCENTS, wanted, {AN: standing(AN)})
    assert different == []
    assert new == [
        Change(wanted[1], None, Owed(200, 0)),
        Change(wanted[2], None, Owed(100, 100)),
    ]


def test_a_round_that_would_change_an_amount_says_so_instead() -> None:
    before = standing(AN, amount=90)
    wanted = Wanted(AN, 1, None)
    new, different = assess(100, PERCENTS, [wanted], {AN: before})
    assert (new, different) == ([], [Change(wanted, before, Owed(100, 0))])


def test_an_exemption_changes_what_is_owed_even_if_the_price_does_not() -> None:
    _, different = assess(100, PERCENTS, [Wanted(AN, 1, ORPHAN)], {AN: standing(AN)})
    assert [change.after for change in different] == [Owed(100, 50)]


def test_a_correction_prices_anew_or_cancels() -> None:
    facts = {pupil: standing(pupil) for pupil in (AN, BINH, CHI)}
    wanted = [Wanted(AN, 1, None), Wanted(BINH, 0, None), Wanted(CHI, 1, ORPHAN)]
    changes = correct(80, PERCENTS, wanted, facts)
    assert [(change.wanted.pupil_id, change.after) for change in changes] == [
        (AN, Owed(80, 0)),
        (BINH, None),
        (CHI, Owed(80, 40)),
    ]


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from([None, POOR, ORPHAN])), min_size=1, max_size=8
    ),
    st.integers(1, 1000),
)
def test_a_round_run_again_changes_nothing(
    rows: list[tuple[int, ExemptionGroup | None]], amount: int
) -> None:
    wanted = [Wanted(str(at), quantity, group) for at, (quantity, group) in enumerate(rows)]
    new, _ = assess(amount, PERCENTS, wanted, {})
    made = {
        one.wanted.pupil_id: ChargeFacts("", one.wanted.quantity, None, one.after)
        for one in new
        if one.after
    }
    assert assess(amount, PERCENTS, wanted, made) == ([], [])
    assert correct(amount, PERCENTS, wanted, made) == []
