"""Subscribers on this machine, which answer as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from chassis.sealing import MasterKeys
from edu.testing import eventually, running
from notifications.breakers import Breakers
from notifications.dispatching import Dispatcher
from notifications.webhooks.addresses import Guard
from notifications.webhooks.client import WebhookClient
from notifications.webhooks.sending import Sending


@dataclass
class Call:
    """One call that a subscriber got."""

    headers: Mapping[str, str]
    body: bytes


@dataclass
class Subscriber:
    """An endpoint that takes everything, unless it is told otherwise."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[], web.Response] = lambda: web.Response(status=204)
    hang: asyncio.Event | None = None

    async def take(self, request: web.Request) -> web.Response:
        self.calls.append(Call(dict(request.headers), await request.read()))
        if self.hang is not None:
            await self.hang.wait()
        return self.answer()


@asynccontextmanager
async def listening() -> AsyncIterator[Subscriber]:
    subscriber = Subscriber()
    app = web.Application()
    app.router.add_post("/hook", subscriber.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    subscriber.url = f"http://{host}:{port}/hook"
    try:
        yield subscriber
    finally:
        if subscriber.hang is not None:
            subscriber.hang.set()
        await runner.cleanup()


class Hooks:
    """Webhooks of one service, as a subscriber uses them."""

    token = "service/program"

    def __init__(self, book: Any) -> None:
        self.book = book

    async def register(self, url: str, *types: str, token: str = "", expect: int = 201) -> Any:
        body = {"url": url, "types": list(types or ["edu.gradebook.score-entered.v1"])}
        answer = await self.book.post("/webhooks", body, token=token or self.token, expect=expect)
        return answer.get("webhook_id") or answer

    async def secrets(self, webhook_id: str) -> list[str]:
        found = await self.book.get(f"/webhooks/{webhook_id}/secrets", token=self.token)
        return [one["secret"] for one in found["secrets"]]

    async def deliveries(self, webhook_id: str, **params: Any) -> list[Any]:
        path = f"/webhooks/{webhook_id}/deliveries"
        return list((await self.book.get(path, token=self.token, params=params))["items"])

    async def attempts(self, webhook_id: str) -> list[tuple[str | None, int | None]]:
        rows = await self.book.rows(
            "SELECT outcome, status FROM webhook_attempt WHERE webhook_id = :id "
            "ORDER BY event_id, number",
            id=webhook_id,
        )
        return [(row.outcome, row.status) for row in rows]

    @asynccontextmanager
    async def sending(
        self, *, seconds: float = 5.0, guard: Guard | None = None, breakers: Breakers | None = None
    ) -> AsyncIterator[None]:
        """Send webhooks while the block runs."""
        client = WebhookClient(guard or Guard(allow_loopback=True), seconds=seconds)
        keys: MasterKeys = self.book.settings.master_keys()
        work = Sending(client, keys, breakers or Breakers(), seconds=seconds)
        async with running(Dispatcher(self.book.database, work, concurrency=16).run()):
            yield

    async def stand(self, *states: str, within: float = 20.0) -> None:
        """Wait until the deliveries stand so, in the order of their events."""

        async def look() -> bool:
            rows = await self.book.rows(
                "SELECT state FROM webhook_delivery ORDER BY event_id, webhook_id"
            )
            return [row.state for row in rows] == list(states)

        await eventually(look, within=within)

    async def tried(self, webhook_id: str, *outcomes: str) -> None:
        """Wait until the calls of an endpoint came to this."""

        async def look() -> bool:
            return [one for one, _ in await self.attempts(webhook_id)] == list(outcomes)

        await eventually(look, within=20)

    async def due_now(self) -> None:
        """Let time pass until everything is due."""
        await self.book.execute("UPDATE webhook_delivery SET due = now()")


@pytest.fixture
async def subscriber() -> AsyncIterator[Subscriber]:
    async with listening() as one:
        yield one


@pytest.fixture
async def others() -> AsyncIterator[list[Subscriber]]:
    async with listening() as first, listening() as second:
        yield [first, second]


@pytest.fixture
def hooks(book: Any) -> Hooks:
    return Hooks(book)
