"""Score sheets over HTTP on a real database: answers, rows, outbox rows, refusals."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.clock import business_day, new_id, now
from contracts.envelope import Tombstone

TEACHER = "a1475d64-10ff-5e3b-acd0-f67374433c7d"
AN, BINH, CHI = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))
CELLS = "SELECT pupil_id::text, version, value, state FROM cell ORDER BY pupil_id"


async def _sheet(book: Any, *pupils: str, **column: Any) -> str:
    class_id = await book.class_6a(pupils or (AN, BINH))
    return str(await book.sheet(class_id, **column))


async def test_a_sheet_is_opened_with_a_cell_due_for_each_pupil(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    opened = await book.post("/sheets", book.column(class_id), expect=201)
    assert opened["cells_due"] == 2
    (event,) = await book.outbox("sheet-opened")
    assert (event.topic, event.key) == ("gradebook.scores.v1", opened["school_id"])
    assert event.data == {**opened, "before_cells_due": 0}

    again = await book.post("/sheets", book.column(class_id), expect=409)
    assert again["type"].endswith("sheet-already-open")
    assert again["sheet_id"] == opened["sheet_id"]


async def test_programs_open_or_get_many_sheets_at_once(book: Any) -> None:
    class_id = await book.class_6a([AN])
    columns = [book.column(class_id, position=position) for position in (1, 2, 1)]
    first = (await book.put("/sheets", {"sheets": columns}))["sheets"]
    assert [sheet["opened"] for sheet in first] == [True, True, False]
    assert first[0]["sheet_id"] == first[2]["sheet_id"]
    again = (await book.put("/sheets", {"sheets": columns[:2]}))["sheets"]
    assert [sheet["sheet_id"] for sheet in again] == [sheet["sheet_id"] for sheet in first[:2]]
    assert not any(sheet["opened"] for sheet in again)
    assert len(await book.outbox("sheet-opened")) == 2


async def test_a_column_that_the_law_does_not_know_is_not_opened(book: Any) -> None:
    class_id = await book.class_6a([AN])
    wanted = book.column(class_id, position=5)
    refused = await book.post("/sheets", wanted, expect=422)
    assert "chỉ có 4 cột đánh giá thường xuyên" in refused["errors"][0]["what"]


async def test_an_examination_has_its_own_candidates(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    paper = book.column(class_id, term="CN", kind="exam")
    refused = await book.put("/sheets", {"sheets": [paper]}, token="service", expect=422)
    assert refused["errors"][0]["where"] == "sheets[0].candidates"
    too_many = {"sheets": [paper | {"candidates": 3}]}
    await book.put("/sheets", too_many, token="service", expect=422)
    for candidates, opened in ((1, True), (1, False), (2, False)):
        body = {"sheets": [paper | {"candidates": candidates}]}
        (sheet,) = (await book.put("/sheets", body, token="service"))["sheets"]
        assert (sheet["cells_due"], sheet["opened"]) == (candidates, opened)
    due = [
        (event.data["before_cells_due"], event.data["cells_due"])
        for event in await book.outbox("sheet-opened")
    ]
    assert due == [(0, 1), (1, 2)]
    saved = await book.save(sheet["sheet_id"], [{"pupil_id": AN, "score": "8,25"}], token="service")
    assert saved["cells"][0]["score"] == "8.25"


async def test_one_save_is_rows_history_and_one_event(book: Any) -> None:
    sheet_id = await _sheet(book, AN, BINH, CHI)
    saved = await book.save(
        sheet_id,
        [
            {"pupil_id": AN, "score": "8,5"},
            {"pupil_id": BINH, "state": "excused"},
            {"pupil_id": CHI, "state": "zero-by-rule"},
        ],
    )
    assert saved == {
        "sheet_id": sheet_id,
        "changed": 3,
        "cells": [
            {"pupil_id": AN, "score": "8.5", "state": None, "version": 1},
            {"pupil_id": BINH, "score": None, "state": "excused", "version": 1},
            {"pupil_id": CHI, "score": "0", "state": "zero-by-rule", "version": 1},
        ],
    }
    assert await book.rows(CELLS) == [
        (AN, 1, 850, None),
        (BINH, 1, None, "excused"),
        (CHI, 1, 0, "zero-by-rule"),
    ]
    (event,) = await book.outbox("score-entered")
    assert event.data["pupils"] == [AN, BINH, CHI]
    assert event.data["after"] == [850, None, 0]
    assert event.data["before"] == {"at": [], "value": []}
    assert event.data["state"] == {"at": [1, 2], "value": ["excused", "zero-by-rule"]}
    assert event.data["entered_by"] == TEACHER
    assert event.data["day"] == business_day(now()).isoformat()
    assert event.data["reason_code"] is None


async def test_a_correction_carries_before_and_why_and_leaves_the_words_at_home(book: Any) -> None:
    sheet_id = await _sheet(book)
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}, {"pupil_id": BINH, "score": "6"}])
    correction = [
        {"pupil_id": AN, "score": "9", "version": 1},
        {"pupil_id": BINH, "score": "6", "version": 1},
    ]
    refused = await book.save(sheet_id, correction, expect=422)
    assert refused["errors"][0]["where"] == "cells[0].score"
    assert "phải có lý do" in refused["errors"][0]["what"]
    saved = await book.save(
        sheet_id, correction, reason_code="remarked", reason="Phúc khảo ngày 3/10"
    )
    assert saved["changed"] == 1
    event = (await book.outbox("score-entered"))[-1]
    assert event.data["pupils"] == [AN]
    assert (event.data["before"], event.data["after"]) == ({"at": [0], "value": [800]}, [900])
    assert event.data["reason_code"] == "remarked"
    assert "Phúc khảo" not in str(event.data)
    history = "SELECT version, before, after, reason_code, reason FROM cell_change "
    rows = await book.rows(history + "WHERE pupil_id = CAST(:pupil AS uuid) ORDER BY 1", pupil=AN)
    assert rows == [
        (1, None, 800, None, None),
        (2, 800, 900, "remarked", "Phúc khảo ngày 3/10"),
    ]


async def test_saving_what_already_stands_changes_and_says_nothing(book: Any) -> None:
    sheet_id = await _sheet(book)
    cells = [{"pupil_id": AN, "score": "8"}]
    await book.save(sheet_id, cells)
    again = await book.save(sheet_id, cells)
    assert again["changed"] == 0
    assert again["cells"][0]["version"] == 1
    assert len(await book.outbox("score-entered")) == 1


async def test_a_stale_version_names_the_cell_as_it_is_and_saves_nothing(book: Any) -> None:
    sheet_id = await _sheet(book)
    person, key = book.facts.person(AN, "Nguyễn Thị An")
    await book.hear(key)
    await book.hear(person.model_copy(update={"version": 2}))
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}])
    refused = await book.save(
        sheet_id,
        [{"pupil_id": BINH, "score": "7"}, {"pupil_id": AN, "score": "9"}],
        token=book.principal,
        expect=409,
    )
    assert refused["type"].endswith("cells-changed")
    assert refused["errors"][0]["where"] == "cells[1].version"
    assert "Dòng 2: ô điểm đang là 8" in refused["errors"][0]["what"]
    assert "Nguyễn" not in str(refused)
    (cell,) = refused["cells"]
    assert cell.pop("changed_at").startswith(f"{now():%Y-%m}")
    assert cell == {
        "sheet_id": sheet_id,
        "pupil_id": AN,
        "score": "8",
        "state": None,
        "version": 1,
        "changed_by": TEACHER,
    }
    assert await book.rows(CELLS) == [(AN, 1, 800, None)]


async def test_a_version_of_a_cell_that_nobody_touched_is_stale_too(book: Any) -> None:
    sheet_id = await _sheet(book)
    cells = [{"pupil_id": AN, "score": "9", "version": 4}]
    refused = await book.save(sheet_id, cells, expect=409)
    assert refused["cells"][0] == {
        "sheet_id": sheet_id,
        "pupil_id": AN,
        "score": None,
        "state": None,
        "version": 0,
        "changed_by": None,
        "changed_at": None,
    }


async def test_every_wrong_row_is_named_at_once_and_nothing_is_saved(book: Any) -> None:
    sheet_id = await _sheet(book)
    cells = [
        {"pupil_id": AN, "score": "85"},
        {"pupil_id": BINH, "score": "7,25"},
        {"pupil_id": CHI, "score": "7"},
    ]
    refused = await book.save(sheet_id, cells, expect=422)
    assert [error["where"] for error in refused["errors"]] == [
        "cells[0].score",
        "cells[1].score",
        "cells[2].pupil_id",
    ]
    assert refused["errors"][0]["what"].startswith("Dòng 1: điểm “85” lớn hơn 10")
    assert await book.rows(CELLS) == []
    assert await book.outbox("score-entered") == []


@pytest.mark.parametrize(
    ("cell", "where"),
    [
        ({"score": 8.5}, "cells[0].score"),
        ({"score": "8", "points": 1}, "cells[0].points"),
        ({"score": "8", "state": "absent"}, "cells[0].state"),
        ({"score": "8", "version": -1}, "cells[0].version"),
        ({"score": "8", "pupil_id": "AN"}, "cells[0].pupil_id"),
    ],
)
async def test_a_field_of_the_wrong_kind_is_named(book: Any, cell: Any, where: str) -> None:
    refused = await book.save(new_id(), [{"pupil_id": AN} | cell], expect=422)
    assert [error["where"] for error in refused["errors"]] == [where]


@pytest.mark.parametrize(("day", "expect"), [("2026-09-05", 200), ("2026-09-04", 422)])
async def test_a_day_lies_in_the_school_year(book: Any, day: str, expect: int) -> None:
    sheet_id = await _sheet(book)
    await book.hear(book.facts.year())
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}], day=day, expect=expect)
    assert [event.data["day"] for event in await book.outbox("score-entered")] == (
        [day] if expect == 200 else []
    )


async def test_a_day_is_not_in_the_future(book: Any) -> None:
    sheet_id = await _sheet(book)
    cells = [{"pupil_id": AN, "score": "8"}]
    refused = await book.save(sheet_id, cells, day="2999-01-01", expect=422)
    assert refused["errors"][0]["where"] == "day"


async def test_a_comment_subject_is_written_in_words(book: Any) -> None:
    sheet_id = await _sheet(book, subject="GDTC")
    cells = [{"pupil_id": AN, "score": "Đ"}, {"pupil_id": BINH, "score": "CĐ"}]
    saved = await book.save(sheet_id, cells, token=book.principal)
    assert [cell["score"] for cell in saved["cells"]] == ["Đ", "CĐ"]
    (event,) = await book.outbox("score-entered")
    assert event.data["after"] == [1, 0]


async def test_several_sheets_are_saved_together_or_not_at_all(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    first, second = [await book.sheet(class_id, position=position) for position in (1, 2)]

    def saves(score: str) -> dict[str, Any]:
        return {
            "saves": [
                {"sheet_id": first, "cells": [{"pupil_id": AN, "score": "7", "version": 0}]},
                {"sheet_id": second, "cells": [{"pupil_id": BINH, "score": score, "version": 0}]},
            ]
        }

    refused = await book.put("/sheets/cells", saves("77"), token=book.teacher, expect=422)
    assert refused["errors"][0]["where"] == "saves[1].cells[0].score"
    assert await book.rows(CELLS) == []
    saved = await book.put("/sheets/cells", saves("8"), token=book.teacher)
    assert [sheet["cells"][0]["score"] for sheet in saved["sheets"]] == ["7", "8"]
    assert len(await book.outbox("score-entered")) == 2
    twice = {"saves": [saves("8")["saves"][0]] * 2}
    assert (await book.put("/sheets/cells", twice, expect=422))["type"].endswith("sheet-twice")


async def test_the_same_key_answers_the_same_and_saves_once(book: Any) -> None:
    sheet_id = await _sheet(book)
    cells, key = [{"pupil_id": AN, "score": "8"}], new_id()
    first = await book.save(sheet_id, cells, key=key)
    assert await book.save(sheet_id, cells, key=key) == first
    assert len(await book.outbox("score-entered")) == 1


async def test_a_sheet_is_read_with_names_in_the_order_of_a_class_list(book: Any) -> None:
    class_id = await book.class_6a()
    names = {AN: "Trần Văn Đức", BINH: "Lê Thị Dung", CHI: "Nguyễn Văn Ân"}
    for pupil_id, name in names.items():
        person, key = book.facts.person(pupil_id, name)
        await book.hear(person)
        await book.hear(key)
    unnamed = new_id()
    await book.hear(book.facts.enrolled(unnamed))
    await book.put(f"/classes/{class_id}/pupils", {"pupil_ids": [*names, unnamed]})
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": CHI, "score": "7,5"}])
    sheet = await book.get(f"/sheets/{sheet_id}", token=book.teacher)
    assert [(cell["name"], cell["score"], cell["version"]) for cell in sheet["cells"]] == [
        ("Nguyễn Văn Ân", "7.5", 1),
        ("Lê Thị Dung", None, 0),
        ("Trần Văn Đức", None, 0),
        ("chưa có tên", None, 0),
    ]


async def test_a_pupils_row_tells_everything_that_ever_happened(book: Any) -> None:
    sheet_id = await _sheet(book)
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}])
    await book.save(sheet_id, [{"pupil_id": AN, "version": 1}], reason_code="entry-error")
    await book.save(sheet_id, [{"pupil_id": AN, "score": "9", "version": 2}])
    row = await book.get(f"/pupils/{AN}/scores", token=book.teacher)
    (column,) = row["columns"]
    assert (column["score"], column["version"]) == ("9", 3)
    told = [
        (line["what"], line["before"], line["after"], line["value_before_deletion"])
        for line in column["history"]
    ]
    assert told == [
        ("entered", None, "8", None),
        ("deleted", "8", None, None),
        ("re-entered", None, "9", "8"),
    ]
    assert {line["by"] for line in column["history"]} == {TEACHER}
    nothing = await book.get(f"/pupils/{AN}/scores", params={"term": "HK2"})
    assert nothing["columns"] == []


async def test_the_sheets_of_a_class_are_listed_with_what_is_entered(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    await book.sheet(class_id, kind="endterm")
    sheet_id = await book.sheet(class_id)
    await book.sheet(class_id, subject="VAN")
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}])
    listed = (await book.get(f"/classes/{class_id}/sheets"))["sheets"]
    assert [(sheet["subject"], sheet["kind"], sheet["cells_entered"]) for sheet in listed] == [
        ("TOAN", "regular", 1),
        ("TOAN", "endterm", 0),
        ("VAN", "regular", 0),
    ]
    own = (await book.get(f"/classes/{class_id}/sheets", token=book.teacher))["sheets"]
    assert {sheet["subject"] for sheet in own} == {"TOAN"}


async def test_history_cannot_be_altered_even_in_the_database(book: Any) -> None:
    sheet_id = await _sheet(book)
    await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}])
    for statement in (
        "UPDATE cell_change SET after = 900",
        "UPDATE cell_change SET reason = 'another'",
        "UPDATE cell_change SET reason = NULL, reason_code = NULL, day = day - 1",
        "DELETE FROM cell_change",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with book.database.transaction() as session:
                await session.execute(text(statement))


async def test_the_words_about_an_erased_pupil_are_forgotten_and_the_history_stays(
    book: Any,
) -> None:
    sheet_id = await _sheet(book)
    both = [{"pupil_id": pupil, "score": "8"} for pupil in (AN, BINH)]
    await book.save(sheet_id, both)
    corrected = [{"pupil_id": pupil, "score": "9", "version": 1} for pupil in (AN, BINH)]
    await book.save(sheet_id, corrected, reason_code="other", reason="nhầm với em An")
    await book.hear(Tombstone(AN), Tombstone(CHI))
    lines = (
        "SELECT pupil_id::text, version, after, reason_code, reason FROM cell_change "
        "ORDER BY version, pupil_id"
    )
    assert await book.rows(lines) == [
        (AN, 1, 800, None, None),
        (BINH, 1, 800, None, None),
        (AN, 2, 900, "other", None),
        (BINH, 2, 900, "other", "nhầm với em An"),
    ]


async def test_whoever_has_no_id_of_a_person_enters_nothing(book: Any) -> None:
    sheet_id = await _sheet(book)
    token = f"principal/someone/{book.facts.school().school_id}"
    refused = await book.save(sheet_id, [{"pupil_id": AN, "score": "8"}], token=token, expect=403)
    assert refused["type"].endswith("subject-not-a-person")
