"""Days end at position vectors: whatever stood there can be seen again, also after a rebuild."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.consuming.records import Record, Slice
from chassis.database import Database
from chassis.tables import OUTBOX
from contracts import topics
from contracts.event import Event
from contracts.statistics import DayEnded
from ioc_aggregator.intake import register
from ioc_aggregator.measures.facts import DayEnd
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rebuild import job
from ioc_aggregator.rollups import ends, periods
from ioc_aggregator.rollups.state import State, combined
from ioc_aggregator.rollups.tables import DAY_END

FRIDAY = date(2026, 11, 20)
"""The day of everything that ``make`` records."""


@pytest.fixture
def three(make: Any, two_schools: list[Event]) -> list[list[Event]]:
    """Three days: the second corrects the first, on the third a pupil comes."""
    return [
        [*two_schools, make.sheet(11), make.save(11, [850, 400, None, 1000])],
        [make.save(11, [900, None], [850, 400]), make.save(12, [100])],
        [*make.enrolments(12, 1)],
    ]


async def test_a_day_ends_where_it_stood_and_is_said_once(
    days: Any, log: Any, store: Database, three: list[list[Event]]
) -> None:
    hashes = await days(*three)
    found = await log.engine.history.ends()
    assert [(end.day, combined(end.hashes)) for end in found] == [
        (FRIDAY + timedelta(days=past), text) for past, text in enumerate(hashes)
    ]
    await log.engine.turn()
    async with store.reading() as session:
        rows = select(OUTBOX.c.data).where(OUTBOX.c.topic == topics.PERIODS.name)
        said = [DayEnded.read(data) for data in await session.scalars(rows.order_by(OUTBOX.c.id))]
    assert [(event.day, event.hashes) for event in said] == [(end.day, end.hashes) for end in found]
    assert said[0].closed == ()
    assert said[2].closed == ("2026-W47",)
    assert said[1].positions["gradebook.scores.v1"] == {0: 4}


async def test_every_past_day_can_be_seen_again(
    days: Any, log: Any, three: list[list[Event]]
) -> None:
    hashes = await days(*three)
    history = log.engine.history
    for past, text in enumerate(hashes):
        standing = await history.at(FRIDAY + timedelta(days=past), FAMILIES)
        assert standing is not None
        assert standing.state.hash() == text
    assert await history.at(FRIDAY - timedelta(days=1), FAMILIES) is None
    later = await history.at(FRIDAY + timedelta(days=9), {"pupils"})
    assert later.end.day == FRIDAY + timedelta(days=2)
    assert later.state.columns["pupils"].column("count").sum() == 31
    assert later.state.columns["scores"].keys == []


async def test_a_rebuild_gives_the_same_closes(
    days: Any, log: Any, store: Database, three: list[list[Event]]
) -> None:
    """The whole log in one poll: it is cut where the days ended."""
    hashes = await days(*three)
    async with store.transaction() as session:
        await job.begin(session)
    log.positions = {}
    await log.engine.projector.reload()
    assert await log.engine.history.ends() == []
    await log.append(*log.whole)
    await log.reach("admissions", "gradebook", seconds=log.age())
    while len(await log.engine.history.ends()) < len(hashes):
        assert await log.engine._days.turn()
    for past, text in enumerate(hashes):
        standing = await log.engine.history.at(FRIDAY + timedelta(days=past), FAMILIES)
        assert standing.state.hash() == text


async def test_a_journal_with_a_hole_is_not_summed_up(
    days: Any, log: Any, store: Database, three: list[list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an older version would read the log: without the cuts, entries span two days."""
    await days(*three)
    async with store.transaction() as session:
        await job.begin(session)
    log.positions = {}
    monkeypatch.setattr(ends, "cut", lambda part, _: [part])
    await log.engine.projector.reload()
    await log.append(*log.whole)
    await log.reach("admissions", "gradebook", seconds=log.age())
    assert await log.engine.history.ends() == []
    assert not await log.engine._days.turn()


