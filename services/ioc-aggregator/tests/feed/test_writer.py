"""The feed: gapless, one entry per number and round, the same bytes as on Kafka."""

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text

from chassis import clock
from chassis.database import Database
from chassis.errors import Gone
from chassis.tables import OUTBOX
from contracts import envelope
from contracts.lists import Scope, Sex
from contracts.statistics import IndicatorChanged
from ioc_aggregator.engine import Engine
from ioc_aggregator.feed import store as feed_store
from ioc_aggregator.feed import writer as feed_writer


async def entries(engine: Engine, after: int = 0) -> list[IndicatorChanged]:
    """Read the feed as a client with a token does."""
    found = []
    for entry in await engine.feed.after(after, 10_000):
        decoded = envelope.decode(entry.document(full=True), b"k")
        assert isinstance(decoded, envelope.Envelope)
        event = IndicatorChanged.read(decoded.data)
        assert event.number == entry.number
        found.append(event)
    return found


def latest(events: list[IndicatorChanged]) -> dict[str, IndicatorChanged]:
    return {event.cell: event for event in events}


@pytest.fixture
async def province(log: Any, make: Any) -> Any:
    """One province with two communes and three schools."""
    await log.append(
        make.unit(1, "Tây Ninh"),
        make.unit(2, parent=1),
        make.unit(3, parent=1),
        make.calendar(),
        *(make.school(number, 2 if number < 13 else 3) for number in (11, 12, 13)),
    )
    return log


async def test_nothing_is_published_before_a_source_has_an_as_of(province: Any, make: Any) -> None:
    await province.append(*make.enrolments(11, 9))
    await province.engine.turn()
    assert province.engine.feed.head == 0
    await province.reach("admissions")
    assert province.engine.feed.head > 0


async def test_entries_are_numbered_without_a_gap_and_once_a_round(
    province: Any, make: Any
) -> None:
    await province.append(*make.enrolments(11, 9), *make.enrolments(12, 6, sex=Sex.MALE))
    await province.reach("admissions")
    for step in range(3):
        await province.append(*make.enrolments(13, 5))
        await province.append(*make.enrolments(13, 1))
        before = province.engine.feed.head
        await province.reach("admissions", seconds=step + 1)
        cells = [event.cell for event in await entries(province.engine, before)]
        assert len(cells) == len(set(cells))
    found = await entries(province.engine)
    assert [event.number for event in found] == list(range(1, len(found) + 1))
    number = latest(found)[f"N04/province/{make.id(1)}/2026-2027/"]
    assert (number.numerator, number.schools_reported, number.schools_expected) == (33, 3, 3)
    by_sex = latest(found)[f"N04/commune/{make.id(2)}/2026-2027/sex=male"]
    assert (by_sex.numerator, by_sex.denominator) == (6, None)


async def test_scores_of_a_term_and_of_the_year(province: Any, make: Any) -> None:
    await province.append(make.sheet(11), make.save(11, [850, 500]), make.save(11, [900], [850]))
    await province.reach("gradebook")
    found = latest(await entries(province.engine))
    for period in ("2026-2027", "2026-2027/HK1"):
        for scope, unit in ((Scope.SCHOOL, 11), (Scope.COMMUNE, 2), (Scope.PROVINCE, 1)):
            progress = found[f"N26/{scope}/{make.id(unit)}/{period}/"]
            assert (progress.numerator, progress.denominator) == (2, 40)
            corrections = found[f"N28/{scope}/{make.id(unit)}/{period}/"]
            assert (corrections.numerator, corrections.denominator) == (1, 2)
    assert f"N26/school/{make.id(12)}/2026-2027/" not in found


async def test_an_as_of_moves_freshness_alone(province: Any, make: Any) -> None:
    await province.append(*make.enrolments(11, 9))
    await province.reach("admissions")
    before = province.engine.feed.head
    await province.reach("admissions", seconds=5)
    [moved] = await entries(province.engine, before)
    assert (moved.indicator, moved.dims) == ("N71", {"source": "admissions"})
    assert moved.numerator == int(moved.as_of.timestamp())  # type: ignore[union-attr]
    assert moved.unit_id == make.id(1)


