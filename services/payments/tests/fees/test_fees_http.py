"""Fee items and charges over HTTP on a real database: answers, facts, refusals."""

from typing import Any

import pytest

from chassis.clock import new_id
from contracts.lists import Ownership

AN, BINH, CHI = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))


def refused(answer: dict[str, Any], slug: str) -> list[dict[str, str]]:
    assert answer["type"] == f"urn:edu:problem:{slug}"
    return list(answer.get("errors", []))


async def test_a_class_is_charged_by_one_fact(desk: Any) -> None:
    await desk.begin(AN, BINH, CHI)
    item = await desk.item(amount=30_000, unit="day", name="Tiền ăn bán trú")
    body = {"period": "2026-11", "class_id": desk.class_id, "quantity": 19, "due_on": desk.tomorrow}
    assessed = await desk.post(f"/fee-items/{item['fee_item_id']}/assessments", body)
    assert [charge["amount"] for charge in assessed["charges"]] == [570_000] * 3
    (fact,) = await desk.outbox("fee-assessed")
    assert (fact.topic, fact.key) == ("payments.fees.v1", desk.school_id)
    assert fact.data == {
        "school_id": desk.school_id,
        "school_year": desk.school_year,
        "fee_item_id": item["fee_item_id"],
        "name": "Tiền ăn bán trú",
        "kind": "boarding-meals",
        "mandatory": True,
        "on_behalf": False,
        "period": "2026-11",
        "due_on": desk.tomorrow,
        "day": desk.today,
        "charges": [charge["charge_id"] for charge in assessed["charges"]],
        "pupils": [AN, BINH, CHI],
        "after": [570_000] * 3,
        "before": {"at": [], "value": []},
        "reason_code": None,
    }
    assert await desk.balances() == {"receivable": 1_710_000, "revenue": -1_710_000}


async def test_a_round_run_again_charges_only_who_is_new(desk: Any) -> None:
    await desk.begin(AN, BINH)
    item = await desk.item()
    first = await desk.assess(item, [AN], class_id=desk.class_id)
    assert len(first["charges"]) == 2
    await desk.hear(desk.facts.enrolled(CHI))
    await desk.hear(desk.facts.placed(CHI))
    again = await desk.assess(item, [], class_id=desk.class_id)
    assert [charge["pupil_id"] for charge in again["charges"]] == [CHI]
    assert again["unchanged"] == 2
    assert len(await desk.outbox("fee-assessed")) == 2
    third = await desk.assess(item, [], class_id=desk.class_id)
    assert (third["charges"], third["unchanged"]) == ([], 3)
    assert len(await desk.outbox("fee-assessed")) == 2


async def test_more_pupils_than_a_fact_may_hold_are_told_in_two(desk: Any) -> None:
    pupils = [desk.an_id(f"pupil {at}") for at in range(61)]
    await desk.begin(*pupils)
    await desk.assess(await desk.item(), pupils)
    assert [len(fact.data["pupils"]) for fact in await desk.outbox("fee-assessed")] == [60, 1]


async def test_an_exempted_pupil_owes_less_and_the_ledger_says_why(desk: Any) -> None:
    await desk.begin(AN, BINH, CHI)
    item = await desk.item(
        amount=99_999,
        exemptions=[
            {"group": "poor-household", "percent": 100},
            {"group": "near-poor-household", "percent": 50},
        ],
    )
    pupils = [
        {"pupil_id": AN},
        {"pupil_id": BINH, "exemption": "near-poor-household"},
        {"pupil_id": CHI, "exemption": "poor-household"},
    ]
    assessed = await desk.assess(item, [], pupils=pupils)
    assert [charge["amount"] for charge in assessed["charges"]] == [99_999, 49_999, 0]
    (fact,) = await desk.outbox("fee-assessed")
    assert fact.data["after"] == [99_999, 49_999, 0]
    assert await desk.balances() == {
        "receivable": 149_998,
        "revenue": -299_997,
        "reduction": 149_999,
    }
    unknown = [{"pupil_id": AN, "exemption": "orphan"}]
    answer = await desk.assess(item, [], pupils=unknown, period="HK1", expect=422)
    assert refused(answer, "assessment-refused")[0]["where"] == "pupils[0].exemption"


