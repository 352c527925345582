"""Asking for payment through VNPAY, and hearing what became of it."""

from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import BUSINESS_ZONE, new_id, now
from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid, Problem
from chassis.sealing import MasterKeys
from contracts.payments import PaymentMethod
from payments.channels import queries as channels
from payments.channels.queries import Terminal
from payments.ledger import queries as ledger
from payments.receipts import commands as receipts
from payments.receipts.commands import NewPayment
from payments.receipts.domain import UnmatchedReason
from payments.register import queries as register
from payments.vnpay import domain, signing
from payments.vnpay.domain import Decision, Reply, Report, RequestState
from payments.vnpay.tables import VnpayReport, VnpayRequest

BY = "vnpay"
"""Who records what VNPAY reports."""

_log = structlog.get_logger("payments.vnpay")


class Page(NamedTuple):
    """Where the payer goes."""

    request: VnpayRequest
    url: str
    expires_at: datetime


async def ask(
    session: Session,
    pupil: register.KnownPupil,
    school_id: str,
    *,
    amount: int | None,
    pay_url: str | None,
    keys: MasterKeys,
    address: str,
    by: str,
) -> Page:
    """Make a request for what a pupil owes, or for an amount, and the address that pays it.

    It reserves nothing: until VNPAY reports a success, nothing is paid.

    Raises:
        Conflict: the school takes no payments through VNPAY, or nothing is owed.
        Invalid: more than VNPAY takes at once.
    """
    terminal = await channels.terminal_of(session, school_id)
    if pay_url is None or terminal is None or not terminal.enabled:
        raise Conflict("vnpay-not-enabled", "Trường chưa mở kênh thanh toán VNPAY.")
    owed = (await ledger.owed_by(session, school_id, [pupil.pupil_id]))[pupil.pupil_id]
    asked = owed if amount is None else amount
    if not asked:
        raise Conflict("nothing-owed", "Học sinh không còn khoản nào phải nộp.")
    if asked > domain.MOST:
        raise Invalid(
            "amount-refused",
            "Số tiền vượt mức một lần thanh toán.",
            errors=[FieldError("amount", "VNPAY không nhận số tiền này.", "Chia làm nhiều lần.")],
        )
    moment = now()
    request = VnpayRequest(
        reference=register.reference(new_id()),
        school_id=school_id,
        pupil_id=pupil.pupil_id,
        amount=asked,
        state=RequestState.OPEN,
        transaction=None,
        payment_id=None,
        requested_by=by,
        requested_at=moment,
    )
    session.add(request)
    await session.flush()
    page = domain.payment_page(
        terminal=terminal.code,
        reference=request.reference,
        amount=asked,
        return_url=terminal.return_url,
        address=address,
        created=moment.astimezone(BUSINESS_ZONE),
    )
    query = signing.signed_query(page, _secret(terminal, keys))
    return Page(request, f"{pay_url}?{query}", moment + domain.LIFETIME)


async def hear(session: Session, query: str, keys: MasterKeys) -> Reply:
    """Take a report (IPN): whoever can send one is anybody, so nothing is believed unsigned.

    The same report may come any number of times and changes something once.
    """
    read = signing.read(query)
    terminal = read and await channels.terminal(session, read.values.get("vnp_TmnCode"))
    if not read or not terminal or not signing.is_signed(read, _secret(terminal, keys)):
        _log.warning("report of VNPAY refused", known_terminal=bool(terminal))
        return Reply.WRONG_SIGNATURE
    said = domain.report(read.values)
    if said is None:
        _log.error("report of VNPAY is signed, but not as specified", school=terminal.school_id)
        return Reply.OUR_FAULT
    request = await _held(session, said.reference, terminal.school_id)
    decision = domain.decide(
        domain.Request(request.amount, request.state, request.transaction) if request else None,
        said,
    )
    if decision.alarm:
        _log.error("VNPAY reports two outcomes of one request", reference=said.reference)
    await _keep_report(session, terminal.school_id, said, query, decision.reply)
    await _do(session, terminal.school_id, request, said, decision)
    return decision.reply


async def _do(
    session: Session,
    school_id: str,
    request: VnpayRequest | None,
    said: Report,
    decision: Decision,
) -> None:
    if decision.keep is not None:
        await _keep(session, school_id, said, decision.keep)
    if request is None or decision.state is None:
        return
    request.state = decision.state
    if decision.state is RequestState.PAID:
        request.transaction = said.transaction
        new = NewPayment(
            request.pupil_id,
            said.amount,
            PaymentMethod.VNPAY,
            said.day,
            said.transaction,
        )
        try:
            async with session.begin_nested():
                (recorded,) = await receipts.record(session, school_id, [new], by=BY)
                request.payment_id = recorded.payment.payment_id
        except Problem:
            # The payer's money is gone whatever we think of it: it is never refused, only kept.
            await _keep(session, school_id, said, UnmatchedReason.REFUSED)
    await session.flush()


async def _keep(session: Session, school_id: str, said: Report, why: UnmatchedReason) -> None:
    money = receipts.unmatched(
        school_id,
        PaymentMethod.VNPAY,
        external_id=said.transaction,
        amount=said.amount,
        day=said.day,
        why=why,
        reference=said.reference,
    )
    if await receipts.keep_unmatched(session, money, by=BY):
        _log.error("money of VNPAY has no name", school=school_id, why=why)


async def _held(session: Session, reference: str, school_id: str) -> VnpayRequest | None:
    statement = (
        select(VnpayRequest)
        .where(col(VnpayRequest.reference) == reference, col(VnpayRequest.school_id) == school_id)
        .with_for_update()
    )
    return (await session.scalars(statement)).one_or_none()


async def _keep_report(
    session: Session, school_id: str, said: Report, query: str, reply: Reply
) -> None:
    table = table_of(VnpayReport)
    moment = now()
    row = said._asdict() | {
        "school_id": school_id,
        "query": query,
        "reply": reply,
        "times": 1,
        "first_at": moment,
        "last_at": moment,
    }
    del row["day"]
    same = ("terminal", "reference", "transaction", "response", "status", "amount")
    await session.execute(
        insert(table)
        .values(row)
        .on_conflict_do_update(
            index_elements=same, set_={"times": table.c.times + 1, "last_at": moment}
        )
    )


def _secret(terminal: Terminal, keys: MasterKeys) -> bytes:
    return keys.unwrap(terminal.secret, terminal.code)
