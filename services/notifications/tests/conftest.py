"""Notifications on a real database: facts come as events, commands over HTTP, letters by SMTP."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis.clock import BUSINESS_ZONE
from chassis.consuming.records import Slice
from contracts import envelope, topics
from contracts.envelope import Tombstone
from contracts.event import Event
from contracts.registry import model_for
from edu.testing import eventually, running
from edu.testing.service import Emitted, Told, in_process, settings_of
from edu.testing.sources import document, record
from notifications.app import HANDLERS, SERVICE
from notifications.breakers import Breakers
from notifications.dispatching import Dispatcher
from notifications.guardians.contacts import ContactBook
from notifications.messages.sending import Sending as Letters
from notifications.messages.taking import Desk
from notifications.register.queries import Names
from notifications.settings import NotificationsSettings


class Book(Told):
    """The service, told events and asked over HTTP, in process."""

    zone = BUSINESS_ZONE
    long_ago = datetime(2020, 1, 1, tzinfo=BUSINESS_ZONE)
    document = staticmethod(document)

    def __init__(self, client: httpx.AsyncClient, app: FastAPI, facts: Any) -> None:
        super().__init__(client, app, HANDLERS)
        self.facts = facts
        self.id_of = facts.id_of
        self.school, self.other_school = facts.SCHOOL, facts.OTHER_SCHOOL
        self.pupil, self.sibling = facts.PUPIL, facts.SIBLING
        self.principal = self.token = f"principal/{facts.id_of('principal')}/{facts.SCHOOL}"
        self.homeroom = f"homeroom-teacher/{facts.TEACHER}"
        self.settings: NotificationsSettings = app.state.settings

    async def hear(  # type: ignore[override]
        self, *events: Event | Tombstone | bytes, expect: Sequence[str] = ()
    ) -> None:
        """Apply the events, each as a slice of its topic, in one transaction each."""
        for event in events:
            told = record(event)
            topic = topics.SUBJECT_KEYS
            if isinstance(told.event, envelope.Envelope):
                start = ".".join(told.event.type.split(".")[:2])
                topic = next(one for one in HANDLERS.topics if start == f"edu.{one.domain}")
            async with self.database.transaction() as session:
                rejected = await HANDLERS.project(
                    session, [Slice(topic, 0, 0, 1, [told])], careful=False
                )
                assert [one.reason for one in rejected] == list(expect)

    async def execute(self, statement: str, **parameters: Any) -> None:
        """Change the database behind the service's back."""
        async with self.database.transaction() as session:
            await session.execute(text(statement), parameters)

    async def classroom(self, *pupils: str) -> None:
        """Know a school, a class and these pupils in it; the first one, if none is named.

        Its column is published, so that every save of it is told.
        """
        await self.hear(self.facts.school(), self.facts.class_6a(), self.facts.published())
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
    return settings_of(
        NotificationsSettings,
        database("notifications"),
        master_key=facts.MASTER,
        smtp_security="none",
        allow_loopback_webhooks=True,
    )


@pytest.fixture
async def book(settings: NotificationsSettings, facts: Any) -> AsyncIterator[Book]:
    async with in_process(SERVICE, settings) as (client, app):
        yield Book(client, app, facts)
