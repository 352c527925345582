"""What can be done to fee items and charges, each in the one transaction that it is given.

Locks are taken in one order everywhere: fee item, pupils (register), receipt numbers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import col

from chassis.clock import business_day, new_id, now
from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Conflict
from chassis.outbox import emit
from contracts.columns import Sparse
from contracts.gradebook import MAX_ROWS
from contracts.payments import AssessedRow, ChargeReason, FeeAssessed
from payments.fees import queries
from payments.fees.domain import Change, ChargeFacts, Wanted, assess, correct
from payments.fees.refusals import (
    already_assessed,
    check_item,
    check_period,
    check_wanted,
    not_charged,
    not_enrolled,
)
from payments.fees.tables import Charge, ChargeChange, FeeItem
from payments.ledger import domain as rules
from payments.ledger import queries as ledger
from payments.ledger.domain import NOTHING, Owed
from payments.ledger.posting import post
from payments.receipts import settling
from payments.register import queries as register


class Assessed(NamedTuple):
    """What a round of assessment did."""

    charges: Sequence[str]
    unchanged: int
    left_out: Sequence[str]
    """Pupils of the class who are no longer enrolled here."""


class Words(NamedTuple):
    """Why a charge changes."""

    code: ChargeReason
    text: str | None


async def add_item(
    session: Session, school_id: str, school_year: str, terms: Mapping[str, Any]
) -> FeeItem:
    """Let a school collect for something in a school year.

    Raises:
        Invalid: the law or the legal basis forbids it.
        Conflict: the school is not known yet or closed, or has an item of this name.
    """
    item = FeeItem(
        fee_item_id=new_id(),
        version=1,
        school_id=school_id,
        school_year=school_year,
        open=True,
        **terms,
    )
    await check_item(session, item)
    await _check_name(session, item)
    session.add(item)
    await session.flush()
    return item


async def change_item(
    session: Session, item: FeeItem, version: int, terms: Mapping[str, Any]
) -> FeeItem:
    """Change what a school collects from now on; charges that stand stay as they are.

    Raises:
        Invalid: the law or the legal basis forbids it.
        Conflict: somebody changed it meanwhile, or another item has this name.
    """
    if item.terms() == dict(terms):
        return item
    if item.version != version:
        raise Conflict(
            "fee-item-changed", "Khoản thu đã được người khác sửa.", version=item.version
        )
    changed = FeeItem(**item.model_dump() | dict(terms))
    await check_item(session, changed)
    await _check_name(session, changed)
    for name, value in terms.items():
        setattr(item, name, value)
    item.version += 1
    await session.flush()
    return item


async def _check_name(session: Session, item: FeeItem) -> None:
    statement = select(col(FeeItem.fee_item_id)).where(
        col(FeeItem.school_id) == item.school_id,
        col(FeeItem.school_year) == item.school_year,
        col(FeeItem.name) == item.name,
        col(FeeItem.fee_item_id) != item.fee_item_id,
    )
    if (other := (await session.scalars(statement)).one_or_none()) is not None:
        raise Conflict(
            "fee-item-name-taken",
            f"Trường đã có khoản thu “{item.name}” trong năm học này.",
            fee_item_id=other,
        )


async def assess_pupils(
    session: Session,
    item: FeeItem,
    wanted: Sequence[Wanted],
    *,
    period: str,
    due_on: date | None,
    of_class: bool,
    use_credit: bool,
    by: str,
) -> Assessed:
    """Ask pupils to pay for an item and period; what they were asked for already stays.

    Raises:
        Invalid: the item cannot be charged so.
        Conflict: a pupil is not enrolled here, or is charged another amount (that is a correction).
    """
    if not item.open:
        raise Conflict("fee-item-closed", f"Khoản thu “{item.name}” đã đóng.")
    await check_period(session, item, period)
    check_wanted(item, wanted)
    pupils = await register.pupils(session, [one.pupil_id for one in wanted], hold=True)
    strangers = [one.pupil_id for one in wanted if not _enrolled(item, pupils.get(one.pupil_id))]
    if strangers and not of_class:
        raise not_enrolled(wanted, strangers)
    wanted = [one for one in wanted if one.pupil_id not in strangers]
    standing = await queries.standing(session, item.fee_item_id, period, list(pupils))
    facts = {pupil_id: _facts(charge) for pupil_id, charge in standing.items()}
    new, different = assess(item.amount, item.percents(), wanted, facts)
    if different:
        raise already_assessed(different)
    day = business_day(now())
    charges = [_charge(item, change, period, due_on or item.due_on) for change in new]
    if charges:
        await session.execute(insert(table_of(Charge)), charges)
    rows = [
        _Row(item, change, charge["charge_id"], charge["due_on"])
        for change, charge in zip(new, charges, strict=True)
    ]
    await _record(session, rows, versions={}, why=None, day=day, by=by)
    await _post_and_tell(session, rows, period=period, why=None, day=day, by=by)
    if use_credit:
        pupil_ids = [change.wanted.pupil_id for change in new]
        await settling.announce(
            session,
            await settling.use_credit_of(session, item.school_id, pupil_ids, day=day, by=by),
        )
    return Assessed([row.charge_id for row in rows], len(wanted) - len(rows), strangers)


def _enrolled(item: FeeItem, pupil: register.KnownPupil | None) -> bool:
    return (
        pupil is not None
        and pupil.enrolled
        and (pupil.school_id, pupil.school_year) == (item.school_id, item.school_year)
    )


async def correct_charges(
    session: Session,
    item: FeeItem,
    wanted: Sequence[Wanted],
    *,
    period: str,
    why: Words,
    by: str,
) -> Sequence[str]:
    """Charge pupils anew, at the item's price of today, or cancel; quantity 0 cancels.

    What was paid beyond the new amount becomes the pupil's credit. Gives the changed charges.

    Raises:
        Invalid: the item cannot be charged so.
        Conflict: a pupil has no charge to correct.
    """
    check_wanted(item, wanted, agreed=True)
    await register.pupils(session, [one.pupil_id for one in wanted], hold=True)
    standing = await queries.standing(
        session, item.fee_item_id, period, [one.pupil_id for one in wanted]
    )
    if missing := [one.pupil_id for one in wanted if one.pupil_id not in standing]:
        raise not_charged(wanted, missing)
    facts = {pupil_id: _facts(charge) for pupil_id, charge in standing.items()}
    changes = correct(item.amount, item.percents(), wanted, facts)
    day = business_day(now())
    rows = []
    for change in changes:
        charge = standing[change.wanted.pupil_id]
        charge.version += 1
        charge.quantity, charge.exemption = change.wanted.quantity, change.wanted.exemption
        charge.cancelled = change.after is None
        charge.gross, charge.reduction = change.after or NOTHING
        rows.append(_Row(item, change, charge.charge_id, charge.due_on))
    await session.flush()
    versions = {charge.charge_id: charge.version for charge in standing.values()}
    await _record(session, rows, versions=versions, why=why, day=day, by=by)
    # Money goes back to the pupils' credit first: no charge is ever paid beyond what it asks.
    freed = await _free_what_is_too_much(session, rows, day=day, by=by)
    await _post_and_tell(session, rows, period=period, why=why, day=day, by=by, freed=freed)
    return [row.charge_id for row in rows]


async def _free_what_is_too_much(
    session: Session, rows: Sequence["_Row"], *, day: date, by: str
) -> Sequence[settling.Settlement]:
    outstanding = await ledger.outstanding(session, [row.charge_id for row in rows])
    surplus = {
        row.charge_id: too_much
        for row in rows
        if (too_much := row.before.net - outstanding[row.charge_id] - row.after.net) > 0
    }
    return await settling.free_surplus(session, surplus, day=day, by=by) if surplus else []


class _Row(NamedTuple):
    item: FeeItem
    change: Change
    charge_id: str
    due_on: date

    @property
    def before(self) -> Owed:
        return self.change.before.owed if self.change.before else NOTHING

    @property
    def after(self) -> Owed:
        return self.change.after or NOTHING


def _facts(charge: Charge) -> ChargeFacts:
    return ChargeFacts(
        charge.charge_id,
        charge.quantity,
        charge.exemption,
        Owed(charge.gross, charge.reduction),
    )


def _charge(item: FeeItem, change: Change, period: str, due_on: date) -> dict[str, Any]:
    wanted, after = change.wanted, change.after or NOTHING
    return {
        "charge_id": new_id(),
        "version": 1,
        "fee_item_id": item.fee_item_id,
        "school_id": item.school_id,
        "pupil_id": wanted.pupil_id,
        "period": period,
        "due_on": due_on,
        "quantity": wanted.quantity,
        "exemption": wanted.exemption,
        "gross": after.gross,
        "reduction": after.reduction,
        "agreed_on": wanted.agreed_on,
        "cancelled": False,
    }


async def _record(
    session: Session,
    rows: Iterable[_Row],
    *,
    versions: Mapping[str, int],
    why: Words | None,
    day: date,
    by: str,
) -> None:
    """Keep how each charge came to be what it is."""
    moment = now()
    history = [
        {
            "charge_id": row.charge_id,
            "version": versions.get(row.charge_id, 1),
            "quantity": row.change.wanted.quantity,
            "exemption": row.change.wanted.exemption,
            "gross": row.after.gross,
            "reduction": row.after.reduction,
            "reason_code": why and why.code,
            "reason": why and why.text,
            "changed_by": by,
            "changed_at": moment,
            "day": day,
        }
        for row in rows
    ]
    if history:
        await session.execute(insert(table_of(ChargeChange)), history)


async def _post_and_tell(
    session: Session,
    rows: Sequence[_Row],
    *,
    period: str,
    why: Words | None,
    day: date,
    by: str,
    freed: Sequence[settling.Settlement] = (),
) -> None:
    transactions = [
        rules.assessed(
            school_id=row.item.school_id,
            pupil_id=row.change.wanted.pupil_id,
            fee_item_id=row.item.fee_item_id,
            charge_id=row.charge_id,
            on_behalf=row.item.on_behalf,
            day=day,
            before=row.before,
            after=row.after,
        )
        for row in rows
    ]
    await post(session, transactions, by=by)
    await settling.announce(session, freed)
    await emit(session, *_told(rows, period, why, day))


def _told(rows: Sequence[_Row], period: str, why: Words | None, day: date) -> Iterator[FeeAssessed]:
    """Yield the facts: one for each due date, and no more rows than a fact may have."""
    for due_on, same_day in groupby(sorted(rows, key=lambda row: row.due_on), lambda r: r.due_on):
        together = list(same_day)
        for start in range(0, len(together), MAX_ROWS):
            part = together[start : start + MAX_ROWS]
            item = part[0].item
            told = [_told_row(row) for row in part]
            yield FeeAssessed(
                school_id=item.school_id,
                school_year=item.school_year,
                fee_item_id=item.fee_item_id,
                name=item.name,
                kind=item.kind,
                mandatory=item.mandatory,
                on_behalf=item.on_behalf,
                period=period,
                due_on=due_on,
                day=day,
                charges=tuple(row.charge for row in told),
                pupils=tuple(row.pupil for row in told),
                after=tuple(row.after for row in told),
                before=Sparse[int].of([row.before for row in told]),
                reason_code=why and why.code,
            )


def _told_row(row: _Row) -> AssessedRow:
    return AssessedRow(
        charge=row.charge_id,
        pupil=row.change.wanted.pupil_id,
        before=row.change.before and row.change.before.owed.net,
        after=None if row.change.after is None else row.change.after.net,
    )


async def forget_words(session: Session, pupil_ids: Sequence[str]) -> None:
    """Delete what people wrote about these pupils' charges; the figures stay."""
    of_pupils = select(col(Charge.charge_id)).where(col(Charge.pupil_id).in_(pupil_ids))
    await session.execute(
        update(ChargeChange).where(col(ChargeChange.charge_id).in_(of_pupils)).values(reason=None)
    )
