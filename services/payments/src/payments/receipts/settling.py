"""Money and charges meet here: in the ledger, and in the facts that say so.

Whoever calls holds the pupils (``register.queries.pupils(…, hold=True)``), so nobody else settles
the same charge or uses the same credit meanwhile.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from chassis.database import Session
from chassis.outbox import emit
from contracts.payments import (
    MAX_LINES,
    FeePaid,
    FeeReversed,
    Lines,
    ReversalReason,
    SettledLine,
)
from payments.fees import queries as fees
from payments.fees.queries import ChargeLine
from payments.ledger import domain as rules
from payments.ledger import queries as ledger
from payments.ledger.domain import Purse
from payments.ledger.posting import post
from payments.receipts.domain import Allocation, allocate, free, use_credit
from payments.receipts.tables import Payment


class Settlement(NamedTuple):
    """What one payment settled, or no longer settles, by one command."""

    purse: Purse
    day: date
    money: int
    """What came in, or went back; 0 where only credit moved."""
    prepaid: int
    """What it adds to the pupil's credit."""
    lines: Mapping[str, int]
    reversal: ReversalReason | None = None


def purse_of(payment: Payment) -> Purse:
    """Give what the ledger needs to know of a payment."""
    return Purse(
        payment.school_id,
        payment.pupil_id,
        payment.payment_id,
        payment.method,
        payment.unmatched_id is not None,
    )


async def take(
    session: Session, payment: Payment, open_: Sequence[ChargeLine], *, by: str
) -> Settlement:
    """Let a new payment settle the pupil's open charges, by the allocation rule."""
    purse = purse_of(payment)
    split: Allocation = allocate(payment.amount, open_)
    await post(session, [rules.paid(purse, payment.day, payment.amount, split.settled)], by=by)
    return Settlement(purse, payment.day, payment.amount, split.left, split.settled)


async def use_credit_of(
    session: Session, school_id: str, pupil_ids: Collection[str], *, day: date, by: str
) -> Sequence[Settlement]:
    """Let what is left of earlier payments settle what the pupils owe now."""
    credit = await ledger.credits_of(session, school_id, pupil_ids)
    open_ = await fees.open_charges(
        session, school_id, [pupil_id for pupil_id in pupil_ids if credit[pupil_id]]
    )
    used = {
        payment_id: lines
        for pupil_id, charges in open_.items()
        for payment_id, lines in use_credit(credit[pupil_id], charges).items()
    }
    purses = await _purses(session, used)
    settlements = [
        Settlement(purses[payment_id], day, 0, -sum(lines.values()), lines)
        for payment_id, lines in used.items()
    ]
    transactions = [rules.credit_used(one.purse, day, one.lines) for one in settlements]
    await post(session, transactions, by=by)
    return settlements


async def free_surplus(
    session: Session, surplus: Mapping[str, int], *, day: date, by: str
) -> Sequence[Settlement]:
    """Make what charges no longer need (charge → đồng) the pupils' credit again."""
    settled: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for one in await ledger.settled_of(session, surplus):
        settled[one.charge_id].append((one.payment_id, one.amount))
    lines: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for charge_id, amount in surplus.items():
        for payment_id, part in free(amount, settled[charge_id]).items():
            lines[payment_id][charge_id] = part
    purses = await _purses(session, lines)
    settlements = [
        Settlement(
            purses[payment_id],
            day,
            0,
            sum(freed.values()),
            freed,
            ReversalReason.CHARGE_LOWERED,
        )
        for payment_id, freed in lines.items()
    ]
    transactions = [rules.credit_freed(one.purse, day, one.lines) for one in settlements]
    await post(session, transactions, by=by)
    return settlements


async def undo(
    session: Session, payment: Payment, reason: ReversalReason, *, day: date, by: str
) -> Settlement:
    """Take a payment back as it stands now, whatever its money settled meanwhile."""
    purse = purse_of(payment)
    settled = {
        one.charge_id: one.amount for one in await ledger.settled_by(session, [payment.payment_id])
    }
    left = await ledger.credit_left(session, payment.payment_id)
    await post(session, [rules.reversed_(purse, day, settled, left)], by=by)
    return Settlement(purse, day, payment.amount, -left, settled, reason)


async def announce(session: Session, settlements: Sequence[Settlement]) -> None:
    """Emit what was settled and what no longer is; the ledger is written already."""
    if not settlements:
        return
    school_id = settlements[0].purse.school_id
    charges = await fees.charges(session, {one for each in settlements for one in each.lines})
    owed = await ledger.owed_by(session, school_id, {each.purse.pupil_id for each in settlements})
    for one in settlements:
        remaining = owed[one.purse.pupil_id]
        await emit(session, *(_facts(one, charges, remaining)))


def _facts(
    one: Settlement, charges: Mapping[str, ChargeLine], remaining: int
) -> Iterator[FeePaid | FeeReversed]:
    """Yield one fact, or several where the lines are too many for one; they add up to it."""
    lines = iter(one.lines.items())
    prepaid = one.prepaid
    first = True
    while (part := dict(islice(lines, MAX_LINES))) or first:
        settled = sum(part.values())
        if not one.money:
            prepaid = settled if one.reversal else -settled
        yield _fact(one, [_line(one, charges[c], n) for c, n in part.items()], prepaid, remaining)
        first, prepaid = False, 0


def _line(one: Settlement, charge: ChargeLine, amount: int) -> SettledLine:
    return SettledLine(
        charge=charge.charge_id,
        fee_item=charge.fee_item_id,
        kind=charge.kind,
        school_year=charge.school_year,
        due_on=charge.due_on,
        method=one.purse.method,
        amount=amount,
    )


def _fact(
    one: Settlement, lines: list[SettledLine], prepaid: int, remaining: int
) -> FeePaid | FeeReversed:
    settled = sum(line.amount for line in lines)
    if one.reversal is None:
        return FeePaid(
            payment_id=one.purse.payment_id,
            school_id=one.purse.school_id,
            pupil_id=one.purse.pupil_id,
            method=one.purse.method,
            day=one.day,
            received=settled + prepaid,
            prepaid=prepaid,
            lines=Lines.of(lines),
            remaining=remaining,
        )
    return FeeReversed(
        payment_id=one.purse.payment_id,
        school_id=one.purse.school_id,
        pupil_id=one.purse.pupil_id,
        method=one.purse.method,
        day=one.day,
        reason_code=one.reversal,
        returned=settled - prepaid,
        prepaid=prepaid,
        lines=Lines.of(lines),
        remaining=remaining,
    )


async def _purses(session: Session, payment_ids: Collection[str]) -> Mapping[str, Purse]:
    statement = select(Payment).where(col(Payment.payment_id).in_(payment_ids))
    return {one.payment_id: purse_of(one) for one in await session.scalars(statement)}
