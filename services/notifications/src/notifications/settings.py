"""The settings of notifications: every service's, the key that opens names, and the channels."""

from typing import ClassVar, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from chassis.rewrapping import MasterKeySettings


class NotificationsSettings(MasterKeySettings):
    """Read from the environment under ``NOTIFICATIONS_``."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_")
    SERVICE: ClassVar[str] = "notifications"

    smtp_host: str | None = None
    """The mail server that takes our letters; without one they wait."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` is for a server on the same machine while developing."""
    mail_from: str = "lien-lac@so-giao-duc.example.vn"
    """The address that letters come from; its domain is that of every Message-ID."""
    mail_from_name: str = "Sổ liên lạc điện tử"
    email_cost: int = Field(default=0, ge=0, le=1_000_000)
    """What one e-mail costs, in đồng."""
    send_seconds: float = Field(default=20.0, gt=0, le=120)
    """How long one call of a provider may take; a lease lasts three times as long."""
    send_concurrency: int = Field(default=8, ge=1, le=100)

    webhook_seconds: float = Field(default=20.0, gt=0, le=30)
    """How long a subscriber may take to answer."""
    webhook_concurrency: int = Field(default=32, ge=1, le=500)
    allow_loopback_webhooks: bool = False
    """Lets webhooks go to this machine, for tests and the demo; refused in production."""

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            found = validate_email(value, check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise ValueError(str(error)) from None
        return found.ascii_email or value

    @field_validator("allow_loopback_webhooks", "smtp_security")
    @classmethod
    def _is_fit_for_production(cls, value: bool | str, info: ValidationInfo) -> bool | str:
        if info.data.get("environment") == "production" and value in (True, "none"):
            raise ValueError(f"{value} is for development only")
        return value
