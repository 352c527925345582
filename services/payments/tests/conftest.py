"""Payments on a real database: its facts come as events, its commands over HTTP."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from sqlalchemy import text

from chassis.auth import Principal, Role
from chassis.clock import business_day, new_id, now
from chassis.consuming.records import Record, Slice
from chassis.database import Database
from chassis.sealing import MasterKeys, SealedPerson, new_key, seal
from chassis.service import build
from contracts import envelope, topics
from contracts.admissions import (
    PupilCell,
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    StudentTransferred,
    TermDates,
)
from contracts.envelope import Tombstone
from contracts.event import Event
from contracts.gradebook import ClassOpened, PupilPlaced
from contracts.lists import Grade, Level, Ownership, Sex, Term, TransferReason
from contracts.privacy import SubjectKey
from payments.app import HANDLERS, SERVICE
from payments.settings import PaymentsSettings

Answer = dict[str, Any]
MASTER = base64.b64encode(bytes(32)).decode()
KEYS = MasterKeys(MASTER)
YEAR = "2026-2027"
TODAY = business_day(now())
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
FIRST_DAY, LAST_DAY = date(2026, 8, 1), date(2027, 7, 31)


def an_id(name: str) -> str:
    """Return the id that this name always has."""
    return str(uuid5(NAMESPACE_URL, name))


SCHOOL, OTHER_SCHOOL, CLASS = an_id("school"), an_id("other school"), an_id("class 6A")
CASHIER = f"cashier/{an_id('cashier')}/{SCHOOL}"
PRINCIPAL = f"principal/{an_id('principal')}/{SCHOOL}"
STRANGER = f"cashier/{an_id('stranger')}/{OTHER_SCHOOL}"


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


def school(school_id: str = SCHOOL, version: int = 1, **fields: Any) -> SchoolRegistered:
    facts: dict[str, Any] = {
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
    return SchoolRegistered(**facts | fields)


def year() -> SchoolYearSet:
    return SchoolYearSet(
        school_year=YEAR,
        version=1,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        terms=(TermDates(term=Term.HK1, first_day=FIRST_DAY, last_day=LAST_DAY),),
        holidays=(),
    )


def cell(**fields: Any) -> dict[str, Any]:
    return {
        "school_id": SCHOOL,
        "grade": Grade.G6,
        "sex": Sex.FEMALE,
        "ethnic_minority": False,
        "birth_year": 2015,
        "inclusion": False,
    } | fields


def enrolled(pupil_id: str, version: int = 1, **fields: Any) -> StudentEnrolled:
    return StudentEnrolled(
        **{
            "pupil_id": pupil_id,
            "version": version,
            "school_year": YEAR,
            "day": date(2026, 9, 5),
            "sealed": "c2VhbGVk",
            **cell(),
        }
        | fields
    )


def transferred(pupil_id: str, version: int, **after: Any) -> StudentTransferred:
    return StudentTransferred(
        pupil_id=pupil_id,
        version=version,
        school_year=YEAR,
        day=date(2026, 10, 1),
        reason_code=TransferReason.MOVED,
        before=PupilCell(**cell()),
        after=PupilCell(**cell(**after)),
        sealed="c2VhbGVk",
    )


def person(pupil_id: str, name: str) -> tuple[StudentEnrolled, SubjectKey]:
    """Return the enrolment of a pupil with this name, and the key that opens it."""
    key = new_key()
    sealed = seal(SealedPerson(name=name, birth_date=date(2015, 1, 2)), key, pupil_id)
    wrapped = KEYS.wrap(key, pupil_id)
    return enrolled(pupil_id, sealed=sealed), SubjectKey(
        pupil_id=pupil_id, version=1, wrapped_key=wrapped.wrapped_key, key_id=wrapped.key_id
    )


def seated(pupil_id: str) -> PupilPlaced:
    return PupilPlaced(
        pupil_id=pupil_id,
        class_id=CLASS,
        version=1,
        school_id=SCHOOL,
        school_year=YEAR,
        before_class_id=None,
    )


class Desk:
    """The service, told events and asked over HTTP, in process."""

    school_id, other_school, class_id, school_year = SCHOOL, OTHER_SCHOOL, CLASS, YEAR
    cashier, principal, stranger = CASHIER, PRINCIPAL, STRANGER
    yesterday, today, tomorrow = (day.isoformat() for day in (YESTERDAY, TODAY, TOMORROW))
    an_id = staticmethod(an_id)
    facts = SimpleNamespace(
        school=school,
        year=year,
        enrolled=enrolled,
        transferred=transferred,
        person=person,
        seated=seated,
    )

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client = client
        self.database = database
        self.handlers = HANDLERS

    async def hear(self, *events: Event | Tombstone) -> None:
        """Apply events of one topic as one slice of it, in one transaction."""
        records = [Record(at, _decoded(event), None, None) for at, event in enumerate(events)]
        first = events[0]
        topic = topics.SUBJECT_KEYS if isinstance(first, Tombstone) else first.TOPIC
        part = Slice(topic, 0, 0, len(records), records)
        async with self.database.transaction() as session:
            assert await self.handlers.project(session, [part], careful=False) == []

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = PRINCIPAL,
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        return await self.client.request(
            method,
            f"/v1{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key or new_id()},
        )

    async def ask(
        self, method: str, path: str, body: object = None, *, expect: int = 200, **options: Any
    ) -> Answer:
        answer = await self.send(method, path, body, **options)
        assert answer.status_code == expect, answer.text
        return dict(answer.json())

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def put(self, path: str, body: object, **options: Any) -> Answer:
        return await self.ask("PUT", path, body, **options)

    async def post(self, path: str, body: object, **options: Any) -> Answer:
        return await self.ask("POST", path, body, **{"expect": 201} | options)

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

    async def begin(self, *pupils: str) -> None:
        """Let there be a public school with class 6A, and these pupils in it."""
        await self.hear(school())
        await self.hear(year())
        await self.hear(
            ClassOpened(
                class_id=CLASS,
                version=1,
                school_id=SCHOOL,
                school_year=YEAR,
                grade=Grade.G6,
                name="6A",
                homeroom_teacher_id=None,
            )
        )
        if pupils:
            await self.hear(*map(enrolled, pupils))
            await self.hear(*map(seated, pupils))

    async def item(self, **fields: Any) -> Answer:
        """Add a fee item: boarding meals at 30,000 đ a day, due today, if nothing else is said."""
        return await self.post("/fee-items", self.terms() | fields)

    @staticmethod
    def terms() -> Answer:
        return {
            "school_id": SCHOOL,
            "school_year": YEAR,
            "name": f"Khoản {new_id()}",
            "kind": "boarding-meals",
            "legal_basis": "Nghị quyết của HĐND tỉnh về dịch vụ giáo dục",
            "mandatory": True,
            "unit": "once",
            "amount": 30_000,
            "due_on": TODAY.isoformat(),
        }

    async def assess(
        self, item: Answer, who: Sequence[str], *, period: str = "CN", **fields: Any
    ) -> Answer:
        """Charge these pupils for one unit of an item."""
        options = {name: fields.pop(name) for name in ("expect", "token") if name in fields}
        body = {"period": period, "pupils": [{"pupil_id": pupil} for pupil in who]} | fields
        return await self.post(f"/fee-items/{item['fee_item_id']}/assessments", body, **options)

    async def charge(self, pupil: str, amount: int, **fields: Any) -> Answer:
        """Charge one pupil for an item of its own; gives the charge."""
        item = await self.item(amount=amount, **fields)
        (charge,) = (await self.assess(item, [pupil]))["charges"]
        return dict(charge)

    async def pay(self, pupil: str, amount: int, **options: Any) -> Answer:
        """Pay cash for one pupil; gives the payment. What is no option belongs to the payment."""
        names = ("expect", "token", "key")
        asked = {name: options.pop(name) for name in names if name in options}
        payment = {"pupil_id": pupil, "amount": amount, "method": "cash"} | options
        body = {"school_id": SCHOOL, "payments": [payment]}
        answer = await self.post("/payments", body, **{"token": CASHIER} | asked)
        return dict(answer["payments"][0]) if "payments" in answer else answer

    async def account(self, pupil: str, **options: Any) -> Answer:
        return await self.get(f"/pupils/{pupil}/account", **options)

    async def balances(self) -> dict[str, int]:
        """Return the balance (debit less credit) of each kind of account; they must add up."""
        found = await self.get(f"/schools/{SCHOOL}/trial-balance")
        assert found["debit"] == found["credit"]
        return {one["kind"]: one["balance"] for one in found["accounts"] if one["balance"]}


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
def settings(database: Callable[[str], str]) -> PaymentsSettings:
    return PaymentsSettings.model_validate(
        {
            "database_url": database("payments"),
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "roles": "api",
            "token_issuer": "urn:tests",
            "token_jwks": "/nowhere",
            "master_key": MASTER,
            "vnpay_pay_url": "https://pay.example.vn/vpcpay.html",
        }
    )


@pytest.fixture
async def desk(settings: PaymentsSettings) -> AsyncIterator[Desk]:
    app = build(SERVICE, settings)
    app.state.verifier = TrustingVerifier()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://payments") as client:
        yield Desk(client, app.state.database)
    await app.state.database.close()