async def test_what_is_collected_for_others_is_no_revenue(desk: Any) -> None:
    await desk.begin(AN)
    await desk.charge(AN, 631_800, kind="health-insurance", on_behalf=True)
    assert await desk.balances() == {"receivable": 631_800, "collected-for-others": -631_800}
    assert (await desk.outbox("fee-assessed"))[0].data["on_behalf"] is True


async def test_public_schools_collect_no_tuition_and_private_ones_may(desk: Any) -> None:
    await desk.begin()
    terms = desk.terms() | {"kind": "tuition"}
    answer = await desk.post("/fee-items", terms, expect=422)
    assert "238/2025" in refused(answer, "fee-item-refused")[0]["what"]
    await desk.hear(desk.facts.school(version=2, ownership=Ownership.PRIVATE))
    await desk.post("/fee-items", terms)


async def test_the_legal_bases_ceiling_holds(desk: Any) -> None:
    await desk.begin()
    answer = await desk.post(
        "/fee-items", desk.terms() | {"amount": 30_001, "ceiling": 30_000}, expect=422
    )
    (error,) = refused(answer, "fee-item-refused")
    assert "30.001 đ" in error["what"]
    item = await desk.item(amount=30_000, ceiling=30_000)
    body = _terms(item) | {"amount": 31_000, "version": 1, "open": True}
    await desk.put(f"/fee-items/{item['fee_item_id']}", body, expect=422)
    late = desk.terms() | {"due_on": "2028-09-05"}
    assert refused(await desk.post("/fee-items", late, expect=422), "fee-item-refused")


def _terms(item: dict[str, Any]) -> dict[str, Any]:
    dropped = {"fee_item_id", "school_id", "school_year", "version", "open"}
    return {name: value for name, value in item.items() if name not in dropped}


async def test_voluntary_means_voluntary(desk: Any) -> None:
    await desk.begin(AN, BINH)
    item = await desk.item(mandatory=False, kind="contact-book")
    answer = await desk.assess(item, [], class_id=desk.class_id, expect=422)
    assert refused(answer, "voluntary-by-class")
    answer = await desk.assess(item, [AN], expect=422)
    assert refused(answer, "assessment-refused")[0]["where"] == "pupils[0].agreed_on"
    agreed = [{"pupil_id": AN, "agreed_on": desk.today}]
    assessed = await desk.assess(item, [], pupils=agreed)
    assert [charge["pupil_id"] for charge in assessed["charges"]] == [AN]
    # A correction needs no second agreement.
    await desk.ask(
        "POST",
        f"/fee-items/{item['fee_item_id']}/corrections",
        {
            "period": "CN",
            "pupils": [{"pupil_id": AN, "quantity": 0, "exemption": None}],
            "reason_code": "opted-out",
        },
    )


async def test_only_pupils_of_the_school_are_charged_and_all_or_none(desk: Any) -> None:
    await desk.begin(AN)
    item = await desk.item()
    await desk.hear(desk.facts.enrolled(BINH, school_id=desk.other_school))
    answer = await desk.assess(item, [AN, BINH, CHI], expect=409)
    errors = refused(answer, "pupils-not-enrolled-here")
    assert [error["where"] for error in errors] == ["pupils[1]", "pupils[2]"]
    assert await desk.outbox() == []


async def test_a_pupil_of_the_class_who_has_left_is_left_out(desk: Any) -> None:
    await desk.begin(AN, BINH)
    await desk.hear(desk.facts.transferred(BINH, 2, school_id=desk.other_school))
    assessed = await desk.assess(await desk.item(), [], class_id=desk.class_id)
    assert [charge["pupil_id"] for charge in assessed["charges"]] == [AN]
    assert assessed["left_out"] == [BINH]


async def test_an_item_that_is_closed_charges_nobody(desk: Any) -> None:
    await desk.begin(AN)
    item = await desk.item()
    closed = _terms(item) | {"version": 1, "open": False}
    changed = await desk.put(f"/fee-items/{item['fee_item_id']}", closed)
    assert (changed["version"], changed["open"]) == (2, False)
    assert refused(await desk.assess(item, [AN], expect=409), "fee-item-closed") == []


