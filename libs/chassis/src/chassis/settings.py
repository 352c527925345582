"""Settings of a service: the environment, read once, all faults named at once."""

import os
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode

Role = Literal["api", "consumer", "relay"]


class SettingsError(Exception):
    """The environment does not hold what the service needs; the text names every fault."""


class ServiceSettings(BaseSettings):
    """What every service needs. A service subclasses it with its own ``env_prefix`` and knobs."""

    SERVICE: ClassVar[str]

    database_url: SecretStr
    """postgresql://role:password@host:port/database, the service's own database and role."""
    kafka_bootstrap_servers: Annotated[tuple[str, ...], NoDecode] = Field(
        validation_alias="KAFKA_BOOTSTRAP_SERVERS"
    )
    """host:port, comma-separated."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes a free port."""
    url_file: str | None = None
    """Where to write the address that was bound; for supervisors that asked for port 0."""
    roles: Annotated[frozenset[Role], NoDecode] = frozenset({"api", "consumer", "relay"})
    """Comma-separated; by default one process plays all."""
    environment: Literal["development", "production"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str | None = None
    """Where OpenTelemetry spans go (OTLP over HTTP); none are made without it."""
    token_issuer: str
    """The ``iss`` that tokens must carry."""
    token_jwks: str
    """Address or file of the issuer's public keys (JWKS)."""
    token_audience: str = "edu"  # noqa: S105 - no secret

    @field_validator("kafka_bootstrap_servers", "roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    def redacted(self) -> dict[str, Any]:
        """Return all settings with the secrets replaced, fit to be printed."""
        return self.model_dump(mode="json")


S = TypeVar("S", bound=ServiceSettings)


def load(kind: type[S]) -> S:
    """Read the settings of a service from the environment.

    Raises:
        SettingsError: something is missing, wrong, or carries the prefix and is not known.
    """
    prefix = str(kind.model_config.get("env_prefix", ""))
    known = {f"{prefix}{name}".upper() for name in kind.model_fields}
    faults = [
        f"{name}: not a setting of {kind.SERVICE}"
        for name in os.environ  # noqa: TID251 - the one place that reads the environment
        if name.startswith(prefix) and name not in known
    ]
    try:
        settings = kind()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0])
            variable = name if name.isupper() else f"{prefix}{name}".upper()
            faults.append(f"{variable}: {fault['msg']}")
    else:
        if not faults:
            return settings
    raise SettingsError("\n".join(sorted(faults)))
