"""Channels over HTTP: what is said when a school goes cashless, and codes for what is owed."""

from typing import Any
from xml.etree import ElementTree as ET

AN = "00000000-0000-4000-8000-000000000001"
BANK = {"enabled": True, "bank_bin": "970405", "account": "8888001234567"}
VNPAY: dict[str, Any] = {
    "enabled": True,
    "terminal": "SOGDTN01",
    "secret": "TESTSECRETTESTSECRETTESTSECRET01",
    "return_url": "https://school.example.vn/paid",
}


async def put(desk: Any, channel: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    path = f"/schools/{desk.school_id}/channels/{channel}"
    return dict(await desk.put(path, body, **options))


async def test_a_fact_says_how_many_channels_there_were_and_are(desk: Any) -> None:
    await desk.begin()
    await put(desk, "bank-transfer", BANK)
    await put(desk, "bank-transfer", BANK | {"account": "1"})
    await put(desk, "vnpay", VNPAY)
    await put(desk, "bank-transfer", BANK | {"enabled": False})
    await put(desk, "vnpay", VNPAY | {"enabled": False})
    facts = await desk.outbox("payment-channel-enabled")
    assert {(fact.topic, fact.key) for fact in facts} == {("payments.channels.v1", desk.school_id)}
    assert [
        tuple(
            fact.data[name]
            for name in ("channel", "version", "enabled", "before_channels", "channels")
        )
        for fact in facts
    ] == [
        ("bank-transfer", 1, True, 0, 1),
        ("vnpay", 1, True, 1, 2),
        ("bank-transfer", 2, False, 2, 1),
        ("vnpay", 2, False, 1, 0),
    ]


async def test_a_merchants_secret_is_wrapped_and_never_given_back(desk: Any) -> None:
    await desk.begin()
    answer = await put(desk, "vnpay", VNPAY)
    assert "secret" not in answer
    listed = await desk.get(f"/schools/{desk.school_id}/channels")
    assert str(VNPAY["secret"]) not in str(listed)
    everything = await desk.rows("SELECT channel::text FROM channel")
    everything += await desk.rows("SELECT outbox::text FROM delivery.outbox")
    everything += await desk.rows("SELECT convert_from(body, 'UTF8') FROM delivery.idempotency_key")
    assert str(VNPAY["secret"]) not in str(everything)
    # It stays where it is left out, but is for no other terminal.
    kept = {name: value for name, value in VNPAY.items() if name != "secret"}
    await put(desk, "vnpay", kept)
    await put(desk, "vnpay", kept | {"terminal": "OTHER"}, expect=422)


async def test_a_terminal_belongs_to_one_school(desk: Any) -> None:
    await desk.begin()
    await put(desk, "vnpay", VNPAY)
    await desk.hear(desk.facts.school(desk.other_school))
    path = f"/schools/{desk.other_school}/channels/vnpay"
    token = f"principal/x/{desk.other_school}"
    answer = await desk.put(path, VNPAY, token=token, expect=409)
    assert answer["type"] == "urn:edu:problem:terminal-taken"


async def test_schools_without_a_terminal_are_not_taken_for_one_another(desk: Any) -> None:
    await desk.begin()
    third = desk.an_id("third school")
    for school_id in (desk.school_id, desk.other_school, third):
        await desk.hear(desk.facts.school(school_id))
        path, token = f"/schools/{school_id}/channels", f"principal/x/{school_id}"
        await desk.put(f"{path}/bank-transfer", BANK, token=token)
    answer = await desk.get(f"/schools/{third}/channels", token=f"principal/x/{third}")
    assert [one["channel"] for one in answer["channels"]] == ["bank-transfer"]


async def test_only_the_principal_says_where_the_money_goes(desk: Any) -> None:
    await desk.begin()
    for token in (
        desk.cashier,
        f"principal/x/{desk.other_school}",
        "department-officer",
        "service",
    ):
        await put(desk, "bank-transfer", BANK, token=token, expect=403)
    for body in ({"bank_bin": "97040"}, {"account": "88 88"}, {"owner": "THCS"}):
        await put(desk, "bank-transfer", BANK | body, expect=422)


async def test_a_code_is_for_what_is_owed_now(desk: Any) -> None:
    await desk.begin(AN)
    await desk.get(f"/pupils/{AN}/vietqr", expect=409)
    await put(desk, "bank-transfer", BANK)
    nothing = await desk.get(f"/pupils/{AN}/vietqr")
    assert nothing["amount"] is None
    assert nothing["payload"].startswith("000201010211")
    await desk.charge(AN, 350_000)
    code = await desk.get(f"/pupils/{AN}/vietqr")
    assert code["amount"] == 350_000
    assert "5406350000" in code["payload"]
    assert code["payload"].count(code["reference"]) == 2
    await desk.pay(AN, 50_000)
    assert (await desk.get(f"/pupils/{AN}/vietqr"))["amount"] == 300_000
    await desk.get(f"/pupils/{AN}/vietqr", token=desk.stranger, expect=404)


async def test_a_code_is_drawn(desk: Any) -> None:
    await desk.begin(AN)
    await put(desk, "bank-transfer", BANK)
    answer = await desk.send("GET", f"/pupils/{AN}/vietqr.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert ET.fromstring(answer.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - ours
