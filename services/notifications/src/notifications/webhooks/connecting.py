"""HTTP to subscribers by aiohttp, which is loaded at the first call: it takes its time."""

import asyncio
import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from notifications.webhooks.addresses import Guard


class UnreachableError(Exception):
    """Nobody answered: no connection, a timeout, TLS, or not HTTP."""


class Connector:
    """Makes calls to addresses that the guard lets through."""

    def __init__(self, guard: Guard, *, seconds: float) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                resolver=CheckedResolver(guard),
                use_dns_cache=False,  # each call looks at the name anew
                socket_factory=guard.socket,
                force_close=True,
            ),
            timeout=aiohttp.ClientTimeout(total=seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # a proxy would connect for us, unchecked
        )

    async def post(
        self, url: str, document: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str | None]:
        """Give the status and ``Retry-After``; the body is not read, nothing in it could matter.

        Raises:
            UnreachableError: nobody answered.
            InsideAddressError: the address points inside.
        """
        try:
            async with self._session.post(
                url, data=document, headers=headers, allow_redirects=False
            ) as response:
                return response.status, response.headers.get("retry-after")
        except (aiohttp.ClientError, OSError, TimeoutError, asyncio.CancelledError) as error:
            raise UnreachableError from error

    async def close(self) -> None:
        """Let all connections go."""
        await self._session.close()


class CheckedResolver(AbstractResolver):
    """Gives aiohttp only addresses that were checked."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve, check, and hand on as numbers."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self._guard.addresses(host, port)
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in address else socket.AF_INET)
        ]

    async def close(self) -> None:
        """Nothing is held."""
