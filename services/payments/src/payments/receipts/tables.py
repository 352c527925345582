"""Payments, their reversals, money without a name, and the receipts' numbers."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity, text
from sqlmodel import Field, Index, UniqueConstraint

from chassis.columns import Id, code
from contracts.payments import PaymentMethod, ReversalReason
from payments.base import Base, Money
from payments.receipts.domain import ReversalState, UnmatchedReason


class Payment(Base, table=True):
    """Money of one pupil for one school. What it settled says the ledger."""

    __table_args__ = (
        # The natural key, for ever: the same transfer cannot be entered twice.
        Index(
            "ux_payment_external",
            "school_id",
            "method",
            "external_id",
            unique=True,
            postgresql_where=text("NOT reversed"),
        ),
        UniqueConstraint("school_id", "receipt_year", "receipt_number"),
        Index(None, "school_id", "day"),
        Index(None, "pupil_id", "school_id"),
    )

    payment_id: str = Field(primary_key=True, sa_type=Id)
    number: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), nullable=False)
    )
    school_id: str = Field(sa_type=Id)
    pupil_id: str = Field(sa_type=Id)
    method: PaymentMethod = Field(sa_type=code(PaymentMethod))
    amount: int = Field(sa_type=Money)
    day: date
    """The business day on which it was taken, or arrived."""
    receipt_year: int
    receipt_number: int
    """Số phiếu thu: without a gap within a school and a calendar year."""
    external_id: str | None
    """The bank's or the gateway's number of the transaction."""
    unmatched_id: str | None = Field(sa_type=Id)
    """The money that was kept before anybody knew whose it was."""
    note: str | None
    recorded_by: str
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    reversed: bool


class ReceiptSeries(Base, table=True):
    """The last number given out. Its row's lock makes the numbers follow one another."""

    __tablename__ = "receipt_series"

    school_id: str = Field(primary_key=True, sa_type=Id)
    receipt_year: int = Field(primary_key=True)
    last: int


class Reversal(Base, table=True):
    """A request to undo a payment, and the decision of somebody else."""

    __table_args__ = (
        Index(
            "ux_reversal_requested",
            "payment_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
    )

    reversal_id: str = Field(primary_key=True, sa_type=Id)
    payment_id: str = Field(sa_type=Id, index=True)
    state: ReversalState = Field(sa_type=code(ReversalState))
    reason_code: ReversalReason = Field(sa_type=code(ReversalReason))
    reason: str | None
    requested_by: str
    requested_at: datetime = Field(sa_type=DateTime(timezone=True))
    decided_by: str | None
    decided_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    decision_reason: str | None


class UnmatchedMoney(Base, table=True):
    """Money that came and that nobody could name: it stands in suspense until somebody does."""

    __tablename__ = "unmatched_money"
    __table_args__ = (UniqueConstraint("school_id", "method", "external_id"),)

    unmatched_id: str = Field(primary_key=True, sa_type=Id)
    school_id: str = Field(sa_type=Id)
    method: PaymentMethod = Field(sa_type=code(PaymentMethod))
    external_id: str
    amount: int = Field(sa_type=Money)
    day: date
    why: UnmatchedReason = Field(sa_type=code(UnmatchedReason))
    reference: str
    """What the payer wrote."""
    received_at: datetime = Field(sa_type=DateTime(timezone=True))
    payment_id: str | None = Field(sa_type=Id)
    """The payment that it became; none while nobody knows, or once that is reversed."""
