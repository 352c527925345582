"""The register over HTTP: rows, outbox rows, refusals."""

import asyncio
import json
from typing import Any

import pytest

GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "code": "25459",
                "name": "Tân Ninh",
                "full_name": "Phường Tân Ninh",
                "kind": "Phường",
            },
            "geometry": {"type": "MultiPolygon", "coordinates": []},
        },
        {"type": "Feature", "properties": {"code": "25486", "name": "Tân Biên", "kind": "Xã"}},
    ],
}


def document(value: object) -> bytes:
    return json.dumps(value).encode()


async def test_an_import_registers_the_province_and_its_communes_once(api: Any) -> None:
    first = await api.post("/units/import", content=document(GEOJSON), token="service")
    assert first == {"registered": 3, "unchanged": 0, "ignored_columns": []}
    again = await api.post("/units/import", content=document(GEOJSON))
    assert again == {"registered": 0, "unchanged": 3, "ignored_columns": []}

    ward, commune, province = (await api.get("/units"))["items"]
    assert (province["code"], province["kind"], province["parent_id"]) == ("80", "province", None)
    assert (ward["name"], ward["kind"]) == ("Tân Ninh", "ward")
    assert (commune["kind"], commune["parent_id"]) == ("commune", province["unit_id"])
    emitted = await api.outbox()
    assert [event.type for event in emitted] == ["edu.admissions.unit-registered.v1"] * 3
    assert emitted[1].data == {
        "unit_id": ward["unit_id"],
        "version": 1,
        "code": "25459",
        "name": "Tân Ninh",
        "kind": "ward",
        "parent_id": province["unit_id"],
        "valid_from": "2025-07-01",
    }


async def test_an_import_names_every_fault_and_writes_nothing(api: Any) -> None:
    twice = [{"code": "25459", "name": "Tân Ninh", "kind": "Phường"}] * 2
    refused = await api.post("/units/import", content=document(twice), expect=422)
    assert [error["where"] for error in refused["errors"]] == ["đơn vị thứ 2"]
    wrong = [{"code": "2545", "name": " ", "kind": "Phố"}]
    refused = await api.post("/units/import", content=document(wrong), expect=422)
    assert [error["where"] for error in refused["errors"]] == ["[0].code", "[0].name", "[0].kind"]
    for nonsense in (b"", b"{", b"[]", b"[" * 100_000, b"null", b'{"features": []}', b"\xff"):
        await api.post("/units/import", content=nonsense, expect=422)
    assert await api.outbox() == []


async def test_an_imported_name_stays_known_after_a_renaming(api: Any) -> None:
    await api.post("/units/import", content=document(GEOJSON))
    ward = (await api.get("/units", params={"code": "25459"}))["items"][0]
    change = {"version": 1, "name": "Tây Ninh Mới", "valid_from": "2026-01-01"}
    renamed = await api.post(f"/units/{ward['unit_id']}/rename", json=change)
    assert (renamed["version"], renamed["kind"]) == (2, "ward")
    assert (await api.post("/units/import", content=document(GEOJSON)))["unchanged"] == 3
    assert (await api.outbox())[-1].data["valid_from"] == "2026-01-01"

    async def name_on(day: str) -> str:
        found = await api.get("/units", params={"code": "25459", "on": day})
        return str(found["items"][0]["name"])

    assert await name_on("2025-12-31") == "Tân Ninh"
    assert await name_on("2026-01-01") == "Tây Ninh Mới"
    stale = await api.post(f"/units/{ward['unit_id']}/rename", json=change, expect=409)
    assert (stale["type"], stale["version"]) == ("urn:edu:problem:version-conflict", 2)


async def test_a_merger_ends_units_and_both_borders_stay_readable(api: Any) -> None:
    ward, other = await api.unit(), await api.unit("25480", "Bình Minh")
    answer = await api.post(
        "/units/merge",
        json={
            "into_id": ward["unit_id"],
            "valid_from": "2026-07-01",
            "merged": [{"unit_id": other["unit_id"], "version": 1}],
        },
    )
    ended = answer["merged"][0]
    assert (ended["ended_on"], ended["merged_into_id"]) == ("2026-07-01", ward["unit_id"])
    assert (await api.outbox())[-1].data == {
        "unit_id": other["unit_id"],
        "version": 2,
        "into_id": ward["unit_id"],
        "valid_from": "2026-07-01",
    }
    before = await api.get("/units", params={"on": "2026-06-30"})
    after = await api.get("/units", params={"on": "2026-07-01"})
    assert [unit["code"] for unit in before["items"]] == ["25459", "25480", "80"]
    assert [unit["code"] for unit in after["items"]] == ["25459", "80"]


async def test_registering_the_same_again_changes_nothing(api: Any) -> None:
    unit = await api.unit()
    body = {k: unit[k] for k in ("code", "name", "kind", "parent_id", "valid_from")}
    assert await api.post("/units", json=body, expect=200) == unit
    other = await api.post("/units", json=body | {"name": "Khác"}, expect=409)
    assert other["unit_id"] == unit["unit_id"]
    later = body | {"valid_from": "2026-01-01"}
    assert (await api.post("/units", json=later, expect=409))["unit_id"] == unit["unit_id"]
    assert len(await api.outbox()) == 2