async def test_a_lost_database_learns_where_the_days_ended(
    days: Any, log: Any, store: Database, three: list[list[Event]]
) -> None:
    hashes = await days(*three)
    async with store.reading() as session:
        rows = select(OUTBOX.c.data).where(OUTBOX.c.topic == topics.PERIODS.name)
        said = [DayEnded.read(data) for data in await session.scalars(rows.order_by(OUTBOX.c.id))]
    async with store.transaction() as session:
        await job.begin(session)
        await session.execute(DAY_END.delete())
    log.positions = {}
    await log.engine.projector.reload()
    await log.append(*log.whole, *said)
    await log.reach("admissions", "gradebook", seconds=log.age())
    while len(await log.engine.history.ends()) < len(hashes):
        assert await log.engine._days.turn()
    standing = await log.engine.history.at(FRIDAY, FAMILIES)
    assert standing.state.hash() == hashes[0]


async def test_the_journal_is_kept_until_its_day_is_summed_up(
    days: Any, log: Any, store: Database, three: list[list[Event]]
) -> None:
    first, second, third = three
    hashes = await days(first)
    await log.append(*second)
    for _ in range(3):
        assert await log.engine.follower.snapshot(store)
    await log.append(*third)
    hashes += await days([])
    standing = await log.engine.history.at(FRIDAY + timedelta(days=1), FAMILIES)
    assert standing.state.hash() == hashes[1]


async def test_midnight_waits_for_the_sources_but_not_for_ever(
    wall: Any, log: Any, three: list[list[Event]]
) -> None:
    await log.engine.projector.load()
    await log.append(*three[0])
    await log.reach("admissions", "gradebook", seconds=log.age())
    wall.midnight()
    await log.engine.turn()
    assert await log.engine.history.ends() == []
    await log.reach("admissions", seconds=log.age())
    assert await log.engine.history.ends() == []
    wall.now += timedelta(hours=2)
    await log.engine.turn()
    [end] = await log.engine.history.ends()
    assert (end.day, end.as_of["gradebook"]) == (FRIDAY, datetime(2026, 11, 20, 8, tzinfo=UTC))


async def test_nobody_ends_a_day_that_was_over_before_anything_was_counted(
    wall: Any, log: Any, three: list[list[Event]]
) -> None:
    wall.midnight()
    await log.engine.projector.load()
    await log.append(*three[0])
    await log.reach("admissions", "gradebook", seconds=log.age())
    assert await log.engine.history.ends() == []


def test_a_slice_is_cut_where_days_ended(make: Any, document: Any) -> None:
    records = [
        Record(offset, document(make.save(11, [offset * 10])), b"", b"") for offset in (3, 4, 7)
    ]
    part = Slice(topics.SCORES, 2, 2, 9, records)
    moment = datetime(2026, 11, 20, tzinfo=UTC)

    def end(position: int) -> DayEnd:
        return DayEnd(FRIDAY, moment, {topics.SCORES.name: {2: position}}, {}, {}, ())

    pieces = list(ends.cut(part, [end(7), end(2), end(5), end(9), end(7)]))
    assert [(piece.first, piece.next) for piece in pieces] == [(2, 5), (5, 7), (7, 9)]
    assert [[record.offset for record in piece.records] for piece in pieces] == [[3, 4], [], [7]]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-20", (FRIDAY, FRIDAY)),
        ("2026-W47", (date(2026, 11, 16), date(2026, 11, 22))),
        ("2026-W53", (date(2026, 12, 28), date(2027, 1, 3))),
        ("2028-02", (date(2028, 2, 1), date(2028, 2, 29))),
    ],
)
def test_days_on_end(text: str, days: tuple[date, date]) -> None:
    period = periods.parse(text)
    assert (str(period), period.days) == (text, days)


@pytest.mark.parametrize("text", ["2026-W00", "2027-W53", "2026-13", "2026-02-30", "2026-1", "x"])
def test_no_days(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        periods.parse(text)


def test_periods_end_with_their_last_day(make: Any, document: Any) -> None:
    state = State()
    for fact in register.fold([document(make.calendar())]).delta.facts:
        state.register.apply(fact)

    def closed(last: date | None, day: date) -> list[str]:
        return [str(period) for period in periods.ending(state, last, day)]

    assert closed(None, date(2027, 1, 15)) == ["2026-2027/HK1"]
    assert closed(date(2027, 1, 14), date(2027, 1, 31)) == [
        "2026-2027/HK1",
        "2027-W02",
        "2027-W03",
        "2027-W04",
        "2027-01",
    ]
    assert closed(date(2027, 5, 30), date(2027, 5, 31)) == ["2027-05", "2026-2027"]
    assert closed(None, FRIDAY) == []
