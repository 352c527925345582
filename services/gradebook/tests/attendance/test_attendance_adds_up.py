"""Whatever people do, the facts tell all of it: added up, they are the tables."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from edu.testing.facts import OTHER_SCHOOL, SCHOOL, YEAR
from edu.testing.service import an_id
from gradebook.attendance import domain, queries

PUPILS = [an_id(f"pupil {number}") for number in range(5)]
TODAY = date(2026, 11, 20)
DAYS = [TODAY - timedelta(days=back) for back in range(4)]
STATES = ("with-leave", "without-leave", "late", None, None)
STEPS = 50


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_random_month_can_be_recounted_from_the_outbox(
    book: Any, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With limits that a few days reach.
    monkeypatch.setattr(domain, "MANY", 2)
    monkeypatch.setattr(domain, "MOST", 3)
    await _walk(book, Random(seed))
    missed = await _marks_add_up(book)
    async with book.database.reading() as session:
        counted = await queries.absences_of(session, PUPILS, YEAR)
    assert counted == {pupil: len(missed[pupil]) for pupil in counted}
    await _passing_adds_up(book, counted)


async def _marks_add_up(book: Any) -> dict[str, set[str]]:
    """Add the roll-calls up; give the days that each pupil missed."""
    states: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    due: Counter[tuple[str, str, str]] = Counter()
    for event in await book.outbox("attendance-marked"):
        data = event.data
        key = (data["class_id"], data["day"], data["session"])
        assert due[key] == data["before_pupils_due"]
        due[key] = data["pupils_due"]
        before = dict(zip(data["before"]["at"], data["before"]["value"], strict=True))
        for at, (pupil, after) in enumerate(zip(data["pupils"], data["after"], strict=True)):
            assert states[key].pop(pupil, None) == before.get(at)
            if after is not None:
                states[key][pupil] = after
    stored: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for room, day, session, pupil, state in await book.rows(
        "SELECT class_id::text, day::text, session, pupil_id::text, state FROM roll_mark"
    ):
        stored[room, day, session][pupil] = state
    assert {key: of_roll for key, of_roll in states.items() if of_roll} == stored
    listed = await book.rows(
        "SELECT class_id::text, day::text, session, cardinality(pupil_ids) FROM roll_call"
    )
    assert {tuple(row[:3]): row[3] for row in listed} == due

    missed: defaultdict[str, set[str]] = defaultdict(set)
    for (_, day, _), of_roll in states.items():
        for pupil, state in of_roll.items():
            if state != "late":
                missed[pupil].add(day)
    return missed


async def _passing_adds_up(book: Any, counted: Mapping[str, int]) -> None:
    told: Counter[tuple[str, bool, bool]] = Counter()
    where: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in await book.outbox("absences-counted"):
        data = event.data
        for number, by in ((data["absences"], 1), (data["before_absences"], -1)):
            reached, over = number >= 2, number > 3
            told[data["pupil_id"], reached, over] += by
            where[data["school_id"]]["reached"] += by * reached
            where[data["school_id"]]["over"] += by * over
    for pupil, number in counted.items():
        assert told[pupil, True, False] + told[pupil, True, True] == (number >= 2)
        assert told[pupil, True, True] == (number > 3)
    assert all(count >= 0 for of_school in where.values() for count in of_school.values())
    totals = sum((Counter(one) for one in where.values()), Counter[str]())
    assert totals["reached"] == sum(number >= 2 for number in counted.values())
    assert totals["over"] == sum(number > 3 for number in counted.values())


async def _walk(book: Any, lots: Random) -> None:
    """Let random people call random rolls of two schools' classes, while pupils move."""
    rooms = {SCHOOL: await book.class_6a(PUPILS)}
    await book.hear(book.facts.school(OTHER_SCHOOL, code="80002"))
    body = {"school_id": OTHER_SCHOOL, "school_year": YEAR, "grade": "6", "name": "6A"}
    opened = await book.post(
        "/classes", {"classes": [body]}, token="department-officer", expect=201
    )
    rooms[OTHER_SCHOOL] = opened["classes"][0]["class_id"]
    versions = Counter(PUPILS)
    for _ in range(STEPS):
        school = lots.choice([SCHOOL, SCHOOL, OTHER_SCHOOL])
        if lots.random() < 0.15:
            pupil = lots.choice(PUPILS)
            versions[pupil] += 1
            await book.hear(book.facts.enrolled(pupil, versions[pupil], school_id=school))
            seats = {"pupil_ids": [pupil]}
            path = f"/classes/{rooms[school]}/pupils"
            await book.put(path, seats, token="department-officer")
            continue
        day, session = lots.choice(DAYS), lots.choice(["morning", "afternoon"])
        path = f"/classes/{rooms[school]}/roll-calls/{day}/{session}"
        principal = f"principal/{an_id('principal')}/{school}"
        read = await book.get(path, token=principal)
        marks = {one["pupil_id"]: lots.choice(STATES) for one in read["pupils"]}
        absent = [{"pupil_id": one, "state": state} for one, state in marks.items() if state]
        called = {"version": read["version"], "absent": absent}
        # An empty class has no roll-call.
        await book.put(path, called, token=principal, expect=200 if marks else 422)
