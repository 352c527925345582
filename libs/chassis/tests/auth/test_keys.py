"""The issuer's keys are read when needed, seldom, and only the usable ones are kept."""

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from chassis.auth import issuer, keys
from chassis.auth.keys import KeySource
from chassis.errors import Unavailable
from chassis.health import Part, State

FIRST, SECOND = issuer.generate_key(), issuer.generate_key()


class Issuer:
    """What stands at the JWKS address, and how often it was asked."""

    def __init__(self) -> None:
        self.document: bytes | OSError = OSError("away")
        self.asked = 0

    def publish(self, *published: ECKey) -> None:
        entries = [key.as_dict(private=False) for key in published]
        self.document = json.dumps({"keys": entries}).encode()

    def load(self, _: str) -> bytes:
        self.asked += 1
        if isinstance(self.document, OSError):
            raise self.document
        return self.document


class Clock:
    def __init__(self) -> None:
        self.moment = 1000.0

    def monotonic(self) -> float:
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(keys, "time", clock)
    return clock


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    provider = Issuer()
    monkeypatch.setattr(keys, "_load", provider.load)
    return provider


async def test_keys_are_read_once_for_many_tokens(provider: Issuer, clock: Clock) -> None:
    provider.publish(FIRST)
    source = KeySource("https://id.example/jwks")
    assert clock.moment
    found = await asyncio.gather(*(source.get(str(FIRST.kid)) for _ in range(20)))
    assert all(found)
    assert provider.asked == 1


async def test_a_new_key_is_found_by_one_new_read(provider: Issuer, clock: Clock) -> None:
    provider.publish(FIRST)
    source = KeySource("https://id.example/jwks")
    await source.get(str(FIRST.kid))
    provider.publish(FIRST, SECOND)
    clock.moment += 11
    assert await source.get(str(SECOND.kid)) is not None
    assert provider.asked == 2


async def test_invented_ids_cannot_hammer_the_issuer(provider: Issuer, clock: Clock) -> None:
    provider.publish(FIRST)
    source = KeySource("https://id.example/jwks")
    for number in range(1000):
        clock.moment += 0.01
        assert await source.get(f"invented-{number}") is None
    assert provider.asked == 1


async def test_a_withdrawn_key_is_forgotten(provider: Issuer, clock: Clock) -> None:
    provider.publish(FIRST, SECOND)
    source = KeySource("https://id.example/jwks")
    assert await source.get(str(FIRST.kid)) is not None
    provider.publish(SECOND)
    clock.moment += 601
    assert await source.get(str(FIRST.kid)) is None


async def test_an_issuer_that_is_away_logs_nobody_out(provider: Issuer, clock: Clock) -> None:
    provider.publish(FIRST)
    source = KeySource("https://id.example/jwks")
    await source.get(str(FIRST.kid))
    provider.document = OSError("away")
    clock.moment += 3600
    assert await source.get(str(FIRST.kid)) is not None


async def test_an_issuer_that_comes_late_is_soon_believed(provider: Issuer, clock: Clock) -> None:
    source = KeySource("https://id.example/jwks")
    with pytest.raises(Unavailable):
        await source.get(str(FIRST.kid))
    provider.publish(FIRST)
    clock.moment += 1.1
    assert await source.get(str(FIRST.kid)) is not None


async def test_readiness_tells_whether_keys_are_there(provider: Issuer, clock: Clock) -> None:
    source = KeySource("https://id.example/jwks")
    part = Part("token keys", required=False)
    await source.look(part)
    assert part.state == State.FAILING
    provider.publish(FIRST)
    clock.moment += 1.1
    await source.look(part)
    assert (part.state, part.detail) == (State.OK, "1 keys")
    provider.document = OSError("away")
    clock.moment += 3600
    await source.look(part)
    assert (part.state, part.detail) == (State.OK, "1 keys, not renewed")


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": 1}', b"<html>", b"\xff"])
async def test_what_is_no_key_set_counts_as_away(
    provider: Issuer, clock: Clock, document: bytes
) -> None:
    assert clock.moment
    provider.document = document
    with pytest.raises(Unavailable):
        await KeySource("https://id.example/jwks").get("any")


UNUSABLE: dict[str, dict[str, Any]] = {
    "a shared secret": OctKey.generate_key(256, {"kid": "k"}).as_dict(private=True),
    "for encryption": ECKey.generate_key("P-256", {"kid": "k", "use": "enc"}).as_dict(),
    "another curve": ECKey.generate_key("P-384", {"kid": "k"}).as_dict(private=False),
    "no id": {name: v for name, v in FIRST.as_dict(private=False).items() if name != "kid"},
    "id a number": FIRST.as_dict(private=False) | {"kid": 1},
    "broken point": FIRST.as_dict(private=False) | {"x": "AAAA"},
    "short rsa": {
        "kty": "RSA",
        "kid": "k",
        "e": "AQAB",
        "n": urlsafe_b64encode(b"\xff" * 128).rstrip(b"=").decode(),
    },
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("entry", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_key_is_passed_over(entry: dict[str, Any]) -> None:
    good = FIRST.as_dict(private=False)
    assert keys.parse(json.dumps({"keys": [entry, good]}).encode()).keys() == {FIRST.kid}
