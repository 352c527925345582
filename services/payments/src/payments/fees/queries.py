"""What other slices and readers may know of fee items and charges."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from sqlalchemy import Select, select
from sqlmodel import col

from chassis.database import Session
from contracts.payments import FeeKind
from payments.fees.domain import ExemptionGroup
from payments.fees.tables import Charge, FeeItem
from payments.ledger import queries as ledger


class ChargeLine(NamedTuple):
    """A charge with all that selects the cells in which it counts, and what is left to pay."""

    charge_id: str
    number: int
    pupil_id: str
    fee_item_id: str
    name: str
    kind: FeeKind
    school_year: str
    mandatory: bool
    period: str
    due_on: date
    quantity: int
    exemption: ExemptionGroup | None
    amount: int
    cancelled: bool
    outstanding: int


Item: TypeAlias = FeeItem
"""A fee item, to be read."""

_CHARGES: Select[Charge, FeeItem, int] = select(
    Charge, FeeItem, ledger.outstanding_of(col(Charge.charge_id))
).join(FeeItem, col(FeeItem.fee_item_id) == col(Charge.fee_item_id))


async def item(
    session: Session, fee_item_id: str, *, hold: bool = False, change: bool = False
) -> FeeItem | None:
    """Give a fee item.

    With ``hold`` it stays as it is until the transaction ends; with ``change`` it is the caller's
    to change.
    """
    statement = select(FeeItem).where(col(FeeItem.fee_item_id) == fee_item_id)
    if hold or change:
        statement = statement.with_for_update(read=not change)
    return (await session.scalars(statement)).one_or_none()


async def items_of(session: Session, school_id: str, school_year: str) -> Sequence[FeeItem]:
    """Give the fee items of a school, by name."""
    statement = (
        select(FeeItem)
        .where(col(FeeItem.school_id) == school_id, col(FeeItem.school_year) == school_year)
        .order_by(col(FeeItem.name))
    )
    return (await session.scalars(statement)).all()


async def standing(
    session: Session, fee_item_id: str, period: str, pupil_ids: Collection[str]
) -> Mapping[str, Charge]:
    """Give the charges of an item and period that are not cancelled, by pupil."""
    statement = select(Charge).where(
        col(Charge.fee_item_id) == fee_item_id,
        col(Charge.period) == period,
        col(Charge.pupil_id).in_(pupil_ids),
        ~col(Charge.cancelled),
    )
    return {charge.pupil_id: charge for charge in await session.scalars(statement)}


async def open_charges(
    session: Session, school_id: str, pupil_ids: Collection[str]
) -> Mapping[str, Sequence[ChargeLine]]:
    """Give what each pupil has not paid in full to a school."""
    lines: defaultdict[str, list[ChargeLine]] = defaultdict(list)
    for line in await charges_of(session, school_id, pupil_ids):
        if line.outstanding:
            lines[line.pupil_id].append(line)
    return {pupil_id: lines[pupil_id] for pupil_id in pupil_ids}


async def charges_of(
    session: Session, school_id: str, pupil_ids: Collection[str]
) -> Sequence[ChargeLine]:
    """Give everything that pupils were ever charged for by a school, in the order of creation."""
    return await _lines(
        session,
        _CHARGES.where(col(Charge.school_id) == school_id, col(Charge.pupil_id).in_(pupil_ids)),
    )


async def charges(session: Session, charge_ids: Collection[str]) -> Mapping[str, ChargeLine]:
    """Give these charges."""
    lines = await _lines(session, _CHARGES.where(col(Charge.charge_id).in_(charge_ids)))
    return {line.charge_id: line for line in lines}


async def charges_of_item(
    session: Session, fee_item_id: str, period: str | None
) -> Sequence[ChargeLine]:
    """Give the charges of an item that are not cancelled, of one period or all."""
    statement = _CHARGES.where(col(Charge.fee_item_id) == fee_item_id, ~col(Charge.cancelled))
    if period is not None:
        statement = statement.where(col(Charge.period) == period)
    return await _lines(session, statement)


async def charges_of_school(
    session: Session, school_id: str, school_year: str
) -> Sequence[ChargeLine]:
    """Give the charges of a school in a school year that are not cancelled."""
    return await _lines(
        session,
        _CHARGES.where(
            col(FeeItem.school_id) == school_id,
            col(FeeItem.school_year) == school_year,
            ~col(Charge.cancelled),
        ),
    )


async def _lines(session: Session, statement: Select[Charge, FeeItem, int]) -> Sequence[ChargeLine]:
    rows = (await session.execute(statement.order_by(col(Charge.number)))).all()
    return [
        ChargeLine(
            charge_id=charge.charge_id,
            number=charge.number or 0,
            pupil_id=charge.pupil_id,
            fee_item_id=fee_item.fee_item_id,
            name=fee_item.name,
            kind=fee_item.kind,
            school_year=fee_item.school_year,
            mandatory=fee_item.mandatory,
            period=charge.period,
            due_on=charge.due_on,
            quantity=charge.quantity,
            exemption=charge.exemption,
            amount=charge.gross - charge.reduction,
            cancelled=charge.cancelled,
            outstanding=outstanding,
        )
        for charge, fee_item, outstanding in rows
    ]
