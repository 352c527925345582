"""Payments on a real database: its facts come as events, its commands over HTTP."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import business_day, new_id, now
from edu.testing import facts
from edu.testing.facts import CLASS, MASTER, OTHER_SCHOOL, SCHOOL, YEAR
from edu.testing.service import Answer, Told, an_id, in_process, settings_of
from payments.app import HANDLERS, SERVICE
from payments.settings import PaymentsSettings

TODAY = business_day(now())
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
CASHIER = f"cashier/{an_id('cashier')}/{SCHOOL}"
PRINCIPAL = f"principal/{an_id('principal')}/{SCHOOL}"
STRANGER = f"cashier/{an_id('stranger')}/{OTHER_SCHOOL}"


class Desk(Told):
    """The service, told events and asked over HTTP, in process."""

    facts = facts
    token = PRINCIPAL
    school_id, other_school, class_id, school_year = SCHOOL, OTHER_SCHOOL, CLASS, YEAR
    cashier, principal, stranger = CASHIER, PRINCIPAL, STRANGER
    yesterday, today, tomorrow = (day.isoformat() for day in (YESTERDAY, TODAY, TOMORROW))
    an_id = staticmethod(an_id)

    async def post(self, path: str, json: object = None, **options: Any) -> Answer:
        """Make something."""
        return await super().post(path, json, **{"expect": 201} | options)

    async def begin(self, *pupils: str) -> None:
        """Let there be a public school with class 6A, and these pupils in it."""
        await self.hear(facts.school())
        await self.hear(facts.year())
        await self.hear(facts.class_opened())
        if pupils:
            await self.hear(*map(facts.enrolled, pupils))
            await self.hear(*map(facts.placed, pupils))

    async def item(self, **fields: Any) -> Answer:
        """Add a fee item: boarding meals at 30,000 đ a day, due today, if nothing else is said."""
        return await self.post("/fee-items", self.terms() | fields)

    @staticmethod
    def terms() -> Answer:
        return {
            "school_id": SCHOOL,
            "school_year": YEAR,
            "name": f"Khoản {new_id()}",
            "kind": "boarding-meals",
            "legal_basis": "Nghị quyết của HĐND tỉnh về dịch vụ giáo dục",
            "mandatory": True,
            "unit": "once",
            "amount": 30_000,
            "due_on": TODAY.isoformat(),
        }

    async def assess(
        self, item: Answer, who: Sequence[str], *, period: str = "CN", **fields: Any
    ) -> Answer:
        """Charge these pupils for one unit of an item."""
        options = {name: fields.pop(name) for name in ("expect", "token") if name in fields}
        body = {"period": period, "pupils": [{"pupil_id": pupil} for pupil in who]} | fields
        return await self.post(f"/fee-items/{item['fee_item_id']}/assessments", body, **options)

    async def charge(self, pupil: str, amount: int, **fields: Any) -> Answer:
        """Charge one pupil for an item of its own; gives the charge."""
        item = await self.item(amount=amount, **fields)
        (charge,) = (await self.assess(item, [pupil]))["charges"]
        return dict(charge)

    async def pay(self, pupil: str, amount: int, **options: Any) -> Answer:
        """Pay cash for one pupil; gives the payment. What is no option belongs to the payment."""
        names = ("expect", "token", "key")
        asked = {name: options.pop(name) for name in names if name in options}
        payment = {"pupil_id": pupil, "amount": amount, "method": "cash"} | options
        body = {"school_id": SCHOOL, "payments": [payment]}
        answer = await self.post("/payments", body, **{"token": CASHIER} | asked)
        return dict(answer["payments"][0]) if "payments" in answer else answer

    async def account(self, pupil: str, **options: Any) -> Answer:
        return await self.get(f"/pupils/{pupil}/account", **options)

    async def balances(self) -> dict[str, int]:
        """Return the balance (debit less credit) of each kind of account; they must add up."""
        found = await self.get(f"/schools/{SCHOOL}/trial-balance")
        assert found["debit"] == found["credit"]
        return {one["kind"]: one["balance"] for one in found["accounts"] if one["balance"]}


@pytest.fixture
def settings(database: Callable[[str], str]) -> PaymentsSettings:
    return settings_of(
        PaymentsSettings,
        database("payments"),
        master_key=MASTER,
        vnpay_pay_url="https://pay.example.vn/vpcpay.html",
    )


@pytest.fixture
async def desk(settings: PaymentsSettings) -> AsyncIterator[Desk]:
    async with in_process(SERVICE, settings) as (client, app):
        yield Desk(client, app, HANDLERS)
