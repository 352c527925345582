"""Admissions over HTTP on a real database: who asks is chosen by the test, all else is real."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from admissions.app import SERVICE
from admissions.settings import AdmissionsSettings
from chassis.auth import Role
from chassis.consuming.handlers import Handlers
from edu.testing.facts import CALENDAR, MASTER
from edu.testing.service import Answer, Told, in_process, settings_of


class Api(Told):
    """The service, asked in process."""

    token = Role.DEPARTMENT_OFFICER.value

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
        answer = await self.send("POST", path, body)
        assert answer.is_success, answer.text
        registered: Answer = answer.json()
        return registered


@pytest.fixture
def settings(database: Callable[[str], str]) -> AdmissionsSettings:
    return settings_of(AdmissionsSettings, database("admissions"), master_key=MASTER)


@pytest.fixture
async def api(settings: AdmissionsSettings) -> AsyncIterator[Api]:
    async with in_process(SERVICE, settings) as (client, app):
        yield Api(client, app, Handlers())


@pytest.fixture
async def school(api: Api) -> Answer:
    """A school and a school year to enrol in."""
    await api.put("/school-years/2026-2027", json=CALENDAR)
    return await api.school()
