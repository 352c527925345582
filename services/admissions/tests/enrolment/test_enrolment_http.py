"""Enrolment over HTTP: rows, outbox rows, refusals, and that a name is never in the clear."""

import asyncio
import json
import time
from typing import Any

import pytest
from sqlalchemy import event

from admissions.enrolment.job import emit_keys
from admissions.settings import AdmissionsSettings

HEADER = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường;Học hòa nhập\n"
ROW = "080215000001;Nguyễn Thị An;05/09/2015;Nữ;Kinh;6;80001;Không\n"
OTHER = "080215000002;Trần Bình;2015-01-31;nam;Khơ-me;Lớp 6;80001;x\n"
PARAMS = {"school_year": "2026-2027", "day": "2026-09-05"}


async def enrol(api: Any, text: str, **options: Any) -> Any:
    return await api.post("/enrolments/import", content=text.encode(), params=PARAMS, **options)


async def pupils(api: Any, school: Any, **params: Any) -> Any:
    return (await api.get(f"/schools/{school['school_id']}/pupils", params=params))["items"]


async def pupil(api: Any, school: Any) -> Any:
    await enrol(api, HEADER + ROW)
    return (await pupils(api, school))[0]


async def test_a_file_enrols_its_pupils(api: Any, school: Any) -> None:
    answer = await enrol(api, HEADER + ROW + OTHER)
    assert answer == {
        "school_year": "2026-2027",
        "day": "2026-09-05",
        "enrolled": 2,
        "already_enrolled": 0,
        "ignored_columns": [],
    }
    an, binh = await pupils(api, school)
    assert (an["code"], an["name"], an["birth_date"], an["sex"], an["ethnic_minority"]) == (
        "080215000001",
        "Nguyễn Thị An",
        "2015-09-05",
        "female",
        False,
    )
    assert (binh["ethnic_minority"], binh["inclusion"], binh["grade"]) == (True, True, "6")
    emitted = (await api.outbox())[-4:]
    assert [event.type for event in emitted] == [
        "edu.privacy.subject-key.v1",
        "edu.privacy.subject-key.v1",
        "edu.admissions.student-enrolled.v1",
        "edu.admissions.student-enrolled.v1",
    ]
    data = emitted[2].data
    assert emitted[2].key == an["pupil_id"]
    assert data | {"sealed": ""} == {
        "pupil_id": an["pupil_id"],
        "version": 1,
        "school_id": school["school_id"],
        "grade": "6",
        "school_year": "2026-2027",
        "sex": "female",
        "ethnic_minority": False,
        "birth_year": 2015,
        "inclusion": False,
        "day": "2026-09-05",
        "sealed": "",
    }


async def test_names_stand_nowhere_in_the_clear(api: Any, school: Any) -> None:
    await pupil(api, school)
    for table in (
        "pupil",
        "subject_key",
        "enrolment_step",
        "delivery.outbox",
        "delivery.idempotency_key",
    ):
        rows = await api.rows(f"SELECT to_jsonb(t)::text AS text FROM {table} t")  # noqa: S608
        for row in rows:
            for clear in ("Nguyễn", "2015-09-05", "05/09/2015"):
                assert clear not in row.text


async def test_the_same_file_again_changes_nothing(api: Any, school: Any) -> None:
    await enrol(api, HEADER + ROW)
    before = len(await api.outbox())
    again = await enrol(api, "\ufeff" + (HEADER + ROW).replace("\n", "\r\n"))
    assert (again["enrolled"], again["already_enrolled"]) == (0, 1)
    both = await enrol(api, HEADER + ROW + OTHER)
    assert (both["enrolled"], both["already_enrolled"]) == (1, 1)
    assert len(await api.outbox()) == before + 2
    assert len(await pupils(api, school)) == 2


async def test_a_known_code_with_other_facts_is_a_fault(api: Any, school: Any) -> None:
    await enrol(api, HEADER + ROW)
    changed = ROW.replace("An", "Ánh").replace("Nữ", "Nam")
    refused = await enrol(api, HEADER + OTHER + changed, expect=422)
    (error,) = refused["errors"]
    assert error["where"] == "dòng 3, cột Mã định danh"
    assert "họ và tên, giới tính" in error["what"]
    assert len(await pupils(api, school)) == 1


