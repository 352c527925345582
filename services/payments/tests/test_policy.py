"""Who may do what: the table in the README, and the same answers over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from chassis.auth import Role
from chassis.clock import new_id
from chassis.guardianships import GUARDIAN_OF
from payments.policy import POLICY

AN = "00000000-0000-4000-8000-000000000001"


def test_the_readme_shows_the_table_that_decides() -> None:
    readme = Path(__file__).parents[1] / "README.md"
    assert POLICY.table() in readme.read_text(encoding="utf-8")


def test_who_keeps_the_cash_does_not_decide_about_it() -> None:
    allowed = {(role, action) for action, role, _, decided in POLICY.matrix() if decided}
    cashier = {action for role, action in allowed if role is Role.CASHIER}
    principal = {action for role, action in allowed if role is Role.PRINCIPAL}
    assert not cashier & {"fees.correct", "reversals.decide", "items.set", "channels.set"}
    assert not principal & {"payments.record", "payments.match", "reversals.request"}
    readers = {"items.read", "accounts.read", "payments.read", "channels.read", "ledger.read"}
    assert {action for role, action in allowed if role is Role.AUDITOR} == readers


def test_a_guardian_sees_their_own_child_alone() -> None:
    for action, role, relation, decided in POLICY.matrix():
        if role is Role.GUARDIAN and decided:
            assert (relation, action) in {
                (GUARDIAN_OF, "accounts.read"),
                (GUARDIAN_OF, "payments.request"),
            }


@pytest.mark.parametrize(
    "token",
    [
        "cashier/{other}/{other}",
        "principal/{other}/{other}",
        "teacher/{other}/{school}",
        "guardian/{other}",
        "service",
    ],
)
async def test_to_others_a_pupils_account_and_payments_do_not_exist(desk: Any, token: str) -> None:
    await desk.begin(AN)
    charge = await desk.charge(AN, 1000)
    paid = await desk.pay(AN, 500)
    asker = token.format(other=new_id(), school=desk.school_id)
    for present, absent in (
        (f"/pupils/{AN}/account", f"/pupils/{new_id()}/account"),
        (f"/pupils/{AN}/vietqr", f"/pupils/{new_id()}/vietqr"),
        (f"/payments/{paid['payment_id']}", f"/payments/{new_id()}"),
        (f"/classes/{desk.class_id}/balances", f"/classes/{new_id()}/balances"),
        (
            f"/fee-items/{charge['fee_item_id']}/charges",
            f"/fee-items/{new_id()}/charges",
        ),
    ):
        there = await desk.send("GET", present, token=asker)
        not_there = await desk.send("GET", absent, token=asker)
        assert there.status_code == not_there.status_code in (403, 404)
        assert there.json()["detail"] == not_there.json()["detail"]


async def test_a_token_is_needed_for_everything_but_vnpays_reports(desk: Any) -> None:
    document = (await desk.client.get("/openapi.json")).json()
    asked = 0
    for path, methods in document["paths"].items():
        for method in methods:
            answer = await desk.client.request(method, path)
            if path == "/v1/vnpay/ipn":
                assert answer.json()["RspCode"] == "97"
                continue
            assert answer.status_code == 401, path
            asked += 1
    assert asked > 25


async def test_the_cashier_takes_money_and_the_principal_sets_what_is_asked(desk: Any) -> None:
    await desk.begin(AN)
    await desk.post("/fee-items", desk.terms(), token=desk.cashier, expect=403)
    item = await desk.item()
    await desk.assess(item, [AN], token=desk.cashier)
    path = f"/fee-items/{item['fee_item_id']}/corrections"
    rows = [{"pupil_id": AN, "quantity": 0, "exemption": None}]
    body = {"period": "CN", "pupils": rows, "reason_code": "exempted"}
    await desk.ask("POST", path, body, token=desk.cashier, expect=403)
    await desk.pay(AN, 1000, token=desk.principal, expect=403)
    await desk.pay(AN, 1000, token=desk.stranger, expect=404)
    await desk.pay(AN, 1000, token="department-officer", expect=403)
    await desk.pay(AN, 1000)
