"""What can be done with money, each in the one transaction that it is given.

Locks are taken in one order everywhere: request or reversal or unmatched money, payment, pupils,
receipt numbers.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import business_day, new_id, now
from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Forbidden, Invalid
from contracts.payments import PaymentMethod, ReversalReason
from payments.fees import queries as fees
from payments.fees.queries import ChargeLine
from payments.ledger import domain as rules
from payments.ledger.posting import post
from payments.receipts import queries, settling
from payments.receipts.domain import ReversalState, UnmatchedReason
from payments.receipts.settling import Settlement
from payments.receipts.tables import Payment, ReceiptSeries, Reversal, UnmatchedMoney
from payments.register import queries as register


class NewPayment(NamedTuple):
    """Money that a pupil's family paid."""

    pupil_id: str
    amount: int
    method: PaymentMethod
    day: date | None = None
    external_id: str | None = None
    note: str | None = None
    unmatched_id: str | None = None


class Recorded(NamedTuple):
    """A payment and what it settled."""

    payment: Payment
    settlement: Settlement


async def record(
    session: Session, school_id: str, wanted: Sequence[NewPayment], *, by: str
) -> Sequence[Recorded]:
    """Take money: each payment gets a receipt and settles what is due first; all or none.

    Raises:
        Invalid: a payment's day or number cannot be.
        Conflict: a pupil owes this school nothing and is not here, or a transfer is known already.
    """
    today = business_day(now())
    _check(wanted, today)
    pupil_ids = {one.pupil_id for one in wanted}
    pupils = await register.pupils(session, pupil_ids, hold=True)
    charges = await fees.charges_of(session, school_id, pupil_ids)
    _check_here(school_id, wanted, pupils, charges)
    open_: dict[str, list[ChargeLine]] = {pupil_id: [] for pupil_id in pupil_ids}
    for charge in charges:
        open_[charge.pupil_id].append(charge)
    number = await _receipts(session, school_id, today.year, len(wanted))
    recorded = []
    for at, one in enumerate(wanted):
        payment = await _insert(
            session,
            Payment(
                payment_id=new_id(),
                school_id=school_id,
                pupil_id=one.pupil_id,
                method=one.method,
                amount=one.amount,
                day=one.day or today,
                receipt_year=today.year,
                receipt_number=number + at,
                external_id=one.external_id,
                unmatched_id=one.unmatched_id,
                note=one.note,
                recorded_by=by,
                recorded_at=now(),
                reversed=False,
            ),
            at,
        )
        settlement = await settling.take(session, payment, open_[one.pupil_id], by=by)
        open_[one.pupil_id] = [
            line._replace(outstanding=line.outstanding - settlement.lines.get(line.charge_id, 0))
            for line in open_[one.pupil_id]
        ]
        recorded.append(Recorded(payment, settlement))
    await settling.announce(session, [one.settlement for one in recorded])
    return recorded


def _check(wanted: Sequence[NewPayment], today: date) -> None:
    faults = [
        FieldError(f"payments[{at}].day", "Ngày thu ở tương lai.", "Sửa ngày thu.")
        for at, one in enumerate(wanted)
        if one.day is not None and one.day > today
    ]
    if faults:
        raise Invalid("payment-refused", "Có khoản nộp không ghi được.", errors=faults)


def _check_here(
    school_id: str,
    wanted: Sequence[NewPayment],
    pupils: Mapping[str, register.KnownPupil],
    charges: Sequence[ChargeLine],
) -> None:
    here = {pupil_id for pupil_id, pupil in pupils.items() if pupil.school_id == school_id}
    # Who has left still may pay what is owed.
    here |= {charge.pupil_id for charge in charges}
    faults = [
        FieldError(
            f"payments[{at}].pupil_id",
            f"Học sinh {one.pupil_id} không học và không nợ khoản nào ở trường này.",
            "Kiểm tra mã học sinh.",
        )
        for at, one in enumerate(wanted)
        if one.pupil_id not in here
    ]
    if faults:
        raise Conflict("pupils-not-here", "Chưa ghi khoản nộp nào.", errors=faults)


async def _receipts(session: Session, school_id: str, year: int, count: int) -> int:
    """Take receipt numbers; the row stays locked, so a number is used or never given."""
    table = table_of(ReceiptSeries)
    statement = (
        insert(table)
        .values(school_id=school_id, receipt_year=year, last=count)
        .on_conflict_do_update(
            index_elements=["school_id", "receipt_year"], set_={"last": table.c.last + count}
        )
        .returning(table.c.last)
    )
    last: int = (await session.execute(statement)).scalar_one()
    return last - count + 1


async def _insert(session: Session, payment: Payment, at: int) -> Payment:
    row = payment.model_dump(exclude={"number"})
    statement = insert(table_of(Payment)).values(row).on_conflict_do_nothing()
    done = await session.execute(statement.returning(table_of(Payment).c.payment_id))
    if done.first() is None:
        raise Conflict(
            "payment-already-recorded",
            "Giao dịch này đã được ghi; chưa ghi khoản nộp nào.",
            errors=[
                FieldError(
                    f"payments[{at}].external_id",
                    f"Số giao dịch {payment.external_id} đã có phiếu thu.",
                    "Kiểm tra số giao dịch của ngân hàng.",
                )
            ],
        )
    return payment


