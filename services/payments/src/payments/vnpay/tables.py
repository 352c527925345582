"""What payers were asked for through VNPAY, and what VNPAY reported."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Identity
from sqlmodel import Field, UniqueConstraint

from chassis.columns import Id, code
from payments.base import Base, Money
from payments.vnpay.domain import Reply, RequestState


class VnpayRequest(Base, table=True):
    """One request for payment. Its row's lock makes reports about it follow one another."""

    __tablename__ = "vnpay_request"

    reference: str = Field(primary_key=True)
    """vnp_TxnRef."""
    school_id: str = Field(sa_type=Id)
    pupil_id: str = Field(sa_type=Id, index=True)
    amount: int = Field(sa_type=Money)
    state: RequestState = Field(sa_type=code(RequestState))
    transaction: str | None
    """vnp_TransactionNo of what paid it."""
    payment_id: str | None = Field(sa_type=Id)
    requested_by: str
    requested_at: datetime = Field(sa_type=DateTime(timezone=True))


class VnpayReport(Base, table=True):
    """What VNPAY said, once for each thing it said, with how often; only what it had signed."""

    __tablename__ = "vnpay_report"
    __table_args__ = (
        UniqueConstraint(
            "terminal",
            "reference",
            "transaction",
            "response",
            "status",
            "amount",
            name="uq_vnpay_report_said",
        ),
    )

    report_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    school_id: str = Field(sa_type=Id)
    terminal: str
    reference: str
    transaction: str
    response: str
    status: str
    amount: int = Field(sa_type=Money)
    query: str
    """As it came."""
    reply: Reply = Field(sa_type=code(Reply))
    """What the first one was answered."""
    times: int
    first_at: datetime = Field(sa_type=DateTime(timezone=True))
    last_at: datetime = Field(sa_type=DateTime(timezone=True))
