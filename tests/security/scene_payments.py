"""Payments with money owed and paid at a school, and what each of its routes does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis.auth import WORKS_AT
from chassis.clock import business_day, now
from chassis.guardianships import GUARDIAN_OF
from edu.testing import facts
from edu.testing.facts import CLASS, MASTER, OTHER_SCHOOL, SCHOOL, YEAR
from edu.testing.service import Told, an_id, in_process, settings_of
from payments.app import HANDLERS, SERVICE
from payments.policy import POLICY
from payments.settings import PaymentsSettings
from payments.vnpay.signing import signed_query

from .places import ELSEWHERE, Place, Scene, Untouched

if TYPE_CHECKING:
    from edu.testing.service import Answer

PUPIL, SIBLING, OTHER_PUPIL = an_id("pupil"), an_id("sibling"), an_id("other pupil")
GUARDIAN, ELSEWHERES = an_id("guardian"), an_id("somebody elsewhere")
TODAY = business_day(now()).isoformat()
TERMINAL, SECRET = "MATRIX01", "a-secret-of-sixteen-letters-or-more"
PRINCIPAL = f"principal/{an_id('principal')}/{SCHOOL}"
CASHIER = f"cashier/{an_id('cashier')}/{SCHOOL}"
BANK = {"enabled": True, "bank_bin": "970405", "account": "8888001234567"}
VNPAY = {
    "enabled": True,
    "terminal": TERMINAL,
    "secret": SECRET,
    "return_url": "https://school.example.vn/paid",
}
TERMS = {
    "kind": "boarding-meals",
    "legal_basis": "Nghị quyết của HĐND tỉnh",
    "mandatory": True,
    "unit": "once",
    "amount": 30_000,
    "due_on": TODAY,
}
WHY = {"reason_code": "entry-error", "reason": "nhập nhầm"}


@dataclass(frozen=True)
class _Made:
    """What the scene has, besides what stands in most paths."""

    sibling_item: str
    second_payment: str
    request: str


def settings(database_url: str) -> PaymentsSettings:
    """Give the settings of the service for its HTTP."""
    return settings_of(
        PaymentsSettings,
        database_url,
        master_key=MASTER,
        vnpay_pay_url="https://pay.example.vn/vpcpay.html",
    )


@asynccontextmanager
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """Let a pupil of the school owe and pay, and another pupil go to another school."""
    async with in_process(SERVICE, settings(database_url)) as (client, app):
        desk = Told(client, app, HANDLERS)
        desk.token = CASHIER
        await _tell(desk)
        for channel, body in (("bank-transfer", BANK), ("vnpay", VNPAY)):
            await desk.put(f"/schools/{SCHOOL}/channels/{channel}", body, token=PRINCIPAL)
        ids, made = await _collect(desk)
        app.state.database = Untouched(app.state.database)
        yield Scene(
            client,
            app,
            POLICY,
            ids,
            {
                GUARDIAN_OF: GUARDIAN,
                WORKS_AT: an_id("who works there"),
                ELSEWHERE: ELSEWHERES,
            },
            {**_fees(made), **_money(made), **_accounts()},
        )


async def _tell(desk: Told) -> None:
    await desk.hear(facts.school())
    await desk.hear(facts.school(OTHER_SCHOOL, code="80002"))
    await desk.hear(facts.year())
    await desk.hear(facts.class_opened())
    enrolled = [facts.enrolled(PUPIL), facts.enrolled(SIBLING)]
    await desk.hear(*enrolled, facts.enrolled(OTHER_PUPIL, school_id=OTHER_SCHOOL))
    await desk.hear(facts.placed(PUPIL), facts.placed(SIBLING))
    await desk.hear(facts.linked(GUARDIAN, PUPIL), facts.linked(GUARDIAN, SIBLING))
    await desk.hear(facts.linked(ELSEWHERES, OTHER_PUPIL))


async def _collect(desk: Told) -> tuple[dict[str, str], _Made]:
    item, second = [
        await desk.post("/fee-items", _item(name), expect=201, token=PRINCIPAL)
        for name in ("Tiền ăn", "Nước uống")
    ]
    await desk.post(f"/fee-items/{item['fee_item_id']}/assessments", _round(PUPIL), expect=201)
    first, other, _ = [await _pay(desk, pupil) for pupil in (PUPIL, PUPIL, SIBLING)]
    path = f"/payments/{first['payment_id']}/reversals"
    asked = await desk.post(path, WHY, expect=201)
    page = await desk.post(f"/pupils/{PUPIL}/vnpay-requests", {"school_id": SCHOOL}, expect=201)
    await desk.client.get(f"/v1/vnpay/ipn?{_report()}")
    (money,) = (await desk.get(f"/schools/{SCHOOL}/unmatched"))["unmatched"]
    account = await desk.get(f"/pupils/{PUPIL}/account")
    ids = {
        "school_id": SCHOOL,
        "class_id": CLASS,
        "pupil_id": PUPIL,
        "fee_item_id": item["fee_item_id"],
        "payment_id": first["payment_id"],
        "reversal_id": asked["reversal_id"],
        "unmatched_id": money["unmatched_id"],
        "reference": account["reference"],
    }
    return ids, _Made(second["fee_item_id"], other["payment_id"], page["reference"])


def _item(name: str) -> Answer:
    return {"school_id": SCHOOL, "school_year": YEAR, "name": name, **TERMS}


def _round(pupil: str) -> Answer:
    return {"period": "CN", "pupils": [{"pupil_id": pupil}]}


async def _pay(desk: Told, pupil: str) -> Answer:
    (paid,) = (await desk.post("/payments", _payment(pupil), expect=201))["payments"]
    return dict(paid)


def _payment(pupil: str) -> Answer:
    one = {"pupil_id": pupil, "amount": 5_000, "method": "cash"}
    return {"school_id": SCHOOL, "payments": [one]}


def _report() -> str:
    """Write what VNPAY reports of money for a reference that nobody knows."""
    values = {
        "vnp_Amount": "12000000",
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": "Thu tien",
        "vnp_PayDate": "20261105093012",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": TERMINAL,
        "vnp_TransactionNo": "14226112",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": "HPNOBODY",
    }
    return signed_query(values, SECRET.encode())


def _fees(made: _Made) -> dict[str, tuple[Place, ...]]:
    item = "/v1/fee-items/{fee_item_id}"
    year = {"school_id": SCHOOL, "school_year": YEAR}
    changed = {"name": "Tiền ăn trưa", **TERMS, "version": 1, "open": True}
    corrected = {
        "period": "CN",
        "pupils": [{"pupil_id": PUPIL, "quantity": 2, "exemption": None}],
        "reason_code": "other",
        "reason": "thêm một suất",
    }
    return {
        "POST /v1/fee-items": (Place("items.set", _item("Sách")),),
        f"PUT {item}": (Place("items.set", changed),),
        f"POST {item}/assessments": (Place("fees.assess", _round(SIBLING)),),
        f"POST {item}/corrections": (Place("fees.correct", corrected),),
        "GET /v1/fee-items": (Place("items.read", params=year),),
        f"GET {item}": (Place("items.read", ids={"fee_item_id": made.sibling_item}),),
        f"GET {item}/charges": (Place("accounts.read", never=(GUARDIAN_OF,)),),
        "GET /v1/schools/{school_id}/fees": (Place("ledger.read", params={"school_year": YEAR}),),
    }


def _money(made: _Made) -> dict[str, tuple[Place, ...]]:
    school, day = "/v1/schools/{school_id}", {"day": TODAY}
    return {
        "POST /v1/payments": (Place("payments.record", _payment(PUPIL)),),
        "POST /v1/pupils/{pupil_id}/credit": (
            Place("credit.use", {"school_id": SCHOOL}, ids={"pupil_id": SIBLING}),
        ),
        "POST /v1/payments/{payment_id}/reversals": (
            Place("reversals.request", WHY, ids={"payment_id": made.second_payment}),
        ),
        "POST /v1/reversals/{reversal_id}/decision": (
            Place("reversals.decide", {"approve": True, "reason": None}),
        ),
        "POST /v1/unmatched/{unmatched_id}/match": (Place("payments.match", {"pupil_id": PUPIL}),),
        "GET /v1/payments/{payment_id}": (Place("payments.read"),),
        f"GET {school}/payments": (Place("payments.read", params=day),),
        f"GET {school}/reversals": (Place("payments.read"),),
        f"GET {school}/unmatched": (Place("payments.read"),),
        f"GET {school}/trial-balance": (Place("ledger.read"),),
        "GET /v1/vnpay-requests/{reference}": (
            Place("payments.read", ids={"reference": made.request}),
        ),
    }


def _accounts() -> dict[str, tuple[Place, ...]]:
    pupil, channels = "/v1/pupils/{pupil_id}", "/v1/schools/{school_id}/channels"
    terminal = {name: value for name, value in VNPAY.items() if name != "secret"}
    return {
        f"GET {pupil}/account": (Place("accounts.read"),),
        "GET /v1/classes/{class_id}/balances": (Place("accounts.read", never=(GUARDIAN_OF,)),),
        "GET /v1/references/{reference}": (Place("accounts.read"),),
        f"GET {pupil}/vietqr": (Place("accounts.read"),),
        f"GET {pupil}/vietqr.svg": (Place("accounts.read"),),
        f"POST {pupil}/vnpay-requests": (Place("payments.request", {"school_id": SCHOOL}),),
        f"PUT {channels}/bank-transfer": (Place("channels.set", BANK | {"enabled": False}),),
        f"PUT {channels}/vnpay": (Place("channels.set", terminal),),
        f"GET {channels}": (Place("channels.read"),),
    }
