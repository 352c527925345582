"""Plans, windows, locks and re-openings over HTTP on a real database."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import business_day, new_id, now
from edu.testing.facts import SCHOOL, YEAR

from .year import AN, BINH, CHI, HOMEROOM, columns, fill, lock, plan, planned

ENDED = text("UPDATE reopening SET until = now() WHERE until IS NOT NULL")
ASKED = {"hours": 24, "reason_code": "entry-error"}


def principal() -> str:
    return f"principal/{new_id()}/{SCHOOL}"


async def windows(book: Any, opens: int, closes: int, **column: Any) -> Any:
    """Let regular columns of term I be written from so many days from today to so many."""
    today = business_day(now())
    window = {
        "term": "HK1",
        "kind": "regular",
        "opens_on": str(today + timedelta(days=opens)),
        "closes_on": str(today + timedelta(days=closes)),
    }
    body = {"school_year": YEAR, "windows": [window | column]}
    return await book.put(f"/schools/{SCHOOL}/entry-windows", body)


async def test_a_plan_opens_every_column_of_the_law_and_says_the_deadline(book: Any) -> None:
    class_id = await planned(book, AN, subjects=("TOAN", "GDTC"))
    kinds = [one["kind"] for one in await columns(book, class_id, "TOAN")]
    assert kinds == ["regular"] * 4 + ["midterm", "endterm"]
    kinds = [one["kind"] for one in await columns(book, class_id, "GDTC")]
    assert kinds == ["regular"] * 2 + ["midterm", "endterm"]
    said = await book.outbox("gradebook-locked")
    assert sorted(one.data["subject"] for one in said) == ["GDTC", "TOAN"]
    assert all((one.data["locked"], one.data["before_locked"]) == (False, None) for one in said)
    # Planned again nothing is said twice, and the deadline stays.
    await book.put(
        f"/classes/{class_id}/assessment-plan",
        {"term": "HK1", "due_on": "2027-02-01", "subjects": [{"subject": "TOAN"}]},
    )
    assert len(await book.outbox("gradebook-locked")) == 2
    found = await book.get(f"/classes/{class_id}/books", params={"term": "HK1"})
    assert {one["due_on"] for one in found["books"]} == {"2027-01-10"}


async def test_a_plan_of_all_subjects_follows_the_subject_plan(book: Any) -> None:
    class_id = await book.class_6a([AN])
    found = await plan(book, class_id, subjects=None)
    assert len(found["books"]) == 12


async def test_a_plan_against_the_law_is_refused_with_the_number_of_the_law(book: Any) -> None:
    class_id = await book.class_6a([AN])
    body = {"term": "HK1", "due_on": "2027-01-10"}
    wrong = [{"subject": "TOAN", "regular": 3}, {"subject": "HOA"}]
    refused = await book.put(
        f"/classes/{class_id}/assessment-plan", body | {"subjects": wrong}, expect=422
    )
    assert [one["where"] for one in refused["errors"]] == [
        "subjects[0].regular",
        "subjects[1].subject",
    ]
    assert "quy định là 4" in refused["errors"][0]["what"]


@pytest.mark.parametrize(
    ("opens", "closes", "why"), [(1, 5, "not-yet"), (-5, -1, "window-over"), (0, 0, None)]
)
async def test_a_column_is_written_within_its_window(
    book: Any, opens: int, closes: int, why: str | None
) -> None:
    class_id = await book.class_6a([AN])
    sheet_id = await book.sheet(class_id)
    await windows(book, opens, closes)
    refused = await book.save(
        sheet_id, [{"pupil_id": AN, "score": "8"}], expect=409 if why else 200
    )
    (column,) = await columns(book, class_id, "TOAN")
    last_day = str(business_day(now()) + timedelta(days=closes))
    entry = {"open": why is None, "why": why, "last_day": last_day}
    entry |= dict.fromkeys(("until", "asked_at"))
    assert column["entry"] == entry
    assert (await book.get(f"/sheets/{sheet_id}"))["entry"] == entry
    if why:
        assert refused["type"].endswith("entry-closed")
        assert refused["errors"][0]["where"] == "cells"
        assert await book.outbox("score-entered") == []


async def test_a_columns_own_window_stands_before_that_of_its_kind(book: Any) -> None:
    class_id = await book.class_6a([AN])
    first = await book.sheet(class_id)
    second = await book.sheet(class_id, position=2)
    await windows(book, -5, -1)
    await windows(book, -5, 5, position=2)
    await book.save(first, [{"pupil_id": AN, "score": "8"}], expect=409)
    await book.save(second, [{"pupil_id": AN, "score": "8"}])
    read = await book.get(f"/schools/{SCHOOL}/entry-windows", params={"school_year": YEAR})
    assert [one["position"] for one in read["windows"]] == [None, 2]


async def test_a_book_is_locked_when_nothing_is_missing(book: Any) -> None:
    class_id = await planned(book, AN, BINH)
    refused = await lock(book, class_id, "TOAN", expect=409)
    assert refused["type"].endswith("cells-missing")
    assert refused["errors"][0]["what"] == "Còn 2 ô chưa có điểm."
    await fill(book, class_id, "TOAN", {AN: "8", BINH: "6.5"})
    await lock(book, class_id, "TOAN")
    await lock(book, class_id, "TOAN")
    said = [(one.data["before_locked"], one.data["locked"]) for one in await locked(book)]
    assert said == [(None, False), (False, True)]
    (first, *_) = await columns(book, class_id, "TOAN")
    correction = [{"pupil_id": AN, "score": "9", "version": 1}]
    refused = await book.save(first["sheet_id"], correction, reason_code="entry-error", expect=409)
    assert "đã khoá" in refused["errors"][0]["what"]


async def locked(book: Any) -> Any:
    return await book.outbox("gradebook-locked")


async def test_what_is_unusual_is_looked_at_before_the_lock(book: Any) -> None:
    pupils = [new_id() for _ in range(9)]
    class_id = await planned(book, *pupils)
    marks = dict.fromkeys(pupils, "7") | {pupils[0]: "7.5"}
    await fill(book, class_id, "TOAN", marks)
    (first, *_) = await columns(book, class_id, "TOAN")
    await book.save(
        first["sheet_id"],
        [{"pupil_id": pupils[1], "score": "1", "version": 1}],
        reason_code="entry-error",
    )
    review = await book.get(f"/classes/{class_id}/books/TOAN/HK1")
    (outlier, *more) = review["anomalies"]
    assert (outlier["kind"], outlier["sheet_id"]) == ("outlier", first["sheet_id"])
    assert outlier["pupils"] == [pupils[1]]
    # 7.0 became 6.3: it had reached 6.5, and no longer does.
    assert {"kind": "crossing", "sheet_id": None, "pupils": [pupils[1]]} in more
    refused = await lock(book, class_id, "TOAN", accepts=["outlier"], expect=409)
    assert refused["type"].endswith("anomalies-found")
    open_kinds = {one["kind"] for one in refused["anomalies"]}
    assert "outlier" not in open_kinds
    assert "crossing" in open_kinds
    await lock(book, class_id, "TOAN", accepts=["outlier", *open_kinds])


async def test_the_school_sees_who_has_not_entered_yet(book: Any) -> None:
    class_id = await planned(book, AN, BINH, subjects=("TOAN", "VAN"))
    await fill(book, class_id, "TOAN", {AN: "8", BINH: "7"})
    (first, *_) = await columns(book, class_id, "VAN")
    cells = [{"pupil_id": AN, "score": "8"}, {"pupil_id": BINH, "state": "excused"}]
    await book.save(first["sheet_id"], cells)
    params = {"school_year": YEAR, "term": "HK1"}
    found = await book.get(f"/schools/{SCHOOL}/missing", params=params)
    (late,) = found["subjects"]
    teacher = book.teacher.partition("/")[2]
    assert (late["subject"], late["teacher_ids"]) == ("VAN", [teacher])
    assert (late["cells_due"], late["cells_entered"], late["cells_excused"]) == (12, 1, 1)

    # A class's own list is for whoever reads its columns: of a subject, its teacher.
    path, params = f"/classes/{class_id}/missing", {"term": "HK1"}
    await book.put(
        f"/classes/{class_id}/teaching",
        {"teaching": [{"subject": "VAN", "teacher_ids": [new_id()]}]},
    )
    homeroom = f"homeroom-teacher/{HOMEROOM}"
    for token, subjects in ((homeroom, ["VAN"]), (book.principal, ["VAN"]), (book.teacher, [])):
        found = await book.get(path, token=token, params=params)
        assert [one["subject"] for one in found["subjects"]] == subjects
    await book.get(path, token=f"teacher/{new_id()}", params=params, expect=404)


async def test_a_locked_column_is_written_again_when_a_second_person_confirms(book: Any) -> None:
    class_id = await planned(book, AN)
    await fill(book, class_id, "TOAN", {AN: "8"})
    await lock(book, class_id, "TOAN")
    first, second, *_ = await columns(book, class_id, "TOAN")
    path = f"/sheets/{first['sheet_id']}/reopenings"
    refused = await book.post(path, ASKED | {"reason_code": "other"}, expect=422)
    assert refused["errors"][0]["where"] == "reason"
    me = principal()
    asked = await book.post(path, ASKED, token=me, expect=201)
    waiting = await book.post(path, ASKED, token=book.teacher, expect=409)
    assert waiting["reopening_id"] == asked["reopening_id"]
    # Whoever may not list the school's requests sees at the column that one waits.
    (shown, untouched, *_) = [one["entry"] for one in await columns(book, class_id, "TOAN")]
    assert (shown["asked_at"], untouched["asked_at"]) == (asked["requested_at"], None)
    correction = [{"pupil_id": AN, "score": "9", "version": 1}]
    await book.save(first["sheet_id"], correction, reason_code="entry-error", expect=409)

    decision = f"/reopenings/{asked['reopening_id']}/decision"
    await book.post(decision, {"confirm": True}, token=book.teacher, expect=403)
    own = await book.post(decision, {"confirm": True}, token=me, expect=403)
    assert own["type"].endswith("same-person")
    confirmed = await book.post(decision, {"confirm": True}, token=principal())
    assert confirmed["state"] == "confirmed"
    await book.post(decision, {"confirm": False}, token=principal(), expect=409)

    column = (await columns(book, class_id, "TOAN"))[0]
    assert (column["entry"]["open"], column["entry"]["until"]) == (True, confirmed["until"])
    assert column["entry"]["asked_at"] is None
    await book.save(first["sheet_id"], correction, reason_code="entry-error")
    # Only this column; the book itself stays locked.
    await book.save(second["sheet_id"], correction, reason_code="entry-error", expect=409)
    assert [one.data["locked"] for one in await locked(book)] == [False, True]
    listed = await book.get(f"/schools/{SCHOOL}/reopenings", params={"state": "confirmed"})
    (one,) = listed["reopenings"]
    assert (one["reopening_id"], one["class_id"]) == (asked["reopening_id"], class_id)
    place = tuple(one[name] for name in ("class_name", "subject", "term", "kind", "position"))
    assert place == ("6A", "TOAN", "HK1", "regular", 1)

    # Its time runs out by itself.
    async with book.database.transaction() as session:
        await session.execute(ENDED)
    again = [{"pupil_id": AN, "score": "8", "version": 2}]
    await book.save(first["sheet_id"], again, reason_code="entry-error", expect=409)


async def test_a_rejected_request_opens_nothing(book: Any) -> None:
    class_id = await planned(book, AN)
    await fill(book, class_id, "TOAN", {AN: "8"})
    await lock(book, class_id, "TOAN")
    first, *_ = await columns(book, class_id, "TOAN")
    path = f"/sheets/{first['sheet_id']}/reopenings"
    asked = await book.post(path, ASKED, token=book.teacher, expect=201)
    decision = f"/reopenings/{asked['reopening_id']}/decision"
    answer = await book.post(decision, {"confirm": False, "reason": "Đúng rồi"}, token=principal())
    assert (answer["state"], answer["until"]) == ("rejected", None)
    correction = [{"pupil_id": AN, "score": "9", "version": 1}]
    await book.save(first["sheet_id"], correction, reason_code="entry-error", expect=409)
    # And somebody may ask again.
    await book.post(path, ASKED, token=book.teacher, expect=201)


async def test_guardians_see_what_is_published_and_nothing_else(book: Any) -> None:
    guardian = new_id()
    class_id = await book.class_6a([AN, BINH, CHI])
    topic = book.facts.linked(guardian, AN).TOPIC
    await book.hear(book.facts.linked(guardian, AN), topic=topic)
    shown = await book.sheet(class_id)
    hidden = await book.sheet(class_id, position=2)
    for sheet_id in (shown, hidden):
        cells = [{"pupil_id": AN, "score": "8"}, {"pupil_id": BINH, "state": "excused"}]
        await book.save(sheet_id, cells)
    row = f"/pupils/{AN}/scores"
    assert (await book.get(row, token=f"guardian/{guardian}"))["columns"] == []
    assert len((await book.get(row))["columns"]) == 2

    body = {"sheet_ids": [shown], "published": True}
    await book.put("/publications", body, token=f"teacher/{new_id()}", expect=404)
    answer = await book.put("/publications", body, token=book.teacher)
    assert answer["sheets"] == [{"sheet_id": shown, "published": True, "changed": True}]
    again = await book.put("/publications", body, token=book.teacher, key=new_id())
    assert not again["sheets"][0]["changed"]
    (event,) = await book.outbox("scores-published")
    assert event.data["pupils"] == [AN, BINH]
    assert event.data["after"] == [800, None]
    assert event.data["state"] == {"at": [1], "value": ["excused"]}
    (column,) = (await book.get(row, token=f"guardian/{guardian}"))["columns"]
    assert (column["sheet_id"], column["score"]) == (shown, "8")
    assert (await book.get(f"/sheets/{shown}"))["published"]

    # Withdrawn: a correction, which says what had been shown.
    await book.put("/publications", body | {"published": False}, token=book.principal)
    withdrawn = (await book.outbox("scores-published"))[-1]
    assert (withdrawn.data["version"], withdrawn.data["after"]) == (2, [None, None])
    assert withdrawn.data["before"] == {"at": [0], "value": [800]}
    assert (await book.get(row, token=f"guardian/{guardian}"))["columns"] == []