@pytest.mark.usefixtures("school")
async def test_every_fault_is_named_and_nothing_is_written(api: Any) -> None:
    before = len(await api.outbox())
    rows = [
        "080215000001;Nguyễn Thị An;31/02/2015;Nữ;Kinh;6;80001;Không",
        "080215000001;Trần Bình;09/25/2015;Gái;Kihn;13;99999;có",
        "80215000003;;05/09/1985;Nữ;Kinh;10;80001;",
        "080215000004;Lê Văn C;05/09/2015;Nam;Tày;6;80001;;thừa",
    ]
    refused = await enrol(api, HEADER + "\n".join(rows), expect=422)
    assert refused["type"] == "urn:edu:problem:file-refused"
    assert [error["where"] for error in refused["errors"]] == [
        "dòng 2, cột Ngày sinh",
        "dòng 3, cột Ngày sinh",
        "dòng 3, cột Giới tính",
        "dòng 3, cột Dân tộc",
        "dòng 3, cột Khối",
        "dòng 3, cột Mã trường",
        "dòng 3, cột Mã định danh",
        "dòng 4, cột Mã định danh",
        "dòng 4, cột Họ và tên",
        "dòng 4, cột Khối",
        "dòng 4, cột Ngày sinh",
        "dòng 5, cột cuối",
    ]
    assert all(error["what"] and error["how"] for error in refused["errors"])
    # A name may stand in the file, so what it holds is not said back.
    assert "Nguyễn" not in json.dumps(refused, ensure_ascii=False)
    assert len(await api.outbox()) == before
    assert await api.rows("SELECT 1 FROM pupil") == []


@pytest.mark.parametrize(
    "document",
    [b"", b"\n\n", HEADER.encode(), b"a;b\n1;2\n", "é".encode("latin-1"), b'"', b'"a\n' * 9],
)
@pytest.mark.usefixtures("school")
async def test_what_is_no_list_of_pupils_is_refused(api: Any, document: bytes) -> None:
    await api.post("/enrolments/import", content=document, params=PARAMS, expect=422)


@pytest.mark.usefixtures("school")
async def test_a_missing_or_doubled_column_is_named(api: Any) -> None:
    text = HEADER.replace("Ngày sinh", "Ghi chú").replace("Giới tính", "Họ tên") + ROW
    refused = await enrol(api, text, expect=422)
    assert [error["where"] for error in refused["errors"]] == [
        "dòng 1, cột Họ và tên",
        "dòng 1, cột Ngày sinh",
        "dòng 1, cột Giới tính",
    ]


@pytest.mark.usefixtures("school")
async def test_the_year_must_be_set_and_the_day_must_belong_to_it(api: Any) -> None:
    body = (HEADER + ROW).encode()
    for params, where in (
        ({"school_year": "2027-2028", "day": "2027-09-05"}, "school_year"),
        ({"school_year": "2026-2027", "day": "2025-09-05"}, "day"),
    ):
        refused = await api.post("/enrolments/import", content=body, params=params, expect=422)
        assert refused["errors"][0]["where"] == where


async def test_a_principal_enrols_at_the_own_school_only(api: Any, school: Any) -> None:
    await api.school("80002")
    own = f"principal//{school['school_id']}"
    assert (await enrol(api, HEADER + ROW, token=own))["enrolled"] == 1
    refused = await enrol(api, HEADER + OTHER.replace("80001", "80002"), token=own, expect=422)
    assert refused["errors"][0]["where"] == "dòng 2, cột Mã trường"
    await enrol(api, HEADER + ROW, token="principal", expect=403)
    await enrol(api, HEADER + ROW, token="teacher", expect=403)
    assert (await enrol(api, HEADER + ROW, token="service"))["already_enrolled"] == 1


