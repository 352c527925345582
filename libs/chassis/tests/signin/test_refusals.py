"""Nobody is signed in by an answer that anything is wrong with; and a page says what to do."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text

from chassis.auth.issuer import generate_key
from chassis.signin import provider

STRANGER = generate_key()


async def nobody(browser: Any, building: Any, answer: httpx.Response) -> str:
    """See that an answer is a page, that nobody is signed in, and return the page."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "location" not in answer.headers
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert not any("session=" in one for one in answer.headers.get_list("set-cookie"))
    assert (await browser.session())["person"] is None
    async with building.store.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM signin.session")) == 0
    return answer.text


def encoded(part: object) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], key: ECKey) -> str:
    return f"{encoded({'alg': 'none', 'kid': key.kid})}.{encoded(claims)}."


def signed_with_public_key(claims: dict[str, Any], key: ECKey) -> str:
    head = f"{encoded({'alg': 'HS256', 'kid': key.kid})}.{encoded(claims)}"
    signature = hmac.digest(key.as_pem(private=False), head.encode(), hashlib.sha256)
    return f"{head}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_other_key(claims: dict[str, Any], key: ECKey) -> str:
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, STRANGER, algorithms=["ES256"])


def with_key_inside(claims: dict[str, Any], _: ECKey) -> str:
    header = {"alg": "ES256", "kid": STRANGER.kid, "jwk": STRANGER.as_dict(private=False)}
    return jwt.encode(header, claims, STRANGER, algorithms=["ES256"])


@pytest.mark.parametrize(
    "forge",
    [
        unsigned,
        signed_with_public_key,
        with_other_key,
        with_key_inside,
        lambda *_: "",
        lambda *_: "a.b.c",
    ],
)
async def test_an_id_token_that_the_provider_did_not_sign(
    browser: Any, building: Any, forge: Callable[[dict[str, Any], ECKey], str]
) -> None:
    browser.identity.sign = lambda claims: forge(claims, browser.identity.key)
    answer = await browser.sign_in("?next=/a")
    assert answer.status_code == 403
    page = await nobody(browser, building, answer)
    assert "Không xác nhận được kết quả đăng nhập" in page
    assert 'href="/signin?next=%2Fa"' in page


