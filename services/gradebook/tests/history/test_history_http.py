"""Who changed what, when, from where, why, and to what effect: over HTTP, as inspectors ask."""

import csv
import io
from typing import Any

import pytest
from openpyxl import load_workbook

from edu.testing.facts import SCHOOL, YEAR
from edu.testing.service import an_id

PUPILS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)]
FIRST, SECOND, THIRD = PUPILS
AUDITOR = "auditor"


async def edited(book: Any) -> tuple[str, str]:
    """Let the teacher correct one score, delete and re-enter two, one of them as it was."""
    class_id = await book.class_6a(PUPILS)
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": one, "score": "8"} for one in PUPILS])
    why = {"reason_code": "entry-error", "reason": "nhập nhầm dòng"}
    await book.save(sheet_id, [{"pupil_id": FIRST, "score": "9,5", "version": 1}], **why)
    gone = [{"pupil_id": one, "score": None, "version": 1} for one in (SECOND, THIRD)]
    await book.save(sheet_id, gone, **why)
    again = [
        {"pupil_id": SECOND, "score": "4", "version": 2},
        {"pupil_id": THIRD, "score": "8", "version": 2},
    ]
    await book.save(sheet_id, again, token=book.principal)
    return class_id, sheet_id


async def test_every_change_with_who_when_where_and_why(book: Any) -> None:
    class_id, sheet_id = await edited(book)
    found = await book.get("/history", params={"class_id": class_id}, token=AUDITOR)
    assert [one["sheet_id"] for one in found["columns"]] == [sheet_id]
    assert found["columns"][0]["class_name"] == "6A"
    assert set(found["pupils"]) == set(PUPILS)
    first, corrected, deleted, again = found["saves"]
    assert {one["what"] for one in first["changes"]} == {"entered"}
    assert first["device"].startswith("python-httpx/")
    assert first["address"] == "127.0.0.1"
    assert corrected["by"] == an_id("teacher")
    assert corrected["reason"] == "nhập nhầm dòng"
    (change,) = corrected["changes"]
    assert (change["before"], change["after"]) == ("8", "9.5")
    assert (change["edited"], change["direction"]) == ("8", "up")
    assert change["reason_code"] == "entry-error"
    assert {one["what"] for one in deleted["changes"]} == {"deleted"}
    assert again["by"] == an_id("principal")
    told = {one["pupil_id"]: one for one in again["changes"]}
    assert told[SECOND]["value_before_deletion"] == "8"
    assert (told[SECOND]["edited"], told[SECOND]["direction"]) == ("8", "down")
    assert (told[THIRD]["edited"], told[THIRD]["direction"]) == (None, None)


async def test_deleting_and_entering_again_collapses_into_its_true_effect(book: Any) -> None:
    class_id, _ = await edited(book)
    found = await book.get("/history/effect", params={"class_id": class_id}, token=AUDITOR)
    assert found["summary"] == {
        "changes": 5,
        "edits": 2,
        "up": 1,
        "down": 1,
        "pupils": 2,
        "cells": {"raised": 1, "lowered": 1, "unchanged": 1, "removed": 0},
    }
    cells = {one["pupil_id"]: one["cells"][0] for one in found["pupils"]}
    assert (cells[SECOND]["before"], cells[SECOND]["after"]) == ("8", "4")
    assert cells[SECOND]["by"] == sorted([an_id("teacher"), an_id("principal")])
    assert cells[THIRD]["effect"] == "unchanged"


@pytest.mark.parametrize(
    ("params", "changes"),
    [
        ({"teacher_id": an_id("principal")}, 2),
        ({"edited": "true"}, 5),
        ({"subject": "TOAN", "term": "HK1"}, 8),
        ({"subject": "VAN"}, 0),
        ({"term": "HK2"}, 0),
        ({"last_day": "2020-01-01"}, 0),
        ({"first_day": "2020-01-01"}, 8),
        ({"first_day": "2220-01-01"}, 0),
    ],
)
async def test_a_part_of_it(book: Any, params: dict[str, str], changes: int) -> None:
    class_id, _ = await edited(book)
    school = {"school_id": SCHOOL, "school_year": YEAR}
    for place in ({"class_id": class_id}, school):
        found = await book.get("/history", params=place | params, token=AUDITOR)
        assert sum(len(one["changes"]) for one in found["saves"]) == changes


async def test_what_a_change_is_follows_from_all_that_came_before(book: Any) -> None:
    class_id, _ = await edited(book)
    params = {"class_id": class_id, "teacher_id": an_id("principal")}
    found = await book.get("/history", params=params, token=AUDITOR)
    assert {one["what"] for save in found["saves"] for one in save["changes"]} == {"re-entered"}
    effect = await book.get("/history/effect", params=params, token=AUDITOR)
    assert effect["summary"]["edits"] == 1
    assert effect["summary"]["pupils"] == 1


async def test_a_place_is_asked_for(book: Any) -> None:
    await book.class_6a(PUPILS)
    for params in (
        {},
        {"school_id": SCHOOL},
        {"school_id": SCHOOL, "school_year": YEAR, "class_id": an_id("class")},
    ):
        problem = await book.get("/history", params=params, token=AUDITOR, expect=422)
        assert problem["type"].endswith("place-missing")


async def test_a_teacher_reads_the_own_subject_only(book: Any) -> None:
    class_id, sheet_id = await edited(book)
    other = await book.sheet(class_id, subject="VAN")
    await book.save(other, [{"pupil_id": FIRST, "score": "7"}], token=book.principal)
    found = await book.get("/history", params={"class_id": class_id}, token=book.teacher)
    assert {one["sheet_id"] for one in found["saves"]} == {sheet_id}
    found = await book.get("/history", params={"class_id": class_id}, token=book.principal)
    assert {one["sheet_id"] for one in found["saves"]} == {sheet_id, other}


async def test_the_same_as_a_file_in_which_no_text_is_a_formula(book: Any) -> None:
    class_id = await book.class_6a(PUPILS)
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": FIRST, "score": "8"}])
    cells = [{"pupil_id": FIRST, "score": "5", "version": 1}]
    await book.save(sheet_id, cells, reason_code="other", reason="=1+1")
    params = {"class_id": class_id, "format": "csv"}
    answer = await book.send("GET", "/history/export", params=params, token=AUDITOR)
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [(one["Trước"], one["Sau"]) for one in lines] == [("", "8"), ("8", "5")]
    assert lines[1]["Lý do"] == "'=1+1"
    params["format"] = "xlsx"
    answer = await book.send("GET", "/history/export", params=params, token=AUDITOR)
    workbook = load_workbook(io.BytesIO(answer.content))
    effects, changes = workbook.worksheets
    assert [cell.value for cell in effects[2]][7:10] == ["8", "5", "giảm"]
    assert changes.max_row == 3
    (quoted,) = [cell for cell in changes[3] if cell.value == "=1+1"]
    assert (quoted.data_type, quoted.quotePrefix) == ("s", True)
