"""A class's year: conduct, closing, what is decided, said, and said again when it changes."""

from collections.abc import Mapping
from typing import Any

import pytest

from chassis.clock import new_id
from contracts.envelope import Tombstone
from contracts.lists import Sex
from edu.testing.facts import SCHOOL

from .year import AN, BINH, HOMEROOM, columns, conduct, fill, lock, plan

SCORED = ("TOAN", "VAN", "NN1", "GDCD", "LSDL", "KHTN", "CN", "TIN")
COMMENTED = ("GDTC", "NT", "HDTN", "GDDP")
GOOD = dict.fromkeys(SCORED, "8.5") | dict.fromkeys(COMMENTED, "Đ")


async def close(book: Any, class_id: str, term: str, *, expect: int = 200, **body: Any) -> Any:
    return await book.post(f"/classes/{class_id}/terms/{term}/closing", body, expect=expect)


async def said(book: Any, name: str) -> list[Mapping[str, Any]]:
    return [one.data for one in await book.outbox(name)]


async def term_of(
    book: Any, class_id: str, term: str, marks: Mapping[str, Mapping[str, str]]
) -> None:
    """Plan, fill and lock every subject of a term; ``marks`` by subject and pupil."""
    await plan(book, class_id, subjects=(*SCORED, *COMMENTED), term=term)
    for subject, column in marks.items():
        await fill(book, class_id, subject, column, term)
        await lock(book, class_id, subject, term, accepts=["outlier", "crossing", "off-hours-bulk"])


def both(**an: str) -> dict[str, dict[str, str]]:
    """Give BINH good marks everywhere, and AN these instead."""
    return {subject: {AN: an.get(subject, mark), BINH: mark} for subject, mark in GOOD.items()}


