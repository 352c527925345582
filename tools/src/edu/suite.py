"""The services of this suite: their names, packages and where their settings are looked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

VNPAY_PAGE = "https://vnpay.example.vn/pay"
"""An address that is nobody's, so that development never sends a payer to a real gateway."""


@dataclass(frozen=True)
class Entry:
    """One service."""

    name: str
    package: str
    prefix: str
    has_master_key: bool = False
    has_history_key: bool = False
    has_signin: bool = False
    has_letterbox: bool = False
    """What it sends arrives in a letterbox, where nobody says otherwise."""
    development: Mapping[str, str] = field(default_factory=dict)
    """Settings that are not for production."""

    def variable(self, setting: str) -> str:
        """Name the environment variable of one of its settings."""
        return f"{self.prefix}_{setting}"

    @property
    def given_database(self) -> str | None:
        """The database that the caller's environment gives it, instead of the embedded one."""
        return os.environ.get(self.variable("DATABASE_URL"))

    @property
    def signs_in_here(self) -> bool:
        """Whether its people choose themselves from a list, because nobody else vouches for them.

        Not where the caller's environment names an identity provider, and never in production.
        """
        given = os.environ.get(self.variable("SIGNIN_ISSUER"))
        return self.has_signin and given is None and not self.is_production

    @property
    def posts_here(self) -> bool:
        """Whether its letters and calls go to the letterbox.

        Not where the caller's environment names a mail server, and never in production.
        """
        given = os.environ.get(self.variable("SMTP_HOST"))
        return self.has_letterbox and given is None and not self.is_production

    @property
    def is_production(self) -> bool:
        """Whether the caller's environment says so."""
        return os.environ.get(self.variable("ENVIRONMENT")) == "production"


SERVICES = {
    entry.name: entry
    for entry in (
        Entry("admissions", "admissions", "ADMISSIONS", has_master_key=True),
        Entry(
            "gradebook",
            "gradebook",
            "GRADEBOOK",
            has_master_key=True,
            has_history_key=True,
            has_signin=True,
        ),
        Entry(
            "payments",
            "payments",
            "PAYMENTS",
            has_master_key=True,
            development={"VNPAY_PAY_URL": VNPAY_PAGE},
        ),
        Entry(
            "notifications",
            "notifications",
            "NOTIFICATIONS",
            has_master_key=True,
            has_letterbox=True,
        ),
        Entry("ioc-aggregator", "ioc_aggregator", "IOC", has_signin=True),
    )
}


def given_kafka() -> str | None:
    """Return the broker that the caller's environment gives, instead of the embedded one."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
