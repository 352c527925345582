"""Money over HTTP on a real database: what it settles, what is left, how it goes back."""

from typing import Any

import pytest

from chassis.clock import new_id

AN, BINH, CHI = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))


def refused(answer: dict[str, Any], slug: str) -> list[dict[str, str]]:
    assert answer["type"] == f"urn:edu:problem:{slug}"
    return list(answer.get("errors", []))


async def test_a_payment_settles_what_is_due_first_and_says_so(desk: Any) -> None:
    await desk.begin(AN)
    later = await desk.charge(AN, 300_000, due_on=desk.tomorrow)
    first = await desk.charge(AN, 200_000, due_on=desk.yesterday, kind="hygiene")
    paid = await desk.pay(AN, 350_000)
    assert paid["settled"] == [
        {
            "charge_id": charge["charge_id"],
            "name": charge["name"],
            "period": "CN",
            "due_on": charge["due_on"],
            "amount": amount,
        }
        for charge, amount in ((first, 200_000), (later, 150_000))
    ]
    assert (paid["receipt"][-7:], paid["credit"]) == ("/000001", 0)
    (fact,) = await desk.outbox("fee-paid")
    assert (fact.topic, fact.key) == ("payments.fees.v1", desk.school_id)
    assert fact.data == {
        "payment_id": paid["payment_id"],
        "school_id": desk.school_id,
        "pupil_id": AN,
        "method": "cash",
        "day": desk.today,
        "received": 350_000,
        "prepaid": 0,
        "lines": {
            "charges": [first["charge_id"], later["charge_id"]],
            "fee_items": [first["fee_item_id"], later["fee_item_id"]],
            "kinds": ["hygiene", "boarding-meals"],
            "school_years": [desk.school_year, desk.school_year],
            "due_on": [desk.yesterday, desk.tomorrow],
            "methods": ["cash", "cash"],
            "amounts": [200_000, 150_000],
        },
        "remaining": 150_000,
    }
    assert await desk.balances() == {"cash": 350_000, "receivable": 150_000, "revenue": -500_000}


async def test_what_is_paid_too_much_is_the_pupils_credit_and_used_on_request(desk: Any) -> None:
    await desk.begin(AN)
    await desk.charge(AN, 660_000)
    paid = await desk.pay(AN, 750_000)
    assert paid["credit"] == 90_000
    assert (await desk.outbox("fee-paid"))[0].data["prepaid"] == 90_000
    assert (await desk.account(AN))["credit"] == 90_000
    item = await desk.item(amount=570_000, name="Tháng 12")
    # Nothing is used that nobody asked for.
    await desk.assess(item, [AN])
    assert (await desk.account(AN))["owed"] == 570_000
    answer = await desk.ask("POST", f"/pupils/{AN}/credit", {"school_id": desk.school_id})
    assert answer == {"used": 90_000, "owed": 480_000, "credit": 0}
    used = (await desk.outbox("fee-paid"))[1].data
    assert (used["payment_id"], used["received"], used["prepaid"]) == (
        paid["payment_id"],
        0,
        -90_000,
    )
    assert used["lines"]["amounts"] == [90_000]
    assert used["lines"]["methods"] == ["cash"]
    assert used["remaining"] == 480_000


async def test_the_next_assessment_uses_credit_if_it_is_asked_to(desk: Any) -> None:
    await desk.begin(AN, BINH)
    await desk.pay(AN, 50_000)
    await desk.pay(AN, 60_000, method="bank-transfer", external_id="FT1")
    item = await desk.item(amount=100_000)
    assessed = await desk.assess(item, [AN, BINH], use_credit=True)
    assert [charge["outstanding"] for charge in assessed["charges"]] == [0, 100_000]
    facts = [fact.data for fact in await desk.outbox("fee-paid")]
    assert [(fact["method"], fact["prepaid"], fact["lines"]["amounts"]) for fact in facts] == [
        ("cash", 50_000, []),
        ("bank-transfer", 60_000, []),
        ("cash", -50_000, [50_000]),
        ("bank-transfer", -50_000, [50_000]),
    ]
    assert await desk.balances() == {
        "cash": 50_000,
        "bank": 60_000,
        "receivable": 100_000,
        "prepayment": -10_000,
        "revenue": -200_000,
    }


