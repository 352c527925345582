"""Tokens of the development issuer, for the suite of one home."""

from __future__ import annotations

import uuid
from datetime import timedelta

from chassis.auth.issuer import jwks_path, mint, open_key
from chassis.auth.principal import Role
from edu.failure import Failure
from edu.home import Home

ISSUER = "urn:edu:development-issuer"
AUDIENCE = "edu"
LIFETIME = timedelta(days=30)
NAMES = uuid.UUID("0d6f3c0e-5f0a-5d2e-9a51-6f7f2a1d4c3b")


def named_id(name: str) -> str:
    """Return the id of what the development suite calls by this name: the same every time."""
    return str(uuid.uuid5(NAMES, name))


def prepare(home: Home) -> dict[str, str]:
    """Make the issuer's key if there is none; return the settings by which services trust it."""
    home.prepare()
    open_key(home.folder, environment="development")
    return {
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_AUDIENCE": AUDIENCE,
        "TOKEN_JWKS": str(jwks_path(home.folder)),
    }


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
