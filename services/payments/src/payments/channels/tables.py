"""Through what a school takes money."""

from sqlmodel import Field, Index

from chassis.columns import Id, code
from contracts.payments import PaymentMethod
from payments.base import Base


class Channel(Base, table=True):
    """A cashless channel of a school, as it was last set."""

    __table_args__ = (Index("ux_channel_terminal", "terminal", unique=True),)

    school_id: str = Field(primary_key=True, sa_type=Id)
    channel: PaymentMethod = Field(primary_key=True, sa_type=code(PaymentMethod))
    version: int
    enabled: bool
    bank_bin: str | None
    account: str | None
    terminal: str | None
    """VNPAY's code of the merchant (vnp_TmnCode)."""
    secret: str | None
    """The merchant's secret, wrapped under the master key ``key_id``."""
    key_id: str | None
    return_url: str | None
    """Where VNPAY sends the payer back to; display only."""