async def test_items_are_changed_over_the_version_that_was_read(desk: Any) -> None:
    await desk.begin()
    item = await desk.item(name="Nước uống")
    path = f"/fee-items/{item['fee_item_id']}"
    body = _terms(item) | {"version": 1, "open": True, "amount": 20_000}
    assert (await desk.put(path, body))["amount"] == 20_000
    # The same once more changes nothing, whatever the version.
    assert (await desk.put(path, body))["version"] == 2
    stale = await desk.put(path, body | {"amount": 10_000}, expect=409)
    assert stale["version"] == 2
    other = await desk.item(name="Vệ sinh")
    taken = await desk.put(path, body | {"name": " Vệ  sinh ", "version": 2}, expect=409)
    assert taken["fee_item_id"] == other["fee_item_id"]
    twice = await desk.post("/fee-items", desk.terms() | {"name": "Vệ sinh"}, expect=409)
    assert refused(twice, "fee-item-name-taken") == []
    params = {"school_id": desk.school_id, "school_year": desk.school_year}
    listed = await desk.get("/fee-items", params=params)
    assert [one["name"] for one in listed["items"]] == ["Nước uống", "Vệ sinh"]
    assert await desk.get(f"/fee-items/{other['fee_item_id']}") == other


async def test_another_amount_is_a_correction_and_no_assessment(desk: Any) -> None:
    await desk.begin(AN)
    item = await desk.item(unit="day")
    await desk.assess(item, [AN], period="2026-11")
    twice = [{"pupil_id": AN, "quantity": 2}]
    answer = await desk.assess(item, [], pupils=twice, period="2026-11", expect=409)
    assert refused(answer, "already-assessed")[0]["where"] == AN


async def test_a_correction_says_before_and_after(desk: Any) -> None:
    await desk.begin(AN, BINH, CHI)
    item = await desk.item(unit="day", amount=30_000)
    pupils = [{"pupil_id": pupil, "quantity": 22} for pupil in (AN, BINH)]
    await desk.assess(item, [], pupils=pupils, period="2026-11")
    path = f"/fee-items/{item['fee_item_id']}/corrections"
    rows = [
        {"pupil_id": AN, "quantity": 19, "exemption": None},
        {"pupil_id": BINH, "quantity": 22, "exemption": None},
    ]
    body = {"period": "2026-11", "pupils": rows, "reason_code": "absence"}
    corrected = await desk.ask("POST", path, body)
    assert [charge["amount"] for charge in corrected["charges"]] == [570_000]
    fact = (await desk.outbox("fee-assessed"))[1].data
    assert (fact["pupils"], fact["after"]) == ([AN], [570_000])
    assert fact["before"] == {"at": [0], "value": [660_000]}
    assert fact["reason_code"] == "absence"
    rows = [{"pupil_id": CHI, "quantity": 1, "exemption": None}]
    missing = await desk.ask("POST", path, body | {"pupils": rows}, expect=409)
    assert refused(missing, "not-charged")
    wordless = await desk.ask("POST", path, body | {"reason_code": "other"}, expect=422)
    assert "Lý do khác" in refused(wordless, "invalid-request")[0]["what"]
    changes = await desk.rows("SELECT version, quantity, gross FROM charge_change ORDER BY 1, 2")
    assert changes == [(1, 22, 660_000), (1, 22, 660_000), (2, 19, 570_000)]


