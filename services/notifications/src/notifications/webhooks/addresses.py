"""Where a webhook may go: to the public Internet, never inside.

A subscriber chooses the address, so it could be one that only we can reach: the database, another
service, a cloud's metadata. The name is resolved, *every* answer is checked, and the connection is
made to a checked address; the socket itself is refused if it is another one. So neither a name that
changes its mind, nor an address in disguise, nor a redirect leads inside.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urlsplit

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_LONGEST_URL = 500
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?][!\"$-\[\]-~]*)?")
"""Plain enough that every parser reads the same out of it: no account, no backslash, no ``#``."""
_PORTS = {"https": 443, "http": 80}
_FIRST_USER_PORT = 1024
_RESOLVE_SECONDS = 3.0

# IANA's registries of special-purpose addresses, and what clouds answer on.
_INSIDE_4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's own services, on a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_GLOBAL_6 = ip_network("2000::/3")
_INSIDE_6 = [
    ip_network(text)
    for text in (
        "2001::/23",  # Teredo, ORCHID and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
]
_ISATAP = (0x00005EFE, 0x02005EFE)


class InsideAddressError(Exception):
    """The address points inside, or cannot be judged."""


class UrlError(ValueError):
    """The text is no address that webhooks go to; it says why, in Vietnamese."""


def is_inside(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is anything but a public one. Who is in doubt is inside."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in _INSIDE_4)
    if address not in _GLOBAL_6 or any(address in network for network in _INSIDE_6):
        return True  # mapped, translated (NAT64), local, loopback, multicast, reserved
    interface = int(address) & (1 << 64) - 1
    return interface >> 32 in _ISATAP and is_inside(IPv4Address(interface & 0xFFFFFFFF))


class Guard:
    """Decides about addresses; with ``allow_loopback`` this machine is let through."""

    def __init__(self, *, allow_loopback: bool = False, resolve: Resolve | None = None) -> None:
        self.allow_loopback = allow_loopback
        self._resolve = resolve or _system_resolve

    def check(self, address: str) -> None:
        """Let a numeric address pass, or raise.

        Raises:
            InsideAddressError: it points inside.
        """
        try:
            parsed = ip_address(address)
        except ValueError:
            raise InsideAddressError("not a numeric address") from None
        if self.allow_loopback and parsed.is_loopback:
            return
        if is_inside(parsed):
            raise InsideAddressError("the address points inside")

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Resolve a name and check every answer; one that points inside condemns them all.

        Raises:
            InsideAddressError: one points inside.
            OSError: the name is not known, or nobody answers in time.
        """
        async with asyncio.timeout(_RESOLVE_SECONDS):
            found = await self._resolve(host, port)
        for address in found:
            self.check(address)
        if not found:
            raise OSError("no address")
        return found

    def check_url(self, text: str) -> SplitResult:
        """Read the address of an endpoint.

        Raises:
            UrlError: it is none that webhooks go to.
        """
        if len(text) > _LONGEST_URL or not _URL.fullmatch(text):
            raise UrlError("Địa chỉ không đúng, hoặc có tài khoản, mật khẩu, dấu # trong đó.")
        try:
            url = urlsplit(text)
            port = _PORTS[url.scheme] if url.port is None else url.port
        except ValueError:
            raise UrlError("Địa chỉ không đúng.") from None
        if not url.hostname:
            raise UrlError("Địa chỉ không đúng.")
        if url.scheme != "https" and not self.allow_loopback:
            raise UrlError("Địa chỉ phải dùng https.")
        if port != _PORTS[url.scheme] and port < _FIRST_USER_PORT:
            raise UrlError("Cổng phải là 443 hoặc từ 1024 trở lên.")
        return url

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for an address, after one last look at it."""
        family, kind, protocol, _, destination = info
        self.check(str(destination[0]))
        return socket.socket(family=family, type=kind, proto=protocol)


async def _system_resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))