async def test_units_are_read_in_pages(api: Any) -> None:
    for code in ("25486", "25459", "25480"):
        await api.unit(code, f"Xã {code}")
    first = await api.get("/units", params={"limit": 2})
    second = await api.get("/units", params={"limit": 2, "after": first["next"]})
    third = await api.get("/units", params={"limit": 2, "after": second["next"]})
    codes = [unit["code"] for part in (first, second, third) for unit in part["items"]]
    assert codes == ["25459", "25480", "25486", "80"]
    assert third == {"items": [], "next": None}


async def test_a_school_is_registered_changed_and_closed(api: Any) -> None:
    school = await api.school("80001", levels=["THPT", "THCS", "THCS"])
    assert school["levels"] == ["THCS", "THPT"]
    path = f"/schools/{school['school_id']}"
    wanted = {k: v for k, v in school.items() if k != "school_id"}
    wanted |= {"code": "80777", "valid_from": "2026-08-01"}
    changed = await api.put(path, json=wanted)
    assert (changed["version"], changed["code"]) == (2, "80777")
    assert await api.put(path, json=wanted) == changed
    stale = wanted | {"name": "Tên khác"}
    assert (await api.put(path, json=stale, expect=409))["version"] == 2
    closed = await api.put(path, json=wanted | {"version": 2, "open": False})
    assert closed["open"] is False
    assert (await api.get(path))["codes"] == [
        {"code": "80001", "valid_from": "2025-07-01"},
        {"code": "80777", "valid_from": "2026-08-01"},
    ]
    last = (await api.outbox())[-1]
    assert (last.type, last.data["version"], last.data["open"]) == (
        "edu.admissions.school-registered.v1",
        3,
        False,
    )
    # The first registration again is another school than this one has become.
    again = {k: school[k] for k in ("code", "name", "levels", "ownership", "unit_id", "valid_from")}
    assert (await api.post("/schools", json=again, expect=409))["school_id"] == school["school_id"]


async def test_a_school_needs_a_living_commune_and_a_free_code(api: Any) -> None:
    school = await api.school()
    body = {k: school[k] for k in ("code", "name", "levels", "ownership", "valid_from")}
    province = await api.province()
    for unit_id in (province["unit_id"], school["school_id"]):
        wrong = body | {"code": "80002", "unit_id": unit_id}
        refused = await api.post("/schools", json=wrong, expect=422)
        assert refused["errors"][0]["where"] == "unit_id"
    early = body | {"code": "80002", "unit_id": school["unit_id"], "valid_from": "2025-06-30"}
    assert "30/06/2025" in (await api.post("/schools", json=early, expect=422))["detail"]
    taken = body | {"unit_id": school["unit_id"], "valid_from": "2026-01-01"}
    assert (await api.post("/schools", json=taken, expect=409))["school_id"] == school["school_id"]
    unknown = {**body, "unit_id": school["unit_id"], "version": 1, "open": True}
    await api.put(f"/schools/{province['unit_id']}", json=unknown, expect=404)
    await api.get(f"/schools/{province['unit_id']}", expect=404)


SCHOOLS = """Danh sách trường;;;;
Mã trường;Tên trường;Cấp học;Loại hình;Mã xã;Ghi chú
80001;THCS Tân Ninh;THCS;Công lập;25459;
80002;"TH, THCS và THPT Bình Minh";TH+THCS+THPT;Tư thục;25459;mới
"""


async def test_schools_are_imported_whole_and_once(api: Any) -> None:
    await api.unit()
    first = await api.post("/schools/import", content=SCHOOLS.encode())
    assert first == {"registered": 2, "unchanged": 0, "ignored_columns": ["Ghi chú"]}
    again = await api.post("/schools/import", content=b"\xef\xbb\xbf" + SCHOOLS.encode())
    assert again["unchanged"] == 2
    found = await api.get("/schools", params={"level": "TH", "open": True})
    assert [school["name"] for school in found["items"]] == ["TH, THCS và THPT Bình Minh"]
    wrong = SCHOOLS.replace("25459;\n", "99999;\n").replace("Tư thục", "Quốc tế")
    wrong += "80001;Trường khác;THCS;Công lập;25459;\n"
    refused = await api.post("/schools/import", content=wrong.encode(), expect=422)
    assert [error["where"] for error in refused["errors"]] == [
        "dòng 3, cột Mã xã",
        "dòng 4, cột Loại hình",
        "dòng 5, cột Mã trường",
        "dòng 5, cột Mã trường",
    ]


@pytest.mark.parametrize("role", ["teacher", "principal", "auditor", "guardian"])
async def test_only_the_department_writes_the_register(api: Any, role: str) -> None:
    unit = await api.unit()
    body = {k: unit[k] for k in ("code", "name", "kind", "parent_id", "valid_from")}
    await api.post("/units", json=body, token=role, expect=403)
    await api.post("/units/import", content=b"[]", token=role, expect=403)
    assert (await api.get("/units", token=role))["items"]


async def test_two_registrations_of_one_code_at_once_leave_one(api: Any) -> None:
    await api.province()
    answers = await asyncio.gather(*(api.unit() for _ in range(4)))
    assert len({answer["unit_id"] for answer in answers}) == 1
    assert len(await api.outbox()) == 2
