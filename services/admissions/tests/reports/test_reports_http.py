"""Files of reports: only what changed is told, with what it replaces, and every fault is named."""

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("school")

ABOUT = "school_year=2026-2027&day=2026-09-30"
CAMERAS = "Mã nơi;Nội dung;Số lượng;Người dùng\n80001;Camera;{};265\n25459;Cổng thông tin;1;\n"


async def send(api: Any, kind: str, text: str, **options: Any) -> Any:
    path = f"/reports/{kind}/import?{ABOUT}"
    return await api.post(path, content=text.encode(), **options)


async def test_only_what_changed_is_told_with_what_it_replaces(api: Any) -> None:
    first = await send(api, "adoption", CAMERAS.format(12))
    assert first == {"reported": 2, "unchanged": 0, "ignored_columns": []}
    again = await send(api, "adoption", CAMERAS.format(12))
    assert again == {"reported": 0, "unchanged": 2, "ignored_columns": []}
    await send(api, "adoption", CAMERAS.format(9))
    told = [event.data for event in await api.outbox("adoption-reported")]
    counts = [(one["system"], one["version"], one["before"], one["after"]) for one in told]
    twelve, nine, portal = (
        {"items": items, "users": users, "out_of": 0}
        for items, users in ((12, 265), (9, 265), (1, 0))
    )
    assert counts == [
        ("camera", 1, None, twelve),
        ("portal", 1, None, portal),
        ("camera", 2, twelve, nine),
    ]
    [school] = (await api.get("/schools"))["items"]
    [ward] = (await api.get("/units?code=25459"))["items"]
    assert [one["place_id"] for one in told[:2]] == [school["school_id"], ward["unit_id"]]


async def test_staff_and_population_come_by_file_too(api: Any) -> None:
    await send(
        api, "staff", "Mã nơi;Vị trí;Mã môn;Tổng số;Nữ;Định mức\n80001;giao vien;TOAN;6;4;7\n"
    )
    [told] = await api.outbox("staff-reported")
    assert (told.data["role"], told.data["subject"]) == ("teacher", "TOAN")
    assert told.data["after"] == {
        "staff": 6, "women": 4, "qualified": 0, "certified": 0, "norm": 7,
    }  # fmt: skip
    await send(api, "population", "Mã xã;Tuổi;Dân số\n25459;6;1.412\n")
    [told] = await api.outbox("population-reported")
    assert (told.data["age"], told.data["after"], told.data["before"]) == (6, 1412, None)


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        ("adoption", "Mã nơi;Nội dung;Số lượng\n99999;Camera;1\n", "dòng 2, cột Mã nơi"),
        ("adoption", "Mã nơi;Nội dung;Số lượng\n80001;Phép màu;1\n", "dòng 2, cột Nội dung"),
        ("adoption", "Mã nơi;Nội dung;Số lượng\n80001;Camera;-1\n", "dòng 2, cột Số lượng"),
        ("adoption", "Mã nơi;Nội dung;Số lượng\n" + "80001;Camera;1\n" * 2, "dòng 3, cột Mã nơi"),
        ("staff", "Mã nơi;Vị trí;Tổng số;Nữ\n80001;Giáo viên;3;4\n", "dòng 2, cột Nữ"),
        ("staff", "Mã nơi;Vị trí;Mã môn;Tổng số\n80001;Giáo viên;PHEP;3\n", "dòng 2, cột Mã môn"),
        ("population", "Mã xã;Tuổi;Dân số\n25459;99;3\n", "dòng 2, cột Tuổi"),
    ],
)  # fmt: skip
async def test_every_fault_is_named_and_nothing_is_written(
    api: Any, kind: str, text: str, where: str
) -> None:
    refused = await send(api, kind, text, expect=422)
    assert [error["where"] for error in refused["errors"]] == [where]
    assert all(error["how"] for error in refused["errors"])
    assert await api.outbox(f"{kind}-reported") == []


async def test_only_the_department_and_its_services_report(api: Any) -> None:
    await send(api, "adoption", CAMERAS.format(1), token="principal", expect=403)
    await send(api, "adoption", CAMERAS.format(1), token="service")
