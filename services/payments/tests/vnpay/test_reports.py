"""What a verified report means, and what it changes: every state against every outcome."""

from datetime import date, datetime
from itertools import product
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.receipts.domain import UnmatchedReason
from payments.vnpay.domain import (
    Decision,
    Reply,
    Report,
    Request,
    RequestState,
    decide,
    payment_page,
    report,
)

OPEN, PAID, FAILED, REVIEW = (
    RequestState.OPEN,
    RequestState.PAID,
    RequestState.FAILED,
    RequestState.REVIEW,
)
SAID = Report("SOGDTN01", "HP2611K7F3Q2", "14226112", 350_000, "00", "00", date(2026, 11, 5))
QUERY = dict(
    parse_qsl(
        "vnp_Amount=35000000&vnp_BankCode=NCB&vnp_OrderInfo=Hoc+phi+HP2611K7F3Q2"
        "&vnp_PayDate=20261105093012&vnp_ResponseCode=00&vnp_TmnCode=SOGDTN01"
        "&vnp_TransactionNo=14226112&vnp_TransactionStatus=00&vnp_TxnRef=HP2611K7F3Q2"
    )
)


def request(state: RequestState = OPEN, transaction: str | None = None) -> Request:
    return Request(350_000, state, transaction)


def test_a_report_is_read() -> None:
    assert report(QUERY) == SAID


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vnp_Amount", "35000050"),  # half a đồng
        ("vnp_Amount", "-35000000"),
        ("vnp_Amount", "3.5e7"),
        ("vnp_Amount", "99999999999900"),
        ("vnp_Amount", "٣٥٠٠٠٠٠٠"),
        ("vnp_PayDate", "20261305093012"),
        ("vnp_PayDate", "2026110509301"),
        ("vnp_ResponseCode", "000"),
        ("vnp_TransactionNo", "14226112x"),
        ("vnp_TxnRef", "HP 1"),
        ("vnp_TxnRef", ""),
        ("vnp_TxnRef", "HP\x00"),
    ],
)
def test_a_field_that_is_not_as_specified_is_not_read(name: str, value: str) -> None:
    assert report(QUERY | {name: value}) is None
    assert report({key: text for key, text in QUERY.items() if key != name}) is None


@pytest.mark.parametrize(
    ("response", "status", "outcome"),
    [
        ("00", "00", PAID),
        # Success needs both codes.
        ("00", "01", FAILED),
        ("00", "02", FAILED),
        ("00", "04", FAILED),
        ("24", "02", FAILED),
        ("11", "02", FAILED),
        ("51", "02", FAILED),
        ("24", "00", FAILED),
        # Debited, suspected of fraud.
        ("07", "00", REVIEW),
        ("00", "07", REVIEW),
    ],
)
def test_what_the_codes_mean(response: str, status: str, outcome: RequestState) -> None:
    assert SAID._replace(response=response, status=status).outcome is outcome


def test_the_order_of_the_checks() -> None:
    wrong = SAID._replace(amount=1)
    assert decide(None, wrong).reply is Reply.UNKNOWN_ORDER
    assert decide(request(PAID, SAID.transaction), wrong).reply is Reply.WRONG_AMOUNT
    assert decide(request(PAID, SAID.transaction), SAID).reply is Reply.ALREADY_CONFIRMED
    assert decide(request(), SAID) == Decision(Reply.CONFIRMED, PAID)


@pytest.mark.parametrize("amount", [349_999, 350_001, 35_000_000, 3500])
def test_a_wrong_amount_never_pays_the_request_and_is_kept(amount: int) -> None:
    decision = decide(request(), SAID._replace(amount=amount))
    assert decision == Decision(Reply.WRONG_AMOUNT, keep=UnmatchedReason.WRONG_AMOUNT)


def test_money_for_nobody_is_kept_and_a_failure_for_nobody_is_not() -> None:
    assert decide(None, SAID).keep is UnmatchedReason.UNKNOWN_REFERENCE
    failed = SAID._replace(response="24", status="02")
    assert decide(None, failed) == Decision(Reply.UNKNOWN_ORDER)
    assert decide(request(), failed._replace(amount=1)) == Decision(Reply.WRONG_AMOUNT)


def test_success_follows_anything_and_nothing_follows_success() -> None:
    for state in (OPEN, FAILED, REVIEW):
        assert decide(request(state), SAID) == Decision(Reply.CONFIRMED, PAID)
    failed = SAID._replace(response="24", status="02", transaction="0")
    after = decide(request(PAID, SAID.transaction), failed)
    assert after == Decision(Reply.ALREADY_CONFIRMED, alarm=True)


def test_a_second_payment_of_one_request_is_kept() -> None:
    again = decide(request(PAID, SAID.transaction), SAID._replace(transaction="14226113"))
    assert again == Decision(Reply.ALREADY_CONFIRMED, None, UnmatchedReason.PAID_TWICE, alarm=True)


CODES = st.sampled_from(["00", "01", "02", "04", "07", "11", "24", "51"])
REPORTS = st.builds(
    Report,
    terminal=st.just("SOGDTN01"),
    reference=st.just("HP2611K7F3Q2"),
    transaction=st.sampled_from(["1", "2"]),
    amount=st.sampled_from([350_000, 1]),
    response=CODES,
    status=CODES,
    day=st.just(SAID.day),
)


@given(st.lists(REPORTS, max_size=12))
def test_however_often_and_in_whatever_order_money_counts_once(said: list[Report]) -> None:
    """Each transaction that succeeded is the request's payment or kept, and never both or twice."""
    now = request()
    paid: list[str] = []
    kept: set[tuple[str, int]] = set()
    for one in said:
        decision = decide(now, one)
        if decision.keep:
            kept.add((one.transaction, one.amount))
        if decision.state is PAID:
            paid.append(one.transaction)
            now = now._replace(transaction=one.transaction)
        if decision.state:
            now = now._replace(state=decision.state)
        # The same once more changes nothing.
        again = decide(now, one)
        assert again.state is None
    succeeded = {(one.transaction, one.amount) for one in said if one.outcome is PAID}
    assert len(paid) <= 1
    assert kept | {(one, 350_000) for one in paid} == succeeded
    assert not kept & {(one, 350_000) for one in paid}


@pytest.mark.parametrize(("state", "outcome"), list(product(RequestState, (PAID, FAILED, REVIEW))))
def test_every_state_and_outcome_has_an_answer_that_ends_the_repeats(
    state: RequestState, outcome: RequestState
) -> None:
    codes = {PAID: ("00", "00"), FAILED: ("24", "02"), REVIEW: ("07", "00")}[outcome]
    said = SAID._replace(response=codes[0], status=codes[1])
    transaction = SAID.transaction if state is PAID else None
    assert decide(request(state, transaction), said).reply in {
        Reply.CONFIRMED,
        Reply.ALREADY_CONFIRMED,
    }


def test_the_payment_page_asks_for_hundredths_and_expires() -> None:
    page = payment_page(
        terminal="TESTEDU1",
        reference="INV2026110001A1",
        amount=1_250_000,
        return_url="https://pay.example/vnpay/return",
        address="127.0.0.1",
        created=datetime(2026, 11, 21, 15, 20),  # noqa: DTZ001 - Vietnam's clock
    )
    assert page["vnp_Amount"] == "125000000"
    assert page["vnp_CreateDate"] == "20261121152000"
    assert page["vnp_ExpireDate"] == "20261121153500"
    assert page["vnp_OrderInfo"] == "Thu tien truong hoc INV2026110001A1"
    assert page["vnp_Version"] == "2.1.0"
