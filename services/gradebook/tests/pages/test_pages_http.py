"""What a browser is given, and whose children a guardian is told of."""

from http import HTTPStatus
from typing import Any

import pytest

from chassis.clock import new_id
from edu.testing import facts
from edu.testing.service import an_id

GUARDIAN = an_id("guardian")
MINE, OTHER = an_id("mine"), an_id("somebody else's")


@pytest.mark.parametrize(
    "path", ["/book", "/roll-call", "/child", "/closing", "/results", "/pages/book/grid.js"]
)
async def test_a_page_runs_its_own_files_alone_and_is_asked_for_once(book: Any, path: str) -> None:
    answer = await book.client.get(path)
    assert answer.status_code == HTTPStatus.OK
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    again = await book.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")


@pytest.mark.parametrize("name", ["nothing.js", "../http.py", "__init__.py", "book"])
async def test_nothing_else_is_served(book: Any, name: str) -> None:
    answer = await book.client.get(f"/pages/{name}")
    assert answer.status_code == HTTPStatus.NOT_FOUND


async def test_the_closed_lists_are_those_of_the_contracts(book: Any) -> None:
    lists = (await book.client.get("/pages/lists.json")).json()
    assert {"code": "TOAN", "vi": "Toán", "en": "Mathematics"} in lists["subjects"]
    assert lists["reasons"][0] == "entry-error"
    assert lists["reopening"]["reasons"][1] == "late"
    assert lists["reopening"]["hours"] == 72


async def test_a_guardian_is_told_of_the_own_children(book: Any) -> None:
    enrolled, key = facts.person(MINE, "Nguyễn Thị Ánh")
    await book.hear(facts.school())
    await book.hear(enrolled)
    await book.hear(key)
    await book.class_6a([OTHER])
    asked = {"token": f"guardian/{GUARDIAN}"}
    assert await book.get("/children", **asked) == {"children": []}
    await book.hear(facts.linked(GUARDIAN, MINE), facts.linked(new_id(), OTHER))
    (child,) = (await book.get("/children", **asked))["children"]
    assert (child["pupil_id"], child["name"]) == (MINE, "Nguyễn Thị Ánh")
    assert (child["school_year"], child["class_name"]) == (facts.YEAR, None)
    await book.class_6a([MINE], name="6B")
    (child,) = (await book.get("/children", **asked))["children"]
    assert child["class_name"] == "6B"
    await book.hear(facts.unlinked(GUARDIAN, MINE, version=2))
    assert await book.get("/children", **asked) == {"children": []}
    assert await book.get("/children", token="guardian/no-person") == {"children": []}
