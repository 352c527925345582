"""Admissions over HTTP on a real database: who asks is chosen by the test, all else is real."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from admissions.app import SERVICE
from admissions.settings import AdmissionsSettings
from chassis.auth import Principal, Role
from chassis.clock import new_id
from chassis.database import Database
from chassis.service import build

OFFICER = Role.DEPARTMENT_OFFICER.value
Answer = dict[str, Any]
YEAR = {
    "version": 0,
    "first_day": "2026-09-05",
    "last_day": "2027-05-31",
    "terms": [
        {"term": "HK1", "first_day": "2026-09-05", "last_day": "2027-01-15"},
        {"term": "HK2", "first_day": "2027-01-18", "last_day": "2027-05-31"},
    ],
}


class TrustingVerifier:
    """Takes ``role`` or ``role:school`` for a token."""

    async def verify(self, token: str) -> Principal:
        role, _, school = token.partition(":")
        return Principal(f"some-{role}", frozenset({Role(role)}), school=school or None)


@dataclass(frozen=True)
class Emitted:
    """One row of the outbox."""

    type: str
    key: str
    data: Any


class Api:
    """The service, asked in process."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client = client
        self.database = database

    async def ask(
        self,
        method: str,
        path: str,
        *,
        expect: int = 200,
        token: str = OFFICER,
        json: object = None,
        content: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Answer:
        answer = await self.client.request(
            method,
            f"/v1{path}",
            json=json,
            content=content,
            params=params,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key or new_id()},
        )
        assert answer.status_code == expect, answer.text
        body: Answer = answer.json()
        return body

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.ask("POST", path, **options)

    async def put(self, path: str, **options: Any) -> Answer:
        return await self.ask("PUT", path, **options)

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.database.reading() as session:
            return list(await session.execute(text(statement), parameters))

    async def outbox(self) -> list[Emitted]:
        """Return what was emitted, in order; a tombstone has no type and no data."""
        rows = await self.rows("SELECT key, attributes, data FROM delivery.outbox ORDER BY id")
        return [
            Emitted(json.loads(row.attributes)["type"], row.key, json.loads(row.data))
            if row.attributes
            else Emitted("", row.key, None)
            for row in rows
        ]

    async def unit(self, code: str = "25459", name: str = "Tân Ninh", **fields: Any) -> Answer:
        """Register a ward in a province, which is registered too."""
        province = await self.province()
        ward = {
            "code": code,
            "name": name,
            "kind": "ward",
            "parent_id": province["unit_id"],
            "valid_from": "2025-07-01",
        }
        return await self.ask_either("/units", ward | fields)

    async def province(self) -> Answer:
        return await self.ask_either(
            "/units",
            {
                "code": "80",
                "name": "Tây Ninh",
                "kind": "province",
                "parent_id": None,
                "valid_from": "2025-07-01",
            },
        )

    async def school(self, code: str = "80001", **fields: Any) -> Answer:
        """Register a lower-secondary school in a ward."""
        unit = await self.unit()
        school = {
            "code": code,
            "name": f"THCS số {code}",
            "levels": ["THCS"],
            "ownership": "public",
            "unit_id": unit["unit_id"],
            "valid_from": "2025-07-01",
        }
        return await self.ask_either("/schools", school | fields)

    async def ask_either(self, path: str, body: Answer) -> Answer:
        """Post a registration that may have been made before."""
        answer = await self.client.post(
            f"/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {OFFICER}", "Idempotency-Key": new_id()},
        )
        assert answer.is_success, answer.text
        registered: Answer = answer.json()
        return registered


@pytest.fixture
def settings(database: Callable[[str], str]) -> AdmissionsSettings:
    return AdmissionsSettings.model_validate(
        {
            "database_url": database("admissions"),
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "roles": "api",
            "token_issuer": "urn:tests",
            "token_jwks": "/nowhere",
            "master_key": base64.b64encode(bytes(32)).decode(),
        }
    )


@pytest.fixture
async def api(settings: AdmissionsSettings) -> AsyncIterator[Api]:
    app = build(SERVICE, settings)
    app.state.verifier = TrustingVerifier()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://admissions") as client:
        yield Api(client, app.state.database)
    await app.state.database.close()


@pytest.fixture
async def school(api: Api) -> Answer:
    """A school and a school year to enrol in."""
    await api.put("/school-years/2026-2027", json=YEAR)
    return await api.school()
