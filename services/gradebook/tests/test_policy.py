"""Who may do what: the table in the README, and the same answers over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from chassis.auth import Role
from chassis.clock import new_id
from gradebook.policy import POLICY

AN = "00000000-0000-4000-8000-000000000000"
OTHERS = [
    "teacher/{stranger}",
    "homeroom-teacher/{stranger}",
    "principal/{stranger}/{stranger}",
    "guardian/{stranger}",
]


def test_the_readme_shows_the_table_that_decides() -> None:
    readme = Path(__file__).parents[1] / "README.md"
    assert POLICY.table() in readme.read_text(encoding="utf-8")


def test_a_guardian_reads_scores_and_an_auditor_only_reads() -> None:
    allowed = {(role, action) for action, role, _, decided in POLICY.matrix() if decided}
    assert {action for role, action in allowed if role is Role.GUARDIAN} == {
        "scores.read",
        "children.list",
        "attendance.read",
        "results.read",
    }
    assert {action for role, action in allowed if role is Role.AUDITOR} == {
        "classes.read",
        "pupils.list",
        "scores.read",
        "attendance.read",
        "history.read",
        "history.verify",
        "results.read",
        "results.survey",
        "windows.read",
        "books.review",
        "books.supervise",
        "reopenings.read",
        "conduct.read",
        "assessments.read",
    }


@pytest.mark.parametrize("token", OTHERS)
async def test_to_others_a_class_and_its_scores_do_not_exist(book: Any, token: str) -> None:
    class_id = await book.class_6a([AN])
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}])
    other = token.format(stranger=new_id())
    # What no guardian may, whoever's they are, is refused as such.
    expect = 403 if token.startswith("guardian") else 404
    for present, absent, status in (
        (f"/classes/{class_id}", f"/classes/{new_id()}", expect),
        (f"/classes/{class_id}/sheets", f"/classes/{new_id()}/sheets", 404),
        (f"/sheets/{sheet_id}", f"/sheets/{new_id()}", 404),
        (f"/pupils/{AN}/scores", f"/pupils/{new_id()}/scores", 404),
        (f"/pupils/{AN}/results", f"/pupils/{new_id()}/results", 404),
        (f"/pupils/{AN}/attendance", f"/pupils/{new_id()}/attendance", 404),
        (f"/history?class_id={class_id}", f"/history?class_id={new_id()}", expect),
    ):
        there = await book.get(present, token=other, expect=status)
        not_there = await book.get(absent, token=other, expect=status)
        assert there["detail"] == not_there["detail"]
    cells = [{"pupil_id": AN, "score": "9", "version": 1}]
    for sheet in (sheet_id, new_id()):
        await book.save(sheet, cells, reason_code="remarked", token=other, expect=expect)


async def test_a_teacher_enters_own_subject_only(book: Any) -> None:
    class_id = await book.class_6a([AN])
    sheet_id = await book.sheet(class_id, subject="VAN")
    cells = [{"pupil_id": AN, "score": "8"}]
    await book.save(sheet_id, cells, expect=404)
    column = book.column(class_id, subject="VAN", position=2)
    await book.post("/sheets", column, token=book.teacher, expect=404)
    await book.get(f"/sheets/{sheet_id}", token=book.teacher, expect=404)
    await book.save(sheet_id, cells, token=book.principal)
    row = await book.get(f"/pupils/{AN}/scores", token=book.teacher)
    assert row["columns"] == []


async def test_the_homeroom_teacher_reads_the_whole_class_and_enters_nothing(book: Any) -> None:
    class_id = await book.class_6a([AN])
    homeroom = new_id()
    await book.put(f"/classes/{class_id}", {"name": "6A", "homeroom_teacher_id": homeroom})
    sheet_id = await book.sheet(class_id)
    cells = [{"pupil_id": AN, "score": "8"}]
    await book.save(sheet_id, cells)
    for role in ("teacher", "homeroom-teacher"):
        token = f"{role}/{homeroom}"
        await book.get(f"/classes/{class_id}", token=token)
        await book.get(f"/sheets/{sheet_id}", token=token)
        row = await book.get(f"/pupils/{AN}/scores", token=token)
        assert row["columns"][0]["score"] == "8"
        await book.save(sheet_id, cells, token=token, expect=404)


@pytest.mark.parametrize("role", ["department-officer", "service"])
async def test_the_department_enters_examinations_and_no_schools_column(
    book: Any, role: str
) -> None:
    class_id = await book.class_6a([AN])
    paper = book.column(class_id, term="CN", kind="exam", candidates=1)
    (sheet,) = (await book.put("/sheets", {"sheets": [paper]}, token=role))["sheets"]
    cells = [{"pupil_id": AN, "score": "8,25"}]
    await book.save(sheet["sheet_id"], cells, token=role)
    for token in (book.teacher, book.principal):
        await book.save(sheet["sheet_id"], cells, token=token, expect=403)
    own = await book.sheet(class_id)
    await book.save(own, [{"pupil_id": AN, "score": "8"}], token=role, expect=403)
    await book.get(f"/sheets/{own}", token=role)
    await book.get(f"/sheets/{new_id()}", token=role, expect=404)
    await book.save(new_id(), cells, token=role, expect=404)


async def test_only_the_administration_opens_classes_and_places_pupils(book: Any) -> None:
    class_id = await book.class_6a([AN])
    body = {"pupil_ids": [AN]}
    await book.put(f"/classes/{class_id}/pupils", body, token=book.teacher, expect=403)
    school_id = book.facts.school().school_id
    new = {"school_id": school_id, "school_year": "2026-2027", "grade": "6", "name": "6Z"}
    elsewhere = f"principal/{new_id()}/{new_id()}"
    for token in (book.teacher, elsewhere, "auditor"):
        await book.post("/classes", {"classes": [new]}, token=token, expect=403)
