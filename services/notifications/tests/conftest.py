"""Notifications on a real database: facts come as events, commands over HTTP, letters by SMTP."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis.auth import Principal, Role
from chassis.clock import BUSINESS_ZONE, new_id, now
from chassis.consuming.records import Record, Slice
from chassis.database import Database
from chassis.service import build
from contracts import envelope, topics
from contracts.envelope import Tombstone
from contracts.event import Event
from contracts.registry import model_for
from edu.testing import eventually, running
from notifications.app import HANDLERS, SERVICE
from notifications.breakers import Breakers
from notifications.dispatching import Dispatcher
from notifications.guardians.contacts import ContactBook
from notifications.messages.sending import Sending as Letters
from notifications.messages.taking import Desk
from notifications.register.queries import Names
from notifications.settings import NotificationsSettings

Answer = dict[str, Any]


class TrustingVerifier:
    """Takes ``role``, ``role/subject`` or ``role/subject/school`` for a token."""

    async def verify(self, token: str) -> Principal:
        role, subject, school = (*token.split("/"), "", "")[:3]
        return Principal(subject or role, frozenset({Role(role)}), school=school or None)


@dataclass(frozen=True)
class Emitted:
    """One row of the outbox."""

    type: str
    topic: str
    key: str
    data: Any


def document(event: Event, *, at: datetime | None = None, event_id: str = "") -> bytes:
    """Return the event as it stands in Kafka."""
    moment = at or now()
    attributes = envelope.attributes(
        event,
        id=event_id or new_id(),
        time=moment,
        recordedtime=moment,
        correlationid=None,
        causationid=None,
        traceparent=None,
    )
    return envelope.render(attributes, event.data_json(), 1)


class Book:
    """The service, told events and asked over HTTP, in process."""

    zone = BUSINESS_ZONE
    long_ago = datetime(2020, 1, 1, tzinfo=BUSINESS_ZONE)
    document = staticmethod(document)

    def __init__(self, client: httpx.AsyncClient, app: FastAPI, facts: Any) -> None:
        self.facts = facts
        self.id_of = facts.id_of
        self.school, self.other_school = facts.SCHOOL, facts.OTHER_SCHOOL
        self.pupil, self.sibling = facts.PUPIL, facts.SIBLING
        self.principal = f"principal/{facts.id_of('principal')}/{facts.SCHOOL}"
        self.homeroom = f"homeroom-teacher/{facts.TEACHER}"
        self.client = client
        self.app = app
        self.database: Database = app.state.database
        self.settings: NotificationsSettings = app.state.settings

    async def hear(self, *events: Event | Tombstone | bytes, expect: Sequence[str] = ()) -> None:
        """Apply the events, each as a slice of its topic, in one transaction each."""
        for event in events:
            if isinstance(event, Tombstone):
                record = Record(0, event, None, None)
                topic = topics.SUBJECT_KEYS
            else:
                value = event if isinstance(event, bytes) else document(event)
                decoded = envelope.decode(value, b"key")
                assert isinstance(decoded, envelope.Envelope)
                record = Record(0, decoded, None, value)
                topic = next(
                    one for one in HANDLERS.topics if decoded.type.startswith(f"edu.{one.domain}.")
                )
            part = Slice(topic, 0, 0, 1, [record])
            async with self.database.transaction() as session:
                rejected = await HANDLERS.project(session, [part], careful=False)
                assert [one.reason for one in rejected] == list(expect)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        expect: int = 200,
        token: str = "",
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
        content: bytes | None = None,
    ) -> Answer:
        answer = await self.client.request(
            method,
            f"/v1{path}",
            json=body,
            content=content,
            params=params,
            headers={
                "Authorization": f"Bearer {token or self.principal}",
                "Idempotency-Key": key or new_id(),
            },
        )
        assert answer.status_code == expect, answer.text
        return dict(answer.json())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def put(self, path: str, body: object, **options: Any) -> Answer:
        return await self.ask("PUT", path, body, **options)

    async def post(self, path: str, body: object = None, **options: Any) -> Answer:
        return await self.ask("POST", path, body, **options)

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.database.reading() as session:
            return list(await session.execute(text(statement), parameters))

    async def execute(self, statement: str, **parameters: Any) -> None:
        """Change the database behind the service's back."""
        async with self.database.transaction() as session:
            await session.execute(text(statement), parameters)

    async def outbox(self, name: str = "") -> list[Emitted]:
        """Return what was emitted, in order; only one kind of fact if it is named."""
        rows = await self.rows(
            "SELECT topic, key, attributes, data FROM delivery.outbox ORDER BY id"
        )
        emitted = [
            Emitted(json.loads(row.attributes)["type"], row.topic, row.key, json.loads(row.data))
            for row in rows
        ]
        return [one for one in emitted if f".{name}." in one.type or not name]

    async def classroom(self, *pupils: str) -> None:
        """Know a school, a class and these pupils in it; the first one, if none is named."""
        await self.hear(self.facts.school(), self.facts.class_6a())
        for pupil_id in pupils or (self.pupil,):
            await self.hear(*self.facts.person(pupil_id), self.facts.placed(pupil_id))

    async def guardian(
        self,
        *pupils: str,
        email: str | None = "binh@example.com",
        consents: Sequence[str] = ("scores", "fees", "enrolment"),
        **fields: Any,
    ) -> str:
        """Register a guardian of these pupils (the first one, if none is named); give the id."""
        wanted = {
            "name": "Trần Văn Bình",
            "email": email,
            "phone": "0912 345 678",
            "pupils": [
                {"pupil_id": pupil, "relation": "father"} for pupil in pupils or (self.pupil,)
            ],
            "consents": [
                {"purpose": purpose, "evidence_kind": "paper-form", "evidence": "Phiếu số 12"}
                for purpose in consents
            ],
        } | fields
        answer = await self.post("/guardians", {"guardians": [wanted]}, expect=201)
        return str(answer["guardians"][0]["guardian_id"])

    async def awake(self, guardian_id: str, *, digest: bool = False) -> None:
        """Let a guardian have no quiet hours, so that a test may run at night."""
        await self.put(
            f"/guardians/{guardian_id}/preferences",
            {"version": 0, "channels": ["email"], "quiet": None, "digest": digest},
            token=f"guardian/{guardian_id}",
        )

    @staticmethod
    def fact_of(emitted: Emitted) -> Event:
        """Return an emitted fact as its readers see it."""
        model = model_for(emitted.type)
        assert model is not None
        return model.read(json.dumps(emitted.data))

    @asynccontextmanager
    async def sending(
        self, port: int, breakers: Breakers | None = None, **changed: Any
    ) -> AsyncIterator[None]:
        """Send letters by the mail server at this port while the block runs."""
        settings = self.settings.model_copy(
            update={"smtp_host": "127.0.0.1", "smtp_port": port} | changed
        )
        keys = self.facts.KEYS
        desk = Desk(ContactBook(keys), Names(keys))
        letters = Letters(settings, desk, breakers or Breakers())
        async with running(Dispatcher(self.database, letters, concurrency=4).run()):
            yield

    async def states(self) -> list[tuple[str, str | None]]:
        """Return where each letter stands and why, in the order in which they were queued."""
        rows = await self.rows("SELECT state, reason FROM letter ORDER BY letter_id")
        return [(row.state, row.reason) for row in rows]

    async def ended(self, *states: str, within: float = 20.0) -> None:
        """Wait until the letters stand so."""

        async def look() -> bool:
            return [state for state, _ in await self.states()] == list(states)

        await eventually(look, within=within)


@pytest.fixture
def settings(database: Callable[[str], str], facts: Any) -> NotificationsSettings:
    return NotificationsSettings.model_validate(
        {
            "database_url": database("notifications"),
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "roles": "api",
            "token_issuer": "urn:tests",
            "token_jwks": "/nowhere",
            "master_key": facts.MASTER,
            "smtp_security": "none",
            "allow_loopback_webhooks": True,
        }
    )


@asynccontextmanager
async def opened(settings: NotificationsSettings, facts: Any) -> AsyncIterator[Book]:
    app = build(SERVICE, settings)
    app.state.verifier = TrustingVerifier()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifications") as client:
        yield Book(client, app, facts)
    await app.state.database.close()


@pytest.fixture
async def book(settings: NotificationsSettings, facts: Any) -> AsyncIterator[Book]:
    async with opened(settings, facts) as one:
        yield one
