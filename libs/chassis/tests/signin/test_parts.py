"""What signing in is made of, each part alone: addresses, cookies, attempts, settings."""

import base64
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from joserfc import jwt
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey
from pydantic_settings import SettingsConfigDict

from chassis import clock
from chassis.settings import SettingsError, load
from chassis.signin import SigninSettings
from chassis.signin.addresses import Address, local
from chassis.signin.attempts import LIFETIME, Attempt, Attempts

KEY = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "path",
    ["/", "/?unit=1&lang=vi", "/ioc/?a=%2F%2Fb", "/a//b", "/a?next=https://example.org", "/~a"],
)
def test_a_path_of_this_host_is_gone_to(path: str) -> None:
    assert local(path, otherwise="/home") == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        None,
        "",
        "home",
        "//example.org",
        "///example.org",
        "/\\example.org",
        "\\/example.org",
        "/a\\b",
        "https://example.org",
        "https:example.org",
        "javascript:alert(1)",
        "/\texample.org",
        "/\n/example.org",
        "/a\r\nSet-Cookie: a=b",
        " //example.org",
        "/ //example.org",
        "/\x00",
        "/ngườ",
        "/" + "a" * 1024,
    ],
)
def test_any_other_address_is_not(elsewhere: str | None) -> None:
    assert local(elsewhere, otherwise="/home") == "/home"


def test_addresses_and_cookies_follow_from_where_browsers_are() -> None:
    plain, proxied = Address("http://127.0.0.1:8000"), Address("https://ioc.example/edu")
    assert (plain.home, plain.callback) == ("/", "http://127.0.0.1:8000/signin/callback")
    assert (proxied.home, proxied.callback) == (
        "/edu/",
        "https://ioc.example/edu/signin/callback",
    )
    assert (plain.secure, plain.cookie("ioc", "session")) == (False, "ioc-session")
    assert (proxied.secure, proxied.cookie("ioc", "session")) == (True, "__Host-ioc-session")


def test_an_attempt_comes_back_as_it_went() -> None:
    attempts, attempt = Attempts(bytes(32)), Attempt.begin("/?unit=1")
    sealed = attempts.seal(attempt)
    assert attempts.open(sealed) == attempt
    for hidden in (attempt.state, attempt.nonce, attempt.verifier):
        assert len(hidden) >= 43, "RFC 7636: at least 256 bits"
        assert hidden not in sealed
    assert len({attempt.state, attempt.nonce, attempt.verifier}) == 3
    assert Attempt.begin("/") != Attempt.begin("/")


def test_a_browser_can_keep_the_longest_attempt() -> None:
    assert len(Attempts(bytes(32)).seal(Attempt.begin("/" + '"' * 1023))) < 3900


def unencrypted(attempt: Attempt) -> str:
    return jwt.encode({"alg": "HS256"}, {"state": attempt.state}, OctKey.import_key(bytes(32)))


def with_another_method(attempt: Attempt) -> str:
    key = OctKey.import_key(bytes(32))
    registry = JWERegistry(algorithms=["A256KW", "A256GCM"])
    header = {"alg": "A256KW", "enc": "A256GCM"}
    return jwt.encode(header, {"state": attempt.state}, key, registry=registry)


def test_what_was_not_sealed_here_is_no_attempt() -> None:
    attempts, attempt = Attempts(bytes(32)), Attempt.begin("/")
    sealed = attempts.seal(attempt)
    head, _, tag = sealed.rpartition(".")
    strangers = [
        None,
        "",
        "nonsense",
        "a.b.c.d.e",
        "é",
        "a" * 5000,
        f"{head}.{'B' if tag[0] == 'A' else 'A'}{tag[1:]}",
        Attempts(b"1" * 32).seal(attempt),
        unencrypted(attempt),
        with_another_method(attempt),
    ]
    assert [attempts.open(stranger) for stranger in strangers] == [None] * len(strangers)


def test_an_attempt_ends_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts, begun = Attempts(bytes(32)), clock.now()
    moment = begun

    def now() -> datetime:
        return moment

    monkeypatch.setattr(clock, "now", now)
    sealed = attempts.seal(Attempt.begin("/"))
    moment = begun + LIFETIME - timedelta(seconds=2)
    assert attempts.open(sealed) is not None
    moment = begun + LIFETIME + timedelta(seconds=2)
    assert attempts.open(sealed) is None


class Settings(SigninSettings):
    model_config = SettingsConfigDict(env_prefix="TEST_")
    SERVICE: ClassVar[str] = "test"


ISSUER = "https://id.example/realms/edu"
WHOLE = {"ISSUER": ISSUER, "CLIENT_ID": "ioc", "KEY": KEY}


def loaded(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    """Load settings with these of SIGNIN; ENVIRONMENT is taken as it is."""
    others = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "TOKEN_ISSUER": "urn:test",
        "TOKEN_JWKS": "jwks.json",
        "ENVIRONMENT": given.pop("ENVIRONMENT", "development"),
    }
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    for name, value in (
        others | {f"SIGNIN_{name}": value for name, value in given.items()}
    ).items():
        monkeypatch.setenv(f"TEST_{name}", value)
    return load(Settings)


def test_nothing_of_it_need_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch).signin_issuer is None
    assert loaded(monkeypatch, ENVIRONMENT="production").signin_issuer is None


def test_all_of_it_may_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    found = loaded(monkeypatch, **WHOLE, CLIENT_SECRET="hush")
    assert found.signin_issuer == ISSUER
    assert {KEY, "hush"}.isdisjoint(str(found.redacted()))
    assert "hush" not in str(found.redacted())


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"ISSUER": ISSUER, "KEY": KEY}, "TEST_SIGNIN_CLIENT_ID"),
        ({"ISSUER": ISSUER, "CLIENT_ID": "ioc"}, "TEST_SIGNIN_KEY"),
        ({"CLIENT_ID": "ioc"}, "TEST_SIGNIN_CLIENT_ID"),
        ({"KEY": KEY}, "TEST_SIGNIN_KEY"),
        (WHOLE | {"KEY": "secret"}, "TEST_SIGNIN_KEY: Value error, must be base64 of 32 bytes"),
        (WHOLE | {"ISSUER": "id.example"}, "TEST_SIGNIN_ISSUER"),
        (WHOLE | {"URL": "https://ioc.example?a"}, "TEST_SIGNIN_URL"),
        (WHOLE | {"ENVIRONMENT": "production"}, "TEST_SIGNIN_URL: Value error, is needed"),
        (
            WHOLE | {"ENVIRONMENT": "production", "URL": "http://ioc.example"},
            "TEST_SIGNIN_URL: Value error, must be an address with https://",
        ),
        (
            WHOLE | {"ENVIRONMENT": "production", "ISSUER": "http://id.example", "URL": ISSUER},
            "TEST_SIGNIN_ISSUER: Value error, must be an address with https://",
        ),
    ],
)
def test_half_of_it_is_a_fault_that_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], fault: str
) -> None:
    with pytest.raises(SettingsError, match=fault):
        loaded(monkeypatch, **given)


def test_in_production_the_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    found = loaded(monkeypatch, **WHOLE, ENVIRONMENT="production", URL="https://ioc.example/edu/")
    assert found.signin_url == "https://ioc.example/edu/"
