"""Fee items and charges over HTTP: parse, authorise, do, answer."""

from collections.abc import Iterable
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from chassis.persons import in_list_order
from contracts.ids import FeeItemId, SchoolId
from contracts.payments import FeePeriod
from payments.fees import commands, queries
from payments.fees.domain import Wanted
from payments.fees.messages import (
    Assessment,
    AssessmentAnswer,
    ChangedItem,
    ChargeAnswer,
    ChargeList,
    Correction,
    CorrectionAnswer,
    ItemAnswer,
    ItemList,
    ItemSummary,
    NamedCharge,
    NewItem,
    SchoolSummary,
)
from payments.policy import POLICY
from payments.register import queries as register
from payments.requests import NamesDep, SchoolPath, YearQuery

changes = CommandRouter(prefix="/v1", tags=["fees"])
reads = QueryRouter(prefix="/v1", tags=["fees"])

ItemPath = Annotated[FeeItemId, Path()]


@changes.post("/fee-items", status_code=HTTPStatus.CREATED)
async def add_item(body: NewItem, session: SessionDep, principal: PrincipalDep) -> ItemAnswer:
    """Let a school collect for something, with its legal basis."""
    POLICY.authorise(principal, "items.set", principal.relations_to_school(body.school_id))
    item = await commands.add_item(session, body.school_id, body.school_year, body.terms())
    return ItemAnswer.of(item)


@changes.put("/fee-items/{fee_item_id}")
async def change_item(
    fee_item_id: ItemPath, body: ChangedItem, session: SessionDep, principal: PrincipalDep
) -> ItemAnswer:
    """Change an item from now on; what was assessed stays as it is."""
    item = await queries.item(session, fee_item_id, change=True)
    _authorise(principal, "items.set", item)
    if item is None:
        raise nothing_here()
    return ItemAnswer.of(await commands.change_item(session, item, body.version, body.terms()))


@changes.post("/fee-items/{fee_item_id}/assessments", status_code=HTTPStatus.CREATED)
async def assess(
    fee_item_id: ItemPath, body: Assessment, session: SessionDep, principal: PrincipalDep
) -> AssessmentAnswer:
    """Ask a class or pupils to pay. Run again, it charges only who was not charged yet."""
    item = await _find(session, principal, fee_item_id, "fees.assess")
    seated = [] if body.class_id is None else await _class(session, item, body.class_id)
    assessed = await commands.assess_pupils(
        session,
        item,
        body.wanted(seated),
        period=body.period,
        due_on=body.due_on,
        of_class=body.class_id is not None,
        use_credit=body.use_credit,
        by=principal.subject,
    )
    return AssessmentAnswer(
        charges=await _answers(session, assessed.charges),
        unchanged=assessed.unchanged,
        left_out=assessed.left_out,
    )


async def _class(session: Session, item: queries.Item, class_id: str) -> list[str]:
    room = await register.room(session, class_id)
    if room is None or (room.school_id, room.school_year) != (item.school_id, item.school_year):
        raise Conflict(
            "class-unknown",
            "Chưa nhận được lớp này của trường trong năm học. Nếu vừa mở lớp, gửi lại sau ít giây.",
        )
    if not item.mandatory:
        raise Invalid(
            "voluntary-by-class",
            "Khoản tự nguyện không được lập cho cả lớp.",
            errors=[
                FieldError(
                    "class_id",
                    "Khoản tự nguyện chỉ thu của ai đã đăng ký.",
                    "Liệt kê các học sinh đã đăng ký, kèm ngày đăng ký.",
                )
            ],
        )
    return list(await register.seated(session, class_id))


@changes.post("/fee-items/{fee_item_id}/corrections")
async def correct(
    fee_item_id: ItemPath, body: Correction, session: SessionDep, principal: PrincipalDep
) -> CorrectionAnswer:
    """Change or cancel charges; what was paid beyond becomes the pupil's credit."""
    item = await _find(session, principal, fee_item_id, "fees.correct")
    changed = await commands.correct_charges(
        session,
        item,
        [Wanted(one.pupil_id, one.quantity, one.exemption) for one in body.pupils],
        period=body.period,
        why=commands.Words(body.reason_code, body.reason),
        by=principal.subject,
    )
    return CorrectionAnswer(charges=await _answers(session, changed))


