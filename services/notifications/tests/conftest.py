"""Notifications on a real database: facts come as events, commands over HTTP, letters by SMTP."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis.auth import Principal, Role
from chassis.clock import BUSINESS_ZONE, new_id, now
from chassis.consuming.records import Record, Slice
from chassis.database import Database
from chassis.sealing import MasterKeys, SealedPerson, new_key, seal
from chassis.service import build
from contracts import envelope, topics
from contracts.admissions import (
    PupilCell,
    SchoolRegistered,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.columns import Sparse
from contracts.envelope import Tombstone
from contracts.event import Event
from contracts.gradebook import ClassOpened, PupilPlaced, ScoreEntered
from contracts.lists import (
    ColumnKind,
    Grade,
    Level,
    Ownership,
    ScoreState,
    Sex,
    Subject,
    Term,
    TransferReason,
    WithdrawalReason,
)
from contracts.payments import FeeAssessed, FeeKind, FeePaid, Lines, PaymentMethod, SettledLine
from contracts.privacy import SubjectKey
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
MASTER = base64.b64encode(bytes(32)).decode()
KEYS = MasterKeys(MASTER)
YEAR = "2026-2027"
OFFICER = "department-officer"


def an_id(name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid5(NAMESPACE_URL, name))


SCHOOL, OTHER_SCHOOL = an_id("school"), an_id("other school")
CLASS, TEACHER = an_id("class"), an_id("teacher")
PUPIL, SIBLING = an_id("pupil"), an_id("sibling")


class TrustingVerifier:
    """Takes ``role``, ``role/subject`` or ``role/subject/school`` for a token."""

    async def verify(self, token: str) -> Principal:
        role, subject, school = (*token.split("/"), "", "")[:3]
        return Principal(subject or an_id(role), frozenset({Role(role)}), school=school or None)


@dataclass(frozen=True)
class Emitted:
    """One row of the outbox."""

    type: str
    topic: str
    key: str
    data: Any


class Facts:
    """The facts of others, as short as a test wants them."""

    @staticmethod
    def school(school_id: str = SCHOOL, name: str = "THCS Tân Ninh") -> SchoolRegistered:
        return SchoolRegistered(
            school_id=school_id,
            version=1,
            code="80001",
            name=name,
            levels=(Level.THCS,),
            ownership=Ownership.PUBLIC,
            unit_id=an_id("unit"),
            valid_from=date(2025, 7, 1),
            open=True,
        )

    @staticmethod
    def class_6a(homeroom: str | None = TEACHER, version: int = 1) -> ClassOpened:
        return ClassOpened(
            class_id=CLASS,
            version=version,
            school_id=SCHOOL,
            school_year=YEAR,
            grade=Grade.G6,
            name="6A1",
            homeroom_teacher_id=homeroom,
        )

    @staticmethod
    def placed(pupil_id: str, class_id: str | None = CLASS, version: int = 1) -> PupilPlaced:
        return PupilPlaced(
            pupil_id=pupil_id,
            class_id=class_id,
            version=version,
            school_id=SCHOOL,
            school_year=YEAR,
            before_class_id=None,
        )

    @staticmethod
    def enrolled(pupil_id: str, version: int = 1, **fields: Any) -> StudentEnrolled:
        known: Answer = {
            "pupil_id": pupil_id,
            "version": version,
            "school_year": YEAR,
            "day": date(2026, 9, 5),
            "sealed": "c2VhbGVk",
        }
        return StudentEnrolled(**known | _cell() | fields)

    @staticmethod
    def person(
        pupil_id: str, name: str = "Nguyễn Thị Ánh", **fields: Any
    ) -> tuple[StudentEnrolled, SubjectKey]:
        """Return the enrolment of a pupil with this name, and the key that opens it."""
        key = new_key()
        sealed = seal(SealedPerson(name=name, birth_date=date(2015, 1, 2)), key, pupil_id)
        wrapped = KEYS.wrap(key, pupil_id)
        return Facts.enrolled(pupil_id, sealed=sealed, **fields), SubjectKey(
            pupil_id=pupil_id,
            version=1,
            wrapped_key=wrapped.wrapped_key,
            key_id=wrapped.key_id,
        )

    @staticmethod
    def transferred(pupil_id: str, version: int, **after: Any) -> StudentTransferred:
        return StudentTransferred(
            pupil_id=pupil_id,
            version=version,
            school_year=YEAR,
            day=date(2026, 10, 1),
            reason_code=TransferReason.MOVED,
            before=PupilCell(**_cell()),
            after=PupilCell(**_cell() | after),
            sealed="c2VhbGVk",
        )

    @staticmethod
    def withdrawn(pupil_id: str, version: int) -> StudentWithdrawn:
        return StudentWithdrawn(
            pupil_id=pupil_id,
            version=version,
            school_year=YEAR,
            day=date(2026, 11, 1),
            reason_code=WithdrawalReason.LEFT_PROVINCE,
            before=PupilCell(**_cell()),
        )

    @staticmethod
    def scores(
        after: Mapping[str, int | None], before: Mapping[str, int] | None = None
    ) -> ScoreEntered:
        """Return one save of the first regular column of mathematics."""
        return ScoreEntered(
            sheet_id=an_id("sheet"),
            school_id=SCHOOL,
            class_id=CLASS,
            school_year=YEAR,
            grade=Grade.G6,
            subject=Subject.TOAN,
            term=Term.HK1,
            kind=ColumnKind.REGULAR,
            position=1,
            entered_by=TEACHER,
            day=date(2026, 10, 12),
            pupils=tuple(after),
            after=tuple(after.values()),
            before=Sparse[int].of([(before or {}).get(pupil) for pupil in after]),
            state=Sparse[ScoreState](at=(), value=()),
            before_state=Sparse[ScoreState](at=(), value=()),
            reason_code=None,
        )

    @staticmethod
    def assessed(after: Mapping[str, int | None]) -> FeeAssessed:
        return FeeAssessed(
            school_id=SCHOOL,
            school_year=YEAR,
            fee_item_id=an_id("item"),
            name="Tiền ăn bán trú",
            kind=FeeKind.BOARDING_MEALS,
            mandatory=False,
            on_behalf=False,
            period="2026-11",
            due_on=date(2026, 11, 15),
            day=date(2026, 11, 1),
            charges=tuple(an_id(f"charge {pupil}") for pupil in after),
            pupils=tuple(after),
            after=tuple(after.values()),
            before=Sparse[int](at=(), value=()),
            reason_code=None,
        )

    @staticmethod
    def paid(pupil_id: str, amount: int = 650_000) -> FeePaid:
        line = SettledLine(
            charge=an_id("charge"),
            fee_item=an_id("item"),
            kind=FeeKind.BOARDING_MEALS,
            school_year=YEAR,
            due_on=date(2026, 11, 15),
            method=PaymentMethod.CASH,
            amount=amount,
        )
        return FeePaid(
            payment_id=an_id("payment"),
            school_id=SCHOOL,
            pupil_id=pupil_id,
            method=PaymentMethod.CASH,
            day=date(2026, 11, 2),
            received=amount,
            prepaid=0,
            lines=Lines.of([line]),
            remaining=0,
        )


def _cell() -> Answer:
    return {
        "school_id": SCHOOL,
        "grade": Grade.G6,
        "sex": Sex.FEMALE,
        "ethnic_minority": False,
        "birth_year": 2015,
        "inclusion": False,
    }


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

    facts = Facts
    principal = f"principal/{an_id('principal')}/{SCHOOL}"
    homeroom = f"homeroom-teacher/{TEACHER}"
    school, other_school = SCHOOL, OTHER_SCHOOL
    pupil, sibling = PUPIL, SIBLING
    zone = BUSINESS_ZONE
    long_ago = datetime(2020, 1, 1, tzinfo=BUSINESS_ZONE)
    document = staticmethod(document)
    id_of = staticmethod(an_id)

    def __init__(self, client: httpx.AsyncClient, app: FastAPI) -> None:
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
        for pupil_id in pupils or (PUPIL,):
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
            "pupils": [{"pupil_id": pupil, "relation": "father"} for pupil in pupils or (PUPIL,)],
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
        letters = Letters(settings, Desk(ContactBook(KEYS), Names(KEYS)), breakers or Breakers())
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
def settings(database: Callable[[str], str]) -> NotificationsSettings:
    return NotificationsSettings.model_validate(
        {
            "database_url": database("notifications"),
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "roles": "api",
            "token_issuer": "urn:tests",
            "token_jwks": "/nowhere",
            "master_key": MASTER,
            "smtp_security": "none",
            "allow_loopback_webhooks": True,
        }
    )


@asynccontextmanager
async def opened(settings: NotificationsSettings) -> AsyncIterator[Book]:
    app = build(SERVICE, settings)
    app.state.verifier = TrustingVerifier()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifications") as client:
        yield Book(client, app)
    await app.state.database.close()


@pytest.fixture
async def book(settings: NotificationsSettings) -> AsyncIterator[Book]:
    async with opened(settings) as one:
        yield one
