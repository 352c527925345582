"""A guardian reads what the own children owe, and may pay it, for as long as they are."""

from typing import Any

from edu.testing.facts import linked, unlinked

AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
MOTHER = "00000000-0000-4000-8000-00000000000a"
TOKEN = f"guardian/{MOTHER}"


async def test_a_guardian_reads_the_own_childs_charges_and_nothing_else(desk: Any) -> None:
    await desk.begin(AN, BINH)
    charge = await desk.charge(AN, 1000)
    paid = await desk.pay(AN, 400)
    await desk.get(f"/pupils/{AN}/account", token=TOKEN, expect=404)
    await desk.hear(linked(MOTHER, AN))
    account = await desk.get(f"/pupils/{AN}/account", token=TOKEN)
    assert (account["owed"], account["charges"][0]["charge_id"]) == (600, charge["charge_id"])
    assert [one["payment_id"] for one in account["payments"]] == [paid["payment_id"]]
    found = await desk.get(f"/references/{account['reference']}", token=TOKEN)
    assert found["pupil_id"] == AN
    for path in (
        f"/pupils/{BINH}/account",
        f"/pupils/{BINH}/vietqr",
        f"/classes/{desk.class_id}/balances",
        f"/references/{(await desk.account(BINH))['reference']}",
    ):
        await desk.get(path, token=TOKEN, expect=404)
    # That it is another school's account makes it nobody's.
    elsewhere = {"school_id": "00000000-0000-4000-8000-00000000000f"}
    await desk.get(f"/pupils/{AN}/account", token=TOKEN, params=elsewhere, expect=404)
    await desk.get(f"/payments/{paid['payment_id']}", token=TOKEN, expect=403)


async def test_a_guardian_asks_to_pay_for_the_own_child(desk: Any) -> None:
    await desk.begin(AN, BINH)
    await desk.charge(AN, 1000)
    await desk.hear(linked(MOTHER, AN))
    body = {"school_id": desk.school_id}
    # Past the door: the school has not opened the channel.
    refused = await desk.post(f"/pupils/{AN}/vnpay-requests", body, token=TOKEN, expect=409)
    assert refused["type"].endswith("vnpay-not-enabled")
    refused = await desk.get(f"/pupils/{AN}/vietqr", token=TOKEN, expect=409)
    assert refused["type"].endswith("no-bank-account")
    await desk.post(f"/pupils/{BINH}/vnpay-requests", body, token=TOKEN, expect=404)


async def test_who_is_no_guardian_any_more_reads_nothing_whatever_comes_late(desk: Any) -> None:
    await desk.begin(AN)
    await desk.hear(
        linked(MOTHER, AN), unlinked(MOTHER, AN, version=2), linked(MOTHER, AN, version=1)
    )
    await desk.get(f"/pupils/{AN}/account", token=TOKEN, expect=404)
    await desk.hear(linked(MOTHER, AN, version=3))
    await desk.get(f"/pupils/{AN}/account", token=TOKEN)