async def test_a_whole_class_pays_at_the_counter_in_one_go(desk: Any) -> None:
    await desk.begin(AN, BINH)
    await desk.charge(AN, 100_000)
    payments = [
        {"pupil_id": AN, "amount": 60_000, "method": "cash"},
        {"pupil_id": BINH, "amount": 20_000, "method": "cash"},
        {"pupil_id": AN, "amount": 60_000, "method": "cash"},
    ]
    body = {"school_id": desk.school_id, "payments": payments}
    answer = await desk.post("/payments", body, token=desk.cashier)
    receipts = [payment["receipt"][-2:] for payment in answer["payments"]]
    assert receipts == ["01", "02", "03"]
    assert [payment["credit"] for payment in answer["payments"]] == [0, 20_000, 20_000]
    day = await desk.get(f"/schools/{desk.school_id}/payments", params={"day": desk.today})
    assert day["payments"] == answer["payments"]


async def test_payments_are_taken_all_or_none(desk: Any) -> None:
    await desk.begin(AN)
    payments = [
        {"pupil_id": AN, "amount": 60_000, "method": "cash"},
        {"pupil_id": CHI, "amount": 20_000, "method": "cash"},
    ]
    body = {"school_id": desk.school_id, "payments": payments}
    answer = await desk.post("/payments", body, token=desk.cashier, expect=409)
    assert refused(answer, "pupils-not-here")[0]["where"] == "payments[1].pupil_id"
    assert await desk.rows("SELECT * FROM payment") == []
    assert await desk.outbox() == []
    # The number was not used up.
    assert (await desk.pay(AN, 1))["receipt"].endswith("/000001")


async def test_who_has_left_still_pays_what_is_owed_to_the_old_school(desk: Any) -> None:
    await desk.begin(AN)
    await desk.charge(AN, 100_000)
    await desk.hear(desk.facts.transferred(AN, 2, school_id=desk.other_school))
    assert (await desk.pay(AN, 100_000))["settled"][0]["amount"] == 100_000
    account = await desk.account(AN, params={"school_id": desk.school_id})
    assert (account["owed"], account["school_id"]) == (0, desk.school_id)
    # The new school sees its own account alone, which is empty.
    new = await desk.account(AN, token=desk.stranger)
    assert (new["school_id"], new["charges"], new["payments"]) == (desk.other_school, [], [])
    await desk.account(AN, token=desk.stranger, params={"school_id": desk.school_id}, expect=404)


async def test_the_same_transfer_is_entered_once(desk: Any) -> None:
    await desk.begin(AN, BINH)
    transfer = {"method": "bank-transfer", "external_id": "FT26325000001", "day": desk.yesterday}
    paid = await desk.pay(AN, 100_000, **transfer)
    assert (paid["day"], paid["external_id"]) == (desk.yesterday, "FT26325000001")
    again = await desk.pay(BINH, 100_000, **transfer, expect=409)
    assert refused(again, "payment-already-recorded")[0]["where"] == "payments[0].external_id"
    # Two transfers that are equal in all but the bank's number are two.
    await desk.pay(AN, 100_000, **transfer | {"external_id": "FT26325000002"})
    assert await desk.balances() == {"bank": 200_000, "prepayment": -200_000}


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": "100"},
        {"amount": 1_000_000_001},
        {"method": "vnpay"},
        {"method": "other"},
        {"method": "gold"},
        {"method": "bank-transfer"},
        {"external_id": "FT1"},
        {"reversed": True},
        {"day": "2126-01-01"},
        {"note": " "},
    ],
)
async def test_money_that_cannot_be_is_refused(desk: Any, fields: dict[str, Any]) -> None:
    await desk.begin(AN)
    await desk.pay(AN, **{"amount": 1, "expect": 422} | fields)


async def test_the_same_key_is_answered_the_same_and_counts_once(desk: Any) -> None:
    await desk.begin(AN)
    key = new_id()
    first = await desk.pay(AN, 100_000, key=key)
    assert await desk.pay(AN, 100_000, key=key) == first
    await desk.pay(AN, 100_001, key=key, expect=409)
    assert await desk.balances() == {"cash": 100_000, "prepayment": -100_000}
    assert len(await desk.outbox("fee-paid")) == 1


async def reverse(desk: Any, payment: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"reason_code": "entry-error", "reason": "Gõ nhầm số tiền."} | fields
    path = f"/payments/{payment['payment_id']}/reversals"
    return dict(await desk.post(path, body, token=desk.cashier))


async def decide(desk: Any, reversal: dict[str, Any], **options: Any) -> dict[str, Any]:
    body = {"approve": True} | options.pop("body", {})
    path = f"/reversals/{reversal['reversal_id']}/decision"
    return dict(await desk.ask("POST", path, body, **options))


