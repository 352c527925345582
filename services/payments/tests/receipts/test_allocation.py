"""The allocation rule by examples, and against a clerk who hands out one đồng at a time."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.receipts.domain import allocate, free, in_order, use_credit

NOVEMBER, DECEMBER = date(2026, 11, 10), date(2026, 12, 10)


class Owing(NamedTuple):
    charge_id: str
    due_on: date
    mandatory: bool
    number: int
    outstanding: int


def test_the_oldest_due_date_then_the_mandatory_then_the_first_created() -> None:
    charges = [
        Owing("voluntary", NOVEMBER, False, 1, 10),
        Owing("later", DECEMBER, True, 2, 10),
        Owing("second", NOVEMBER, True, 4, 10),
        Owing("first", NOVEMBER, True, 3, 10),
    ]
    assert [one.charge_id for one in in_order(charges)] == [
        "first",
        "second",
        "voluntary",
        "later",
    ]


def test_a_partial_payment_fills_one_charge_before_the_next() -> None:
    charges = [Owing("a", NOVEMBER, True, 1, 300), Owing("b", DECEMBER, True, 2, 300)]
    assert allocate(400, charges) == ({"a": 300, "b": 100}, 0)


def test_an_overpayment_leaves_the_rest() -> None:
    assert allocate(500, [Owing("a", NOVEMBER, True, 1, 300)]) == ({"a": 300}, 200)
    assert allocate(500, []) == ({}, 500)


def test_what_is_paid_already_takes_nothing() -> None:
    assert allocate(5, [Owing("paid", NOVEMBER, True, 1, 0)]) == ({}, 5)


charges = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 30)), max_size=8).map(
    lambda rows: [
        Owing(str(number), NOVEMBER + timedelta(days=day), mandatory, number, outstanding)
        for number, (day, mandatory, outstanding) in enumerate(rows)
    ]
)


def naively(amount: int, owing: Sequence[Owing]) -> tuple[Counter[str], int]:
    """Hand out one đồng after the other, each to the charge that is first in line then."""
    settled: Counter[str] = Counter()
    while amount:
        waiting = [one for one in owing if settled[one.charge_id] < one.outstanding]
        if not waiting:
            break
        first = min(waiting, key=lambda one: (one.due_on, not one.mandatory, one.number))
        settled[first.charge_id] += 1
        amount -= 1
    return settled, amount


@given(st.integers(0, 300), charges)
def test_it_is_what_a_clerk_would_do_one_dong_at_a_time(amount: int, owing: list[Owing]) -> None:
    found = allocate(amount, owing)
    assert (Counter(found.settled), found.left) == naively(amount, owing)


@given(st.integers(0, 300), charges, st.randoms())
def test_no_dong_is_lost_and_no_charge_is_paid_twice(
    amount: int, owing: list[Owing], order: object
) -> None:
    shuffled = list(owing)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    found = allocate(amount, shuffled)
    assert sum(found.settled.values()) + found.left == amount
    assert all(
        0 < part <= {one.charge_id: one.outstanding for one in owing}[charge_id]
        for charge_id, part in found.settled.items()
    )
    assert found == allocate(amount, owing)


@given(st.lists(st.integers(1, 50), max_size=5), charges)
def test_credit_of_many_payments_settles_what_one_payment_of_their_sum_would(
    credit: list[int], owing: list[Owing]
) -> None:
    payments = [(str(at), left) for at, left in enumerate(credit)]
    used = use_credit(payments, owing)
    together: Counter[str] = Counter()
    for lines in used.values():
        together.update(lines)
    assert together == Counter(allocate(sum(credit), owing).settled)
    assert all(sum(used[payment].values()) <= left for payment, left in payments if payment in used)
    # The oldest payment is empty before the next one is touched.
    emptied = [sum(used.get(payment, {}).values()) == left for payment, left in payments]
    touched = [payment in used for payment, _ in payments]
    assert all(full or not any(touched[at + 1 :]) for at, full in enumerate(emptied))


def test_the_last_payment_gives_back_first() -> None:
    settled = [("first", 100), ("second", 50)]
    assert free(60, settled) == {"second": 50, "first": 10}
    assert free(50, settled) == {"second": 50}
    assert free(0, settled) == {}


def test_nobody_gives_back_what_was_never_paid() -> None:
    with pytest.raises(ValueError, match="more is given back"):
        free(151, [("first", 100), ("second", 50)])


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), st.data())
def test_what_is_given_back_adds_up(parts: list[int], data: st.DataObject) -> None:
    settled = [(str(at), part) for at, part in enumerate(parts)]
    surplus = data.draw(st.integers(0, sum(parts)))
    freed = free(surplus, settled)
    assert sum(freed.values()) == surplus
    assert all(0 < freed[payment] <= part for payment, part in settled if payment in freed)
