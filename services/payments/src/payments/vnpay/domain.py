"""What a report of VNPAY means, and what it changes.

Money is real whatever our request's state says: a success after a failure counts, a failure after a
success does not, and what cannot be given to a pupil is kept for somebody to name.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from payments.receipts.domain import UnmatchedReason

MOST = 9_999_999_999
"""vnp_Amount has 12 digits, the last two after the comma."""

LIFETIME = timedelta(minutes=15)
_SUCCESS = "00"
_SUSPICIOUS = "07"
_STAMP = "%Y%m%d%H%M%S"


class RequestState(StrEnum):
    """How far a request for payment is."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    REVIEW = "review"
    """Debited but suspected of fraud (07): VNPAY's merchant decides; no receipt yet."""


class Reply(StrEnum):
    """RspCode: what VNPAY is answered. It reports again until it gets 00 or 02."""

    CONFIRMED = "00"
    UNKNOWN_ORDER = "01"
    ALREADY_CONFIRMED = "02"
    WRONG_AMOUNT = "04"
    WRONG_SIGNATURE = "97"
    OUR_FAULT = "99"

    @property
    def message(self) -> str:
        """Give the words that VNPAY's documentation has for it."""
        return _MESSAGES[self]


_MESSAGES = {
    Reply.CONFIRMED: "Confirm Success",
    Reply.UNKNOWN_ORDER: "Order not found",
    Reply.ALREADY_CONFIRMED: "Order already confirmed",
    Reply.WRONG_AMOUNT: "Invalid amount",
    Reply.WRONG_SIGNATURE: "Invalid signature",
    Reply.OUR_FAULT: "Unknown error",
}


class Report(NamedTuple):
    """What VNPAY says of one of its transactions."""

    terminal: str
    reference: str
    transaction: str
    amount: int
    response: str
    status: str
    day: date

    @property
    def outcome(self) -> RequestState:
        """Say what became of the money."""
        if self.response == _SUCCESS and self.status == _SUCCESS:
            return RequestState.PAID
        if _SUSPICIOUS in (self.response, self.status):
            return RequestState.REVIEW
        return RequestState.FAILED


_FIELDS = {
    "vnp_TmnCode": re.compile(r"[0-9A-Za-z]{1,8}"),
    "vnp_TxnRef": re.compile(r"[!-~]{1,100}"),
    "vnp_TransactionNo": re.compile(r"[0-9]{1,15}"),
    "vnp_Amount": re.compile(r"[0-9]{1,10}00"),
    "vnp_ResponseCode": re.compile(r"[0-9A-Za-z]{2}"),
    "vnp_TransactionStatus": re.compile(r"[0-9A-Za-z]{2}"),
    "vnp_PayDate": re.compile(r"[0-9]{14}"),
}


def report(values: Mapping[str, str]) -> Report | None:
    """Read a verified query; None where a field is not what the specification says."""
    found = []
    for name, form in _FIELDS.items():
        value = values.get(name, "")
        if not form.fullmatch(value):
            return None
        found.append(value)
    terminal, reference, transaction, amount, response, status, paid = found
    try:
        day = datetime.strptime(paid, _STAMP).date()  # noqa: DTZ007 - VNPAY's clock is Vietnam's
    except ValueError:
        return None
    return Report(terminal, reference, transaction, int(amount) // 100, response, status, day)


class Request(NamedTuple):
    """What we asked a payer for, and what is known of it."""

    amount: int
    state: RequestState
    transaction: str | None
    """VNPAY's number of the transaction that paid it."""


class Decision(NamedTuple):
    """What VNPAY is answered and what happens here."""

    reply: Reply
    state: RequestState | None = None
    """The request's new state; a new state PAID makes a payment of it."""
    keep: UnmatchedReason | None = None
    """Why the money must be kept without a name."""
    alarm: bool = False
    """Two outcomes of one request: a person must look."""


def decide(request: Request | None, said: Report) -> Decision:
    """Judge a report whose signature is right."""
    paid = said.outcome is RequestState.PAID
    if request is None:
        return Decision(
            Reply.UNKNOWN_ORDER, keep=UnmatchedReason.UNKNOWN_REFERENCE if paid else None
        )
    if said.amount != request.amount:
        return Decision(Reply.WRONG_AMOUNT, keep=UnmatchedReason.WRONG_AMOUNT if paid else None)
    if request.state is RequestState.PAID:
        twice = paid and said.transaction != request.transaction
        return Decision(
            Reply.ALREADY_CONFIRMED,
            keep=UnmatchedReason.PAID_TWICE if twice else None,
            alarm=twice or not paid,
        )
    if said.outcome is request.state:
        return Decision(Reply.ALREADY_CONFIRMED)
    return Decision(Reply.CONFIRMED, state=said.outcome)


def payment_page(
    *,
    terminal: str,
    reference: str,
    amount: int,
    return_url: str,
    address: str,
    created: datetime,
) -> Mapping[str, str]:
    """Give the parameters of VNPAY's payment page; ``created`` is Vietnam's time."""
    return {
        "vnp_Amount": str(amount * 100),
        "vnp_Command": "pay",
        "vnp_CreateDate": created.strftime(_STAMP),
        "vnp_CurrCode": "VND",
        "vnp_ExpireDate": (created + LIFETIME).strftime(_STAMP),
        "vnp_IpAddr": address,
        "vnp_Locale": "vn",
        # Letters and digits only: implementations disagree on how to encode anything else.
        "vnp_OrderInfo": f"Thu tien truong hoc {reference}",
        "vnp_OrderType": "other",
        "vnp_ReturnUrl": return_url,
        "vnp_TmnCode": terminal,
        "vnp_TxnRef": reference,
        "vnp_Version": "2.1.0",
    }
