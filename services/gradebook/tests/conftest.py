"""A gradebook on a real database: its facts come as events, its commands over HTTP."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from sqlalchemy import text

from chassis.auth import Principal, Role
from chassis.clock import new_id, now
from chassis.consuming.records import Record, Slice
from chassis.database import Database
from chassis.sealing import MasterKeys, SealedPerson, WrappedKey, new_key, seal
from chassis.service import build
from contracts import envelope, topics
from contracts.admissions import (
    PupilCell,
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
    TermDates,
)
from contracts.envelope import Tombstone
from contracts.event import Event
from contracts.lists import (
    Grade,
    Level,
    Ownership,
    Sex,
    Term,
    TransferReason,
    WithdrawalReason,
)
from contracts.privacy import SubjectKey
from gradebook.app import HANDLERS, SERVICE
from gradebook.settings import GradebookSettings

Answer = dict[str, Any]
MASTER = base64.b64encode(bytes(32)).decode()
KEYS = MasterKeys(MASTER)
YEAR = "2026-2027"
OFFICER = "department-officer"


def an_id(name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid5(NAMESPACE_URL, name))


SCHOOL, OTHER_SCHOOL = an_id("school"), an_id("other school")
TEACHER, STRANGER = an_id("teacher"), an_id("stranger")


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
    """The facts of admissions, as short as a test wants them."""

    @staticmethod
    def school(school_id: str = SCHOOL, version: int = 1, **fields: Any) -> SchoolRegistered:
        known: Answer = {
            "school_id": school_id,
            "version": version,
            "code": "80001",
            "name": "THCS Tân Ninh",
            "levels": (Level.THCS,),
            "ownership": Ownership.PUBLIC,
            "unit_id": an_id("unit"),
            "valid_from": date(2025, 7, 1),
            "open": True,
        }
        return SchoolRegistered(**known | fields)

    @staticmethod
    def year(version: int = 1) -> SchoolYearSet:
        days = (date(2026, 9, 5), date(2027, 5, 31))
        return SchoolYearSet(
            school_year=YEAR,
            version=version,
            first_day=days[0],
            last_day=days[1],
            terms=(TermDates(term=Term.HK1, first_day=days[0], last_day=days[1]),),
            holidays=(),
        )

    @staticmethod
    def enrolled(pupil_id: str, version: int = 1, **fields: Any) -> StudentEnrolled:
        return StudentEnrolled(
            **{
                "pupil_id": pupil_id,
                "version": version,
                "school_year": YEAR,
                "day": date(2026, 9, 5),
                "sealed": "c2VhbGVk",
                **_cell(),
            }
            | fields
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
            day=date(2026, 10, 1),
            reason_code=WithdrawalReason.LEFT_PROVINCE,
            before=PupilCell(**_cell()),
        )

    @staticmethod
    def person(pupil_id: str, name: str) -> tuple[StudentEnrolled, SubjectKey]:
        """Return the enrolment of a pupil with this name, and the key that opens it."""
        key = new_key()
        sealed = seal(SealedPerson(name=name, birth_date=date(2015, 1, 2)), key, pupil_id)
        wrapped: WrappedKey = KEYS.wrap(key, pupil_id)
        return Facts.enrolled(pupil_id, sealed=sealed), SubjectKey(
            pupil_id=pupil_id,
            version=1,
            wrapped_key=wrapped.wrapped_key,
            key_id=wrapped.key_id,
        )


def _cell() -> dict[str, Any]:
    return {
        "school_id": SCHOOL,
        "grade": Grade.G6,
        "sex": Sex.FEMALE,
        "ethnic_minority": False,
        "birth_year": 2015,
        "inclusion": False,
    }


class Book:
    """The service, told events and asked over HTTP, in process."""

    facts = Facts
    teacher = f"teacher/{TEACHER}"
    principal = f"principal/{an_id('principal')}/{SCHOOL}"

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client = client
        self.database = database
        self.handlers = HANDLERS

    async def hear(self, *events: Event | Tombstone, topic: topics.Topic | None = None) -> None:
        """Apply the events as one slice of their topic, in one transaction."""
        records = [Record(at, _decoded(event), None, None) for at, event in enumerate(events)]
        first = events[0]
        about = topic or (topics.SUBJECT_KEYS if isinstance(first, Tombstone) else first.TOPIC)
        part = Slice(about, 0, 0, len(records), records)
        async with self.database.transaction() as session:
            assert await self.handlers.project(session, [part], careful=False) == []

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
    ) -> Answer:
        answer = await self.client.request(
            method,
            f"/v1{path}",
            json=body,
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

    async def post(self, path: str, body: object, **options: Any) -> Answer:
        return await self.ask("POST", path, body, **options)

    async def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        async with self.database.reading() as session:
            return [tuple(row) for row in await session.execute(text(statement), parameters)]

    async def outbox(self, name: str = "") -> list[Emitted]:
        """Return what was emitted, in order; only one kind of fact if it is named."""
        rows = await self.rows(
            "SELECT topic, key, attributes, data FROM delivery.outbox ORDER BY id"
        )
        emitted = [
            Emitted(json.loads(attributes)["type"], topic, key, json.loads(data))
            for topic, key, attributes, data in rows
        ]
        return [one for one in emitted if f".{name}." in one.type or not name]

    async def class_6a(self, pupils: Sequence[str] = (), *, name: str = "6A") -> str:
        """Open a class of grade 6, seat these pupils, and let TEACHER teach mathematics."""
        await self.hear(self.facts.school())
        body = {"school_id": SCHOOL, "school_year": YEAR, "grade": "6", "name": name}
        opened = await self.post("/classes", {"classes": [body]}, expect=201)
        class_id: str = opened["classes"][0]["class_id"]
        if pupils:
            await self.hear(*(self.facts.enrolled(pupil) for pupil in pupils))
            await self.put(f"/classes/{class_id}/pupils", {"pupil_ids": list(pupils)})
        teaching = {"teaching": [{"subject": "TOAN", "teacher_ids": [TEACHER]}]}
        await self.put(f"/classes/{class_id}/teaching", teaching)
        return class_id

    async def sheet(self, class_id: str, **fields: Any) -> str:
        """Open the first regular column of mathematics."""
        opened = await self.post("/sheets", self.column(class_id, **fields), expect=201)
        return str(opened["sheet_id"])

    @staticmethod
    def column(class_id: str, **fields: Any) -> Answer:
        return {
            "class_id": class_id,
            "subject": "TOAN",
            "term": "HK1",
            "kind": "regular",
            "position": 1,
        } | fields

    async def save(
        self, sheet_id: str, cells: Sequence[Mapping[str, Any]], **options: Any
    ) -> Answer:
        """Save cells as the teacher of mathematics; what is no option belongs to the body."""
        body: Answer = {
            name: options.pop(name) for name in ("day", "reason_code", "reason") if name in options
        }
        body["cells"] = [{"version": 0} | dict(cell) for cell in cells]
        options.setdefault("token", self.teacher)
        return await self.put(f"/sheets/{sheet_id}/cells", body, **options)


def _decoded(event: Event | Tombstone) -> Any:
    if isinstance(event, Tombstone):
        return event
    attributes = envelope.attributes(
        event,
        id=new_id(),
        time=now(),
        recordedtime=now(),
        correlationid=None,
        causationid=None,
        traceparent=None,
    )
    return envelope.decode(envelope.render(attributes, event.data_json(), 1), b"key")


@pytest.fixture
def settings(database: Callable[[str], str]) -> GradebookSettings:
    return GradebookSettings.model_validate(
        {
            "database_url": database("gradebook"),
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "roles": "api",
            "token_issuer": "urn:tests",
            "token_jwks": "/nowhere",
            "master_key": MASTER,
        }
    )


@pytest.fixture
async def book(settings: GradebookSettings) -> AsyncIterator[Book]:
    app = build(SERVICE, settings)
    app.state.verifier = TrustingVerifier()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gradebook") as client:
        yield Book(client, app.state.database)
    await app.state.database.close()
