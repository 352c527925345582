"""How each thing that happens is posted, and a clerk's books that must agree after any history."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contracts.payments import PaymentMethod
from payments.ledger import domain as ledger
from payments.ledger.domain import (
    NOTHING,
    AccountKind,
    Owed,
    Purse,
    Transaction,
    TransactionKind,
    UnbalancedError,
)
from payments.receipts.domain import allocate, free, use_credit

DAY = date(2026, 11, 20)
PURSE = Purse("school", "pupil", "payment", PaymentMethod.CASH)
K = AccountKind


def sums(transaction: Transaction) -> dict[AccountKind, int]:
    found: Counter[AccountKind] = Counter()
    for entry in transaction.entries:
        found[entry.account.kind] += entry.amount
    return dict(found)


def assessed(before: Owed, after: Owed, *, on_behalf: bool = False) -> Transaction:
    return ledger.assessed(
        school_id="school",
        pupil_id="pupil",
        fee_item_id="item",
        charge_id="charge",
        on_behalf=on_behalf,
        day=DAY,
        before=before,
        after=after,
    )


def test_an_assessment_is_owed_and_is_revenue() -> None:
    made = assessed(NOTHING, Owed(1_250_000, 0))
    assert made.kind is TransactionKind.ASSESSED
    assert sums(made) == {K.RECEIVABLE: 1_250_000, K.REVENUE: -1_250_000}
    assert made.entries[0].charge_id == "charge"


def test_what_is_collected_for_others_is_no_revenue() -> None:
    made = assessed(NOTHING, Owed(631_800, 0), on_behalf=True)
    assert sums(made) == {K.RECEIVABLE: 631_800, K.COLLECTED_FOR_OTHERS: -631_800}


def test_an_exemption_is_posted_and_never_edits_the_fee() -> None:
    made = assessed(NOTHING, Owed(1000, 700))
    assert sums(made) == {K.RECEIVABLE: 300, K.REDUCTION: 700, K.REVENUE: -1000}
    assert sums(assessed(NOTHING, Owed(1000, 1000))) == {K.REDUCTION: 1000, K.REVENUE: -1000}


def test_a_correction_posts_the_difference() -> None:
    made = assessed(Owed(1000, 0), Owed(800, 200))
    assert made.kind is TransactionKind.CORRECTED
    assert sums(made) == {K.RECEIVABLE: -400, K.REDUCTION: 200, K.REVENUE: 200}
    assert sums(assessed(Owed(1000, 0), NOTHING)) == {K.RECEIVABLE: -1000, K.REVENUE: 1000}


def test_a_correction_that_changes_nothing_is_a_defect() -> None:
    with pytest.raises(UnbalancedError):
        assessed(Owed(1000, 0), Owed(1000, 0))


def test_a_payment_settles_charges_and_the_rest_is_owed_to_the_pupil() -> None:
    made = ledger.paid(PURSE, DAY, 500, {"a": 300, "b": 100})
    assert sums(made) == {K.CASH: 500, K.RECEIVABLE: -400, K.PREPAYMENT: -100}
    assert [entry.charge_id for entry in made.entries] == [None, "a", "b", None]
    assert {entry.payment_id for entry in made.entries} == {"payment"}


@pytest.mark.parametrize(
    ("method", "account"),
    [
        (PaymentMethod.CASH, K.CASH),
        (PaymentMethod.BANK_TRANSFER, K.BANK),
        (PaymentMethod.VNPAY, K.VNPAY),
    ],
)
def test_money_arrives_where_its_method_says(method: PaymentMethod, account: AccountKind) -> None:
    made = ledger.paid(PURSE._replace(method=method), DAY, 5, {"a": 5})
    assert sums(made) == {account: 5, K.RECEIVABLE: -5}
    assert sums(ledger.kept("school", method, DAY, 5)) == {account: 5, K.SUSPENSE: -5}


def test_money_that_was_kept_comes_out_of_suspense_and_goes_back_there() -> None:
    named = PURSE._replace(unmatched=True)
    assert sums(ledger.paid(named, DAY, 5, {})) == {K.SUSPENSE: 5, K.PREPAYMENT: -5}
    assert sums(ledger.reversed_(named, DAY, {}, 5)) == {K.SUSPENSE: -5, K.PREPAYMENT: 5}


def test_a_reversal_undoes_what_is_settled_now() -> None:
    made = ledger.reversed_(PURSE, DAY, {"a": 300, "c": 40}, 60)
    assert sums(made) == {K.CASH: -400, K.RECEIVABLE: 340, K.PREPAYMENT: 60}


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 10**9), min_size=1), st.integers(0, 99))
def test_credit_that_is_used_and_freed_again_leaves_nothing(
    lines: dict[str, int], rest: int
) -> None:
    transactions = [
        ledger.paid(PURSE, DAY, sum(lines.values()) + rest, {}),
        ledger.credit_used(PURSE, DAY, lines),
        ledger.credit_freed(PURSE, DAY, lines),
        ledger.reversed_(PURSE, DAY, {}, sum(lines.values()) + rest),
    ]
    total: Counter[object] = Counter()
    for one in transactions:
        assert sum(entry.amount for entry in one.entries) == 0
        for entry in one.entries:
            total[entry.account, entry.charge_id] += entry.amount
    assert not any(total.values())


class Books(RuleBasedStateMachine):
    """Whatever is assessed, paid, corrected and reversed, a clerk with a notebook agrees.

    The clerk keeps for each charge what was asked and for each payment where its money lies.
    """

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[ledger.Entry] = []
        self.asked: dict[str, int] = {}
        self.money: dict[str, int] = {}
        self.spent: dict[str, Counter[str]] = {}
        self.payments = 0

    # What the ledger says.

    def balance(self, kind: AccountKind, **of: str) -> int:
        return sum(
            entry.amount
            for entry in self.entries
            if entry.account.kind is kind
            and all(getattr(entry, name) == value for name, value in of.items())
        )

    def post(self, transaction: Transaction) -> None:
        self.entries += transaction.entries

    def owing(self) -> list["Owing"]:
        return [
            Owing(charge, self.balance(K.RECEIVABLE, charge_id=charge), at)
            for at, charge in enumerate(self.asked)
        ]

    def purse(self, payment: str) -> Purse:
        return PURSE._replace(payment_id=payment)

    def credit(self) -> list[tuple[str, int]]:
        left = {one: -self.balance(K.PREPAYMENT, payment_id=one) for one in self.money}
        return [(one, amount) for one, amount in left.items() if amount]

    @rule(amount=st.integers(1, 50))
    def assess(self, amount: int) -> None:
        charge = f"charge {len(self.asked)}"
        self.asked[charge] = amount
        self.post(
            ledger.assessed(
                school_id="school",
                pupil_id="pupil",
                fee_item_id="item",
                charge_id=charge,
                on_behalf=False,
                day=DAY,
                before=NOTHING,
                after=Owed(amount, 0),
            )
        )

    @rule(amount=st.integers(1, 120))
    def pay(self, amount: int) -> None:
        self.payments += 1
        payment = f"payment {self.payments:03}"
        split = allocate(amount, self.owing())
        self.money[payment] = amount
        self.spent[payment] = Counter(split.settled)
        self.post(ledger.paid(self.purse(payment), DAY, amount, split.settled))

    @rule()
    def use_credit(self) -> None:
        for payment, lines in use_credit(self.credit(), self.owing()).items():
            self.spent[payment].update(lines)
            self.post(ledger.credit_used(self.purse(payment), DAY, lines))

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), amount=st.integers(0, 50))
    def correct(self, data: st.DataObject, amount: int) -> None:
        charge = data.draw(st.sampled_from(sorted(self.asked)))
        before, self.asked[charge] = self.asked[charge], amount
        if before == amount:
            return
        settled = [(one, lines[charge]) for one, lines in self.spent.items()]
        surplus = sum(part for _, part in settled) - amount
        for payment, part in free(max(surplus, 0), settled).items():
            self.spent[payment][charge] -= part
            self.post(ledger.credit_freed(self.purse(payment), DAY, {charge: part}))
        self.post(
            ledger.assessed(
                school_id="school",
                pupil_id="pupil",
                fee_item_id="item",
                charge_id=charge,
                on_behalf=False,
                day=DAY,
                before=Owed(before, 0),
                after=Owed(amount, 0),
            )
        )

    @precondition(lambda self: self.money)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        payment = data.draw(st.sampled_from(sorted(self.money)))
        settled = {charge: part for charge, part in self.spent[payment].items() if part}
        left = dict(self.credit()).get(payment, 0)
        self.post(ledger.reversed_(self.purse(payment), DAY, settled, left))
        del self.money[payment], self.spent[payment]

    # What must hold after every step.

    @invariant()
    def debits_are_credits(self) -> None:
        assert sum(entry.amount for entry in self.entries) == 0

    @invariant()
    def each_charge_owes_what_was_asked_less_what_was_paid(self) -> None:
        for charge, amount in self.asked.items():
            paid = sum(lines[charge] for lines in self.spent.values())
            assert self.balance(K.RECEIVABLE, charge_id=charge) == amount - paid >= 0

    @invariant()
    def each_payment_is_spent_or_the_pupils_credit(self) -> None:
        for payment, amount in self.money.items():
            left = -self.balance(K.PREPAYMENT, payment_id=payment)
            assert left == amount - self.spent[payment].total() >= 0

    @invariant()
    def the_drawer_holds_what_was_paid(self) -> None:
        assert self.balance(K.CASH) == sum(self.money.values())

    @invariant()
    def revenue_is_what_was_asked(self) -> None:
        assert -self.balance(K.REVENUE) == sum(self.asked.values())


class Owing:
    """A charge as the allocation rule sees it."""

    mandatory = True
    due_on = DAY

    def __init__(self, charge_id: str, outstanding: int, number: int) -> None:
        self.charge_id = charge_id
        self.outstanding = outstanding
        self.number = number


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
