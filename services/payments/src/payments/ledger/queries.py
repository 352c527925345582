"""What the ledger knows; every sum is made from its entries at the time of asking."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ScalarSelect, SQLColumnExpression, func, select
from sqlmodel import col

from chassis.database import Session
from payments.base import total
from payments.ledger.domain import AccountKind
from payments.ledger.tables import LedgerAccount, LedgerEntry

_BALANCE = total(col(LedgerEntry.debit) - col(LedgerEntry.credit))


class Credit(NamedTuple):
    """What is left of a payment."""

    payment_id: str
    left: int


class Settled(NamedTuple):
    """What a payment has settled of a charge."""

    charge_id: str
    payment_id: str
    amount: int


class Total(NamedTuple):
    """All entries of one kind of account."""

    kind: AccountKind
    debit: int
    credit: int


def outstanding_of(charge_id: SQLColumnExpression[str]) -> ScalarSelect[int]:
    """Say in SQL what is still to be paid of a charge, for another slice's statement."""
    return select(_BALANCE).where(col(LedgerEntry.charge_id) == charge_id).scalar_subquery()


async def outstanding(session: Session, charge_ids: Collection[str]) -> Mapping[str, int]:
    """Give what is still to be paid of each charge."""
    statement = (
        select(col(LedgerEntry.charge_id), _BALANCE)
        .where(col(LedgerEntry.charge_id).in_(charge_ids))
        .group_by(col(LedgerEntry.charge_id))
    )
    found = {str(charge_id): balance for charge_id, balance in await session.execute(statement)}
    return {charge_id: found.get(charge_id, 0) for charge_id in charge_ids}


async def credits_of(
    session: Session, school_id: str, pupil_ids: Collection[str]
) -> Mapping[str, Sequence[Credit]]:
    """Give what is left of each pupil's payments to a school, the oldest payment first."""
    left = -_BALANCE
    statement = (
        select(col(LedgerAccount.holder_id), col(LedgerEntry.payment_id), left)
        .join(LedgerAccount, col(LedgerAccount.account_id) == col(LedgerEntry.account_id))
        .where(
            col(LedgerAccount.school_id) == school_id,
            col(LedgerAccount.kind) == AccountKind.PREPAYMENT,
            col(LedgerAccount.holder_id).in_(pupil_ids),
        )
        .group_by(col(LedgerAccount.holder_id), col(LedgerEntry.payment_id))
        .having(left > 0)
        .order_by(func.min(col(LedgerEntry.entry_id)))
    )
    found: defaultdict[str, list[Credit]] = defaultdict(list)
    for pupil_id, payment_id, amount in await session.execute(statement):
        found[str(pupil_id)].append(Credit(str(payment_id), amount))
    return {pupil_id: found[pupil_id] for pupil_id in pupil_ids}


async def credit_left(session: Session, payment_id: str) -> int:
    """Give what is left of one payment."""
    statement = select(-_BALANCE).where(
        col(LedgerEntry.payment_id) == payment_id,
        col(LedgerEntry.kind) == AccountKind.PREPAYMENT,
    )
    return (await session.execute(statement)).scalar_one()


async def settled_by(session: Session, payment_ids: Collection[str]) -> Sequence[Settled]:
    """Give what payments have settled, in the order in which they did."""
    return await _settled(session, payment_ids=payment_ids)


async def settled_of(session: Session, charge_ids: Collection[str]) -> Sequence[Settled]:
    """Give which payments have settled these charges, in the order in which they did."""
    return await _settled(session, charge_ids=charge_ids)


async def _settled(
    session: Session,
    *,
    payment_ids: Collection[str] | None = None,
    charge_ids: Collection[str] | None = None,
) -> Sequence[Settled]:
    amount = -_BALANCE
    statement = (
        select(col(LedgerEntry.charge_id), col(LedgerEntry.payment_id), amount)
        .where(col(LedgerEntry.charge_id).is_not(None), col(LedgerEntry.payment_id).is_not(None))
        .group_by(col(LedgerEntry.charge_id), col(LedgerEntry.payment_id))
        .having(amount > 0)
        .order_by(func.min(col(LedgerEntry.entry_id)))
    )
    if payment_ids is not None:
        statement = statement.where(col(LedgerEntry.payment_id).in_(payment_ids))
    if charge_ids is not None:
        statement = statement.where(col(LedgerEntry.charge_id).in_(charge_ids))
    rows = await session.execute(statement)
    return [Settled(str(charge), str(payment), amount) for charge, payment, amount in rows]


async def trial_balance(session: Session, school_id: str) -> Sequence[Total]:
    """Give the sums of a school's accounts by kind (bảng cân đối thử)."""
    statement = (
        select(
            col(LedgerEntry.kind),
            total(col(LedgerEntry.debit)),
            total(col(LedgerEntry.credit)),
        )
        .where(col(LedgerEntry.school_id) == school_id)
        .group_by(col(LedgerEntry.kind))
    )
    found = [Total(*row) for row in (await session.execute(statement)).all()]
    return sorted(found, key=lambda one: list(AccountKind).index(one.kind))


async def owed_by(
    session: Session, school_id: str, pupil_ids: Collection[str]
) -> Mapping[str, int]:
    """Give all that each pupil owes to a school, late or not."""
    statement = (
        select(col(LedgerAccount.holder_id), _BALANCE)
        .join(LedgerEntry, col(LedgerEntry.account_id) == col(LedgerAccount.account_id))
        .where(
            col(LedgerAccount.school_id) == school_id,
            col(LedgerAccount.kind) == AccountKind.RECEIVABLE,
            col(LedgerAccount.holder_id).in_(pupil_ids),
        )
        .group_by(col(LedgerAccount.holder_id))
    )
    found = {str(pupil_id): balance for pupil_id, balance in await session.execute(statement)}
    return {pupil_id: found.get(pupil_id, 0) for pupil_id in pupil_ids}