async def test_a_pupil_is_transferred_from_before_to_after(api: Any, school: Any) -> None:
    target = await api.school("80002")
    before = await pupil(api, school)
    path = f"/pupils/{before['pupil_id']}"
    body = {
        "version": 1,
        "day": "2026-11-20",
        "reason_code": "moved",
        "note": "theo gia đình",
        "school_id": target["school_id"],
        "grade": "7",
    }
    answer = await api.post(f"{path}/transfer", json=body)
    assert answer == {
        "pupil_id": before["pupil_id"],
        "version": 2,
        "state": "enrolled",
        "school_id": target["school_id"],
        "grade": "7",
        "school_year": "2026-2027",
    }
    event = (await api.outbox())[-1]
    cell = {"sex": "female", "ethnic_minority": False, "birth_year": 2015, "inclusion": False}
    assert event.type == "edu.admissions.student-transferred.v1"
    assert event.data["before"] == {"school_id": school["school_id"], "grade": "6"} | cell
    assert event.data["after"] == {"school_id": target["school_id"], "grade": "7"} | cell
    assert "gia đình" not in json.dumps(event.data, ensure_ascii=False)
    assert await pupils(api, school) == []
    read = await api.get(path)
    assert [(step["step"], step["note"]) for step in read["history"]] == [
        ("enrolled", None),
        ("transferred", "theo gia đình"),
    ]
    stale = await api.post(f"{path}/transfer", json=body, expect=409)
    assert stale["version"] == 2


async def test_a_name_is_corrected_under_the_same_key(api: Any, school: Any) -> None:
    before = await pupil(api, school)
    path = f"/pupils/{before['pupil_id']}"
    body = {"version": 1, "day": "2026-09-06", "reason_code": "corrected"}
    await api.post(f"{path}/transfer", json=body, expect=422)
    await api.post(f"{path}/transfer", json=body | {"name": "123"}, expect=422)
    for born in ("0001-01-01", "2030-01-01", "1950-01-01"):
        refused = await api.post(f"{path}/transfer", json=body | {"birth_date": born}, expect=422)
        assert refused["errors"][0]["where"] == "birth_date"
    await api.post(
        f"{path}/transfer", json=body | {"name": " Nguyễn  Thị Ân", "birth_date": "2014-09-05"}
    )
    read = await api.get(path)
    assert (read["name"], read["birth_year"]) == ("Nguyễn Thị Ân", 2014)


async def test_a_transfer_needs_an_open_school_with_the_grade(api: Any, school: Any) -> None:
    primary = await api.school("80003", levels=["TH"])
    before = await pupil(api, school)
    path = f"/pupils/{before['pupil_id']}/transfer"
    body = {"version": 1, "day": "2026-11-20", "reason_code": "moved"}
    for school_id, where in (
        (before["pupil_id"], "school_id"),
        (primary["school_id"], "grade"),
    ):
        refused = await api.post(path, json=body | {"school_id": school_id}, expect=422)
        assert refused["errors"][0]["where"] == where
    early = body | {"grade": "7", "day": "2026-09-04"}
    assert (await api.post(path, json=early, expect=422))["errors"][0]["where"] == "day"
    unknown = body | {"school_year": "2027-2028"}
    assert (await api.post(path, json=unknown, expect=422))["errors"][0]["where"] == "school_year"


async def test_a_pupil_leaves_comes_back_and_is_erased(api: Any, school: Any) -> None:
    known = await pupil(api, school)
    path = f"/pupils/{known['pupil_id']}"
    body = {"version": 1, "day": "2026-12-01", "reason_code": "left-province", "note": "đi xa"}
    await api.post(f"{path}/erase", json={"version": 1}, expect=409)
    left = await api.post(f"{path}/withdraw", json=body)
    assert (left["state"], left["version"]) == ("withdrawn", 2)
    assert (await api.outbox())[-1].type == "edu.admissions.student-withdrawn.v1"
    await api.post(f"{path}/withdraw", json=body | {"version": 2}, expect=409)
    early = await enrol(api, HEADER + ROW, expect=422)
    assert "01/12/2026" in early["errors"][0]["what"]

    back = await api.post(
        "/enrolments/import",
        content=(HEADER + ROW).encode(),
        params=PARAMS | {"day": "2027-02-01"},
    )
    assert back["enrolled"] == 1
    enrolled = (await api.outbox())[-1]
    assert (enrolled.key, enrolled.data["version"]) == (known["pupil_id"], 3)
    assert (await pupils(api, school))[0]["name"] == "Nguyễn Thị An"

    await api.post(f"{path}/withdraw", json=body | {"version": 3, "day": "2027-03-01"})
    erased = await api.post(f"{path}/erase", json={"version": 4})
    assert erased["state"] == "erased"
    assert await api.post(f"{path}/erase", json={"version": 4}) == erased
    tombstone = (await api.outbox())[-1]
    assert (tombstone.key, tombstone.data) == (known["pupil_id"], None)
    read = await api.get(path)
    assert (read["code"], read["name"], read["birth_date"]) == (None, None, None)
    assert {step["note"] for step in read["history"]} == {None}
    assert await api.rows("SELECT 1 FROM subject_key") == []
    assert (await api.rows("SELECT sealed FROM pupil"))[0].sealed is None
    move = {"version": 4, "day": "2027-03-02", "reason_code": "moved", "grade": "7"}
    await api.post(f"{path}/transfer", json=move, expect=409)


