"""Payments over HTTP: parse, authorise, do, answer."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query

from chassis.auth import Principal
from chassis.database import Session
from chassis.errors import nothing_here
from chassis.http import CommandRouter, Day, PrincipalDep, QueryRouter, SessionDep
from contracts.ids import PaymentId
from payments.fees import queries as fees
from payments.ledger import queries as ledger
from payments.policy import POLICY
from payments.receipts import commands, queries
from payments.receipts.messages import (
    CreditAnswer,
    CreditBody,
    Decision,
    MatchBody,
    PaymentAnswer,
    PaymentList,
    Payments,
    PaymentWithReversals,
    ReversalAnswer,
    ReversalBody,
    ReversalList,
    UnmatchedAnswer,
    UnmatchedList,
    WordedReversal,
)
from payments.requests import PupilPath, SchoolPath

changes = CommandRouter(prefix="/v1", tags=["payments"])
reads = QueryRouter(prefix="/v1", tags=["payments"])

PaymentPath = Annotated[PaymentId, Path()]
ReversalPath = Annotated[PaymentId, Path()]


@changes.post("/payments", status_code=HTTPStatus.CREATED)
async def record(body: Payments, session: SessionDep, principal: PrincipalDep) -> PaymentList:
    """Take money of one or more pupils; what is due first is settled first. All or none."""
    _authorise(principal, "payments.record", body.school_id)
    recorded = await commands.record(session, body.school_id, body.wanted(), by=principal.subject)
    return PaymentList(payments=await answers(session, [one.payment for one in recorded]))


@changes.post("/pupils/{pupil_id}/credit")
async def use_credit(
    pupil_id: PupilPath, body: CreditBody, session: SessionDep, principal: PrincipalDep
) -> CreditAnswer:
    """Let a pupil's credit (tiền nộp thừa) settle what is due first."""
    _authorise(principal, "credit.use", body.school_id)
    settlements = await commands.use_credit(session, body.school_id, pupil_id, by=principal.subject)
    owed = await ledger.owed_by(session, body.school_id, [pupil_id])
    left = await ledger.credits_of(session, body.school_id, [pupil_id])
    return CreditAnswer(
        used=-sum(one.prepaid for one in settlements),
        owed=owed[pupil_id],
        credit=sum(one.left for one in left[pupil_id]),
    )


@changes.post("/payments/{payment_id}/reversals", status_code=HTTPStatus.CREATED)
async def request_reversal(
    payment_id: PaymentPath, body: ReversalBody, session: SessionDep, principal: PrincipalDep
) -> ReversalAnswer:
    """Ask that a payment be undone; the principal decides."""
    payment = await _find(session, principal, payment_id, "reversals.request", hold=True)
    reversal = await commands.request_reversal(
        session, payment, body.reason_code, body.reason, by=principal.subject
    )
    return ReversalAnswer.of(reversal)


@changes.post("/reversals/{reversal_id}/decision")
async def decide_reversal(
    reversal_id: ReversalPath, body: Decision, session: SessionDep, principal: PrincipalDep
) -> ReversalAnswer:
    """Approve or reject a request to undo a payment: never one's own."""
    reversal = await queries.reversal(session, reversal_id, hold=True)
    payment_id = reversal.payment_id if reversal else reversal_id
    payment = await _find(session, principal, payment_id, "reversals.decide", hold=True)
    if reversal is None:
        raise nothing_here()
    await commands.decide_reversal(
        session,
        reversal,
        payment,
        approve=body.approve,
        reason=body.reason,
        by=principal.subject,
    )
    return ReversalAnswer.of(reversal)


@changes.post("/unmatched/{unmatched_id}/match")
async def match(
    unmatched_id: PaymentPath, body: MatchBody, session: SessionDep, principal: PrincipalDep
) -> PaymentAnswer:
    """Say whose money without a name is: it becomes that pupil's payment."""
    money = await queries.unmatched(session, unmatched_id, hold=True)
    _authorise(principal, "payments.match", money.school_id if money else None)
    if money is None:
        raise nothing_here()
    recorded = await commands.match(session, money, body.pupil_id, by=principal.subject)
    (answer,) = await answers(session, [recorded.payment])
    return answer


@reads.get("/payments/{payment_id}")
async def read_payment(
    payment_id: PaymentPath, session: SessionDep, principal: PrincipalDep
) -> PaymentWithReversals:
    """Read a payment, what it settles now, and every request to undo it."""
    payment = await _find(session, principal, payment_id, "payments.read")
    (answer,) = await answers(session, [payment])
    reversals = await queries.reversals_of(session, payment_id)
    return PaymentWithReversals(
        **answer.model_dump(),
        note=payment.note,
        reversals=[WordedReversal.of(one) for one in reversals],
    )


@reads.get("/schools/{school_id}/payments")
async def list_payments(
    school_id: SchoolPath,
    session: SessionDep,
    principal: PrincipalDep,
    day: Annotated[Day, Query()],
) -> PaymentList:
    """List what a school took on a day."""
    _authorise(principal, "payments.read", school_id)
    payments = await queries.payments_of_day(session, school_id, day)
    return PaymentList(payments=await answers(session, payments))


@reads.get("/schools/{school_id}/reversals")
async def list_reversals(
    school_id: SchoolPath, session: SessionDep, principal: PrincipalDep
) -> ReversalList:
    """List the requests that wait for the principal."""
    _authorise(principal, "payments.read", school_id)
    found = await queries.undecided(session, school_id)
    return ReversalList(reversals=[WordedReversal.of(reversal) for reversal in found])


@reads.get("/schools/{school_id}/unmatched")
async def list_unmatched(
    school_id: SchoolPath, session: SessionDep, principal: PrincipalDep
) -> UnmatchedList:
    """List the money that came and that nobody has named."""
    _authorise(principal, "payments.read", school_id)
    found = await queries.unmatched_of(session, school_id)
    return UnmatchedList(unmatched=[UnmatchedAnswer.of(one) for one in found])


async def answers(session: Session, payments: Sequence[queries.Paid]) -> list[PaymentAnswer]:
    """Answer payments with what each settles now."""
    settled = await ledger.settled_by(session, [one.payment_id for one in payments])
    charges = dict(await fees.charges(session, {one.charge_id for one in settled}))
    return [
        PaymentAnswer.of(
            payment, [one for one in settled if one.payment_id == payment.payment_id], charges
        )
        for payment in payments
    ]


async def _find(
    session: Session, principal: Principal, payment_id: str, action: str, *, hold: bool = False
) -> queries.Paid:
    payment = await queries.payment(session, payment_id, hold=hold)
    _authorise(principal, action, payment.school_id if payment else None)
    if payment is None:
        raise nothing_here()
    return payment


def _authorise(principal: Principal, action: str, school_id: str | None) -> None:
    relations = principal.relations_to_school(school_id) if school_id else ()
    POLICY.authorise(principal, action, relations)