async def test_a_reversal_is_new_entries_after_a_second_look(desk: Any) -> None:
    await desk.begin(AN)
    charge = await desk.charge(AN, 100_000)
    paid = await desk.pay(AN, 150_000)
    reversal = await reverse(desk, paid)
    before = await desk.balances()
    waiting = await desk.get(f"/schools/{desk.school_id}/reversals")
    assert waiting["reversals"] == [
        reversal | {"reason": "Gõ nhầm số tiền.", "decision_reason": None}
    ]
    assert await desk.outbox("fee-reversed") == []
    decided = await decide(desk, reversal)
    assert (decided["state"], decided["decided_by"]) == ("approved", desk.an_id("principal"))
    (fact,) = await desk.outbox("fee-reversed")
    assert fact.data == {
        "payment_id": paid["payment_id"],
        "school_id": desk.school_id,
        "pupil_id": AN,
        "method": "cash",
        "day": desk.today,
        "reason_code": "entry-error",
        "returned": 150_000,
        "prepaid": -50_000,
        "lines": {
            "charges": [charge["charge_id"]],
            "fee_items": [charge["fee_item_id"]],
            "kinds": ["boarding-meals"],
            "school_years": [desk.school_year],
            "due_on": [desk.today],
            "methods": ["cash"],
            "amounts": [100_000],
        },
        "remaining": 100_000,
    }
    assert before == {"cash": 150_000, "prepayment": -50_000, "revenue": -100_000}
    assert await desk.balances() == {"receivable": 100_000, "revenue": -100_000}
    entries = await desk.rows("SELECT count(*) FROM ledger_entry")
    assert entries == [(8,)]
    shown = await desk.get(f"/payments/{paid['payment_id']}")
    assert (shown["reversed"], shown["settled"], shown["credit"]) == (True, [], 0)
    assert [one["state"] for one in shown["reversals"]] == ["approved"]


async def test_nobody_decides_about_the_money_that_they_took(desk: Any) -> None:
    await desk.begin(AN)
    paid = await desk.pay(AN, 1000)
    reversal = await reverse(desk, paid)
    # A cashier may never decide, not even with the principal's role added by mistake.
    await decide(desk, reversal, token=desk.cashier, expect=403)
    both = f"principal/{desk.an_id('cashier')}/{desk.school_id}"
    answer = await decide(desk, reversal, token=both, expect=403)
    assert refused(answer, "second-person-needed") == []
    await decide(desk, reversal, token=f"principal/x/{desk.other_school}", expect=404)
    assert (await desk.get(f"/payments/{paid['payment_id']}"))["reversed"] is False


async def test_a_rejected_request_changes_nothing_and_may_be_made_again(desk: Any) -> None:
    await desk.begin(AN)
    paid = await desk.pay(AN, 1000)
    reversal = await reverse(desk, paid)
    body = {"reason_code": "refunded", "reason": "Trả lại."}
    path = f"/payments/{paid['payment_id']}/reversals"
    answer = await desk.post(path, body, token=desk.cashier, expect=409)
    assert refused(answer, "reversal-requested") == []
    await decide(desk, reversal, body={"approve": False}, expect=422)
    no = {"approve": False, "reason": "Phiếu thu đúng."}
    assert (await decide(desk, reversal, body=no))["state"] == "rejected"
    assert refused(await decide(desk, reversal, expect=409), "reversal-decided") == []
    assert await desk.balances() == {"cash": 1000, "prepayment": -1000}
    await decide(desk, await reverse(desk, paid))
    answer = await desk.post(path, body, token=desk.cashier, expect=409)
    assert refused(answer, "payment-reversed") == []
    assert await desk.balances() == {}


async def test_a_reason_that_only_the_system_gives_is_refused(desk: Any) -> None:
    await desk.begin(AN)
    paid = await desk.pay(AN, 1000)
    path = f"/payments/{paid['payment_id']}/reversals"
    for body in (
        {"reason_code": "charge-lowered", "reason": "x"},
        {"reason_code": "entry-error"},
        {"reason_code": "entry-error", "reason": "  "},
    ):
        await desk.post(path, body, token=desk.cashier, expect=422)


async def test_a_reversed_transfer_may_be_entered_for_the_right_pupil(desk: Any) -> None:
    await desk.begin(AN, BINH)
    transfer = {"method": "bank-transfer", "external_id": "FT1"}
    wrong = await desk.pay(AN, 1000, **transfer)
    await decide(desk, await reverse(desk, wrong, reason_code="wrong-pupil"))
    await desk.pay(BINH, 1000, **transfer)
    assert await desk.balances() == {"bank": 1000, "prepayment": -1000}


