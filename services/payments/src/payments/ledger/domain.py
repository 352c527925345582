"""Accounts and the rules by which each thing that happens is posted (định khoản).

What a pupil owes for a charge, what a payment has settled of it and what is left of a payment are
sums of entries and stored nowhere else, so a document and the ledger cannot disagree.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from contracts.payments import PaymentMethod


class AccountKind(StrEnum):
    """What an account holds; those of a pupil or a fee item are one for each."""

    CASH = "cash"
    """Tiền mặt."""
    BANK = "bank"
    """Tiền gửi ngân hàng."""
    VNPAY = "vnpay-clearing"
    """Tiền đang chuyển: taken by VNPAY, not yet in the bank."""
    RECEIVABLE = "receivable"
    """Phải thu của học sinh; each entry names its charge. Never below 0."""
    PREPAYMENT = "prepayment"
    """Tiền nộp thừa: owed to the pupil; each entry names its payment. Never below 0."""
    REVENUE = "revenue"
    """Thu của khoản thu."""
    COLLECTED_FOR_OTHERS = "collected-for-others"
    """Thu hộ: owed to whom the item is collected for."""
    REDUCTION = "reduction"
    """Miễn, giảm của khoản thu: what was not asked of exempted pupils."""
    SUSPENSE = "suspense"
    """Tiền chưa rõ của ai: came in, belongs to nobody yet. Never below 0."""


class TransactionKind(StrEnum):
    """Why entries were made."""

    ASSESSED = "assessed"
    CORRECTED = "corrected"
    PAID = "paid"
    CREDIT_USED = "credit-used"
    CREDIT_FREED = "credit-freed"
    REVERSED = "reversed"
    UNMATCHED = "unmatched"


class Account(NamedTuple):
    """An account of a school; ``holder`` is the pupil or the fee item, where there is one."""

    kind: AccountKind
    holder: str | None = None


class Entry(NamedTuple):
    """One side of a transaction: positive is debit (Nợ), negative credit (Có)."""

    account: Account
    amount: int
    charge_id: str | None = None
    payment_id: str | None = None


class Transaction(NamedTuple):
    """Entries that belong together and add up to nothing."""

    school_id: str
    kind: TransactionKind
    day: date
    entries: tuple[Entry, ...]


class UnbalancedError(Exception):
    """Entries that do not add up to nothing, or are fewer than two: a defect of this service."""


class Owed(NamedTuple):
    """What a charge asks: before exemption, and how much of it is not asked."""

    gross: int
    reduction: int

    @property
    def net(self) -> int:
        """What is left to pay."""
        return self.gross - self.reduction


NOTHING = Owed(0, 0)


class Purse(NamedTuple):
    """One payment of one pupil, whose money the entries are about."""

    school_id: str
    pupil_id: str
    payment_id: str
    method: PaymentMethod
    unmatched: bool = False
    """Its money was kept before anybody knew whose it was."""


_ASSETS = {
    PaymentMethod.CASH: AccountKind.CASH,
    PaymentMethod.BANK_TRANSFER: AccountKind.BANK,
    PaymentMethod.VNPAY: AccountKind.VNPAY,
}


def asset(method: PaymentMethod) -> Account:
    """Give the account on which money of this method arrives."""
    return Account(_ASSETS[method])


def assessed(
    *,
    school_id: str,
    pupil_id: str,
    fee_item_id: str,
    charge_id: str,
    on_behalf: bool,
    day: date,
    before: Owed,
    after: Owed,
) -> Transaction:
    """Ask a pupil for more, or for less: Nợ phải thu, Nợ miễn giảm / Có thu (or thu hộ)."""
    income = AccountKind.COLLECTED_FOR_OTHERS if on_behalf else AccountKind.REVENUE
    return _transaction(
        school_id,
        TransactionKind.ASSESSED if before == NOTHING else TransactionKind.CORRECTED,
        day,
        Entry(
            Account(AccountKind.RECEIVABLE, pupil_id), after.net - before.net, charge_id=charge_id
        ),
        Entry(Account(AccountKind.REDUCTION, fee_item_id), after.reduction - before.reduction),
        Entry(Account(income, fee_item_id), before.gross - after.gross),
    )


def paid(purse: Purse, day: date, amount: int, settled: Mapping[str, int]) -> Transaction:
    """Take money: Nợ tiền (or tiền chưa rõ) / Có phải thu of each charge, Có tiền nộp thừa."""
    return _transaction(
        purse.school_id,
        TransactionKind.PAID,
        day,
        Entry(_origin(purse), amount, payment_id=purse.payment_id),
        *_settling(purse, settled),
        _credit(purse, sum(settled.values()) - amount),
    )


def credit_used(purse: Purse, day: date, settled: Mapping[str, int]) -> Transaction:
    """Settle charges out of what is left of a payment: Nợ tiền nộp thừa / Có phải thu."""
    return _transaction(
        purse.school_id,
        TransactionKind.CREDIT_USED,
        day,
        _credit(purse, sum(settled.values())),
        *_settling(purse, settled),
    )


def credit_freed(purse: Purse, day: date, freed: Mapping[str, int]) -> Transaction:
    """Make what a charge no longer needs the pupil's credit: Nợ phải thu / Có tiền nộp thừa."""
    return _transaction(
        purse.school_id,
        TransactionKind.CREDIT_FREED,
        day,
        *_settling(purse, {charge_id: -amount for charge_id, amount in freed.items()}),
        _credit(purse, -sum(freed.values())),
    )


def reversed_(purse: Purse, day: date, settled: Mapping[str, int], left: int) -> Transaction:
    """Undo a payment as it stands now: Nợ phải thu, Nợ tiền nộp thừa / Có tiền."""
    return _transaction(
        purse.school_id,
        TransactionKind.REVERSED,
        day,
        *_settling(purse, {charge_id: -amount for charge_id, amount in settled.items()}),
        _credit(purse, left),
        Entry(_origin(purse), -(sum(settled.values()) + left), payment_id=purse.payment_id),
    )


def kept(school_id: str, method: PaymentMethod, day: date, amount: int) -> Transaction:
    """Keep money that nobody can name yet: Nợ tiền / Có tiền chưa rõ."""
    return _transaction(
        school_id,
        TransactionKind.UNMATCHED,
        day,
        Entry(asset(method), amount),
        Entry(Account(AccountKind.SUSPENSE), -amount),
    )


def _origin(purse: Purse) -> Account:
    return Account(AccountKind.SUSPENSE) if purse.unmatched else asset(purse.method)


def _settling(purse: Purse, settled: Mapping[str, int]) -> Iterable[Entry]:
    account = Account(AccountKind.RECEIVABLE, purse.pupil_id)
    for charge_id, amount in settled.items():
        yield Entry(account, -amount, charge_id, purse.payment_id)


def _credit(purse: Purse, amount: int) -> Entry:
    account = Account(AccountKind.PREPAYMENT, purse.pupil_id)
    return Entry(account, amount, payment_id=purse.payment_id)


def _transaction(school_id: str, kind: TransactionKind, day: date, *entries: Entry) -> Transaction:
    made = tuple(entry for entry in entries if entry.amount)
    if len(made) < 2 or sum(entry.amount for entry in made) != 0:  # noqa: PLR2004 - "double" entry
        raise UnbalancedError(f"{kind}: {[(entry.account.kind, entry.amount) for entry in made]}")
    return Transaction(school_id, kind, day, made)
