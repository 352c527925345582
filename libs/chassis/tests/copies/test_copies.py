"""State that facts replace by their version, on real PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import event, text

from chassis.clock import new_id
from chassis.consuming.records import Slice
from chassis.copies import keeping, write_newer
from contracts.admissions import SchoolRegistered
from contracts.event import Event
from contracts.gradebook import PupilPlaced
from contracts.lists import Level, Ownership
from edu.testing.sources import record

SCHOOL, OTHER, PUPIL = new_id(), new_id(), new_id()


def school(version: int, name: str = "", school_id: str = SCHOOL) -> SchoolRegistered:
    return SchoolRegistered(
        school_id=school_id,
        version=version,
        code="80001",
        name=name or f"version {version}",
        levels=(Level.THCS,),
        ownership=Ownership.PUBLIC,
        unit_id=new_id(),
        valid_from=date(2025, 7, 1),
        open=True,
    )


def placed(version: int, school_year: str) -> PupilPlaced:
    return PupilPlaced(
        pupil_id=PUPIL,
        class_id=None,
        version=version,
        school_id=SCHOOL,
        school_year=school_year,
        before_class_id=None,
    )


async def hear(copies: Any, facts: Sequence[Event]) -> None:
    """Let the handlers have these facts as one slice."""
    handlers = keeping({SchoolRegistered: copies.School, PupilPlaced: copies.Placement})
    part = Slice(facts[0].TOPIC, 0, 0, len(facts), [record(fact) for fact in facts])
    async with copies.database.transaction() as session:
        assert await handlers.project(session, [part], careful=False) == []


async def rows(copies: Any, statement: str) -> list[tuple[Any, ...]]:
    async with copies.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(statement))]


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("together", [True, False])
async def test_the_newest_stands_in_whatever_order_and_slices_facts_come(
    copies: Any, order: tuple[int, ...], together: bool
) -> None:
    facts = [school(version) for version in order]
    for part in [facts] if together else [[fact] for fact in facts]:
        await hear(copies, part)
    assert await rows(copies, "SELECT version, name FROM school") == [(3, "version 3")]


async def test_a_duplicate_and_an_equal_version_change_nothing(copies: Any) -> None:
    await hear(copies, [school(2, "first")])
    await hear(copies, [school(2, "second"), school(1, "older")])
    assert await rows(copies, "SELECT version, name FROM school") == [(2, "first")]


async def test_aggregates_of_two_parts_replace_by_both(copies: Any) -> None:
    await hear(copies, [placed(2, "2026-2027"), placed(1, "2027-2028"), placed(1, "2026-2027")])
    found = await rows(copies, "SELECT school_year, version FROM placement ORDER BY 1")
    assert found == [("2026-2027", 2), ("2027-2028", 1)]


async def test_a_column_is_kept_where_the_newer_fact_holds_none(copies: Any) -> None:
    class_id = new_id()
    row = {"pupil_id": PUPIL, "school_year": "2026-2027"}
    async with copies.database.transaction() as session:
        await write_newer(session, copies.Placement, [row | {"version": 1, "class_id": class_id}])
        newer = [row | {"version": 2, "class_id": None}]
        await write_newer(session, copies.Placement, newer, keep=["class_id"])
    found = await rows(copies, "SELECT version, class_id::text FROM placement")
    assert found == [(2, class_id)]


async def test_a_batch_is_one_statement(copies: Any) -> None:
    seen: list[bool] = []
    engine = copies.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *called: seen.append(called[5]))
    await hear(copies, [school(1, school_id=new_id()) for _ in range(100)])
    assert seen == [True]  # executemany


async def test_nothing_to_write_is_no_statement(copies: Any) -> None:
    async with copies.database.transaction() as session:
        await write_newer(session, copies.School, [])
    assert await rows(copies, "SELECT 1 FROM school") == []


async def test_two_transactions_do_not_wait_for_each_other_for_ever(copies: Any) -> None:
    forwards = [school(1, school_id=one) for one in (SCHOOL, OTHER)]
    backwards = [school(2, school_id=one) for one in (OTHER, SCHOOL)]
    await asyncio.wait_for(
        asyncio.gather(*(hear(copies, facts) for facts in [forwards, backwards] * 5)), 20
    )
    assert await rows(copies, "SELECT DISTINCT version FROM school") == [(2,)]
