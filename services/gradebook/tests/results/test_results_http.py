"""A pupil's results over HTTP, from the marks that teachers saved."""

from typing import Any

import pytest

from edu.testing.facts import YEAR
from edu.testing.service import an_id

AN = an_id("An")
GUARDIAN = f"guardian/{an_id('guardian')}"


@pytest.fixture
async def class_id(book: Any) -> str:
    """Open class 6A with a pupil whose mathematics of term I is complete: example A1."""
    found: str = await book.class_6a([AN])
    columns = [("regular", at, mark) for at, mark in enumerate(("8", "9", "7", "10"), 1)]
    for kind, position, mark in (*columns, ("midterm", 1, "7.5"), ("endterm", 1, "8")):
        sheet = await book.sheet(found, kind=kind, position=position)
        await book.save(sheet, [{"pupil_id": AN, "score": mark}])
    return found


async def results(book: Any, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = await book.get(f"/pupils/{AN}/results", **options)
    return found


def maths(found: dict[str, Any]) -> list[str | None]:
    """Give the averages of both terms in mathematics."""
    (one,) = [one for one in found["subjects"] if one["subject"] == "TOAN"]
    return list(one["terms"])


async def test_an_average_comes_with_its_arithmetic(book: Any, class_id: str) -> None:
    assert class_id
    found = await results(book)
    (maths,) = [one for one in found["subjects"] if one["subject"] == "TOAN"]
    assert maths == {"subject": "TOAN", "name": "Toán", "terms": ["8.1", None], "year": None}
    said = {one["about"]: one["says"] for one in found["explanation"]}
    assert said["Toán, học kỳ I"] == (
        "(8,0 + 9,0 + 7,0 + 10,0 + 2 × 7,5 + 3 × 8,0) / 9 = 73,0 / 9 = 8,11… → 8,1"
    )
    assert found["rule_set"] == f"TT 22/2021/TT-BGDĐT, lớp 6, {YEAR}"
    assert (found["year"], found["year_end"]) == ({"base": None, "result": None}, "incomplete")


async def test_a_guardian_reads_the_own_childs_and_a_subject_teacher_nobodys(
    book: Any, class_id: str
) -> None:
    await book.hear(book.facts.linked(an_id("guardian"), AN))
    assert maths(await results(book, token=GUARDIAN)) == [None, None]
    sheets = (await book.get(f"/classes/{class_id}/sheets"))["sheets"]
    shown = {"sheet_ids": [one["sheet_id"] for one in sheets[1:]], "published": True}
    await book.put("/publications", shown)
    # One column is not published: nobody could work the average out, so there is none.
    assert maths(await results(book, token=GUARDIAN)) == [None, None]
    await book.put("/publications", shown | {"sheet_ids": [sheets[0]["sheet_id"]]})
    assert maths(await results(book, token=GUARDIAN)) == ["8.1", None]
    await results(book, token=book.teacher, expect=404)
    await results(book, token=f"guardian/{an_id('another')}", expect=404)


async def test_theory_instead_of_practice_is_said_with_its_article(
    book: Any, class_id: str
) -> None:
    assert class_id
    await book.put(f"/pupils/{AN}/subject-plan", {"school_year": YEAR, "exempt": ["GDTC"]})
    found = await results(book)
    assert found["plan"]["exempt"] == ["GDTC"]
    assert found["explanation"][0]["law"] == "TT 22/2021 Điều 10"


async def test_a_pupils_own_plan_goes_before_the_classs(book: Any, class_id: str) -> None:
    await book.put(f"/classes/{class_id}/subject-plan", {"optional": ["NN2"]})
    assert (await results(book))["plan"]["optional"] == ["NN2"]
    own = {"school_year": YEAR, "individual": True}
    await book.put(f"/pupils/{AN}/subject-plan", own)
    found = await results(book)
    assert (found["plan"]["optional"], found["plan"]["individual"]) == ([], True)
    await book.put(f"/pupils/{AN}/subject-plan", own | {"individual": False})
    assert (await results(book))["plan"]["individual"] is False


async def test_a_plan_against_the_curriculum_is_refused_field_by_field(
    book: Any, class_id: str
) -> None:
    refused = await book.put(
        f"/classes/{class_id}/subject-plan", {"chosen": ["LI"], "topics": ["TOAN"]}, expect=422
    )
    assert {one["where"] for one in refused["errors"]} == {"chosen", "topics"}


async def test_of_a_law_that_is_not_kept_there_are_no_results(book: Any, class_id: str) -> None:
    assert class_id
    found = await results(book, params={"school_year": "2019-2020"}, expect=404)
    assert found["detail"]
