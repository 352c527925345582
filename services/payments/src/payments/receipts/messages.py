"""What is asked and answered about payments, reversals and money without a name."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from chassis.http import RequestModel
from contracts.ids import PupilId, SchoolId
from contracts.payments import PaymentMethod, ReversalReason
from payments.fees.queries import ChargeLine
from payments.ledger.queries import Settled
from payments.receipts.commands import NewPayment
from payments.receipts.domain import ReversalState, UnmatchedReason
from payments.receipts.tables import Payment, Reversal, UnmatchedMoney
from payments.requests import Note, Price

_MOST = 60
_BY_HAND = (PaymentMethod.CASH, PaymentMethod.BANK_TRANSFER)

ExternalId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
"""The bank's number of a transaction."""


class PaymentBody(RequestModel):
    """Money of one pupil: cash, or a transfer that stands on the bank's statement."""

    pupil_id: PupilId
    amount: Price
    method: PaymentMethod
    day: date | None = None
    external_id: ExternalId | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _can_be_taken(self) -> Self:
        if self.method not in _BY_HAND:
            raise ValueError("Hình thức này do cổng thanh toán ghi, không ghi bằng tay.")
        if (self.method is PaymentMethod.CASH) != (self.external_id is None):
            raise ValueError("Chuyển khoản cần số giao dịch của ngân hàng; tiền mặt thì không có.")
        return self


class Payments(RequestModel):
    """Payments to one school: one pupil, or a whole class at the counter."""

    school_id: SchoolId
    payments: Annotated[list[PaymentBody], Field(min_length=1, max_length=_MOST)]

    def wanted(self) -> list[NewPayment]:
        """Give them to the command."""
        return [NewPayment(**dict(one)) for one in self.payments]


class SettledAnswer(BaseModel):
    """A part of a payment, and the charge that it settles."""

    charge_id: str
    name: str
    period: str
    due_on: date
    amount: int


class PaymentAnswer(BaseModel):
    """A payment with its receipt, what it settles now, and what is left of it."""

    payment_id: str
    school_id: str
    pupil_id: str
    method: PaymentMethod
    amount: int
    day: date
    receipt: str
    """Such as 2026/000123."""
    external_id: str | None
    recorded_by: str
    recorded_at: datetime
    reversed: bool
    settled: Sequence[SettledAnswer]
    credit: int
    """What is left of it for later charges."""

    @classmethod
    def of(
        cls, payment: Payment, settled: Sequence[Settled], charges: dict[str, ChargeLine]
    ) -> "PaymentAnswer":
        """Return the answer for a payment."""
        lines = [
            SettledAnswer(
                charge_id=one.charge_id,
                name=charges[one.charge_id].name,
                period=charges[one.charge_id].period,
                due_on=charges[one.charge_id].due_on,
                amount=one.amount,
            )
            for one in settled
        ]
        spent = sum(one.amount for one in settled)
        return cls(
            **payment.model_dump(include=set(cls.model_fields)),
            receipt=f"{payment.receipt_year}/{payment.receipt_number:06}",
            settled=lines,
            credit=0 if payment.reversed else payment.amount - spent,
        )


class PaymentList(BaseModel):
    """Payments in the order in which they were recorded."""

    payments: Sequence[PaymentAnswer]


class ReversalBody(RequestModel):
    """Why a payment shall be undone."""

    reason_code: ReversalReason
    reason: Note

    @model_validator(mode="after")
    def _is_for_a_person_to_give(self) -> Self:
        if self.reason_code is ReversalReason.CHARGE_LOWERED:
            raise ValueError("Lý do này do hệ thống ghi khi điều chỉnh khoản thu.")
        return self


class Decision(RequestModel):
    """What is decided about a request to undo a payment."""

    approve: bool
    reason: Note | None = None

    @model_validator(mode="after")
    def _says_why_not(self) -> Self:
        if not self.approve and self.reason is None:
            raise ValueError("Từ chối thì cần ghi lý do.")
        return self


class ReversalAnswer(BaseModel):
    """A request to undo a payment; what people wrote is only in `WordedReversal`.

    A command's answer is kept for a month, and words about a person must be gone when they are.
    """

    reversal_id: str
    payment_id: str
    state: ReversalState
    reason_code: ReversalReason
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, reversal: Reversal) -> Self:
        """Return the answer for a request."""
        return cls(**reversal.model_dump(include=set(cls.model_fields)))


class WordedReversal(ReversalAnswer):
    """A request with the words of who asked and who decided."""

    reason: str | None
    decision_reason: str | None


class PaymentWithReversals(PaymentAnswer):
    """A payment with its note and every request to undo it."""

    note: str | None
    reversals: Sequence[WordedReversal]


class ReversalList(BaseModel):
    """Requests that wait for a decision, the oldest first."""

    reversals: Sequence[WordedReversal]


class UnmatchedAnswer(BaseModel):
    """Money that came and that nobody has named."""

    unmatched_id: str
    school_id: str
    method: PaymentMethod
    external_id: str
    amount: int
    day: date
    why: UnmatchedReason
    reference: str
    received_at: datetime

    @classmethod
    def of(cls, money: UnmatchedMoney) -> "UnmatchedAnswer":
        """Return the answer for such money."""
        return cls(**money.model_dump(exclude={"payment_id"}))


class UnmatchedList(BaseModel):
    """A school's money without a name, the oldest first."""

    unmatched: Sequence[UnmatchedAnswer]


class MatchBody(RequestModel):
    """Whose the money is."""

    pupil_id: PupilId


class CreditBody(RequestModel):
    """To which school the credit belongs."""

    school_id: SchoolId


class CreditAnswer(BaseModel):
    """What the credit settled."""

    used: int
    owed: int
    credit: int