async def test_a_year_is_decided_term_by_term_and_the_summer_mends_it(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    await term_of(book, class_id, "HK1", both())
    refused = await close(book, class_id, "HK1", expect=409)
    assert refused["type"].endswith("homeroom-missing")
    await conduct(book, class_id, {AN: "good", BINH: "good"}, absences=2)
    closed = await close(book, class_id, "HK1")
    assert (closed["study"], closed["waiting"]) == ({"TOT": 2}, [])
    (first,) = await said(book, "term-result-decided")
    assert (first["term"], first["after"]) == ("HK1", ["good", "good"])
    assert first["before"] == {"at": [], "value": []}
    averages = await said(book, "subject-averages-computed")
    assert {one["subject"] for one in averages} == set(SCORED)
    assert {one["after"][0] for one in averages} == {850}
    assert await said(book, "promotion-decided") == []

    # Closed: the homeroom teacher writes no more, and the summer is not before term II.
    rows = {"pupils": [{"pupil_id": AN, "version": 1, "level": "fair"}]}
    token = f"homeroom-teacher/{HOMEROOM}"
    refused = await book.put(f"/classes/{class_id}/conduct/HK1", rows, token=token, expect=409)
    assert refused["type"].endswith("term-closed")
    assert (await close(book, class_id, "HE", expect=409))["type"].endswith("earlier-term-open")

    await term_of(book, class_id, "HK2", both(TOAN="0.5", VAN="0.8"))
    await conduct(book, class_id, {AN: "good", BINH: "good"}, "HK2", absences=1)
    closed = await close(book, class_id, "HK2")
    assert closed["year_end"] == {"retest": 1, "promoted": 1}
    results = await said(book, "term-result-decided")
    assert [(one["term"], one["after"]) for one in results[1:]] == [
        ("HK2", ["unsatisfactory", "good"]),
        ("CN", ["unsatisfactory", "good"]),
    ]
    (promotion,) = await said(book, "promotion-decided")
    assert promotion["after"] == ["summer", "promoted"]
    (title,) = await said(book, "title-awarded")
    assert (title["pupils"], title["after"]) == ([BINH], ["good"])
    retests = await said(book, "retest-required")
    assert {one["subject"] for one in retests} == {"VAN", "TOAN"}
    assert all((one["pupils"], one["after"]) == ([AN], [True]) for one in retests)
    year = [one for one in await said(book, "conduct-decided") if one["term"] == "CN"]
    assert [one["after"] for one in year] == [["good", "good"]]

    # The summer: both subjects again.
    for subject in ("TOAN", "VAN"):
        sheet_id = await book.sheet(class_id, subject=subject, term="HE", kind="retest")
        await book.save(sheet_id, [{"pupil_id": AN, "score": "6"}])
    await close(book, class_id, "HE")
    promotion = (await said(book, "promotion-decided"))[-1]
    assert (promotion["pupils"], promotion["after"]) == ([AN], ["promoted-after-summer"])
    assert promotion["before"] == {"at": [0], "value": ["summer"]}
    mended = (await said(book, "term-result-decided"))[-1]
    assert (mended["term"], mended["pupils"], mended["after"]) == ("CN", [AN], ["fair"])
    found = await book.get(f"/pupils/{AN}/results")
    assert found["conduct"] == ["TOT", "TOT", "TOT"]
    assert found["absences"] == 3
    assert found["after_summer"] == {"conduct": "TOT", "study": "KHA", "promoted": True}


async def test_what_the_homeroom_teacher_wrote_is_written_again(book: Any) -> None:
    class_id = await book.class_6a([AN])
    path, homeroom = f"/classes/{class_id}/conduct/HK1", f"homeroom-teacher/{HOMEROOM}"
    await plan(book, class_id, subjects=("TOAN",))
    await fill(book, class_id, "TOAN", {AN: "8"})
    await lock(book, class_id, "TOAN")
    await conduct(book, class_id, {AN: "good"})
    await close(book, class_id, "HK1")
    found = await book.get(path, token=homeroom)
    assert (found["closed"], found["open"], found["asked_at"]) == (True, False, None)
    asked = await book.post(
        f"/classes/{class_id}/reopenings",
        {"hours": 2, "reason_code": "entry-error"},
        token=homeroom,
        expect=201,
    )
    assert (asked["class_name"], asked["subject"], asked["term"]) == ("6A", None, None)
    assert (await book.get(path))["asked_at"] == asked["requested_at"]
    decision = f"/reopenings/{asked['reopening_id']}/decision"
    confirmed = await book.post(decision, {"confirm": True})
    found = await book.get(path)
    assert (found["closed"], found["open"], found["asked_at"]) == (True, True, None)
    assert found["until"] == confirmed["until"]
    row = {"pupil_id": AN, "version": 1, "level": "fair"}
    await book.put(path, {"pupils": [row]}, token=homeroom)


async def test_a_correction_after_closing_is_said_with_what_was_before(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    await term_of(book, class_id, "HK1", both())
    await conduct(book, class_id, {AN: "good", BINH: "good"})
    await close(book, class_id, "HK1")
    again = await close(book, class_id, "HK1")
    assert again["closings"] == 2
    assert len(await said(book, "term-result-decided")) == 1

    *_, last = await columns(book, class_id, "TOAN")
    asked = await book.post(
        f"/sheets/{last['sheet_id']}/reopenings",
        {"hours": 1, "reason_code": "entry-error"},
        token=book.teacher,
        expect=201,
    )
    await book.post(f"/reopenings/{asked['reopening_id']}/decision", {"confirm": True})
    cells = [{"pupil_id": AN, "score": "0.5", "version": 1}]
    await book.save(last["sheet_id"], cells, reason_code="entry-error")
    await close(book, class_id, "HK1")
    averages = (await said(book, "subject-averages-computed"))[-1]
    assert (averages["subject"], averages["pupils"]) == ("TOAN", [AN])
    assert (averages["before"], averages["after"]) == ({"at": [0], "value": [850]}, [580])
    result = (await said(book, "term-result-decided"))[-1]
    assert (result["before"], result["after"]) == ({"at": [0], "value": ["good"]}, ["fair"])
    assert result["adjusted"] == []


async def test_a_pupil_who_is_counted_elsewhere_is_taken_back_there_first(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    await term_of(book, class_id, "HK1", both())
    await conduct(book, class_id, {AN: "good", BINH: "good"})
    await close(book, class_id, "HK1")
    await book.hear(book.facts.transferred(AN, 2, sex=Sex.MALE, ethnic_minority=True))
    await close(book, class_id, "HK1")
    before, gone, again = await said(book, "term-result-decided")
    at = before["pupils"].index(AN)
    assert (gone["sexes"], gone["after"]) == ([before["sexes"][at]], [None])
    assert gone["before"] == {"at": [0], "value": ["good"]}
    assert (again["sexes"], again["ethnic_minority"], again["after"]) == (
        ["male"],
        [True],
        ["good"],
    )
    assert again["before"] == {"at": [], "value": []}


async def test_conduct_is_the_homeroom_teachers_and_is_told_once(book: Any) -> None:
    class_id = await book.class_6a([AN, BINH])
    await plan(book, class_id, subjects=("TOAN",))
    await conduct(book, class_id, {AN: "good", BINH: "fair"}, remark="Chăm ngoan")
    await conduct(book, class_id, {AN: "good", BINH: "fair"}, remark="Chăm ngoan")
    (event,) = await said(book, "conduct-decided")
    assert (event["term"], event["after"]) == ("HK1", ["good", "fair"])
    assert "Chăm" not in str(event)
    path = f"/classes/{class_id}/conduct/HK1"
    homeroom = f"homeroom-teacher/{HOMEROOM}"
    row = {"pupil_id": AN, "version": 0, "level": "fair"}
    stale = await book.put(path, {"pupils": [row]}, token=homeroom, expect=409)
    assert stale["rows"] == [{"pupil_id": AN, "version": 1}]
    await book.put(path, {"pupils": [row | {"version": 1}]}, token=homeroom)
    event = (await said(book, "conduct-decided"))[-1]
    assert (event["before"], event["after"]) == ({"at": [0], "value": ["good"]}, ["fair"])
    for other in (book.principal, book.teacher, f"homeroom-teacher/{new_id()}"):
        await book.put(
            path, {"pupils": [row]}, token=other, expect=403 if "pr" in other[:2] else 404
        )
    stranger = {"pupil_id": new_id(), "version": 0, "level": "good"}
    await book.put(path, {"pupils": [stranger]}, token=homeroom, expect=422)
    # Erased: the remark goes, the conduct stays under an id that means nobody.

    await book.hear(Tombstone(BINH))
    found = {one["pupil_id"]: one for one in (await book.get(path))["pupils"]}
    assert (found[BINH]["remark"], found[BINH]["level"]) == (None, "fair")


@pytest.mark.parametrize("term", ["HK1", "HK2"])
async def test_a_term_with_an_open_book_is_not_closed(book: Any, term: str) -> None:
    class_id = await book.class_6a([AN])
    await plan(book, class_id, subjects=("TOAN",), term=term)
    refused = await close(book, class_id, term, expect=409)
    what = "books-open" if term == "HK1" else "earlier-term-open"
    assert refused["type"].endswith(what)
    stranger = f"principal/{new_id()}/{new_id()}"
    body: dict[str, Any] = {}
    path = f"/classes/{class_id}/terms/{term}/closing"
    await book.post(path, body, token=stranger, expect=404)
    await book.post(path, body, token=book.teacher, expect=403)
    assert SCHOOL not in refused["detail"]