NOW = int(time.time())
LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "bank"},
    "the audience of the API": {"aud": "edu"},
    "several audiences, for another one": {"aud": ["gradebook", "bank"], "azp": "bank"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://id.example"},
    "expired": {"exp": NOW - 3600},
    "expired beyond the leeway": {"exp": NOW - 62},
    "no expiry": {"exp": None},
    "of the future": {"iat": NOW + 3600},
    "not yet": {"nbf": NOW + 3600},
    "no time of issue": {"iat": None},
    "no subject": {"sub": None},
    "a subject with a space": {"sub": "a b"},
    "the hash of another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "no roles": {"roles": None},
    "roles as a text": {"roles": "auditor"},
    "a school that is none": {"school": "' OR 1=1"},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_an_id_token_that_says_something_else(
    browser: Any, building: Any, lie: dict[str, Any]
) -> None:
    browser.identity.lies = lie
    answer = await browser.sign_in()
    assert answer.status_code == 403
    await nobody(browser, building, answer)


async def test_a_minute_between_two_clocks_is_forgiven(browser: Any) -> None:
    browser.identity.lies = {"exp": int(time.time()) - 50, "iat": int(time.time()) + 50}
    assert (await browser.sign_in()).status_code == 303


async def test_a_code_counts_once(browser: Any, building: Any) -> None:
    back = await browser.choose(await browser.begin())
    attempt = dict(browser.client.cookies)
    assert (await browser.get(back)).status_code == 303
    async with building.store.transaction() as session:
        await session.execute(text("TRUNCATE signin.session"))
    again = await browser.get(back)
    assert again.status_code == 400, "the attempt is over"
    await nobody(browser, building, again)
    browser.client.cookies.update(attempt)
    stolen = await browser.get(back)
    assert stolen.status_code == 403, "and the provider takes no code twice"
    await nobody(browser, building, stolen)
    assert len(browser.identity.forms) == 2


async def test_a_code_is_worth_nothing_without_its_verifier(browser: Any, building: Any) -> None:
    """Somebody saw the address with the code and puts it into an attempt of their own."""
    seen = await browser.choose(await browser.begin())
    thief = await building.another(browser.service)
    own = await thief.choose(await thief.begin())
    code = httpx.URL(seen).params["code"]
    answer = await thief.get(str(httpx.URL(own).copy_set_param("code", code)))
    assert answer.status_code == 403
    await nobody(thief, building, answer)


@pytest.mark.parametrize("state", [None, "", "x", "é"])
async def test_an_answer_to_another_attempt(browser: Any, building: Any, state: str | None) -> None:
    back = httpx.URL(await browser.choose(await browser.begin()))
    changed = (
        back.copy_remove_param("state") if state is None else back.copy_set_param("state", state)
    )
    answer = await browser.get(str(changed))
    assert answer.status_code == 400
    await nobody(browser, building, answer)
    assert browser.identity.forms == [], "the code was shown to nobody"


async def test_an_answer_in_another_browser(browser: Any, building: Any) -> None:
    """Nobody can be signed in as somebody else by being sent a link."""
    back = await browser.choose(await browser.begin())
    victim = await building.another(browser.service)
    answer = await victim.get(back)
    assert answer.status_code == 400
    await nobody(victim, building, answer)


@pytest.mark.parametrize("issuer", [None, "https://id.example"])
async def test_the_answer_of_another_provider(
    browser: Any, building: Any, issuer: str | None
) -> None:
    back = httpx.URL(await browser.choose(await browser.begin()))
    changed = (
        back.copy_remove_param("iss") if issuer is None else back.copy_set_param("iss", issuer)
    )
    answer = await browser.get(str(changed))
    assert answer.status_code == 403
    await nobody(browser, building, answer)
    assert browser.identity.forms == []


async def test_a_provider_that_is_away(building: Any, unused_tcp_port: int) -> None:
    gone = await building.browser(
        building.application(signin_issuer=f"http://127.0.0.1:{unused_tcp_port}")
    )
    for _ in range(2):
        answer = await gone.get("/signin?next=/a")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        page = await nobody(gone, building, answer)
        assert "Hệ thống đăng nhập không trả lời" in page
        assert 'href="/">Về trang chính' in page
    ready = (await gone.get("/readyz")).json()
    (part,) = [part for part in ready["parts"] if part["name"] == "sign-in"]
    assert (ready["missing"], part["state"]) == ([], "failing")


@pytest.mark.parametrize("status", [500, 503, 404])
async def test_a_provider_that_breaks_on_the_way(browser: Any, building: Any, status: int) -> None:
    back = await browser.choose(await browser.begin())
    browser.identity.status = status
    answer = await browser.get(back)
    assert answer.status_code in {403, 503}
    await nobody(browser, building, answer)


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://id.example"},
        {"code_challenge_methods_supported": ["plain"]},
        {"authorization_endpoint": "ftp://id.example"},
        {"token_endpoint": None},
        {"jwks_uri": 7},
    ],
)
async def test_a_provider_that_is_not_what_it_should_be(
    browser: Any, building: Any, told: dict[str, Any]
) -> None:
    browser.identity.told = told
    answer = await browser.get("/signin")
    assert answer.status_code == 503
    await nobody(browser, building, answer)


async def test_production_takes_no_address_without_encryption(building: Any) -> None:
    strict = provider.Provider(
        issuer=building.identity.url,
        client_id="gradebook",
        client_secret=None,
        scope="openid",
        production=True,
    )
    with pytest.raises(ValueError, match="without encryption"):
        await strict._discover()


async def test_a_provider_that_left_is_noticed_at_the_next_attempt(
    browser: Any, building: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_FRESH_SECONDS", 0.0)
    back = await browser.choose(await browser.begin())
    browser.identity.told = {"issuer": "https://id.example"}
    answer = await browser.get("/signin")
    assert answer.status_code == 503
    await nobody(browser, building, answer)
    assert back


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("", "missing"),
        ("client_id=bank", "no such client"),
        ("redirect_uri=https://example.org/signin/callback", "not on this machine"),
        ("redirect_uri=http://127.0.0.1.example.org/", "not on this machine"),
        ("code_challenge_method=plain", "only the authorization code with PKCE"),
        ("response_type=token", "only the authorization code with PKCE"),
        ("scope=email", "the scope openid is missing"),
    ],
)
async def test_the_development_issuer_hands_no_code_to_a_stranger(
    browser: Any, query: str, fault: str
) -> None:
    good = {
        "client_id": "gradebook",
        "redirect_uri": "http://127.0.0.1:1/signin/callback",
        "state": "s",
        "nonce": "n",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
        "response_type": "code",
        "scope": "openid",
        "person": "teacher",
    }
    asked = good | dict(pair.split("=", 1) for pair in [query] if pair) if query else {}
    answer = await browser.client.get(f"{browser.identity.url}/authorize", params=asked)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert fault in answer.text
