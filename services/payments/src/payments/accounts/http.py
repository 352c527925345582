"""Pupils' accounts over HTTP."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, StringConstraints

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import nothing_here
from chassis.http import PrincipalDep, QueryRouter, SessionDep
from chassis.persons import in_list_order
from contracts.ids import ClassId
from contracts.payments import FeeKind, PaymentMethod
from payments.fees import queries as fees
from payments.fees.queries import ChargeLine
from payments.guardians import queries as guardians
from payments.ledger import queries as ledger
from payments.policy import POLICY
from payments.receipts import queries as receipts
from payments.register import queries as register
from payments.requests import NamesDep, PupilPath, SchoolQuery

reads = QueryRouter(prefix="/v1", tags=["accounts"])


class ChargeAnswer(BaseModel):
    """What the pupil is asked for, and what of it is not paid."""

    charge_id: str
    fee_item_id: str
    name: str
    kind: FeeKind
    school_year: str
    mandatory: bool
    period: str
    due_on: date
    amount: int
    outstanding: int
    cancelled: bool
    overdue: bool


class PaymentAnswer(BaseModel):
    """What the pupil paid."""

    payment_id: str
    receipt: str
    method: PaymentMethod
    amount: int
    day: date
    reversed: bool


class AccountAnswer(BaseModel):
    """A pupil's account with one school, in đồng."""

    pupil_id: str
    name: str
    school_id: str
    reference: str
    """What a payer writes as the purpose of a transfer."""
    owed: int
    overdue: int
    credit: int
    charges: Sequence[ChargeAnswer]
    payments: Sequence[PaymentAnswer]


class BalanceAnswer(BaseModel):
    """A pupil's figures in a list."""

    pupil_id: str
    name: str
    reference: str
    billed: int
    owed: int
    overdue: int
    credit: int


class ClassBalances(BaseModel):
    """A class's figures, in the order of the class list."""

    class_id: str
    name: str
    pupils: Sequence[BalanceAnswer]


class ReferenceAnswer(BaseModel):
    """Whose reference it is."""

    pupil_id: str
    name: str
    school_id: str


@reads.get("/pupils/{pupil_id}/account")
async def read_account(
    *,
    pupil_id: PupilPath,
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
    school_id: SchoolQuery = None,
) -> AccountAnswer:
    """Read what a pupil was asked for by a school, paid, and owes."""
    pupil = await _find(session, principal, pupil_id, school_id)
    school = school_id or pupil.school_id
    today = business_day(now())
    charges = await fees.charges_of(session, school, [pupil_id])
    credit = await ledger.credits_of(session, school, [pupil_id])
    called = await names.shown(session, [pupil_id])
    return AccountAnswer(
        pupil_id=pupil_id,
        name=called[pupil_id],
        school_id=school,
        reference=pupil.reference,
        owed=_owed(charges),
        overdue=_overdue(charges, today),
        credit=sum(one.left for one in credit[pupil_id]),
        charges=[
            ChargeAnswer(**line._asdict(), overdue=bool(line.outstanding) and line.due_on < today)
            for line in charges
        ],
        payments=[
            PaymentAnswer(
                **one.model_dump(include=set(PaymentAnswer.model_fields)),
                receipt=f"{one.receipt_year}/{one.receipt_number:06}",
            )
            for one in await receipts.payments_of(session, school, pupil_id)
        ],
    )


@reads.get("/classes/{class_id}/balances")
async def read_class(
    class_id: Annotated[ClassId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> ClassBalances:
    """Read what each pupil of a class owes their school."""
    room = await register.room(session, class_id)
    relations = principal.relations_to_school(room.school_id) if room else ()
    POLICY.authorise(principal, "accounts.read", relations)
    if room is None:
        raise nothing_here()
    seated = await register.seated(session, class_id)
    pupils = await register.pupils(session, seated)
    credit = await ledger.credits_of(session, room.school_id, list(pupils))
    called = await names.shown(session, list(pupils))
    charges: defaultdict[str, list[ChargeLine]] = defaultdict(list)
    for line in await fees.charges_of(session, room.school_id, list(pupils)):
        charges[line.pupil_id].append(line)
    today = business_day(now())
    return ClassBalances(
        class_id=class_id,
        name=room.name,
        pupils=[
            BalanceAnswer(
                pupil_id=pupil_id,
                name=called[pupil_id],
                reference=pupils[pupil_id].reference,
                billed=sum(line.amount for line in charges[pupil_id]),
                owed=_owed(charges[pupil_id]),
                overdue=_overdue(charges[pupil_id], today),
                credit=sum(one.left for one in credit[pupil_id]),
            )
            for pupil_id in in_list_order(called)
        ],
    )


@reads.get("/references/{reference}")
async def find_by_reference(
    reference: Annotated[str, Path(), StringConstraints(pattern=r"^HP[0-9A-Z]{13}$")],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> ReferenceAnswer:
    """Find the pupil whose reference stands on a bank's statement."""
    pupil_id = await register.by_reference(session, reference)
    pupil = await _find(session, principal, pupil_id, None)
    called = await names.shown(session, [pupil.pupil_id])
    return ReferenceAnswer(
        pupil_id=pupil.pupil_id, name=called[pupil.pupil_id], school_id=pupil.school_id
    )


async def _find(
    session: Session, principal: Principal, pupil_id: str | None, school_id: str | None
) -> register.KnownPupil:
    """Give a pupil to whoever may read the account with that school, or the pupil's own."""
    found = (await register.pupils(session, [pupil_id])).values() if pupil_id else ()
    pupil = next(iter(found), None)
    school = school_id or (pupil and pupil.school_id)
    relations = await guardians.relations(session, principal, pupil_id, school)
    POLICY.authorise(principal, "accounts.read", relations)
    if pupil is None:
        raise nothing_here()
    if school != pupil.school_id and not await fees.charges_of(
        session, str(school), [pupil.pupil_id]
    ):
        # A school that the pupil has nothing to do with learns not even the name.
        raise nothing_here()
    return pupil


def _owed(charges: Iterable[ChargeLine]) -> int:
    return sum(line.outstanding for line in charges)


def _overdue(charges: Iterable[ChargeLine], today: date) -> int:
    return sum(line.outstanding for line in charges if line.due_on < today)
