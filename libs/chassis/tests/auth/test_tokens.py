"""Only a token that its issuer signed, for us, for now, is believed (abuse scenario A2)."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from chassis.auth import Role, TokenVerifier, issuer
from chassis.clock import now
from chassis.errors import Unauthorized, Unavailable
from edu.testing import doubtful
from edu.testing.doubtful import ATTACKS, AUDIENCE, ISSUER, KEY, RSA_KEY, SCHOOL, SUBJECT, signed


@pytest.fixture
def verifier(tmp_path: Path) -> TokenVerifier:
    return doubtful.verifier(tmp_path)


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
