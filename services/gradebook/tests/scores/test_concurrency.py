"""Two people at one cell, two programs at one column: nobody overwrites what they did not see."""

import asyncio
from typing import Any

from chassis.clock import new_id

AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))


async def _status(book: Any, method: str, path: str, body: object, token: str) -> int:
    answer = await book.client.request(
        method,
        f"/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": new_id()},
    )
    return int(answer.status_code)


async def test_of_two_saves_of_one_cell_one_is_told_of_the_other(book: Any) -> None:
    sheet_id = await book.sheet(await book.class_6a([AN, BINH]))
    path = f"/sheets/{sheet_id}/cells"
    for version in range(5):
        statuses = await asyncio.gather(
            *(
                _status(
                    book,
                    "PUT",
                    path,
                    {
                        "cells": [{"pupil_id": AN, "score": score, "version": version}],
                        "reason_code": "remarked",
                    },
                    token,
                )
                for score, token in ((f"{version}", book.teacher), (f"{version}.5", book.principal))
            )
        )
        assert sorted(statuses) == [200, 409]
    assert await book.rows("SELECT version FROM cell") == [(5,)]
    assert len(await book.outbox("score-entered")) == 5


async def test_two_programs_that_open_one_column_get_one_sheet(book: Any) -> None:
    class_id = await book.class_6a([AN])
    for position in (1, 2, 3, 4):
        body = {"sheets": [book.column(class_id, position=position)]}
        tokens = (book.teacher, book.principal)
        statuses = await asyncio.gather(
            *(_status(book, "PUT", "/sheets", body, token) for token in tokens)
        )
        assert statuses == [200, 200]
    assert await book.rows("SELECT count(*) FROM sheet") == [(4,)]
    assert len(await book.outbox("sheet-opened")) == 4


async def test_placing_pupils_and_opening_sheets_agree_on_what_is_due(book: Any) -> None:
    class_id = await book.class_6a([AN])
    await book.hear(book.facts.enrolled(BINH))
    sheets = {"sheets": [book.column(class_id, position=position) for position in (1, 2, 3, 4)]}
    statuses = await asyncio.gather(
        _status(book, "PUT", "/sheets", sheets, book.teacher),
        _status(book, "PUT", f"/classes/{class_id}/pupils", {"pupil_ids": [BINH]}, book.principal),
    )
    assert set(statuses) == {200}
    assert await book.rows("SELECT DISTINCT cells_due FROM sheet") == [(2,)]
    due = 0
    for event in await book.outbox("sheet-opened"):
        due += event.data["cells_due"] - event.data["before_cells_due"]
    assert due == 8


async def test_whoever_is_withdrawn_while_being_placed_has_no_seat(book: Any) -> None:
    class_id = await book.class_6a([AN])
    await book.sheet(class_id)
    for _ in range(5):
        pupil_id = new_id()
        await book.hear(book.facts.enrolled(pupil_id))
        path, body = f"/classes/{class_id}/pupils", {"pupil_ids": [pupil_id]}
        placed, _ = await asyncio.gather(
            _status(book, "PUT", path, body, book.principal),
            book.hear(book.facts.withdrawn(pupil_id, 2)),
        )
        assert placed in {200, 409}
    assert await book.rows("SELECT pupil_id::text FROM placement WHERE class_id IS NOT NULL") == [
        (AN,)
    ]
    assert await book.rows("SELECT cells_due FROM sheet") == [(1,)]
