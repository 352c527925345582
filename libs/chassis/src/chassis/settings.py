"""Settings of a service: the environment, read once, all faults named at once."""

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
)
from pydantic_settings import SettingsError as UnreadableError

from chassis.kafka import Protocol, Security

Role = Literal["api", "consumer", "relay"]

_FILE = "_FILE"


class SettingsError(Exception):
    """The environment does not hold what the service needs; the text names every fault."""


class KafkaSettings(BaseSettings):
    """As whom Kafka is spoken to; a broker without rights needs none of it."""

    SERVICE: ClassVar[str]

    kafka_security_protocol: Protocol = Field(
        default="PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL"
    )
    """SASL_SSL in production; the mechanism is SCRAM-SHA-512."""
    kafka_sasl_username: str | None = Field(default=None, validation_alias="KAFKA_SASL_USERNAME")
    """The service's own user, which has the service's name."""
    kafka_sasl_password: SecretStr | None = Field(
        default=None, validation_alias="KAFKA_SASL_PASSWORD"
    )
    kafka_ssl_cafile: str | None = Field(default=None, validation_alias="KAFKA_SSL_CAFILE")
    """The certificates (PEM) by which the brokers are known; the system's own without it."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        named = (self.kafka_sasl_username, self.kafka_sasl_password)
        if self.kafka_security_protocol.startswith("SASL") and None in named:
            raise ValueError("SASL needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD")
        return self

    @property
    def kafka_security(self) -> Security:
        """What every client of Kafka is made with."""
        password = self.kafka_sasl_password
        return Security(
            protocol=self.kafka_security_protocol,
            username=self.kafka_sasl_username,
            password=None if password is None else password.get_secret_value(),
            ca_file=self.kafka_ssl_cafile,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, and what it says stands in files."""
        if isinstance(env_settings, EnvSettingsSource):
            files, _ = _from_files(cls)
            env_settings.env_vars = {**env_settings.env_vars, **files}
        return init_settings, env_settings


class ServiceSettings(KafkaSettings):
    """What every service needs. A service subclasses it with its own ``env_prefix`` and knobs.

    Each may stand in a file, as secrets do in containers; ``<PREFIX>_<NAME>_FILE`` names it.
    """

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


S = TypeVar("S", bound=KafkaSettings)


def load(kind: type[S]) -> S:
    """Read the settings of a service from the environment.

    Raises:
        SettingsError: something is missing, wrong, or carries the prefix and is not known.
    """
    prefix, known = _known(kind)
    _, faults = _from_files(kind)
    faults += [
        f"{name}: not a setting of {kind.SERVICE}"
        for name in os.environ  # noqa: TID251 - the one place that reads the environment
        if prefix and name.startswith(prefix) and not {name, name.removesuffix(_FILE)} & known
    ]
    try:
        settings = kind()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            if not fault["loc"]:  # what two settings must agree on
                faults.append(fault["msg"].removeprefix("Value error, "))
                continue
            name = str(fault["loc"][0])
            variable = name if name.isupper() else f"{prefix}{name}".upper()
            faults.append(f"{variable}: {fault['msg']}")
    except UnreadableError as error:
        faults.append(str(error))
    else:
        if not faults:
            return settings
    raise SettingsError("\n".join(sorted(faults)))


def _known(kind: type[BaseSettings]) -> tuple[str, set[str]]:
    """Return the prefix of a service's variables and their names."""
    prefix = str(kind.model_config.get("env_prefix", ""))
    fields = kind.model_fields.items()
    return prefix, {str(field.validation_alias or prefix + name).upper() for name, field in fields}


def _from_files(kind: type[BaseSettings]) -> tuple[dict[str, str], list[str]]:
    """Return what the files hold that ``…_FILE`` names, as variables, and what is wrong there."""
    _, known = _known(kind)
    found: dict[str, str] = {}
    faults = []
    for variable, path in os.environ.items():  # noqa: TID251 - as in load
        name = variable.removesuffix(_FILE)
        if variable in known or name == variable or name not in known:
            continue
        if name in os.environ:  # noqa: TID251 - as in load
            faults.append(f"{variable}: {name} is set, too; only one of them may be")
            continue
        try:
            # Whoever writes a secret to a file ends it with a line break.
            found[name.lower()] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{variable}: cannot be read: {type(error).__name__}")
    return found, faults
