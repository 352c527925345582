"""What is asked and answered about channels."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, StringConstraints

from chassis.http import RequestModel
from contracts.payments import PaymentMethod
from payments.channels.tables import Channel


class BankAccount(RequestModel):
    """The school's account, as VietQR names it."""

    enabled: bool
    bank_bin: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    account: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,19}$")]


class Terminal(RequestModel):
    """What VNPAY's contract with the school says."""

    enabled: bool
    terminal: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,8}$")]
    """Mã website (vnp_TmnCode)."""
    secret: Annotated[str, StringConstraints(pattern=r"^[!-~]{16,128}$")] | None = None
    """Chuỗi bí mật (vnp_HashSecret); what was given before stays, where it is left out."""
    return_url: Annotated[str, StringConstraints(pattern=r"^https://[!-~]{4,200}$")]


class ChannelAnswer(BaseModel):
    """A channel; the merchant's secret is never given back."""

    school_id: str
    channel: PaymentMethod
    enabled: bool
    bank_bin: str | None
    account: str | None
    terminal: str | None
    return_url: str | None

    @classmethod
    def of(cls, channel: Channel) -> Self:
        """Return the answer for a channel."""
        return cls(**channel.model_dump(include=set(cls.model_fields)))


class ChannelList(BaseModel):
    """The channels of a school."""

    channels: Sequence[ChannelAnswer]


class CodeAnswer(BaseModel):
    """A VietQR code for what a pupil owes; ``amount`` null lets the payer choose."""

    pupil_id: str
    school_id: str
    reference: str
    amount: int | None
    payload: str
