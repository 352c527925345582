"""VNPAY over HTTP on a real database: the page to pay at, and every report that may come."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from chassis.clock import new_id
from payments.vnpay.signing import signed_query

AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))
SECRET = "TESTSECRETTESTSECRETTESTSECRET01"
TERMINAL = "SOGDTN01"
OTHER_SECRET = "TESTSECRET0123456789ABCDEFGHIJKL"
VECTOR = (
    "vnp_Amount=35000000&vnp_BankCode=NCB&vnp_BankTranNo=VNP14226112&vnp_CardType=ATM"
    "&vnp_OrderInfo=Hoc+phi+HP2611K7F3Q2&vnp_PayDate=20261105093012&vnp_ResponseCode=00"
    "&vnp_TmnCode=SOGDTN01&vnp_TransactionNo=14226112&vnp_TransactionStatus=00"
    "&vnp_TxnRef=HP2611K7F3Q2&vnp_SecureHash=97646901b14ca57651ee8592993de0e685995154448ee6641ab"
    "334dbc8479de2f1ee530e8bab6c29dbff501c244d6b10fcde57dc5b0c763710f8db192f85200f"
)


async def enable(desk: Any, school_id: str = "", **fields: Any) -> None:
    school_id = school_id or desk.school_id
    body = {
        "enabled": True,
        "terminal": TERMINAL,
        "secret": SECRET,
        "return_url": "https://school.example.vn/paid",
    } | fields
    token = f"principal/{new_id()}/{school_id}"
    await desk.put(f"/schools/{school_id}/channels/vnpay", body, token=token)


async def request(desk: Any, pupil: str = AN, **fields: Any) -> dict[str, Any]:
    body = {"school_id": desk.school_id} | fields
    path = f"/pupils/{pupil}/vnpay-requests"
    return dict(await desk.post(path, body, token=desk.cashier))


def report(page: dict[str, Any], *, secret: str = SECRET, **fields: str) -> str:
    """Write what VNPAY reports of a success, or of what the fields say."""
    values = {
        "vnp_Amount": str(page["amount"] * 100),
        "vnp_BankCode": "NCB",
        "vnp_OrderInfo": f"Thu tien truong hoc {page['reference']}",
        "vnp_PayDate": "20261105093012",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": TERMINAL,
        "vnp_TransactionNo": "14226112",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": page["reference"],
    } | {f"vnp_{name}": value for name, value in fields.items()}
    return signed_query(values, secret.encode())


async def hear(desk: Any, query: str) -> str:
    answer: httpx.Response = await desk.client.get(f"/v1/vnpay/ipn?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"RspCode", "Message"}
    return str(answer.json()["RspCode"])


@pytest.fixture
async def owing(desk: Any) -> Any:
    """A school with a terminal, and a pupil who owes it 350,000 đ."""
    await desk.begin(AN, BINH)
    await enable(desk)
    await desk.charge(AN, 350_000)
    return desk


async def test_a_payer_is_sent_to_a_signed_page(owing: Any) -> None:
    page = await request(owing)
    address = urlsplit(page["url"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == (
        "https://pay.example.vn/vpcpay.html"
    )
    values = dict(parse_qsl(address.query))
    assert (values["vnp_Amount"], values["vnp_TmnCode"]) == ("35000000", TERMINAL)
    assert values["vnp_TxnRef"] == page["reference"]
    assert values["vnp_ReturnUrl"] == "https://school.example.vn/paid"
    del values["vnp_SecureHash"]
    assert signed_query(values, SECRET.encode()) == address.query
    assert (await request(owing, amount=1000))["amount"] == 1000
    # Nothing is reserved and nothing is paid by asking.
    assert (await owing.account(AN))["owed"] == 350_000


async def test_a_report_is_a_payment_and_may_come_three_times(owing: Any) -> None:
    page = await request(owing)
    query = report(page)
    assert [await hear(owing, query) for _ in range(3)] == ["00", "02", "02"]
    (fact,) = await owing.outbox("fee-paid")
    assert (fact.data["method"], fact.data["received"], fact.data["day"]) == (
        "vnpay",
        350_000,
        "2026-11-05",
    )
    assert fact.data["remaining"] == 0
    assert await owing.balances() == {"vnpay-clearing": 350_000, "revenue": -350_000}
    path = f"/vnpay-requests/{page['reference']}"
    found = await owing.get(path, token=owing.cashier)
    assert (found["state"], found["payment_id"]) == ("paid", fact.data["payment_id"])
    shown = await owing.get(f"/payments/{fact.data['payment_id']}")
    assert (shown["external_id"], shown["recorded_by"]) == ("14226112", "vnpay")
    assert await owing.rows("SELECT times FROM vnpay_report") == [(3,)]


async def test_the_published_vector_is_heard(owing: Any) -> None:
    await request(owing)
    async with owing.database.transaction() as session:
        from sqlalchemy import text  # noqa: PLC0415 - only this test reaches below the API

        await session.execute(text("UPDATE vnpay_request SET reference = 'HP2611K7F3Q2'"))
    assert [await hear(owing, VECTOR) for _ in range(3)] == ["00", "02", "02"]
    assert (await owing.account(AN))["owed"] == 0


async def test_ten_reports_at_once_are_one_payment(owing: Any) -> None:
    query = report(await request(owing))
    answers = await asyncio.gather(*(hear(owing, query) for _ in range(10)))
    assert sorted(answers) == ["00"] + ["02"] * 9
    assert len(await owing.outbox("fee-paid")) == 1
    assert await owing.balances() == {"vnpay-clearing": 350_000, "revenue": -350_000}


async def test_what_is_not_signed_is_not_believed(owing: Any) -> None:
    page = await request(owing)
    good = report(page)
    for query in (
        "",
        good.replace("vnp_SecureHash", "vnp_Secure"),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.replace("vnp_Amount=35000000", "vnp_Amount=3500000"),
        f"{good}&vnp_Amount=35000000",
        f"{good}&vnp_Added=1",
        report(page, secret=OTHER_SECRET),
        report(page, TmnCode="NOBODY"),
        "vnp_TmnCode=%00&vnp_SecureHash=%FF",
        "x" * 10_000,
    ):
        assert await hear(owing, query) == "97"
    assert await owing.outbox("fee-paid") == []
    assert await owing.rows("SELECT * FROM vnpay_report") == []
    assert await owing.rows("SELECT * FROM unmatched_money") == []


async def test_a_signed_report_that_is_not_as_specified_is_our_fault(owing: Any) -> None:
    page = await request(owing)
    assert await hear(owing, report(page, Amount="35000001")) == "99"
    assert await hear(owing, report(page, PayDate="yesterday")) == "99"


@pytest.mark.parametrize("factor", [(1, 10), (10, 1), (100, 1), (349_999, 350_000)])
async def test_a_wrong_amount_pays_nothing_and_is_kept(owing: Any, factor: tuple[int, int]) -> None:
    page = await request(owing)
    amount = page["amount"] * factor[0] // factor[1]
    wrong = report(page, Amount=str(amount * 100))
    assert [await hear(owing, wrong) for _ in range(3)] == ["04"] * 3
    assert await owing.outbox("fee-paid") == []
    assert (await owing.account(AN))["owed"] == 350_000
    found = await owing.get(f"/schools/{owing.school_id}/unmatched", token=owing.cashier)
    (money,) = found["unmatched"]
    assert (money["amount"], money["why"], money["reference"]) == (
        amount,
        "wrong-amount",
        page["reference"],
    )
    balances = await owing.balances()
    assert (balances["vnpay-clearing"], balances["suspense"]) == (amount, -amount)


async def test_money_for_an_unknown_reference_is_kept_until_somebody_names_it(owing: Any) -> None:
    unknown = report({"amount": 120_000, "reference": "HPNOBODY"})
    assert [await hear(owing, unknown) for _ in range(3)] == ["01"] * 3
    failed = report(
        {"amount": 120_000, "reference": "HPELSE"}, ResponseCode="24", TransactionStatus="02"
    )
    assert await hear(owing, failed) == "01"
    path = f"/schools/{owing.school_id}/unmatched"
    (money,) = (await owing.get(path, token=owing.cashier))["unmatched"]
    assert (money["why"], money["amount"]) == ("unknown-reference", 120_000)
    match = f"/unmatched/{money['unmatched_id']}/match"
    await owing.ask("POST", match, {"pupil_id": AN}, token=owing.stranger, expect=404)
    paid = await owing.ask("POST", match, {"pupil_id": BINH}, token=owing.cashier)
    assert (paid["pupil_id"], paid["method"], paid["credit"]) == (BINH, "vnpay", 120_000)
    assert (await owing.get(path, token=owing.cashier))["unmatched"] == []
    await owing.ask("POST", match, {"pupil_id": AN}, token=owing.cashier, expect=409)
    # It was somebody else's: taken back, it waits for a name again.
    body = {"reason_code": "wrong-pupil", "reason": "Của em khác."}
    reversal = await owing.post(
        f"/payments/{paid['payment_id']}/reversals", body, token=owing.cashier
    )
    await owing.ask("POST", f"/reversals/{reversal['reversal_id']}/decision", {"approve": True})
    assert len((await owing.get(path, token=owing.cashier))["unmatched"]) == 1
    assert (await owing.balances())["suspense"] == -120_000
    paid = await owing.ask("POST", match, {"pupil_id": AN}, token=owing.cashier)
    assert paid["settled"][0]["amount"] == 120_000
    assert await owing.balances() == {
        "vnpay-clearing": 120_000,
        "receivable": 230_000,
        "revenue": -350_000,
    }


async def test_a_failure_is_final_until_money_comes(owing: Any) -> None:
    page = await request(owing)
    failed = report(page, ResponseCode="24", TransactionStatus="02", TransactionNo="0")
    assert [await hear(owing, failed) for _ in range(2)] == ["00", "02"]
    path = f"/vnpay-requests/{page['reference']}"
    assert (await owing.get(path, token=owing.cashier))["state"] == "failed"
    assert await hear(owing, report(page)) == "00"
    assert (await owing.get(path, token=owing.cashier))["state"] == "paid"
    # A failure that comes after the money changes nothing.
    assert await hear(owing, report(page, ResponseCode="11", TransactionStatus="02")) == "02"
    assert (await owing.get(path, token=owing.cashier))["state"] == "paid"
    assert len(await owing.outbox("fee-paid")) == 1


async def test_suspicious_money_is_no_payment_yet(owing: Any) -> None:
    page = await request(owing)
    assert await hear(owing, report(page, ResponseCode="07")) == "00"
    path = f"/vnpay-requests/{page['reference']}"
    assert (await owing.get(path, token=owing.cashier))["state"] == "review"
    assert await owing.outbox("fee-paid") == []
    assert await hear(owing, report(page)) == "00"
    assert len(await owing.outbox("fee-paid")) == 1


async def test_one_request_paid_twice_is_one_payment_and_kept_money(owing: Any) -> None:
    page = await request(owing)
    assert await hear(owing, report(page)) == "00"
    second = report(page, TransactionNo="14226113")
    assert [await hear(owing, second) for _ in range(2)] == ["02", "02"]
    found = await owing.get(f"/schools/{owing.school_id}/unmatched", token=owing.cashier)
    assert [(one["why"], one["external_id"]) for one in found["unmatched"]] == [
        ("paid-twice", "14226113")
    ]


async def test_cash_at_the_counter_and_a_report_at_once_lose_nothing(owing: Any) -> None:
    query = report(await request(owing))
    await asyncio.gather(
        hear(owing, query), owing.pay(AN, 350_000), hear(owing, query), owing.pay(AN, 1000)
    )
    account = await owing.account(AN)
    assert (account["owed"], account["credit"]) == (0, 351_000)
    balances = await owing.balances()
    assert balances["cash"] + balances["vnpay-clearing"] == 701_000


async def test_money_that_cannot_be_the_pupils_any_more_is_kept(owing: Any) -> None:
    page = await request(owing, pupil=BINH, amount=50_000)
    await owing.hear(owing.facts.transferred(BINH, 2, school_id=owing.other_school))
    assert [await hear(owing, report(page)) for _ in range(2)] == ["00", "02"]
    found = await owing.get(f"/schools/{owing.school_id}/unmatched", token=owing.cashier)
    assert [(one["why"], one["amount"]) for one in found["unmatched"]] == [("refused", 50_000)]
    assert await owing.balances() == {
        "vnpay-clearing": 50_000,
        "suspense": -50_000,
        "receivable": 350_000,
        "revenue": -350_000,
    }


async def test_a_terminal_speaks_for_its_own_school_alone(owing: Any) -> None:
    page = await request(owing)
    await owing.hear(owing.facts.school(owing.other_school))
    await enable(owing, owing.other_school, terminal="OTHER001", secret=OTHER_SECRET)
    foreign = report(page, secret=OTHER_SECRET, TmnCode="OTHER001")
    assert await hear(owing, foreign) == "01"
    assert (await owing.account(AN))["owed"] == 350_000
    assert await owing.outbox("fee-paid") == []


async def test_money_still_counts_when_the_channel_is_switched_off(owing: Any) -> None:
    page = await request(owing)
    await enable(owing, enabled=False)
    body = {"school_id": owing.school_id}
    path = f"/pupils/{AN}/vnpay-requests"
    answer = await owing.post(path, body, token=owing.cashier, expect=409)
    assert answer["type"] == "urn:edu:problem:vnpay-not-enabled"
    assert await hear(owing, report(page)) == "00"


async def test_who_owes_nothing_is_asked_for_nothing(owing: Any) -> None:
    path = f"/pupils/{BINH}/vnpay-requests"
    body = {"school_id": owing.school_id}
    answer = await owing.post(path, body, token=owing.cashier, expect=409)
    assert answer["type"] == "urn:edu:problem:nothing-owed"
    await owing.post(path, body, token=owing.stranger, expect=404)
    await owing.post(path, body, token="guardian", expect=404)


async def test_an_outage_is_answered_99_and_the_report_counts_when_it_comes_again(
    owing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = report(await request(owing))

    async def fail(*_: object, **__: object) -> None:
        raise ConnectionError("the database went away after the payment was written")

    with monkeypatch.context() as patched:
        patched.setattr("payments.receipts.settling.announce", fail)
        assert await hear(owing, query) == "99"
    assert await owing.rows("SELECT * FROM payment") == []
    assert await hear(owing, query) == "00"
    assert len(await owing.outbox("fee-paid")) == 1
