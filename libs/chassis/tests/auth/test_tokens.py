"""Only a token that its issuer signed, for us, for now, is believed (abuse scenario A2)."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chassis.auth import Role, TokenVerifier, issuer
from chassis.clock import now
from chassis.errors import Unauthorized, Unavailable

ISSUER, AUDIENCE = "https://id.example", "edu"
SUBJECT = "0199f0a0-0000-7000-8000-000000000001"
SCHOOL = "0199f0a0-0000-7000-8000-0000000000aa"

KEY = issuer.generate_key()
RSA_KEY = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
STRANGER = issuer.generate_key()

Sign = Callable[..., str]


@pytest.fixture
def verifier(tmp_path: Path) -> TokenVerifier:
    jwks = tmp_path / "jwks.json"
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
    header, _, signature = signed().split(".")
    return f"{header}.{encoded(claims(roles=['auditor']))}.{signature}"


@pytest.mark.parametrize("key", [KEY, RSA_KEY], ids=["ES256", "RS256"])
async def test_a_good_token_names_its_bearer(verifier: TokenVerifier, key: ECKey | RSAKey) -> None:
    principal = await verifier.verify(signed({"school": SCHOOL}, key))
    assert principal.subject == SUBJECT
    assert principal.roles == {Role.TEACHER}
    assert principal.school == SCHOOL
    assert principal.unit is None


async def test_the_development_issuer_takes_the_same_path(verifier: TokenVerifier) -> None:
    token = issuer.mint(
        KEY,
        issuer=ISSUER,
        audience=AUDIENCE,
        subject=SUBJECT,
        roles=[Role.PRINCIPAL],
        school=SCHOOL,
        lifetime=timedelta(minutes=1),
    )
    assert (await verifier.verify(token)).roles == {Role.PRINCIPAL}


async def test_a_clock_one_minute_off_is_forgiven(verifier: TokenVerifier) -> None:
    assert await verifier.verify(signed({"exp": int(now().timestamp()) - 50}))
    with pytest.raises(Unauthorized):
        await verifier.verify(signed({"exp": int(now().timestamp()) - 61}))


async def test_a_role_of_tomorrow_gives_and_takes_nothing(verifier: TokenVerifier) -> None:
    principal = await verifier.verify(signed({"roles": ["teacher", "inspector"]}))
    assert principal.roles == {Role.TEACHER}


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


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_a_doubtful_token_is_refused(
    verifier: TokenVerifier, attack: Callable[[], str]
) -> None:
    with pytest.raises(Unauthorized) as refusal:
        await verifier.verify(attack())
    assert refusal.value.slug == "token-invalid"
    assert refusal.value.headers["WWW-Authenticate"].startswith("Bearer")


async def test_production_refuses_development_keys(tmp_path: Path) -> None:
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(issuer.jwks(KEY)))
    strict = TokenVerifier(
        issuer=ISSUER, audience=AUDIENCE, jwks=str(jwks), allow_development_keys=False
    )
    with pytest.raises(Unauthorized):
        await strict.verify(signed())


async def test_without_the_issuers_keys_the_client_is_asked_to_come_again(tmp_path: Path) -> None:
    orphan = TokenVerifier(
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks=str(tmp_path / "absent.json"),
        allow_development_keys=True,
    )
    with pytest.raises(Unavailable):
        await orphan.verify(signed())