async def test_a_cancelled_charge_may_be_made_anew_with_another_due_date(desk: Any) -> None:
    await desk.begin(AN)
    item = await desk.item(amount=50_000)
    await desk.assess(item, [AN], due_on=desk.yesterday)
    await desk.ask(
        "POST",
        f"/fee-items/{item['fee_item_id']}/corrections",
        {
            "period": "CN",
            "pupils": [{"pupil_id": AN, "quantity": 0, "exemption": None}],
            "reason_code": "entry-error",
        },
    )
    await desk.assess(item, [AN], due_on=desk.tomorrow)
    facts = [fact.data for fact in await desk.outbox("fee-assessed")]
    assert [(fact["due_on"], fact["before"]["value"], fact["after"]) for fact in facts] == [
        (desk.yesterday, [], [50_000]),
        (desk.yesterday, [50_000], [None]),
        (desk.tomorrow, [], [50_000]),
    ]
    account = await desk.account(AN)
    assert (account["owed"], account["overdue"]) == (50_000, 0)
    assert [charge["cancelled"] for charge in account["charges"]] == [True, False]


@pytest.mark.parametrize(
    "fields",
    [
        {"period": "2026-13"},
        {"period": "HK3"},
        {"pupils": []},
        {"pupils": [{"pupil_id": AN}, {"pupil_id": AN}]},
        {"pupils": [{"pupil_id": AN, "quantity": 0}]},
        {"pupils": [{"pupil_id": AN, "amount": 1}]},
        {"pupils": [{"pupil_id": AN, "quantity": 2.0}]},
        {"pupils": [{"pupil_id": "an"}]},
    ],
)
async def test_a_body_that_makes_no_sense_is_refused(desk: Any, fields: dict[str, Any]) -> None:
    await desk.begin(AN)
    await desk.assess(await desk.item(), [AN], **{"expect": 422} | fields)


@pytest.mark.parametrize(
    ("unit", "period", "slug"),
    [
        ("month", "CN", "period-refused"),
        ("month", "2028-01", "period-refused"),
        ("term", "2026-11", "period-refused"),
    ],
)
async def test_a_period_suits_the_item(desk: Any, unit: str, period: str, slug: str) -> None:
    await desk.begin(AN)
    item = await desk.item(unit=unit)
    assert refused(await desk.assess(item, [AN], period=period, expect=422), slug)


async def test_what_has_not_come_yet_is_said_so(desk: Any) -> None:
    answer = await desk.post("/fee-items", desk.terms(), expect=409)
    assert refused(answer, "school-unknown") == []
    await desk.hear(desk.facts.school())
    item = await desk.item()
    assert refused(await desk.assess(item, [AN], expect=409), "school-year-unknown") == []
    await desk.hear(desk.facts.year())
    answer = await desk.assess(item, [], class_id=new_id(), expect=409)
    assert refused(answer, "class-unknown") == []
    await desk.hear(desk.facts.school(version=2, open=False))
    assert refused(await desk.post("/fee-items", desk.terms(), expect=409), "school-closed") == []


async def test_lists_and_sums_for_the_school(desk: Any) -> None:
    await desk.begin()
    for pupil, name in ((AN, "Nguyễn Thị Đào"), (BINH, "Trần Văn Anh")):
        enrolment, key = desk.facts.person(pupil, name)
        await desk.hear(enrolment)
        await desk.hear(key)
        await desk.hear(desk.facts.placed(pupil))
    item = await desk.item(name="Bán trú", amount=100_000, due_on=desk.yesterday)
    await desk.assess(item, [AN, BINH])
    await desk.pay(AN, 30_000)
    listed = await desk.get(f"/fee-items/{item['fee_item_id']}/charges", params={"period": "CN"})
    assert [(row["pupil_name"], row["outstanding"]) for row in listed["charges"]] == [
        ("Trần Văn Anh", 100_000),
        ("Nguyễn Thị Đào", 70_000),
    ]
    summary = await desk.get(
        f"/schools/{desk.school_id}/fees", params={"school_year": desk.school_year}
    )
    (row,) = summary["items"]
    assert {name: row[name] for name in ("pupils", "billed", "collected", "overdue")} == {
        "pupils": 2,
        "billed": 200_000,
        "collected": 30_000,
        "overdue": 170_000,
    }
    balances = await desk.get(f"/classes/{desk.class_id}/balances")
    assert [(row["name"], row["owed"], row["overdue"]) for row in balances["pupils"]] == [
        ("Trần Văn Anh", 100_000, 100_000),
        ("Nguyễn Thị Đào", 70_000, 70_000),
    ]