async def test_keys_and_tombstones_are_emitted_anew(
    api: Any, school: Any, settings: AdmissionsSettings
) -> None:
    gone = await pupil(api, school)
    body = {"version": 1, "day": "2026-12-01", "reason_code": "other"}
    await api.post(f"/pupils/{gone['pupil_id']}/withdraw", json=body)
    await api.post(f"/pupils/{gone['pupil_id']}/erase", json={"version": 2})
    await enrol(api, HEADER + OTHER)
    (stays,) = await pupils(api, school)
    before = await api.outbox()
    assert await asyncio.to_thread(emit_keys, settings, []) == 0
    key, tombstone = (await api.outbox())[len(before) :]
    assert key in before
    assert key.key == stays["pupil_id"]
    assert (tombstone.key, tombstone.data) == (gone["pupil_id"], None)


async def test_a_stranger_cannot_tell_which_pupils_exist(api: Any, school: Any) -> None:
    known = await pupil(api, school)
    other = f"principal//{known['pupil_id']}"
    path = f"/pupils/{known['pupil_id']}"
    absent = f"/pupils/{school['school_id']}"
    hidden = await api.get(path, token=other, expect=404)
    missing = await api.get(absent, token=other, expect=404)
    assert hidden | {"instance": ""} == missing | {"instance": ""}
    withdrawal = {"version": 1, "day": "2026-12-01", "reason_code": "other"}
    await api.post(f"{path}/withdraw", json=withdrawal, token=other, expect=404)
    await api.get(path, token="teacher", expect=403)
    await api.get(absent, token="teacher", expect=403)
    await api.get(path, token="auditor")
    own = f"principal//{school['school_id']}"
    await api.get(path, token=own)
    await api.post(f"{path}/erase", json={"version": 1}, token=own, expect=403)
    await api.get(f"/schools/{school['school_id']}/pupils", token=other, expect=404)
    await api.post(f"{path}/withdraw", json=withdrawal, token=own)


async def test_two_imports_of_one_pupil_at_once_leave_one(api: Any, school: Any) -> None:
    async def send() -> int:
        answer = await api.client.post(
            "/v1/enrolments/import",
            content=(HEADER + ROW).encode(),
            params=PARAMS,
            headers={
                "Authorization": "Bearer service",
                "Idempotency-Key": str(time.perf_counter_ns()),
            },
        )
        return int(answer.status_code)

    statuses = await asyncio.gather(*(send() for _ in range(4)))
    assert 200 in statuses
    assert set(statuses) <= {200, 409}
    assert len(await pupils(api, school)) == 1


async def test_four_thousand_pupils_take_as_many_statements_as_one(api: Any, school: Any) -> None:
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(api.database.engine.sync_engine, "before_cursor_execute", count)
    await enrol(api, HEADER + OTHER)
    one = list(statements)
    statements.clear()
    rows = [
        f"08021500{number:04d};Nguyễn Văn {chr(65 + number % 26)};05/09/2015;Nam;Kinh;6;80001;\n"
        for number in range(1000, 5000)
    ]
    answer = await enrol(api, HEADER + "".join(rows))
    assert answer["enrolled"] == 4000
    assert statements == one
    assert len(await pupils(api, school, limit=500)) == 500
