"""As whom a service speaks to Kafka, and how: every client takes its options from here."""

import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

MECHANISM = "SCRAM-SHA-512"

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


@dataclass(frozen=True, slots=True)
class Security:
    """How a connection is protected; ``OPEN`` is not."""

    protocol: Protocol = "PLAINTEXT"
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    """The certificates that are trusted; the system's own where none is named."""

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What connections are encrypted with; None where they are not."""
        if self.protocol not in {"SSL", "SASL_SSL"}:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.sslobject_class = _LeavingAtOnce
        return context

    @property
    def named(self) -> bool:
        """Whether the client says who it is."""
        return self.protocol.startswith("SASL")

    def aiokafka(self) -> dict[str, Any]:
        """Return the options of aiokafka's clients."""
        options: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.tls}
        if self.named:
            options |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    def confluent(self) -> dict[str, Any]:
        """Return the options of confluent-kafka's clients."""
        options: dict[str, Any] = {"security.protocol": self.protocol}
        if self.named:
            options |= {
                "sasl.mechanism": MECHANISM,
                "sasl.username": self.username,
                "sasl.password": self.password,
            }
        if self.ca_file is not None:
            options["ssl.ca.location"] = self.ca_file
        return options


OPEN = Security()


class _LeavingAtOnce(ssl.SSLObject):
    """Says that it closes and waits for no answer, which it need not (RFC 8446, 6.1).

    A broker that still holds a fetch gives none; asyncio would wait for it for 30 seconds in every
    ``stop()`` of a client, and a relay or consumer could neither begin anew nor end.
    """

    def unwrap(self) -> None:
        with suppress(ssl.SSLWantReadError):
            super().unwrap()
