"""Where a webhook may go: every known way inside is closed, at registration and at each call."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.webhooks.addresses import Guard, InsideAddressError, UrlError, is_inside
from notifications.webhooks.client import WebhookClient
from notifications.webhooks.domain import AttemptOutcome

INSIDE = [
    "0.0.0.0",  # noqa: S104 - an address like the others here
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",  # a cloud's metadata
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # a cloud's own services on a public address
    "169.254.169.254",  # most clouds' metadata
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",  # a cloud's metadata
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",  # mapped
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",  # translated
    "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
    "64:ff9b:1::1",
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:0808:0808::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",  # a cloud's metadata
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::5efe:7f00:1",  # ISATAP of 127.0.0.1
    "2606:4700::200:5efe:c0a8:101",
]
PUBLIC = ["8.8.8.8", "103.28.36.1", "172.32.0.1", "2606:4700::1111", "2401:d800::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside(address: str) -> None:
    assert is_inside(ip_address(address))
    with pytest.raises(InsideAddressError):
        Guard().check(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address(address: str) -> None:
    assert not is_inside(ip_address(address))


@given(st.ip_addresses())
def test_what_is_let_through_is_global_to_python_too(address: Any) -> None:
    if not is_inside(address):
        assert address.is_global
        assert not address.is_multicast


def test_development_lets_this_machine_through_and_nothing_else_inside() -> None:
    guard = Guard(allow_loopback=True)
    guard.check("127.0.0.1")
    guard.check("::1")
    for address in ("10.1.2.3", "169.254.169.254", "0.0.0.1", "::ffff:127.0.0.1"):
        with pytest.raises(InsideAddressError):
            guard.check(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hook",
        "ftp://subscriber.example/hook",
        "http://subscriber.example/hook",
        "https://",
        "https:///hook",
        "https://user:secret@subscriber.example/hook",
        "https://good.example" + "\\@bad.example/hook",
        "https://subscriber.example/hook#part",
        "https://subscriber.example:25/hook",
        "https://subscriber.example:22/",
        "https://subscriber.example:0/",
        "https://subscriber.example:99999/",
        "https://subscriber.example/a b",
        "https://subscriber.example/\r\nHost: inside",
        "https://[::1/",
        "https://ｓubscriber.example/",
        "https://subscriber.example/" + "x" * 500,
    ],
)
def test_an_address_that_no_webhook_goes_to(text: str) -> None:
    with pytest.raises(UrlError):
        Guard().check_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://subscriber.example",
        "https://subscriber.example/hook?key=1&x=%20",
        "https://subscriber.example:8443/hook",
        "https://xn--trng-z8a.example/hook",
        "https://[2606:4700::1111]/hook",
    ],
)
def test_an_address_that_webhooks_may_go_to(text: str) -> None:
    assert Guard().check_url(text).geturl() == text


def answering(*addresses: str) -> Any:
    async def resolve(_: str, __: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_points_inside_is_not_called(address: str) -> None:
    client = WebhookClient(Guard(resolve=answering(address)), seconds=2)
    answer = await client.post("https://subscriber.example/hook", "id", b"{}", ["whsec_AAAA"])
    await client.close()
    assert answer.outcome is AttemptOutcome.INSIDE


async def test_one_answer_inside_condemns_them_all() -> None:
    client = WebhookClient(Guard(resolve=answering("8.8.8.8", "10.0.0.1")), seconds=2)
    answer = await client.post("https://subscriber.example/hook", "id", b"{}", ["whsec_AAAA"])
    await client.close()
    assert answer.outcome is AttemptOutcome.INSIDE


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "169.254.169.254",
        "2130706433",  # 127.0.0.1 as one number
        "127.1",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "localhost",
    ],
)
async def test_an_address_in_disguise_is_not_called(host: str) -> None:
    opened: list[str] = []

    class Watching(Guard):
        def socket(self, info: tuple[Any, ...]) -> socket.socket:
            made = super().socket(info)
            opened.append(str(info[4]))
            return made

    client = WebhookClient(Watching(), seconds=2)
    answer = await client.post(f"https://{host}:8443/hook", "id", b"{}", ["whsec_AAAA"])
    await client.close()
    assert answer.outcome in (AttemptOutcome.INSIDE, AttemptOutcome.UNREACHABLE)
    assert opened == []


async def test_a_name_that_changes_its_mind_does_not_lead_inside(subscriber: Any) -> None:
    """DNS rebinding: public when registered, inside when called."""
    answers = [("127.0.0.1",), ("10.0.0.1",), ("127.0.0.1",)]

    async def resolve(_: str, __: int) -> Sequence[str]:
        return answers.pop(0)

    port = subscriber.url.split(":")[2].split("/")[0]
    url = f"http://subscriber.example:{port}/hook"
    guard = Guard(allow_loopback=True, resolve=resolve)
    assert await guard.addresses("subscriber.example", int(port)) == ("127.0.0.1",)
    client = WebhookClient(guard, seconds=2)
    first = await client.post(url, "id", b"{}", ["whsec_AAAA"])
    assert first.outcome is AttemptOutcome.INSIDE
    assert subscriber.calls == []
    # Each call looks anew: the next answer is fine, and the call is made to that very address.
    second = await client.post(url, "id", b"{}", ["whsec_AAAA"])
    assert second.outcome is AttemptOutcome.ACCEPTED
    await client.close()


async def test_a_name_nobody_answers_for_is_unreachable() -> None:
    async def resolve(_: str, __: int) -> Sequence[str]:
        raise socket.gaierror(-2, "not known")

    client = WebhookClient(Guard(resolve=resolve), seconds=2)
    answer = await client.post("https://subscriber.example/hook", "id", b"{}", ["whsec_AAAA"])
    assert answer.outcome is AttemptOutcome.UNREACHABLE
    await client.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://" + host + "/hook"
        for host in ("127.0.0.1", "169.254.169.254", "[::1]", "10.0.0.8", "localhost")
    ]
    + ["ftp://subscriber.example/", "https://a:b@subscriber.example/"],
)
async def test_an_address_inside_cannot_be_registered(book: Any, hooks: Any, url: str) -> None:
    book.app.state.guard = Guard()
    refused = await hooks.register(url, expect=422)
    assert refused["type"] == "urn:edu:problem:url-refused"
    assert refused["errors"][0]["where"] == "url"
    assert await book.rows("SELECT 1 FROM webhook") == []


async def test_waiting_for_a_name_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.webhooks.addresses._RESOLVE_SECONDS", 0.05)

    async def resolve(_: str, __: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    with pytest.raises(TimeoutError):
        await Guard(resolve=resolve).addresses("subscriber.example", 443)
