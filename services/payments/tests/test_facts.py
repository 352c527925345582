"""Statistics add up from the facts alone: whoever folds them knows what the service knows."""

import json
import random
from collections import Counter
from typing import Any

import pytest

from contracts.payments import FeeAssessed, FeePaid, FeeReversed

AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))


class Statistics:
    """What a reader keeps who has heard every fact and remembers no charge and no payment."""

    def __init__(self) -> None:
        self.billed: Counter[str] = Counter()
        self.collected: Counter[tuple[str, str]] = Counter()
        self.received = self.prepaid = 0

    def hear(self, kind: str, data: Any) -> None:
        text = json.dumps(data)
        if kind == "fee-assessed":
            assessed = FeeAssessed.read(text)
            for row in assessed.rows():
                self.billed[str(assessed.due_on)] += (row.after or 0) - (row.before or 0)
            return
        fact: FeePaid | FeeReversed
        fact = FeePaid.read(text) if kind == "fee-paid" else FeeReversed.read(text)
        sign = 1 if isinstance(fact, FeePaid) else -1
        for line in fact.lines.rows():
            self.collected[str(line.due_on), line.method] += sign * line.amount
        self.received += fact.received if isinstance(fact, FeePaid) else -fact.returned
        self.prepaid += fact.prepaid

    def overdue(self, today: str) -> int:
        late = sum(amount for due, amount in self.billed.items() if due < today)
        return late - sum(amount for (due, _), amount in self.collected.items() if due < today)


@pytest.mark.parametrize("seed", range(5))
async def test_billed_collected_and_overdue_are_sums_of_the_facts(desk: Any, seed: int) -> None:
    """Assess, pay, correct, use credit and reverse at random; compare at every fifth step."""
    draw = random.Random(seed)
    await desk.begin(AN, BINH)
    items = [
        await desk.item(amount=20_000, due_on=desk.yesterday),
        await desk.item(amount=30_000, due_on=desk.tomorrow),
    ]
    for item in items:
        await desk.assess(item, [AN, BINH])
    payments: list[dict[str, Any]] = []
    for number in range(25):
        pupil = draw.choice([AN, BINH])
        match draw.choice(["pay", "pay", "correct", "correct", "use", "assess", "reverse"]):
            case "pay":
                transfer = {"method": "bank-transfer", "external_id": f"FT{number}"}
                how = transfer if draw.random() < 0.5 else {}
                payments.append(await desk.pay(pupil, draw.randint(1, 90_000), **how))
            case "correct":
                path = f"/fee-items/{draw.choice(items)['fee_item_id']}/corrections"
                rows = [{"pupil_id": pupil, "quantity": draw.randint(0, 3), "exemption": None}]
                body = {"period": "CN", "pupils": rows, "reason_code": "price-changed"}
                # 409: it was cancelled before, and there is nothing to correct.
                assert (await desk.send("POST", path, body)).status_code in (200, 409)
            case "use":
                await desk.ask("POST", f"/pupils/{pupil}/credit", {"school_id": desk.school_id})
            case "assess":
                await desk.charge(pupil, draw.randint(1, 60_000), due_on=desk.yesterday)
            case "reverse" if payments:
                payment = payments.pop(draw.randrange(len(payments)))
                reason = {"reason_code": "refunded", "reason": "Trả lại."}
                path = f"/payments/{payment['payment_id']}/reversals"
                asked = await desk.post(path, reason, token=desk.cashier)
                decision = f"/reversals/{asked['reversal_id']}/decision"
                await desk.ask("POST", decision, {"approve": True})
        if number % 5 == 4:
            await _compare(desk)


async def _compare(desk: Any) -> None:
    statistics = Statistics()
    for fact in await desk.outbox():
        statistics.hear(fact.type.split(".")[2], fact.data)
    summary = await desk.get(
        f"/schools/{desk.school_id}/fees", params={"school_year": desk.school_year}
    )
    items = summary["items"]
    assert sum(statistics.billed.values()) == sum(item["billed"] for item in items)
    assert sum(statistics.collected.values()) == sum(item["collected"] for item in items)
    assert statistics.overdue(desk.today) == sum(item["overdue"] for item in items)
    balances = Counter(await desk.balances())
    assert statistics.received == balances["cash"] + balances["bank"]
    assert statistics.prepaid == -balances["prepayment"]
    cashless = Counter(dict(statistics.collected))
    assert all(amount >= 0 for amount in cashless.values())
    charged = await desk.rows(
        "SELECT sum(c.gross - c.reduction) - (SELECT coalesce(sum(e.debit - e.credit), 0)"
        " FROM ledger_entry e JOIN ledger_transaction t USING (transaction_id)"
        " WHERE e.charge_id IS NOT NULL AND t.kind IN ('assessed', 'corrected'))"
        " FROM charge c"
    )
    assert charged == [(0,)]