async def use_credit(
    session: Session, school_id: str, pupil_id: str, *, by: str
) -> Sequence[Settlement]:
    """Let a pupil's credit settle what is due first."""
    await register.pupils(session, [pupil_id], hold=True)
    settlements = await settling.use_credit_of(
        session, school_id, [pupil_id], day=business_day(now()), by=by
    )
    await settling.announce(session, settlements)
    return settlements


async def request_reversal(
    session: Session, payment: Payment, reason_code: ReversalReason, reason: str, *, by: str
) -> Reversal:
    """Ask that a payment be undone; ``payment`` is held.

    Raises:
        Conflict: it is undone already, or somebody asked before.
    """
    if payment.reversed:
        raise Conflict("payment-reversed", "Khoản nộp này đã huỷ.")
    reversal = Reversal(
        reversal_id=new_id(),
        payment_id=payment.payment_id,
        state=ReversalState.REQUESTED,
        reason_code=reason_code,
        reason=reason,
        requested_by=by,
        requested_at=now(),
        decided_by=None,
        decided_at=None,
        decision_reason=None,
    )
    earlier = await queries.reversals_of(session, payment.payment_id)
    if any(one.state is ReversalState.REQUESTED for one in earlier):
        raise Conflict("reversal-requested", "Đã có đề nghị huỷ khoản nộp này, đang chờ duyệt.")
    session.add(reversal)
    await session.flush()
    return reversal


async def decide_reversal(
    session: Session,
    reversal: Reversal,
    payment: Payment,
    *,
    approve: bool,
    reason: str | None,
    by: str,
) -> Settlement | None:
    """Approve or reject what somebody else asked; both are held. Gives what was undone.

    Raises:
        Conflict: it is decided already.
        Forbidden: the one who asks, or who took the money, decides.
    """
    if reversal.state is not ReversalState.REQUESTED:
        raise Conflict("reversal-decided", "Đề nghị này đã được quyết định.")
    if by in (reversal.requested_by, payment.recorded_by):
        raise Forbidden(
            "second-person-needed", "Người thu tiền hoặc người đề nghị không được tự duyệt."
        )
    reversal.state = ReversalState.APPROVED if approve else ReversalState.REJECTED
    reversal.decided_by, reversal.decided_at, reversal.decision_reason = by, now(), reason
    await session.flush()
    if not approve:
        return None
    payment.reversed = True
    await session.flush()
    await register.pupils(session, [payment.pupil_id], hold=True)
    settlement = await settling.undo(
        session, payment, reversal.reason_code, day=business_day(now()), by=by
    )
    if payment.unmatched_id is not None:
        await _name(session, payment.unmatched_id, None)
    await settling.announce(session, [settlement])
    return settlement


async def keep_unmatched(
    session: Session, money: UnmatchedMoney, *, by: str
) -> UnmatchedMoney | None:
    """Keep money that nobody can name, once for its number; None when it is kept already."""
    table = table_of(UnmatchedMoney)
    statement = insert(table).values(money.model_dump()).on_conflict_do_nothing()
    kept = await session.execute(statement.returning(table.c.unmatched_id))
    if kept.first() is None:
        return None
    await post(session, [rules.kept(money.school_id, money.method, money.day, money.amount)], by=by)
    return money


async def match(session: Session, money: UnmatchedMoney, pupil_id: str, *, by: str) -> Recorded:
    """Say whose the money is: it becomes that pupil's payment; ``money`` is held.

    Raises:
        Conflict: it has a name already, or the pupil has nothing to do with the school.
    """
    if money.payment_id is not None:
        raise Conflict("money-matched", "Khoản tiền này đã được ghi cho một học sinh.")
    new = NewPayment(
        pupil_id,
        money.amount,
        money.method,
        money.day,
        money.external_id,
        None,
        money.unmatched_id,
    )
    (recorded,) = await record(session, money.school_id, [new], by=by)
    await _name(session, money.unmatched_id, recorded.payment.payment_id)
    return recorded


async def _name(session: Session, unmatched_id: str, payment_id: str | None) -> None:
    await session.execute(
        update(UnmatchedMoney)
        .where(col(UnmatchedMoney.unmatched_id) == unmatched_id)
        .values(payment_id=payment_id)
    )


def unmatched(
    school_id: str,
    method: PaymentMethod,
    *,
    external_id: str,
    amount: int,
    day: date,
    why: UnmatchedReason,
    reference: str,
) -> UnmatchedMoney:
    """Describe money that nobody can name."""
    return UnmatchedMoney(
        unmatched_id=new_id(),
        school_id=school_id,
        method=method,
        external_id=external_id,
        amount=amount,
        day=day,
        why=why,
        reference=reference,
        received_at=now(),
        payment_id=None,
    )


async def forget_words(session: Session, pupil_ids: Sequence[str]) -> None:
    """Delete what people wrote about these pupils' payments; the figures stay."""
    of_pupils = select(col(Payment.payment_id)).where(col(Payment.pupil_id).in_(pupil_ids))
    await session.execute(
        update(Payment).where(col(Payment.pupil_id).in_(pupil_ids)).values(note=None)
    )
    await session.execute(
        update(Reversal)
        .where(col(Reversal.payment_id).in_(of_pupils))
        .values(reason=None, decision_reason=None)
    )
