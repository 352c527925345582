"""The settings of payments: every service's, the key that opens names, and the gateway."""

from typing import ClassVar

from pydantic import SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.sealing import MasterKeys
from chassis.settings import ServiceSettings


class PaymentsSettings(ServiceSettings):
    """Read from the environment under ``PAYMENTS_``."""

    model_config = SettingsConfigDict(env_prefix="PAYMENTS_")
    SERVICE: ClassVar[str] = "payments"

    master_key: SecretStr
    """Base64 of 32 bytes: opens the pupils' keys, as in admissions; wraps merchants' secrets."""
    older_master_keys: tuple[SecretStr, ...] = ()
    """A JSON list of those that were in use before and still open what is not yet wrapped anew."""
    vnpay_pay_url: str | None = None
    """Where VNPAY takes payers (vnp_Url of the contract); without it no payment page is offered."""

    @field_validator("master_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        MasterKeys(value.get_secret_value())
        return value

    def master_keys(self) -> MasterKeys:
        """Give what opens names and secrets."""
        return MasterKeys(
            self.master_key.get_secret_value(),
            [key.get_secret_value() for key in self.older_master_keys],
        )
