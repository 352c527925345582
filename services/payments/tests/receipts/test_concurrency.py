"""Several people at one pupil's money at once: nothing is lost, nothing counts twice."""

import asyncio
from typing import Any

AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))


async def test_payments_at_once_settle_each_charge_once(desk: Any) -> None:
    await desk.begin(AN)
    for _ in range(3):
        await desk.charge(AN, 100_000)
    paid = await asyncio.gather(*(desk.pay(AN, 70_000) for _ in range(6)))
    account = await desk.account(AN)
    assert (account["owed"], account["credit"]) == (0, 120_000)
    assert sorted(payment["receipt"][-6:] for payment in paid) == [
        f"{number:06}" for number in range(1, 7)
    ]
    assert sum(line["amount"] for payment in paid for line in payment["settled"]) == 300_000
    assert await desk.balances() == {
        "cash": 420_000,
        "prepayment": -120_000,
        "revenue": -300_000,
    }


async def test_receipts_have_no_gap_where_a_payment_failed(desk: Any) -> None:
    await desk.begin(AN)
    transfer = {"method": "bank-transfer", "external_id": "FT1"}

    async def pay(number: int) -> int:
        payment = {"pupil_id": AN, "amount": 1000 + number}
        how = transfer if number % 2 else {"method": "cash"}
        body = {"school_id": desk.school_id, "payments": [payment | how]}
        return int((await desk.send("POST", "/payments", body, token=desk.cashier)).status_code)

    answers = await asyncio.gather(*map(pay, range(8)))
    assert sorted(answers) == [201] * 5 + [409] * 3
    numbers = await desk.rows("SELECT receipt_number FROM payment ORDER BY 1")
    assert numbers == [(number,) for number in range(1, 6)]


async def test_credit_is_used_once_however_many_ask(desk: Any) -> None:
    await desk.begin(AN)
    await desk.pay(AN, 50_000)
    await desk.charge(AN, 80_000)
    body = {"school_id": desk.school_id}
    answers = await asyncio.gather(
        *(desk.ask("POST", f"/pupils/{AN}/credit", body) for _ in range(4))
    )
    assert sorted(answer["used"] for answer in answers) == [0, 0, 0, 50_000]
    assert (await desk.account(AN))["owed"] == 30_000


async def test_a_round_run_by_two_at_once_charges_each_pupil_once(desk: Any) -> None:
    await desk.begin(AN, BINH)
    item = await desk.item(amount=10_000)
    answers = await asyncio.gather(
        *(desk.assess(item, [], class_id=desk.class_id) for _ in range(4))
    )
    assert sorted(len(answer["charges"]) for answer in answers) == [0, 0, 0, 2]
    assert len(await desk.outbox("fee-assessed")) == 1
    assert await desk.balances() == {"receivable": 20_000, "revenue": -20_000}


async def test_a_payment_while_its_charge_is_lowered_ends_as_credit(desk: Any) -> None:
    await desk.begin(AN)
    item = await desk.item(amount=100_000)
    await desk.assess(item, [AN])
    correction = {
        "period": "CN",
        "pupils": [{"pupil_id": AN, "quantity": 0, "exemption": None}],
        "reason_code": "left-school",
    }
    path = f"/fee-items/{item['fee_item_id']}/corrections"
    await asyncio.gather(desk.pay(AN, 100_000), desk.ask("POST", path, correction))
    account = await desk.account(AN)
    assert (account["owed"], account["credit"]) == (0, 100_000)
    assert await desk.balances() == {"cash": 100_000, "prepayment": -100_000}


async def test_a_reversal_is_decided_once(desk: Any) -> None:
    await desk.begin(AN)
    paid = await desk.pay(AN, 1000)
    body = {"reason_code": "refunded", "reason": "Trả lại."}
    path = f"/payments/{paid['payment_id']}/reversals"
    asked = await asyncio.gather(
        *(desk.send("POST", path, body, token=desk.cashier) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in asked) == [201, 409, 409]
    (reversal,) = [answer.json() for answer in asked if answer.status_code == 201]
    path = f"/reversals/{reversal['reversal_id']}/decision"
    decided = await asyncio.gather(*(desk.send("POST", path, {"approve": True}) for _ in range(3)))
    assert sorted(answer.status_code for answer in decided) == [200, 409, 409]
    assert len(await desk.outbox("fee-reversed")) == 1
    assert await desk.balances() == {}
