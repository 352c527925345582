"""Calling the roll over HTTP: what stands, what is told, what is refused."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.clock import new_id
from edu.testing.facts import SCHOOL, YEAR
from edu.testing.service import an_id

PUPILS = AN, BINH, CHI = [an_id(name) for name in ("An", "Bình", "Chi")]
GUARDIAN = f"guardian/{an_id('guardian')}"
TODAY = date(2026, 11, 20)
"""By the clock that stands."""
WITH, WITHOUT, LATE = "with-leave", "without-leave", "late"


@pytest.fixture
async def class_id(book: Any) -> str:
    found: str = await book.class_6a(PUPILS)
    return found


def path(class_id: str, day: object = TODAY, session: str = "morning") -> str:
    return f"/classes/{class_id}/roll-calls/{day}/{session}"


async def call(book: Any, class_id: str, version: int, **options: Any) -> Any:
    """Call the roll as the teacher of mathematics; ``absent`` by pupil."""
    absent = [{"pupil_id": p, "state": s} for p, s in options.pop("absent", {}).items()]
    at = path(class_id, options.pop("day", TODAY), options.pop("session", "morning"))
    options.setdefault("token", book.teacher)
    return await book.put(at, {"version": version, "absent": absent}, **options)


async def test_one_fact_tells_a_roll_call_and_one_each_correction(book: Any, class_id: str) -> None:
    called = await call(book, class_id, 0, absent={AN: WITHOUT, BINH: LATE})
    assert (called["version"], called["pupils_due"]) == (1, 3)
    await call(book, class_id, 1, absent={AN: WITH})
    first, second = (one.data for one in await book.outbox("attendance-marked"))
    assert first | {"pupils": None, "after": None} == {
        "class_id": class_id,
        "school_id": SCHOOL,
        "school_year": YEAR,
        "grade": "6",
        "day": str(TODAY),
        "session": "morning",
        "marked_by": an_id("teacher"),
        "pupils_due": 3,
        "before_pupils_due": 0,
        "pupils": None,
        "after": None,
        "before": {"at": [], "value": []},
    }
    assert dict(zip(first["pupils"], first["after"], strict=True)) == {AN: WITHOUT, BINH: LATE}
    assert dict(zip(second["pupils"], second["after"], strict=True)) == {AN: WITH, BINH: None}
    before = dict(
        zip(
            (second["pupils"][at] for at in second["before"]["at"]),
            second["before"]["value"],
            strict=True,
        )
    )
    assert before == {AN: WITHOUT, BINH: LATE}
    assert (second["pupils_due"], second["before_pupils_due"]) == (3, 3)


async def test_a_whole_class_that_is_there_is_told_too(book: Any, class_id: str) -> None:
    await call(book, class_id, 0)
    [fact] = await book.outbox("attendance-marked")
    assert (fact.data["pupils"], fact.data["pupils_due"]) == ([], 3)


async def test_sent_again_nothing_changes(book: Any, class_id: str) -> None:
    key = new_id()
    once = await call(book, class_id, 0, absent={AN: LATE}, key=key)
    assert await call(book, class_id, 0, absent={AN: LATE}, key=key) == once
    assert await call(book, class_id, 0, absent={AN: LATE}) == once
    assert len(await book.outbox("attendance-marked")) == 1


async def test_who_had_seen_another_roll_call_is_shown_it(book: Any, class_id: str) -> None:
    await call(book, class_id, 0, absent={AN: WITH})
    refused = await call(book, class_id, 0, absent={BINH: WITH}, expect=409)
    assert refused["version"] == 1
    assert refused["absent"] == [{"pupil_id": AN, "state": WITH}]
    assert refused["marked_by"] == an_id("teacher")
    assert len(await book.outbox("attendance-marked")) == 1


async def test_of_two_people_who_call_a_roll_at_once_one_is_told_of_the_other(
    book: Any, class_id: str
) -> None:
    async def save(pupil: str, token: str) -> int:
        body = {"version": 0, "absent": [{"pupil_id": pupil, "state": WITH}]}
        answer = await book.send("PUT", path(class_id), body, token=token)
        return int(answer.status_code)

    statuses = await asyncio.gather(save(AN, book.teacher), save(BINH, book.principal))
    assert sorted(statuses) == [200, 409]
    assert len(await book.outbox("attendance-marked")) == 1


async def test_the_roll_call_shows_its_history(book: Any, class_id: str) -> None:
    await call(book, class_id, 0, absent={AN: WITHOUT})
    await call(book, class_id, 1, token=book.principal)
    read = await book.get(path(class_id), token=book.teacher)
    assert (read["version"], {line["state"] for line in read["pupils"]}) == (2, {None})
    first, second = read["history"]
    assert first["changes"] == [{"pupil_id": AN, "before": None, "after": WITHOUT}]
    assert second["changes"] == [{"pupil_id": AN, "before": WITHOUT, "after": None}]
    assert (first["by"], second["by"]) == (an_id("teacher"), an_id("principal"))


async def test_history_is_append_only(book: Any, class_id: str) -> None:
    await call(book, class_id, 0)
    with pytest.raises(DBAPIError, match="append-only"):
        await _forge(book)


async def _forge(book: Any) -> None:
    async with book.database.transaction() as session:
        await session.execute(text("UPDATE roll_save SET marked_by = NULL"))


async def test_a_pupil_counts_one_absence_a_day(book: Any, class_id: str) -> None:
    yesterday = TODAY - timedelta(days=1)
    await call(book, class_id, 0, absent={AN: WITHOUT})
    await call(book, class_id, 0, absent={AN: WITH, BINH: LATE}, session="afternoon")
    await call(book, class_id, 0, absent={AN: WITH}, day=yesterday)
    await book.hear(book.facts.linked(an_id("guardian"), AN))
    read = await book.get(f"/pupils/{AN}/attendance", token=GUARDIAN)
    assert (read["absences"], read["limit"]) == (2, 45)
    assert [(one["day"], one["session"], one["state"]) for one in read["missed"]] == [
        (str(yesterday), "morning", WITH),
        (str(TODAY), "morning", WITHOUT),
        (str(TODAY), "afternoon", WITH),
    ]
    late = await book.get(f"/pupils/{BINH}/attendance")
    assert (late["absences"], len(late["missed"])) == (0, 1)
    await book.get(f"/pupils/{BINH}/attendance", token=GUARDIAN, expect=404)


async def test_of_whom_no_roll_was_called_nothing_is_counted(book: Any, class_id: str) -> None:
    assert class_id
    assert (await book.get(f"/pupils/{AN}/attendance"))["absences"] is None


async def test_passing_30_and_45_is_told_in_both_directions(book: Any, class_id: str) -> None:
    days = [TODAY - timedelta(days=back) for back in range(46)]
    for day in days:
        await call(book, class_id, 0, absent={AN: WITHOUT}, day=day)
    await call(book, class_id, 1, absent={}, day=days[7])
    facts = [one.data for one in await book.outbox("absences-counted")]
    counted = [(one["before_absences"], one["absences"]) for one in facts]
    assert counted == [(0, 30), (30, 46), (46, 45)]
    assert {one["pupil_id"] for one in facts} == {AN}


async def test_who_has_not_called_the_roll_is_known(book: Any, class_id: str) -> None:
    other = await book.class_6a(name="6B")
    await call(book, class_id, 0, absent={AN: WITHOUT, BINH: LATE})
    when = {"school_year": YEAR, "day": str(TODAY), "session": "morning"}
    read = await book.get(f"/schools/{SCHOOL}/roll-calls", params=when)
    assert (read["called"], read["waiting"]) == (1, 1)
    rolls = {one["class_id"]: one["roll_call"] for one in read["classes"]}
    assert rolls[other] is None
    assert {name: rolls[class_id][name] for name in ("absent", "unexcused", "late")} == {
        "absent": 1,
        "unexcused": 1,
        "late": 1,
    }


async def test_a_correction_keeps_the_list_of_its_day(book: Any, class_id: str) -> None:
    yesterday = TODAY - timedelta(days=1)
    await call(book, class_id, 0, day=yesterday)
    await call(book, class_id, 0)
    new = an_id("Dũng")
    await book.hear(book.facts.enrolled(new))
    await book.put(f"/classes/{class_id}/pupils", {"pupil_ids": [new]})
    grown = await call(book, class_id, 1, absent={new: LATE})
    assert grown["pupils_due"] == 4
    await call(book, class_id, 1, absent={new: LATE}, day=yesterday, expect=422)
    await book.put(f"/classes/{class_id}/pupils", {"pupil_ids": [], "removed_ids": [AN]})
    assert (await call(book, class_id, 2, absent={AN: LATE}))["pupils_due"] == 4
    facts = [one.data for one in await book.outbox("attendance-marked")]
    assert sum(one["pupils_due"] - one["before_pupils_due"] for one in facts) == 3 + 4


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"absent": {an_id("stranger"): WITH}}, "absent[0]"),
        ({"absent": {AN: "other"}}, "absent[0]"),
        ({"absent": {AN: "sick"}}, "absent[0].state"),
        ({"day": TODAY + timedelta(days=1)}, "day"),
    ],
    ids=["stranger", "other", "unknown", "tomorrow"],
)
async def test_what_cannot_be_is_refused_with_its_place(
    book: Any, class_id: str, body: dict[str, Any], where: str
) -> None:
    refused = await call(book, class_id, 0, **body, expect=422)
    assert [one["where"] for one in refused["errors"]] == [where]
    assert await book.outbox("attendance-marked") == []


async def test_an_empty_class_and_a_day_outside_the_year_are_refused(book: Any) -> None:
    empty = await book.class_6a()
    await call(book, empty, 0, expect=422)
    await book.hear(book.facts.year())
    outside = book.facts.year().first_day - timedelta(days=1)
    refused = await call(book, empty, 0, day=outside, expect=422)
    assert refused["errors"][0]["where"] == "day"


async def test_the_homeroom_teacher_calls_the_roll_and_a_stranger_finds_nothing(
    book: Any, class_id: str
) -> None:
    homeroom = new_id()
    await book.put(f"/classes/{class_id}", {"name": "6A", "homeroom_teacher_id": homeroom})
    await call(book, class_id, 0, token=f"homeroom-teacher/{homeroom}")
    await call(book, class_id, 1, token=f"teacher/{new_id()}", expect=404)
    await call(book, class_id, 1, token="department-officer", expect=403)
    await book.get(path(class_id), token=f"teacher/{new_id()}", expect=404)
