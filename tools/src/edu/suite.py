"""The services of this suite: their names, packages and where their settings are looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One service."""

    name: str
    package: str
    prefix: str
    has_master_key: bool = False
    has_signin: bool = False

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
        production = os.environ.get(self.variable("ENVIRONMENT")) == "production"
        return self.has_signin and given is None and not production


SERVICES = {
    entry.name: entry
    for entry in (
        Entry("admissions", "admissions", "ADMISSIONS", has_master_key=True),
        Entry("gradebook", "gradebook", "GRADEBOOK", has_master_key=True),
        Entry("payments", "payments", "PAYMENTS", has_master_key=True),
        Entry("notifications", "notifications", "NOTIFICATIONS", has_master_key=True),
        Entry("ioc-aggregator", "ioc_aggregator", "IOC", has_signin=True),
    )
}


def given_kafka() -> str | None:
    """Return the broker that the caller's environment gives, instead of the embedded one."""
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
