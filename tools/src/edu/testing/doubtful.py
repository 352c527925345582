"""Tokens that are in doubt, each for one reason, and the issuer that signs the good ones."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chassis.auth import TokenVerifier, issuer
from chassis.clock import now

ISSUER, AUDIENCE = "https://id.example", "edu"
SUBJECT = "0199f0a0-0000-7000-8000-000000000001"
SCHOOL = "0199f0a0-0000-7000-8000-0000000000aa"

KEY = issuer.generate_key()
RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
STRANGER = issuer.generate_key()


def verifier(folder: Path) -> TokenVerifier:
    """Return what verifies this issuer's tokens; its public keys lie in the folder."""
    jwks = folder / "jwks.json"
    jwks.write_text(
        json.dumps({"keys": [KEY.as_dict(private=False), RSA_KEY.as_dict(private=False)]})
    )
    return TokenVerifier(
        issuer=ISSUER, audience=AUDIENCE, jwks=str(jwks), allow_development_keys=True
    )


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims, with some replaced, or left out by None."""
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": SUBJECT,
        "exp": int(now().timestamp()) + 600,
        "roles": ["teacher"],
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def signed(changes: dict[str, Any] | None = None, key: ECKey | RSAKey = KEY, **header: Any) -> str:
    """Sign the claims as the issuer would."""
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    full = {"alg": algorithm, "kid": key.kid} | header
    return jwt.encode(full, claims(**(changes or {})), key, algorithms=[algorithm])


def encoded(part: object) -> str:
    """Write a part of a token."""
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], signature: str = "") -> str:
    """Put a token together by hand."""
    return f"{encoded(header)}.{encoded(claims())}.{signature}"


def signed_with_public_key() -> str:
    """HS256 with the RSA public key as its secret: the classic confusion."""
    secret = RSA_KEY.as_pem(private=False)
    head = unsigned({"alg": "HS256", "kid": "rsa-1"}).rstrip(".")
    signature = hmac.new(secret, head.encode(), hashlib.sha256).digest()
    return f"{head}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def changed_after_signing() -> str:
    """Put other claims under a good signature."""
    header, _, signature = signed().split(".")
    return f"{header}.{encoded(claims(roles=['auditor']))}.{signature}"


ATTACKS: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "not a token": lambda: "abc",
    "five parts": lambda: "a.b.c.d.e",
    "not ascii": lambda: "é.é.é",
    "header not json": lambda: "!!!!.e30.e30",
    "header a list": lambda: f"{encoded([])}.{encoded(claims())}.",
    "header too deep": lambda: f"{urlsafe_b64encode(b'[' * 5000).decode()}.e30.e30",
    "too long": lambda: signed({"padding": "x" * 9000}),
    "alg none": lambda: unsigned({"alg": "none", "kid": KEY.kid}),
    "alg None, odd case": lambda: unsigned({"alg": "NonE", "kid": KEY.kid}),
    "hs256 with the public key": signed_with_public_key,
    "alg of another key": lambda: signed(None, KEY, kid="rsa-1"),
    "no kid": lambda: unsigned({"alg": "ES256"}),
    "kid not text": lambda: unsigned({"alg": "ES256", "kid": 1}),
    "unknown kid": lambda: signed(None, STRANGER),
    "stranger under our kid": lambda: signed(None, STRANGER, kid=KEY.kid),
    "jku": lambda: signed(None, KEY, jku="https://evil.example/jwks"),
    "x5u": lambda: signed(None, KEY, x5u="https://evil.example/cert"),
    "jwk": lambda: signed(None, KEY, jwk=STRANGER.as_dict(private=False)),
    "crit": lambda: signed(None, KEY, crit=["kid"]),
    "b64": lambda: unsigned({"alg": "ES256", "kid": KEY.kid, "b64": False}),
    "changed after signing": changed_after_signing,
    "signature cut off": lambda: signed().rpartition(".")[0] + ".",
    "wrong issuer": lambda: signed({"iss": "https://evil.example"}),
    "no issuer": lambda: signed({"iss": None}),
    "wrong audience": lambda: signed({"aud": "bank"}),
    "no audience": lambda: signed({"aud": None}),
    "expired": lambda: signed({"exp": 1_000_000_000}),
    "no expiry": lambda: signed({"exp": None}),
    "expiry not a number": lambda: signed({"exp": "tomorrow"}),
    "not yet": lambda: signed({"nbf": int(now().timestamp()) + 600}),
    "no subject": lambda: signed({"sub": None}),
    "subject a number": lambda: signed({"sub": 7}),
    "subject with a newline": lambda: signed({"sub": "a\nb"}),
    "no roles": lambda: signed({"roles": None}),
    "roles a string": lambda: signed({"roles": "auditor"}),
    "roles of numbers": lambda: signed({"roles": [1]}),
    "school not an id": lambda: signed({"school": "' OR 1=1"}),
    "unit a list": lambda: signed({"unit": [SCHOOL]}),
}
