"""What a school collects: an item that a class is charged for, and how families pay it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from typing import Any

from edu.client import LATEST_FACT_SECONDS, Refused
from edu.demo.province import Pupil, Room, School, named
from edu.demo.stage import Played, Stage, tolerant
from payments.vnpay.signing import SIGNATURE, signature

PRICE = 60_000
"""In đồng, for a term."""
ITEM = {
    "name": "Nước uống học kỳ I",
    "kind": "drinking-water",
    "legal_basis": "Nghị quyết của Hội đồng nhân dân tỉnh về các khoản thu (dữ liệu mẫu)",
    "mandatory": True,
    "unit": "term",
    "amount": PRICE,
}
PERIOD = "HK1"
DUE_AFTER = timedelta(days=60)
"""After the first day of the school year."""

IN_CASH, HALF, TWICE, BY_BANK, BY_GATEWAY = range(12), 12, 13, range(14, 20), (20, 21)
"""Who pays how, by their seats; the others do not. Half is a part, twice leaves credit."""
REVERSED_AT, REVERSED = 9, 5
"""At which school whose payment was written down by mistake."""

SECRET = "the-demo-keeps-no-secret-of-a-merchant"  # noqa: S105 - opens nothing outside the demo
VIET_NAM = timezone(timedelta(hours=7))
CONFIRMED = frozenset({"00", "02"})
ROUND = 0.25


async def collect(stage: Stage, played: Played) -> None:
    """Let a school open its channels, charge its first class, and be paid."""
    await _Office(stage, played).collect()


class _Office:
    """The school's office: the principal decides, the cashier takes."""

    def __init__(self, stage: Stage, played: Played) -> None:
        self._stage = stage
        self._played = played
        self._school = played.school
        self._principal, self._cashier = (
            stage.mint(role, subject=named(role, played.school.code), school=played.school_id)
            for role in ("principal", "cashier")
        )
        self._here = {"school_id": played.school_id}

    async def collect(self) -> None:
        await self._open_channels()
        item_id = await self._item()
        room = self._school.met
        await self._seated(room)
        await self._post(
            f"/v1/fee-items/{item_id}/assessments", {"period": PERIOD, "class_id": room.class_id}
        )
        self._stage.facts["fee-assessed"] += 1
        self._stage.told.update(pupil.code for pupil in room.pupils)
        await self._take(room)
        if _gateway(self._school):
            for seat in BY_GATEWAY:
                await self._pay_through_gateway(room.pupils[seat])

    async def _open_channels(self) -> None:
        school = self._school
        channels: dict[str, object] = {}
        if _bank(school):
            channels["bank-transfer"] = {
                "enabled": True,
                "bank_bin": "970415",
                "account": f"1100{school.number:06}",
            }
        if _gateway(school):
            channels["vnpay"] = {
                "enabled": True,
                "terminal": _terminal(school),
                "secret": SECRET,
                "return_url": "https://truong.example.vn/da-nop",
            }
        for channel, details in channels.items():
            await self._stage.command(
                "payments",
                "PUT",
                f"/v1/schools/{self._played.school_id}/channels/{channel}",
                details,
                token=self._principal,
                waits_for={"school-unknown"},
            )
            self._stage.facts["payment-channel-enabled"] += 1

    async def _item(self) -> str:
        of = self._here | {"school_year": self._stage.day.school_year}
        known = await self._stage.suite.query(
            "payments", "/v1/fee-items", token=self._principal, params=of
        )
        for item in known["items"]:
            if item["name"] == ITEM["name"]:
                return str(item["fee_item_id"])
        due_on = date.fromisoformat(self._stage.day.first_day) + DUE_AFTER
        made = await self._stage.command(
            "payments",
            "POST",
            "/v1/fee-items",
            ITEM | of | {"due_on": due_on.isoformat()},
            token=self._principal,
            waits_for={"school-unknown", "school-year-unknown"},
        )
        return str(made["fee_item_id"])

    async def _seated(self, room: Room) -> None:
        """Wait until payments know the class with everybody in it."""
        path = f"/v1/classes/{room.class_id}/balances"
        async with asyncio.timeout(LATEST_FACT_SECONDS):
            while True:
                with suppress(Refused):
                    query = self._stage.suite.query("payments", path, token=self._principal)
                    if len((await query)["pupils"]) >= len(room.pupils):
                        return
                await asyncio.sleep(ROUND)

    async def _take(self, room: Room) -> None:
        """Take what families bring, and what stands on the bank's statement."""
        seats = [*IN_CASH, HALF, TWICE]
        amounts = {HALF: PRICE // 2, TWICE: PRICE * 2}
        methods = dict.fromkeys(seats, "cash")
        if _bank(self._school) and self._school.number % 4 != 0:
            methods |= dict.fromkeys(BY_BANK, "bank-transfer")
        taken = [
            self._payment(room.pupils[seat], amounts.get(seat, PRICE), method)
            for seat, method in methods.items()
        ]
        answer = await tolerant(self._post("/v1/payments", self._here | {"payments": taken}))
        self._paid(room.pupils[seat] for seat in methods)
        if self._school.number == REVERSED_AT:
            if answer is not None:
                await self._reverse(answer["payments"][REVERSED]["payment_id"])
            self._stage.facts["fee-reversed"] += 1

    def _payment(self, pupil: Pupil, amount: int, method: str) -> Mapping[str, object]:
        pupil_id = self._played.pupils[pupil.code]
        number = {"external_id": f"FT-{pupil_id}"} if method != "cash" else {}
        return {"pupil_id": pupil_id, "amount": amount, "method": method} | number

    async def _reverse(self, payment_id: str) -> None:
        """Let the cashier ask, and the principal decide, to undo a payment."""
        why = {"reason_code": "entry-error", "reason": "Ghi nhầm, gia đình chưa nộp."}
        asked = await tolerant(self._post(f"/v1/payments/{payment_id}/reversals", why))
        if asked is not None:
            await self._stage.command(
                "payments",
                "POST",
                f"/v1/reversals/{asked['reversal_id']}/decision",
                {"approve": True},
                token=self._principal,
            )

    async def _pay_through_gateway(self, pupil: Pupil) -> None:
        """Ask for a page, and report as VNPAY does when somebody has paid there; twice."""
        path = f"/v1/pupils/{self._played.pupils[pupil.code]}/vnpay-requests"
        page = await tolerant(self._post(path, self._here))
        if page is not None:
            report = self._report(pupil, page)
            for _ in range(2):
                answer = await self._stage.suite.query("payments", "/v1/vnpay/ipn", params=report)
                if answer["RspCode"] not in CONFIRMED:
                    raise Refused(200, {"detail": answer}, "VNPAY's report")
        self._paid([pupil])

    def _report(self, pupil: Pupil, page: Mapping[str, Any]) -> dict[str, str]:
        digits = "".join(filter(str.isdigit, pupil.code))
        values = {
            "vnp_Amount": str(page["amount"] * 100),
            "vnp_BankCode": "NCB",
            "vnp_OrderInfo": f"Thu tien truong hoc {page['reference']}",
            "vnp_PayDate": f"{datetime.now(VIET_NAM):%Y%m%d%H%M%S}",
            "vnp_ResponseCode": "00",
            "vnp_TmnCode": _terminal(self._school),
            "vnp_TransactionNo": f"{self._stage.day.school_year[:4]}{digits}",
            "vnp_TransactionStatus": "00",
            "vnp_TxnRef": page["reference"],
        }
        return values | {SIGNATURE: signature(values, SECRET.encode())}

    def _paid(self, pupils: Iterable[Pupil]) -> None:
        codes = [pupil.code for pupil in pupils]
        self._stage.told.update(codes)
        self._stage.facts["fee-paid"] += len(codes)

    async def _post(self, path: str, body: Mapping[str, object]) -> Any:
        return await self._stage.command("payments", "POST", path, body, token=self._cashier)


def _bank(school: School) -> bool:
    """Tell whether a school takes transfers: four of five do."""
    return school.number % 5 != 0


def _gateway(school: School) -> bool:
    """Tell whether a school takes payments through VNPAY as well: every third one."""
    return _bank(school) and school.number % 3 == 0


def _terminal(school: School) -> str:
    return f"{school.code:0>8}"