async def test_a_reversal_takes_back_what_its_credit_settled_meanwhile(desk: Any) -> None:
    await desk.begin(AN)
    paid = await desk.pay(AN, 100_000)
    await desk.assess(await desk.item(amount=70_000), [AN], use_credit=True)
    await decide(desk, await reverse(desk, paid))
    fact = (await desk.outbox("fee-reversed"))[0].data
    assert (fact["returned"], fact["prepaid"], fact["lines"]["amounts"]) == (
        100_000,
        -30_000,
        [70_000],
    )
    assert await desk.balances() == {"receivable": 70_000, "revenue": -70_000}


async def test_a_charge_that_is_lowered_after_payment_frees_credit(desk: Any) -> None:
    await desk.begin(AN)
    item = await desk.item(amount=425_000)
    await desk.assess(item, [AN])
    first = await desk.pay(AN, 400_000)
    second = await desk.pay(AN, 25_000, method="bank-transfer", external_id="FT1")
    terms = {name: value for name, value in item.items() if name not in ("fee_item_id", "amount")}
    del terms["school_id"], terms["school_year"]
    await desk.put(f"/fee-items/{item['fee_item_id']}", terms | {"amount": 390_000})
    path = f"/fee-items/{item['fee_item_id']}/corrections"
    body = {
        "period": "CN",
        "pupils": [{"pupil_id": AN, "quantity": 1, "exemption": None}],
        "reason_code": "price-changed",
    }
    await desk.ask("POST", path, body)
    account = await desk.account(AN)
    assert (account["owed"], account["credit"]) == (0, 35_000)
    told = [fact for fact in await desk.outbox() if "channel" not in fact.type][-3:]
    # The payment that came last gives back first; only then is less asked for.
    assert [fact.type.split(".")[2] for fact in told] == [
        "fee-reversed",
        "fee-reversed",
        "fee-assessed",
    ]
    assert [
        (fact.data["payment_id"], fact.data["returned"], fact.data["prepaid"]) for fact in told[:2]
    ] == [(second["payment_id"], 0, 25_000), (first["payment_id"], 0, 10_000)]
    assert {fact.data["reason_code"] for fact in told[:2]} == {"charge-lowered"}
    assert told[2].data["before"]["value"] == [425_000]
    assert await desk.balances() == {
        "cash": 400_000,
        "bank": 25_000,
        "prepayment": -35_000,
        "revenue": -390_000,
    }


async def test_many_lines_are_told_in_several_facts_that_add_up(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.receipts.settling.MAX_LINES", 3)
    await desk.begin(AN)
    for _ in range(7):
        await desk.charge(AN, 1000)
    paid = await desk.pay(AN, 7500)
    await desk.charge(AN, 400)
    await desk.ask("POST", f"/pupils/{AN}/credit", {"school_id": desk.school_id})
    facts = [fact.data for fact in await desk.outbox("fee-paid")]
    assert [len(fact["lines"]["charges"]) for fact in facts] == [3, 3, 1, 1]
    assert [fact["received"] for fact in facts] == [3500, 3000, 1000, 0]
    assert [fact["prepaid"] for fact in facts] == [500, 0, 0, -400]
    await decide(desk, await reverse(desk, paid))
    taken = [fact.data for fact in await desk.outbox("fee-reversed")]
    assert [len(fact["lines"]["charges"]) for fact in taken] == [3, 3, 2]
    assert sum(fact["returned"] for fact in taken) == 7500
    assert sum(fact["prepaid"] for fact in taken) == -100


async def test_a_reference_on_a_statement_finds_the_pupil(desk: Any) -> None:
    await desk.begin()
    enrolment, key = desk.facts.person(AN, "Nguyễn Văn An")
    await desk.hear(enrolment)
    await desk.hear(key)
    reference = (await desk.account(AN))["reference"]
    found = await desk.get(f"/references/{reference}", token=desk.cashier)
    assert found == {"pupil_id": AN, "name": "Nguyễn Văn An", "school_id": desk.school_id}
    await desk.get(f"/references/{reference}", token=desk.stranger, expect=404)
    await desk.get(f"/references/HP{'0' * 13}", token=desk.cashier, expect=404)
    await desk.get("/references/HP1", token=desk.cashier, expect=422)