@reads.get("/fee-items")
async def list_items(
    *,
    session: SessionDep,
    principal: PrincipalDep,
    school_id: Annotated[SchoolId, Query()],
    school_year: YearQuery,
) -> ItemList:
    """List what a school collects in a school year."""
    POLICY.authorise(principal, "items.read", principal.relations_to_school(school_id))
    items = await queries.items_of(session, school_id, school_year)
    return ItemList(items=[ItemAnswer.of(item) for item in items])


@reads.get("/fee-items/{fee_item_id}")
async def read_item(
    fee_item_id: ItemPath, session: SessionDep, principal: PrincipalDep
) -> ItemAnswer:
    """Read a fee item."""
    item = await queries.item(session, fee_item_id)
    _authorise(principal, "items.read", item)
    if item is None:
        raise nothing_here()
    return ItemAnswer.of(item)


@reads.get("/fee-items/{fee_item_id}/charges")
async def list_charges(
    *,
    fee_item_id: ItemPath,
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
    period: Annotated[FeePeriod | None, Query()] = None,
) -> ChargeList:
    """List who is charged for an item, in the order of names, and what is not paid."""
    item = await queries.item(session, fee_item_id)
    _authorise(principal, "accounts.read", item)
    if item is None:
        raise nothing_here()
    lines = await queries.charges_of_item(session, fee_item_id, period)
    called = await names.shown(session, {line.pupil_id for line in lines})
    place = {pupil_id: at for at, pupil_id in enumerate(in_list_order(called))}
    return ChargeList(
        charges=[
            NamedCharge(**line._asdict(), pupil_name=called[line.pupil_id])
            for line in sorted(lines, key=lambda line: (place[line.pupil_id], line.number))
        ]
    )


@reads.get("/schools/{school_id}/fees")
async def summarise(
    school_id: SchoolPath, session: SessionDep, principal: PrincipalDep, school_year: YearQuery
) -> SchoolSummary:
    """Sum up what a school asked for and got: billed, collected, outstanding, overdue."""
    POLICY.authorise(principal, "ledger.read", principal.relations_to_school(school_id))
    day = business_day(now())
    lines = await queries.charges_of_school(session, school_id, school_year)
    items = await queries.items_of(session, school_id, school_year)
    return SchoolSummary(
        school_id=school_id,
        school_year=school_year,
        day=day,
        items=[
            _summary(item, [line for line in lines if line.fee_item_id == item.fee_item_id], day)
            for item in items
        ],
    )


def _summary(item: queries.Item, lines: Iterable[queries.ChargeLine], day: date) -> ItemSummary:
    lines = list(lines)
    billed = sum(line.amount for line in lines)
    outstanding = sum(line.outstanding for line in lines)
    return ItemSummary(
        fee_item_id=item.fee_item_id,
        name=item.name,
        kind=item.kind,
        mandatory=item.mandatory,
        pupils=len({line.pupil_id for line in lines}),
        billed=billed,
        collected=billed - outstanding,
        outstanding=outstanding,
        overdue=sum(line.outstanding for line in lines if line.due_on < day),
    )


async def _find(
    session: Session, principal: Principal, fee_item_id: str, action: str
) -> queries.Item:
    """Give an item, which stays as it is, to whoever may do ``action`` with it."""
    item = await queries.item(session, fee_item_id, hold=True)
    _authorise(principal, action, item)
    if item is None:
        raise nothing_here()
    return item


def _authorise(principal: Principal, action: str, item: queries.Item | None) -> None:
    relations = principal.relations_to_school(item.school_id) if item else ()
    POLICY.authorise(principal, action, relations)


async def _answers(session: Session, charge_ids: Iterable[str]) -> list[ChargeAnswer]:
    lines = await queries.charges(session, list(charge_ids))
    return [ChargeAnswer.of(line) for line in sorted(lines.values(), key=lambda one: one.number)]
