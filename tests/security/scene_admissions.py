"""Admissions with a pupil at each of two schools, and what each of its routes does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from admissions.app import SERVICE
from admissions.policy import POLICY
from admissions.settings import AdmissionsSettings
from chassis.auth import WORKS_AT
from chassis.consuming.handlers import Handlers
from edu.testing.facts import CALENDAR, MASTER, OTHER_SCHOOL, SCHOOL, YEAR
from edu.testing.service import Told, an_id, in_process, settings_of

from .places import ELSEWHERE, Place, Scene, Untouched

if TYPE_CHECKING:
    from edu.testing.service import Answer

HEADER = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường"
REPORT = "Mã nơi;Nội dung;Số lượng;Người dùng\n80001;Camera;12;265\n".encode()
SINCE = "2025-07-01"


def settings(database_url: str) -> AdmissionsSettings:
    """Give the settings of the service for its HTTP."""
    return settings_of(AdmissionsSettings, database_url, master_key=MASTER)


@asynccontextmanager
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """Let there be the two schools, each with a pupil."""
    async with in_process(SERVICE, settings(database_url)) as (client, app):
        office = Told(client, app, Handlers())
        office.token = "department-officer"
        province = await office.post("/units", _unit("80", "Tây Ninh", "province"), expect=201)
        wards = [
            await office.post("/units", _unit(code, code, "ward", province["unit_id"]), expect=201)
            for code in ("25459", "25480")
        ]
        await office.put(f"/school-years/{YEAR}", CALENDAR)
        # The ids that tokens name are fixed, those of schools are given: so the tokens follow.
        schools = [
            await office.post("/schools", _school(code, wards[0]["unit_id"]), expect=201)
            for code in ("80001", "80002")
        ]
        for number, school in enumerate(schools):
            await office.post(
                "/enrolments/import",
                content=_row(number, school["code"]),
                params={"school_year": YEAR, "day": "2026-09-05"},
            )
        pupils = f"/schools/{schools[0]['school_id']}/pupils"
        (pupil,) = (await office.get(pupils))["items"]
        gone = await _gone(office, pupils, schools[0]["code"])
        ids = {
            "unit_id": wards[0]["unit_id"],
            "school_id": schools[0]["school_id"],
            "pupil_id": pupil["pupil_id"],
            "school_year": YEAR,
        }
        app.state.database = Untouched(app.state.database)
        yield Scene(
            client,
            app,
            POLICY,
            ids,
            {WORKS_AT: an_id("who works there"), ELSEWHERE: an_id("who works elsewhere")},
            _places(schools[0], wards, province["unit_id"], gone),
            schools={SCHOOL: schools[0]["school_id"], OTHER_SCHOOL: schools[1]["school_id"]},
        )


async def _gone(office: Told, pupils: str, code: str) -> str:
    """Let another pupil come to the school and leave it, who may be erased."""
    first = {one["pupil_id"] for one in (await office.get(pupils))["items"]}
    enrolling = {"school_year": YEAR, "day": "2026-09-05"}
    await office.post("/enrolments/import", content=_row(8, code), params=enrolling)
    (other,) = {one["pupil_id"] for one in (await office.get(pupils))["items"]} - first
    leaving = {"version": 1, "day": "2026-10-01", "reason_code": "left-province"}
    await office.post(f"/pupils/{other}/withdraw", leaving)
    return str(other)


def _unit(code: str, name: str, kind: str, parent: str | None = None) -> Answer:
    return {"code": code, "name": name, "kind": kind, "parent_id": parent, "valid_from": SINCE}


def _school(code: str, unit: str) -> Answer:
    return {
        "code": code,
        "name": f"THCS số {code}",
        "levels": ["THCS"],
        "ownership": "public",
        "unit_id": unit,
        "valid_from": SINCE,
    }


def _row(number: int, code: str) -> bytes:
    return f"{HEADER}\nMATRIX-{number};Nguyễn An;05/09/2015;Nữ;Kinh;6;{code}\n".encode()


def _places(
    school: Answer, wards: list[Answer], province: str, gone: str
) -> dict[str, tuple[Place, ...]]:
    communes = [{"code": "25999", "name": "Long An", "kind": "Phường"}]
    merger = {
        "into_id": wards[0]["unit_id"],
        "valid_from": "2026-07-01",
        "merged": [{"unit_id": wards[1]["unit_id"], "version": 1}],
    }
    rename = {"version": 1, "name": "Tân Ninh", "kind": None, "valid_from": "2026-07-01"}
    schools = "Mã trường;Tên trường;Cấp học;Loại hình;Mã xã\n80009;THCS Mới;THCS;Công lập;25459\n"
    changed = _school("80001", wards[0]["unit_id"]) | {
        "version": 1,
        "open": True,
        "name": "THCS Đổi tên",
        "valid_from": "2026-07-01",
    }
    year = {"school_year": YEAR, "day": "2026-09-05"}
    step = {"version": 1, "day": "2026-10-01"}
    return {
        "POST /v1/units/import": (Place("register.import", content=json.dumps(communes).encode()),),
        "POST /v1/units": (Place("register.write", _unit("25998", "Bến Lức", "ward", province)),),
        "POST /v1/units/merge": (Place("register.write", merger),),
        "POST /v1/units/{unit_id}/rename": (Place("register.write", rename),),
        "POST /v1/schools": (Place("register.write", _school("80008", wards[0]["unit_id"])),),
        "POST /v1/schools/import": (Place("register.import", content=schools.encode()),),
        "PUT /v1/schools/{school_id}": (Place("register.write", changed),),
        "GET /v1/units": (Place("register.read"),),
        "GET /v1/schools": (Place("register.read"),),
        "GET /v1/schools/{school_id}": (Place("register.read"),),
        "PUT /v1/school-years/{school_year}": (Place("calendar.write", CALENDAR | {"version": 1}),),
        "GET /v1/school-years": (Place("register.read"),),
        "GET /v1/school-years/{school_year}": (Place("register.read"),),
        "POST /v1/reports/{kind}/import": (
            Place("register.import", content=REPORT, params=year, ids={"kind": "adoption"}),
        ),
        "POST /v1/enrolments/import": (
            # A file is judged as a whole: a row of another school is a fault in it.
            Place("pupils.enrol", content=_row(9, school["code"]), params=year, elsewhere=422),
        ),
        "POST /v1/pupils/{pupil_id}/transfer": (
            Place("pupils.transfer", step | {"reason_code": "moved", "grade": "7"}),
        ),
        "POST /v1/pupils/{pupil_id}/withdraw": (
            Place("pupils.withdraw", step | {"reason_code": "left-province"}),
        ),
        "POST /v1/pupils/{pupil_id}/erase": (
            Place("pupils.erase", {"version": 2}, ids={"pupil_id": gone}),
        ),
        "GET /v1/pupils/{pupil_id}": (Place("pupils.read"),),
        "GET /v1/schools/{school_id}/pupils": (Place("pupils.read"),),
    }