async def test_an_unknown_school_falls_into_its_commune(province: Any, make: Any) -> None:
    await province.append(*make.enrolments(77, 9))
    await province.reach("admissions")
    found = latest(await entries(province.engine))
    assert found[f"N04/province/{make.id(1)}/2026-2027/"].numerator == 9
    assert found[f"N04/school/{make.id(77)}/2026-2027/"].numerator == 9
    assert f"N04/commune/{make.id(3)}/2026-2027/" not in found
    await province.append(make.school(77, 3))
    await province.reach("admissions", seconds=1)
    found = latest(await entries(province.engine))
    assert found[f"N04/commune/{make.id(3)}/2026-2027/"].numerator == 9
    assert found[f"N04/province/{make.id(1)}/2026-2027/"].numerator == 9


async def test_numbers_of_a_unit_that_ended_are_retracted(province: Any, make: Any) -> None:
    await province.append(*make.enrolments(11, 9), *make.enrolments(13, 7))
    await province.reach("admissions")
    await province.append(make.merge(3, 2, clock.business_day(clock.now())))
    await province.reach("admissions", seconds=1)
    found = latest(await entries(province.engine))
    gone = found[f"N04/commune/{make.id(3)}/2026-2027/"]
    assert (gone.retracted, gone.numerator) == (True, None)
    assert found[f"N04/commune/{make.id(2)}/2026-2027/"].numerator == 16
    assert found[f"N04/province/{make.id(1)}/2026-2027/"].numerator == 16


async def test_a_number_that_falls_to_zero_says_so(province: Any, make: Any) -> None:
    await province.append(make.sheet(11), make.save(11, [850]))
    await province.reach("gradebook")
    await province.append(make.save(11, [None], [850]))
    await province.reach("gradebook", seconds=1)
    number = latest(await entries(province.engine))[f"N26/school/{make.id(11)}/2026-2027/"]
    assert (number.numerator, number.denominator, number.retracted) == (0, 40, False)


async def test_feed_and_outbox_hold_the_same_bytes(
    province: Any, make: Any, store: Database
) -> None:
    """The relay numbers in the order of ids: rendering its rows gives what the feed serves."""
    for step in range(3):
        await province.append(*make.enrolments(11 + step, 9))
        await province.reach("admissions", seconds=step)
    served = [e.document(full=True) for e in await province.engine.feed.after(0, 10_000)]
    async with store.reading() as session:
        rows = (await session.execute(select(OUTBOX).order_by(OUTBOX.c.id))).all()
    last: dict[int, int] = {}
    sent = []
    for row in rows:
        last[row.partition] = last.get(row.partition, 0) + 1
        sent.append(envelope.render(row.attributes, row.data, last[row.partition]))
    assert served == sent
    assert len(last) > 1


async def test_a_writer_that_takes_over_goes_on(province: Any, make: Any, store: Database) -> None:
    await province.append(*make.enrolments(11, 9))
    await province.reach("admissions")
    head = province.engine.feed.head
    second = Engine(store, writes_feed=True, feed_kept=1_000)
    await second.turn()
    assert second.feed.head == head, "it repeats nothing"
    await province.append(*make.enrolments(11, 1))
    await asyncio.gather(second.turn(), province.engine.turn())
    await province.reach("admissions", seconds=1)
    await second.turn()
    found = await entries(second)
    assert [event.number for event in found] == list(range(1, len(found) + 1))
    assert latest(found)[f"N04/school/{make.id(11)}/2026-2027/"].numerator == 10
    pupils = [event.cell for event in found if event.indicator == "N04"]
    assert len(pupils) == 2 * len(set(pupils)), "each number once, by one of both"


