"""What other slices and readers may know of payments."""

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

from sqlalchemy import select
from sqlmodel import col

from chassis.database import Session
from payments.receipts.domain import ReversalState
from payments.receipts.tables import Payment, Reversal, UnmatchedMoney

Paid: TypeAlias = Payment
"""A payment, to be read."""


async def payment(session: Session, payment_id: str, *, hold: bool = False) -> Payment | None:
    """Give a payment; with ``hold`` nobody else reverses it until the transaction ends."""
    statement = select(Payment).where(col(Payment.payment_id) == payment_id)
    if hold:
        statement = statement.with_for_update(key_share=True)
    return (await session.scalars(statement)).one_or_none()


async def payments_of(session: Session, school_id: str, pupil_id: str) -> Sequence[Payment]:
    """Give what a pupil paid to a school, in order."""
    statement = (
        select(Payment)
        .where(col(Payment.pupil_id) == pupil_id, col(Payment.school_id) == school_id)
        .order_by(col(Payment.number))
    )
    return (await session.scalars(statement)).all()


async def payments_of_day(session: Session, school_id: str, day: date) -> Sequence[Payment]:
    """Give what a school took on a day, in order."""
    statement = (
        select(Payment)
        .where(col(Payment.school_id) == school_id, col(Payment.day) == day)
        .order_by(col(Payment.number))
    )
    return (await session.scalars(statement)).all()


async def reversals_of(session: Session, payment_id: str) -> Sequence[Reversal]:
    """Give every request to reverse a payment, in order."""
    statement = (
        select(Reversal)
        .where(col(Reversal.payment_id) == payment_id)
        .order_by(col(Reversal.reversal_id))
    )
    return (await session.scalars(statement)).all()


async def reversal(session: Session, reversal_id: str, *, hold: bool = False) -> Reversal | None:
    """Give a request; with ``hold`` nobody else decides it until the transaction ends."""
    statement = select(Reversal).where(col(Reversal.reversal_id) == reversal_id)
    if hold:
        statement = statement.with_for_update()
    return (await session.scalars(statement)).one_or_none()


async def undecided(session: Session, school_id: str) -> Sequence[Reversal]:
    """Give the requests of a school that wait for a decision, the oldest first."""
    statement = (
        select(Reversal)
        .join(Payment, col(Payment.payment_id) == col(Reversal.payment_id))
        .where(col(Payment.school_id) == school_id, col(Reversal.state) == ReversalState.REQUESTED)
        .order_by(col(Reversal.reversal_id))
    )
    return (await session.scalars(statement)).all()


async def unmatched(
    session: Session, unmatched_id: str, *, hold: bool = False
) -> UnmatchedMoney | None:
    """Give money without a name; with ``hold`` nobody else names it meanwhile."""
    statement = select(UnmatchedMoney).where(col(UnmatchedMoney.unmatched_id) == unmatched_id)
    if hold:
        statement = statement.with_for_update()
    return (await session.scalars(statement)).one_or_none()


async def unmatched_of(session: Session, school_id: str) -> Sequence[UnmatchedMoney]:
    """Give a school's money that nobody has named, the oldest first."""
    statement = (
        select(UnmatchedMoney)
        .where(col(UnmatchedMoney.school_id) == school_id, col(UnmatchedMoney.payment_id).is_(None))
        .order_by(col(UnmatchedMoney.unmatched_id))
    )
    return (await session.scalars(statement)).all()
