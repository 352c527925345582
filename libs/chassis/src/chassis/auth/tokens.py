"""A bearer token becomes a `Principal`, or is refused. Verified here, never by a remote call.

Nothing in a token chooses how it is verified: the algorithm follows from the issuer's key, and
a header that points to another key (`jku`, `x5u`, `jwk`) or changes the rules (`crit`, `b64`) is
reason enough to refuse it. The client learns one of two things, missing or not valid; the log
learns which check failed.
"""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from functools import lru_cache
from typing import Any, Protocol

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry, Token

from chassis.auth.keys import KeySource, SigningKey
from chassis.auth.principal import Principal, Role
from chassis.clock import now
from chassis.errors import Unauthorized
from chassis.health import Part

DEVELOPMENT_KEY_PREFIX = "development-"
"""Keys of the development issuer say so in their id, and production refuses them."""

LEEWAY_SECONDS = 60
_LONGEST_TOKEN = 8 * 1024
_REMEMBERED = 1024
"""Tokens: a teacher each, who enters scores."""
_HEADERS = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_log = structlog.get_logger("chassis.audit")


class Verifier(Protocol):
    """Whatever can tell who a token belongs to."""

    async def verify(self, token: str) -> Principal:
        """Return the bearer of `token`; raise `Unauthorized` for any doubt."""
        ...

    async def look(self, part: Part) -> None:
        """Report whether tokens can be verified at all."""
        ...


class Doubt(Exception):  # noqa: N818 (why a token is refused: for the log, never for the client)
    """Something about a token is not as it must be."""


class TokenVerifier:
    """Verifies the tokens of one issuer, made for one audience."""

    def __init__(
        self, *, issuer: str, audience: str, jwks: str, allow_development_keys: bool
    ) -> None:
        """`jwks` is a URL or a file path; nothing is read before the first token."""
        self._keys = KeySource(jwks)
        self._allow_development_keys = allow_development_keys
        self._claims = JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def verify(self, token: str) -> Principal:
        """Return the bearer of `token`.

        Raises:
            Unauthorized: anything about the token is in doubt.
            Unavailable: the issuer's keys could not be read yet.
        """
        try:
            return principal_of((await self.decode(token)).claims)
        except (Doubt, JoseError, ValueError) as doubt:
            _log.warning("token refused", reason=type(doubt).__name__, check=str(doubt)[:200])
            raise Unauthorized(
                "token-invalid",
                "Phiên đăng nhập không hợp lệ hoặc đã hết hạn. Hãy đăng nhập lại.",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            ) from None

    async def decode(self, token: str) -> Token:
        """Return header and claims of a token that this issuer signed, for us, for now.

        Raises:
            Doubt, JoseError, ValueError: anything about the token is in doubt.
            Unavailable: the issuer's keys could not be read yet.
        """
        key = await self._key(token)
        decoded = _signed(token, key)
        self._claims.validate(decoded.claims)
        return decoded

    async def look(self, part: Part) -> None:
        """Report whether the issuer's keys are here: a probe of `/readyz`."""
        await self._keys.look(part)

    async def _key(self, token: str) -> SigningKey:
        header = _header(token)
        if surplus := header.keys() - _HEADERS:
            raise Doubt(f"headers {sorted(surplus)}")
        key_id = header.get("kid")
        if not isinstance(key_id, str):
            raise Doubt("no key id")
        if key_id.startswith(DEVELOPMENT_KEY_PREFIX) and not self._allow_development_keys:
            raise Doubt("a development key in production")
        key = await self._keys.get(key_id)
        if key is None:
            raise Doubt("unknown key id")
        return key


@lru_cache(maxsize=_REMEMBERED)
def _signed(token: str, key: SigningKey) -> Token:
    """Return what this key, which the issuer has not withdrawn, has signed.

    Who works sends the same token again and again, and its signature stays what it is; whether it
    is valid now and here is asked each time.
    """
    return jwt.decode(token, key.jwk, algorithms=[key.algorithm])


def principal_of(claims: dict[str, Any]) -> Principal:
    """Return who verified claims are about.

    Raises:
        Doubt: they do not say it, or not in the way that was agreed.
    """
    if not _SUBJECT.fullmatch(claims["sub"]):
        raise Doubt("subject")
    return Principal(
        subject=claims["sub"],
        roles=_roles(claims.get("roles")),
        school=_id(claims, "school"),
        unit=_id(claims, "unit"),
    )


def _header(token: str) -> dict[str, Any]:
    if len(token) > _LONGEST_TOKEN or not token.isascii() or token.count(".") != 2:  # noqa: PLR2004
        raise Doubt("not a compact JWS")
    encoded = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (Base64Error, ValueError, RecursionError):
        raise Doubt("unreadable header") from None
    if not isinstance(header, dict):
        raise Doubt("unreadable header")
    return header


def _roles(claim: object) -> frozenset[Role]:
    """Read the roles; one that this version does not know gives no right, and takes none away."""
    if not isinstance(claim, list) or not all(isinstance(role, str) for role in claim):
        raise Doubt("roles")
    return frozenset(Role(role) for role in claim if role in _KNOWN_ROLES)


_KNOWN_ROLES = frozenset(Role)


def _id(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Doubt(name)
    return value
