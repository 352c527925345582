"""A primary class's year (TT 27/2020): levels, the tests of its end, support, the principal."""

from typing import Any

import pytest

from contracts.lists import Grade, Level
from edu.testing.facts import SCHOOL, YEAR
from gradebook.results.domain import primary

from .year import AN, BINH, HOMEROOM

TOKEN = f"homeroom-teacher/{HOMEROOM}"
TESTED = {"TV": "10", "TOAN": "9", "NN1": "9", "THCN": "10", "LSDL": "9", "KH": "9"}
BEST = {
    "subjects": dict.fromkeys((*primary.subjects_of(5), "AM_NHAC", "MI_THUAT"), "T"),
    "qualities": dict.fromkeys(primary.QUALITIES, "T"),
    "competences": dict.fromkeys(primary.COMPETENCES, "T"),
}


@pytest.fixture
async def class_id(book: Any) -> str:
    """Open class 5A with two pupils, and close term I."""
    await book.hear(book.facts.school(levels=(Level.TH,)))
    room = {"school_id": SCHOOL, "school_year": YEAR, "grade": "5", "name": "5A"}
    room["homeroom_teacher_id"] = HOMEROOM
    (opened,) = (await book.post("/classes", {"classes": [room]}, expect=201))["classes"]
    await book.hear(*(book.facts.enrolled(pupil, grade=Grade.G5) for pupil in (AN, BINH)))
    path = f"/classes/{opened['class_id']}"
    await book.put(f"{path}/pupils", {"pupil_ids": [AN, BINH]})
    await book.post(f"{path}/terms/HK1/closing", {})
    return str(opened["class_id"])


async def examined(book: Any, class_id: str, **an: str) -> None:
    """Save and lock the tests of the year's end: BINH did well, AN had these."""
    plan = {"term": "HK2", "due_on": "2027-05-20", "subjects": None}
    found = await book.put(f"/classes/{class_id}/assessment-plan", plan)
    assert {one["subject"] for one in found["books"]} == set(TESTED)
    sheets = await book.get(f"/classes/{class_id}/sheets", params={"term": "HK2"})
    for sheet in sheets["sheets"]:
        good = TESTED[sheet["subject"]]
        mark = an.get(sheet["subject"], good) if sheet["kind"] == "endterm" else good
        cells = [{"pupil_id": AN, "score": mark}, {"pupil_id": BINH, "score": good}]
        await book.save(sheet["sheet_id"], cells, token=book.principal)
    for subject in TESTED:
        await book.post(f"/classes/{class_id}/books/{subject}/HK2/lock", {})


async def assess(book: Any, class_id: str, period: str, *rows: Any, **options: Any) -> Any:
    path = f"/classes/{class_id}/assessments/{period}"
    return await book.put(path, {"pupils": list(rows)}, token=TOKEN, **options)


async def close(book: Any, class_id: str, term: str, *, expect: int = 200, **body: Any) -> Any:
    return await book.post(f"/classes/{class_id}/terms/{term}/closing", body, expect=expect)


async def said(book: Any, name: str) -> list[Any]:
    return [one.data for one in await book.outbox(name)]


async def test_the_best_year_answers_from_the_database(book: Any, class_id: str) -> None:
    await examined(book, class_id)
    refused = await close(book, class_id, "HK2", expect=409)
    assert refused["type"].endswith("homeroom-missing")
    rows = [{"pupil_id": pupil, "version": 0} | BEST for pupil in (AN, BINH)]
    await assess(book, class_id, "year", *rows)
    closed = await close(book, class_id, "HK2")
    assert (closed["study"], closed["year_end"]) == ({"HTXS": 2}, {"completed": 2})
    (result,) = await said(book, "primary-result-decided")
    assert result["after"] == ["excellent", "excellent"]
    (completion,) = await said(book, "completion-confirmed")
    assert (completion["after"], completion["round"]) == (["completed", "completed"], 1)
    found = await book.get(f"/pupils/{AN}/results")
    assert found["primary"] == {
        "result": "HTXS",
        "result_after_support": None,
        "title": "HS_XUAT_SAC",
        "outcome": "completed",
        "completed": True,
    }
    assert found["explanation"][-1]["law"] == "TT 27/2020 Điều 11"
    assert await said(book, "term-result-decided") == []


async def test_support_mends_a_year_and_else_the_principal_decides(
    book: Any, class_id: str
) -> None:
    await examined(book, class_id, TOAN="4", NN1="3")
    rows = [{"pupil_id": pupil, "version": 0} | BEST for pupil in (AN, BINH)]
    await assess(book, class_id, "year", *rows)
    await close(book, class_id, "HK2")
    (promotion,) = await said(book, "promotion-decided")
    assert promotion["after"] == ["summer", "promoted"]
    again = {"pupil_id": AN, "version": 0, "tests": {"TOAN": 6, "NN1": 4}}
    await assess(book, class_id, "support", again)
    await close(book, class_id, "HE")
    found = (await book.get(f"/pupils/{AN}/results"))["primary"]
    assert (found["result"], found["outcome"]) == ("CHT", "principal_decides")
    decided = [{"pupil_id": AN, "promotes": True}]
    await close(book, class_id, "HE", promotions=decided)
    promotion = (await said(book, "promotion-decided"))[-1]
    assert (promotion["pupils"], promotion["after"]) == ([AN], ["promoted-after-summer"])
    # Read by its default the law confirms completion for results alone.
    completion = (await said(book, "completion-confirmed"))[-1]
    assert (completion["pupils"], completion["after"], completion["round"]) == (
        [AN],
        ["not-completed"],
        2,
    )


async def test_what_the_law_does_not_know_is_refused_row_by_row(book: Any, class_id: str) -> None:
    rows = [
        {"pupil_id": AN, "version": 0, "subjects": {"TOAN": "X"}},
        {"pupil_id": BINH, "version": 0, "qualities": {"LICH_SU": "T"}},
    ]
    refused = await assess(book, class_id, "year", *rows, expect=422)
    assert [one["where"] for one in refused["errors"]] == [
        "pupils[0].subjects.TOAN",
        "pupils[1].qualities.LICH_SU",
    ]
    await assess(book, class_id, "mid-2", {"pupil_id": AN, "version": 0} | BEST)
    read = await book.get(f"/classes/{class_id}/assessments/mid-2")
    assert {one["pupil_id"]: one["version"] for one in read["pupils"]} == {AN: 1, BINH: 0}
    stale = {"pupil_id": AN, "version": 0} | BEST
    assert (await assess(book, class_id, "mid-2", stale, expect=409))["pupils"] == [AN]
