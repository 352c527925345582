"""The settings of payments: every service's, the key that opens names, and the gateway."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from chassis.rewrapping import MasterKeySettings


class PaymentsSettings(MasterKeySettings):
    """Read from the environment under ``PAYMENTS_``."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")
    SERVICE: ClassVar[str] = "payments"
    vnpay_pay_url: str | None = None
    """Where VNPAY takes payers (vnp_Url of the contract); without it no payment page is offered."""