async def test_who_sees_another_one_write_leaves_it_to_that_one_for_a_while(
    province: Any, make: Any, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 0.0
    monkeypatch.setattr(feed_writer, "monotonic", lambda: moment)
    await province.append(*make.enrolments(11, 9))
    await province.reach("admissions")
    second = Engine(store, writes_feed=True, feed_kept=1_000)
    await second.turn()
    await province.append(*make.enrolments(11, 1))
    await province.reach("admissions", seconds=1)
    await second.turn()
    head = province.engine.feed.head
    await province.append(*make.enrolments(11, 1))
    await second.turn()
    assert second.feed.head == head, "it rests"
    moment = feed_writer._REST_SECONDS + 1
    await second.turn()
    assert second.feed.head > head, "the other one is dead, it seems"
    assert latest(await entries(second))[f"N04/school/{make.id(11)}/2026-2027/"].numerator == 11


async def test_a_large_round_is_cut(
    province: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_writer, "_MOST_ENTRIES", 3)
    await province.append(*make.enrolments(11, 9), *make.enrolments(12, 9))
    await province.reach("admissions")
    assert province.engine.feed.head == 3
    while True:
        before = province.engine.feed.head
        await province.engine.turn()
        if province.engine.feed.head == before:
            break
        assert province.engine.feed.head <= before + 3
    cells = [event.cell for event in await entries(province.engine)]
    assert len(cells) == len(set(cells))
    assert f"N04/province/{make.id(1)}/2026-2027/sex=female" in cells


async def test_a_round_that_fails_is_made_good(
    province: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await province.append(*make.enrolments(11, 9))
    real, failures = feed_store.write, [RuntimeError("the database went away")]

    async def failing(*arguments: Any) -> None:
        await real(*arguments)
        if failures:
            raise failures.pop()

    monkeypatch.setattr(feed_store, "write", failing)
    with pytest.raises(RuntimeError):
        await province.reach("admissions")
    await province.engine.turn()
    found = await entries(province.engine)
    assert [event.number for event in found] == list(range(1, len(found) + 1))
    assert latest(found)[f"N04/school/{make.id(11)}/2026-2027/"].numerator == 9


async def test_old_entries_are_trimmed_but_each_latest_stays(
    province: Any, make: Any, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(province.engine._writer, "_kept", 20)
    for step in range(8):
        await province.append(*make.enrolments(11, 5))
        await province.reach("admissions", seconds=step)
    reader = Engine(store, writes_feed=False, feed_kept=20)
    await reader.turn()
    with pytest.raises(Gone) as gone:
        await reader.feed.after(0, 500)
    start = gone.value.extra["oldest"]
    assert isinstance(start, int)
    assert gone.value.extra["snapshot"] == "/indicators"
    rest = await reader.feed.after(start - 1, 500)
    assert [e.number for e in rest] == list(range(start, reader.feed.head + 1))
    async with store.reading() as session:
        lost = await session.scalar(
            text("SELECT count(*) FROM feed WHERE number < :start"), {"start": start}
        )
    assert lost is not None
    second = Engine(store, writes_feed=True, feed_kept=20)
    await second.turn()
    assert second.feed.head == reader.feed.head, "a new writer repeats nothing"


async def test_hidden_values_are_withheld_from_the_public(province: Any, make: Any) -> None:
    await province.append(
        *make.enrolments(11, 3), *make.enrolments(12, 20), *make.enrolments(13, 30)
    )
    await province.reach("admissions")
    found = {}
    for entry in await province.engine.feed.after(0, 10_000):
        public = msgspec.json.decode(entry.document(full=False))
        full = msgspec.json.decode(entry.document(full=True))
        assert {k: v for k, v in public.items() if k != "data"} == {
            k: v for k, v in full.items() if k != "data"
        }
        data = IndicatorChanged.read(msgspec.json.encode(public["data"]))
        if data.indicator == "N04" and not data.dims:
            found[data.unit_kind, data.unit_id] = data.numerator
    assert found[Scope.SCHOOL, make.id(11)] is None
    assert found[Scope.SCHOOL, make.id(12)] is None, "else it is the commune less this one"
    assert found[Scope.SCHOOL, make.id(13)] == 30
    assert found[Scope.COMMUNE, make.id(2)] == 23
    assert found[Scope.PROVINCE, make.id(1)] == 53


async def test_who_waits_is_woken(province: Any, make: Any) -> None:
    reader = province.engine.feed
    await province.engine.turn()
    waiting = asyncio.ensure_future(reader.wait(reader.head, within=30))
    await asyncio.sleep(0)
    await province.append(*make.enrolments(11, 9))
    await province.reach("admissions")
    await asyncio.wait_for(waiting, 1)
    assert await reader.after(0, 3)
