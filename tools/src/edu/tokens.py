"""Tokens of the development issuer, for the suite of one home."""

from __future__ import annotations

import uuid
from datetime import timedelta

from chassis.auth.issuer import mint, open_key
from chassis.auth.principal import Role
from edu.failure import Failure
from edu.home import Home
from edu.issuer import AUDIENCE, ISSUER

LIFETIME = timedelta(days=30)
NAMES = uuid.UUID("0d6f3c0e-5f0a-5d2e-9a51-6f7f2a1d4c3b")


def named_id(name: str) -> str:
    """Return the id of what the development suite calls by this name: the same every time."""
    return str(uuid.uuid5(NAMES, name))


def prepare(home: Home) -> None:
    """Make the issuer's key if there is none, and the file with its public half."""
    home.prepare()
    open_key(home.folder, environment="development")


def token(
    home: Home,
    role: str,
    *,
    subject: str | None = None,
    school: str | None = None,
    unit: str | None = None,
) -> str:
    """Mint a token for one role; without a subject, for the one who has it in development."""
    if role not in set(Role):
        raise Failure(f"No role is called {role}. There are: {', '.join(Role)}.")
    return mint(
        open_key(home.folder, environment="development"),
        issuer=ISSUER,
        audience=AUDIENCE,
        subject=subject or named_id(role),
        roles=[Role(role)],
        school=school,
        unit=unit,
        lifetime=LIFETIME,
    )
