"""A service in process: told events as the consumer would, asked over HTTP, read in its tables."""

from __future__ import annotations

import asyncio
import json as _json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

import httpx
import uvicorn
from sqlalchemy import text

from chassis.auth import Principal, Role
from chassis.clock import new_id
from chassis.consuming.records import Slice
from chassis.service import Service, build
from chassis.settings import ServiceSettings
from contracts import topics
from contracts.envelope import Tombstone
from edu.testing import eventually
from edu.testing.sources import record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from chassis.consuming.handlers import Handlers
    from chassis.database import Database
    from contracts.event import Event

Answer = dict[str, Any]
_TRIES, _UNAVAILABLE = 3, 503
S = TypeVar("S", bound=ServiceSettings)


def an_id(name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid5(NAMESPACE_URL, name))


async def in_time(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Send a request, and the same again where the database was late: a 503 says to.

    A machine that stood still for seconds makes it late, which is nothing that a test asks about.
    """
    for _ in range(_TRIES):
        answer = await send()
        if answer.status_code != _UNAVAILABLE:
            break
    return answer


class TrustingVerifier:
    """Takes ``role``, ``role/subject`` or ``role/subject/school`` for a token; "" is no role."""

    async def verify(self, token: str) -> Principal:
        """Give the principal that the token names; a role without a subject is somebody, too."""
        role, subject, school = (*token.split("/"), "", "")[:3]
        roles = frozenset({Role(role)} if role else ())
        return Principal(subject or an_id(role), roles, school=school or None)


@dataclass(frozen=True)
class Emitted:
    """One row of the outbox; a tombstone has no type and no data."""

    type: str
    topic: str
    key: str
    data: Any


class Told:
    """A service, told and asked by a test; a subclass adds what its tests do most."""

    token = ""
    """Who asks if nobody else is named."""

    def __init__(self, client: httpx.AsyncClient, app: FastAPI, handlers: Handlers) -> None:
        self.client = client
        self.app = app
        self.handlers = handlers
        self.database: Database = app.state.database

    async def hear(self, *events: Event | Tombstone, topic: topics.Topic | None = None) -> None:
        """Apply the events as one slice of their topic, in one transaction."""
        first = events[0]
        about = topic or (topics.SUBJECT_KEYS if isinstance(first, Tombstone) else first.TOPIC)
        part = Slice(about, 0, 0, len(events), [record(event) for event in events])
        async with self.database.transaction() as session:
            rejected = await self.handlers.project(session, [part], careful=False)
        if rejected:
            raise AssertionError(rejected)

    async def send(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        token: str = "",
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send one request; every command has an idempotency key of its own."""
        return await self.client.request(
            method,
            f"/v1{path}",
            json=json,
            content=content,
            params=params,
            headers={
                "Authorization": f"Bearer {token or self.token}",
                "Idempotency-Key": key or new_id(),
            },
        )

    async def ask(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        expect: int = 200,
        key: str | None = None,
        **options: Any,
    ) -> Answer:
        """Send one request and read the answer, which must have this status."""
        key = key or new_id()
        answer = await in_time(lambda: self.send(method, path, json, key=key, **options))
        if answer.status_code != expect:
            raise AssertionError(f"{answer.status_code}, not {expect}: {answer.text}")
        return dict(answer.json())

    async def get(self, path: str, **options: Any) -> Answer:
        """Ask for something."""
        return await self.ask("GET", path, **options)

    async def put(self, path: str, json: object = None, **options: Any) -> Answer:
        """Set something."""
        return await self.ask("PUT", path, json, **options)

    async def post(self, path: str, json: object = None, **options: Any) -> Answer:
        """Do something."""
        return await self.ask("POST", path, json, **options)

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """Read the database behind the service's back."""
        async with self.database.reading() as session:
            return list(await session.execute(text(statement), parameters))

    async def outbox(self, name: str = "") -> list[Emitted]:
        """Return what was emitted, in order; only one kind of fact if it is named."""
        rows = await self.rows(
            "SELECT topic, key, attributes, data FROM delivery.outbox ORDER BY id"
        )
        emitted = [
            Emitted(_json.loads(row.attributes)["type"], row.topic, row.key, _json.loads(row.data))
            if row.attributes
            else Emitted("", row.topic, row.key, None)
            for row in rows
        ]
        return [one for one in emitted if f".{name}." in one.type or not name]


def settings_of(kind: type[S], database_url: str, **values: Any) -> S:
    """Give a service's settings for its HTTP alone, with no broker and no issuer anywhere."""
    return kind.model_validate(
        {
            "database_url": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "roles": "api",
            "token_issuer": "urn:tests",
            "token_jwks": "/nowhere",
            **values,
        }
    )


@asynccontextmanager
async def served(app: ASGIApp, listening: socket.socket) -> AsyncIterator[None]:
    """Serve an application in this event loop."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await eventually(lambda: server.started)
    yield
    server.should_exit = True
    await task


@asynccontextmanager
async def in_process(
    service: Service[S], settings: S
) -> AsyncIterator[tuple[httpx.AsyncClient, FastAPI]]:
    """Build the service, with a client that needs no socket."""
    app = build(service, settings)
    app.state.verifier = TrustingVerifier()
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{service.name}"
        ) as client:
            yield client, app
    finally:
        await app.state.database.close()
