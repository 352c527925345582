"""What an installation sets so that people can sign in: all of it, or nothing."""

import base64
import binascii
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from chassis.settings import ServiceSettings

_KEY_BYTES = 32


class SigninSettings(ServiceSettings):
    """Settings of a service with pages; without an issuer they are as the public sees them."""

    signin_issuer: str | None = None
    """The provider's issuer, exactly as in its tokens; discovery begins there."""
    signin_client_id: str | None = Field(default=None, validate_default=True)
    """What the provider calls this service."""
    signin_client_secret: SecretStr | None = None
    """Only where the provider takes it for a confidential client."""
    signin_scope: str = "openid"
    """What is asked for; some providers tell the roles only under a scope of their own."""
    signin_key: SecretStr | None = Field(default=None, validate_default=True)
    """Base64 of 32 bytes: seals attempts and makes CSRF tokens. Every replica has the same."""
    signin_url: str | None = Field(default=None, validate_default=True)
    """Where browsers reach this service; in development it is whatever they asked for."""

    @field_validator("signin_issuer", "signin_url")
    @classmethod
    def _is_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        schemes = {"https"} if info.data.get("environment") == "production" else {"http", "https"}
        if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"must be an address with {' or '.join(sorted(schemes))}://")
        return value

    @field_validator("signin_client_id", "signin_key")
    @classmethod
    def _comes_with_issuer(
        cls, value: str | SecretStr | None, info: ValidationInfo
    ) -> str | SecretStr | None:
        if (value is None) != (info.data.get("signin_issuer") is None):
            raise ValueError("issuer, client id and key of SIGNIN are set together, or none of it")
        return value

    @field_validator("signin_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            decode_key(value.get_secret_value())
        return value

    @field_validator("signin_url")
    @classmethod
    def _is_known_in_production(cls, value: str | None, info: ValidationInfo) -> str | None:
        production = info.data.get("environment") == "production"
        if production and value is None and info.data.get("signin_issuer") is not None:
            raise ValueError("is needed in production, where a Host header proves nothing")
        return value


def decode_key(text: str) -> bytes:
    """Return the bytes of a key.

    Raises:
        ValueError: it is not base64 of 32 bytes.
    """
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(f"must be base64 of {_KEY_BYTES} bytes")
    return key
