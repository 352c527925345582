"""Whom the services of a home trust: the development issuer whose key lies in it."""

from __future__ import annotations

from edu.home import Home

ISSUER = "urn:edu:development-issuer"
AUDIENCE = "edu"


def trust(home: Home) -> dict[str, str]:
    """Return the settings by which a service trusts this home's issuer."""
    return {
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_AUDIENCE": AUDIENCE,
        "TOKEN_JWKS": str(home.folder / "jwks.json"),
    }
