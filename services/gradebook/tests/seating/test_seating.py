"""Seats: placed by people, lost by facts of enrolment, and what each sheet then waits for."""

from typing import Any

import pytest

from chassis.clock import new_id
from contracts.lists import Grade

AN, BINH, CHI = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))
SEATS = "SELECT pupil_id::text, class_id::text, version FROM placement ORDER BY pupil_id"


async def _due(book: Any) -> list[tuple[int, int]]:
    return [
        (event.data["before_cells_due"], event.data["cells_due"])
        for event in await book.outbox("sheet-opened")
    ]


async def _place(book: Any, class_id: str, *pupil_ids: str, **options: Any) -> Any:
    return await book.put(f"/classes/{class_id}/pupils", {"pupil_ids": pupil_ids}, **options)


async def test_pupils_are_placed_and_their_sheets_wait_for_them(book: Any) -> None:
    class_id = await book.class_6a([AN])
    await book.sheet(class_id)
    await book.hear(book.facts.enrolled(BINH))
    placed = await _place(book, class_id, AN, BINH)
    assert placed == {
        "class_id": class_id,
        "placed": 1,
        "removed": 0,
        "unchanged": 1,
        "pupils": 2,
    }
    assert await book.rows(SEATS) == [(AN, class_id, 1), (BINH, class_id, 1)]
    assert await _due(book) == [(0, 1), (1, 2)]
    events = await book.outbox("pupil-placed")
    assert [(event.data["pupil_id"], event.data["before_class_id"]) for event in events] == [
        (AN, None),
        (BINH, None),
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (None, "chưa có trong danh sách"),
        ({"school_id": new_id()}, "đang học ở trường khác"),
        ({"grade": Grade.G7}, "đang học Lớp 7"),
        ({"school_year": "2027-2028"}, "ghi danh ở năm học 2027-2028"),
    ],
)
async def test_only_pupils_of_the_school_year_and_grade_are_placed(
    book: Any, fields: Any, why: str
) -> None:
    class_id = await book.class_6a()
    await book.hear(book.facts.enrolled(AN))
    if fields is not None:
        await book.hear(book.facts.enrolled(BINH, **fields))
    refused = await _place(book, class_id, AN, BINH, expect=409)
    assert refused["type"].endswith("pupils-not-enrolled-here")
    assert refused["errors"][0]["where"] == "pupil_ids[1]"
    assert why in refused["errors"][0]["what"]
    assert await book.rows(SEATS) == []


async def test_a_pupil_has_one_seat_a_year_and_moves_with_both_classes_sheets(book: Any) -> None:
    first = await book.class_6a([AN, BINH])
    second = await book.class_6a(name="6B")
    await book.sheet(first)
    await book.sheet(second)
    await _place(book, second, AN)
    assert await book.rows(SEATS) == [(AN, second, 2), (BINH, first, 1)]
    assert await _due(book) == [(0, 2), (0, 0), (2, 1), (0, 1)] or await _due(book) == [
        (0, 2),
        (0, 0),
        (0, 1),
        (2, 1),
    ]
    moved = (await book.outbox("pupil-placed"))[-1].data
    assert (moved["class_id"], moved["before_class_id"]) == (second, first)


async def test_a_pupil_is_taken_out_only_of_the_class_that_is_named(book: Any) -> None:
    first = await book.class_6a([AN])
    second = await book.class_6a(name="6B")
    body = {"pupil_ids": [], "removed_ids": [AN]}
    assert (await book.put(f"/classes/{second}/pupils", body))["unchanged"] == 1
    assert (await book.put(f"/classes/{first}/pupils", body))["removed"] == 1
    assert await book.rows(SEATS) == [(AN, None, 2)]
    assert await _place(book, first, AN)
    assert await book.rows(SEATS) == [(AN, first, 3)]


@pytest.mark.parametrize("body", [{"pupil_ids": []}, {"pupil_ids": [AN], "removed_ids": [AN]}])
async def test_a_request_that_says_nothing_or_both_is_refused(book: Any, body: Any) -> None:
    class_id = await book.class_6a()
    await book.put(f"/classes/{class_id}/pupils", body, expect=422)


@pytest.mark.parametrize("leave", ["transferred", "withdrawn", "enrolled"])
async def test_whoever_leaves_the_school_leaves_the_class(book: Any, leave: str) -> None:
    class_id = await book.class_6a([AN, BINH])
    await book.sheet(class_id)
    facts = book.facts
    fact = {
        "transferred": facts.transferred(AN, 2, school_id=new_id()),
        "withdrawn": facts.withdrawn(AN, 2),
        "enrolled": facts.enrolled(AN, 2, school_id=new_id()),
    }[leave]
    await book.hear(fact)
    assert await book.rows(SEATS) == [(AN, None, 2), (BINH, class_id, 1)]
    left = (await book.outbox("pupil-placed"))[-1]
    assert left.key == facts.school().school_id
    assert (left.data["class_id"], left.data["before_class_id"]) == (None, class_id)
    assert await _due(book) == [(0, 2), (2, 1)]
    before = len(await book.outbox())
    await book.hear(fact)
    await book.hear(facts.enrolled(AN, 1))
    assert len(await book.outbox()) == before


async def test_facts_that_change_nothing_about_the_seat_leave_it(book: Any) -> None:
    class_id = await book.class_6a([AN])
    await book.hear(book.facts.transferred(AN, 2))
    await book.hear(
        book.facts.enrolled(AN, 3, school_year="2027-2028", grade=Grade.G7, school_id=new_id())
    )
    assert await book.rows(SEATS) == [(AN, class_id, 1)]


async def test_several_pupils_leave_in_one_batch(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH, CHI])
    await book.sheet(class_id)
    await book.hear(
        book.facts.withdrawn(BINH, 2),
        book.facts.transferred(AN, 2, school_id=new_id()),
        book.facts.withdrawn(AN, 3),
    )
    assert [row[:2] for row in await book.rows(SEATS)] == [
        (AN, None),
        (BINH, None),
        (CHI, class_id),
    ]
    assert await _due(book) == [(0, 3), (3, 1)]


async def test_a_score_of_a_pupil_who_left_stays_due_as_long_as_it_stands(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}])
    await book.hear(book.facts.withdrawn(AN, 2))
    assert await _due(book) == [(0, 2)]
    sheet = await book.get(f"/sheets/{sheet_id}", token=book.teacher)
    assert [(cell["pupil_id"], cell["in_class"]) for cell in sheet["cells"]] == [
        (AN, False),
        (BINH, True),
    ]
    deletion = [{"pupil_id": AN, "version": 1}]
    await book.save(sheet_id, deletion, reason_code="rule-applied")
    assert await _due(book) == [(0, 2), (2, 1)]
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8", "version": 2}])
    assert await _due(book) == [(0, 2), (2, 1), (1, 2)]


async def test_the_candidates_of_an_examination_do_not_follow_the_class(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    paper = book.column(class_id, term="CN", kind="exam", candidates=2)
    await book.put("/sheets", {"sheets": [paper]}, token="service")
    await book.hear(book.facts.withdrawn(AN, 2))
    await book.put("/sheets", {"sheets": [paper]}, token="service")
    assert await _due(book) == [(0, 2)]
