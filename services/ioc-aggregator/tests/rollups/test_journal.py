"""Durability: what is committed counts once, whoever committed it and however it was loaded."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, insert, select, text

from chassis.consuming.records import Record, Slice
from chassis.database import Database
from chassis.health import Health, Part
from chassis.tables import CONSUMER_POSITION
from contracts import topics
from ioc_aggregator.engine import Engine
from ioc_aggregator.intake import scores
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rebuild import job
from ioc_aggregator.rollups import counted, journal
from ioc_aggregator.rollups.journal import REPLAYED
from ioc_aggregator.rollups.lanes import Lanes
from ioc_aggregator.rollups.projector import Folding
from ioc_aggregator.rollups.state import Entry
from ioc_aggregator.rollups.tables import JOURNAL, SNAPSHOT


async def fresh(store: Database) -> Engine:
    """Load as a new process would."""
    engine = Engine(store, writes_feed=False, feed_kept=1_000)
    await engine.projector.load()
    return engine


async def count(store: Database, table: Any) -> int:
    async with store.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_a_process_that_starts_again_has_the_same_cells(
    log: Any, store: Database, make: Any
) -> None:
    await log.engine.projector.load()
    await log.append(make.unit(1), make.school(2, 1), *make.enrolments(2, 30))
    await log.append(make.sheet(2), make.save(2, [850, 400]), make.save(2, [900], [850]))
    live = log.engine.follower.state
    loaded = (await fresh(store)).follower.state
    assert loaded.hash() == live.hash()
    assert loaded.vector == live.vector
    assert list(loaded.register.facts()) == list(live.register.facts())


async def test_nobody_is_answered_from_a_generation_that_is_half_read(
    log: Any, store: Database, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append(make.save(2, [850]))
    late = Engine(store, writes_feed=False, feed_kept=1_000)
    part = Part("memory", required=True)
    meanwhile: list[tuple[bool, int]] = []
    read_after = journal.read_after

    async def watched(*asked: Any) -> AsyncIterator[Sequence[Entry]]:
        async for page in read_after(*asked):
            yield page
            await late.look(part)
            meanwhile.append((part.state == "ok", late.follower.state.changes))

    monkeypatch.setattr(journal, "read_after", watched)
    await late.refresh()
    await late.look(part)
    assert meanwhile == [(False, 0)]
    assert (part.state, late.follower.state.changes) == ("ok", 1)


async def test_what_was_not_committed_leaves_no_trace(log: Any, store: Database, make: Any) -> None:
    await log.append(make.save(2, [850]))
    before = log.engine.follower.state.hash()
    await log.append(make.save(2, [900], [850]), dies=True)
    assert log.engine.follower.state.hash() == before
    await log.engine.projector.reload()
    assert log.engine.follower.state.hash() == before
    await log.append(make.save(2, [900], [850]))
    assert log.engine.follower.state.hash() == (await fresh(store)).follower.state.hash()


async def test_a_doubtful_commit_is_settled_by_the_database(
    log: Any, store: Database, make: Any
) -> None:
    """The commit went through, but the process never learned it."""
    projector = log.engine.projector
    committed, projector.committed = projector.committed, lambda: None
    await log.append(make.save(2, [850]))
    projector.committed = committed
    assert log.engine.follower.state.columns["scores"].keys == []
    await projector.load()
    await log.append(make.save(2, [900], [850]))
    assert log.engine.follower.state.hash() == (await fresh(store)).follower.state.hash()
    assert log.engine.follower.state.columns["scores"].values.tolist() == [[0, 1, 1, 900, 810000]]


async def test_members_see_what_others_commit(log: Any, store: Database, make: Any) -> None:
    other = await fresh(store)
    await log.append(make.save(2, [850]))
    await log.append(make.save(3, [200]))
    assert other.follower.state.hash() != log.engine.follower.state.hash()
    await other.turn()
    assert other.follower.state.hash() == log.engine.follower.state.hash()


async def test_a_member_that_missed_entries_reads_them_before_its_own(
    log: Any, store: Database, make: Any
) -> None:
    """A partition moves between members: what the first committed is not skipped by the second."""
    second = await fresh(store)
    await log.append(make.save(2, [850]))
    first, log.engine = log.engine, second
    await log.append(make.save(2, [900], [850]))
    await first.turn()
    await second.turn()
    assert second.follower.state.hash() == first.follower.state.hash()
    assert second.follower.state.columns["scores"].values[0].tolist() == [0, 1, 1, 900, 810000]


async def test_snapshot_and_journal_are_the_state(log: Any, store: Database, make: Any) -> None:
    follower = log.engine.follower
    for step in range(4):
        await log.append(make.save(2 + step, [850, 10 * step]), *make.enrolments(2, step))
        assert await follower.snapshot(store)
    await log.append(make.save(2, [None], [850]))
    loaded = (await fresh(store)).follower.state
    assert loaded.hash() == follower.state.hash()
    assert await count(store, SNAPSHOT) == 2
    rows = await count(store, JOURNAL)
    assert rows == 3, "entries below the older of both snapshots are forgotten"


async def test_two_snapshots_at_once_are_one(log: Any, store: Database, make: Any) -> None:
    await log.append(make.save(2, [850]))
    follower = log.engine.follower
    written = await asyncio.gather(*(follower.snapshot(store) for _ in range(2)))
    assert any(written)
    assert await count(store, SNAPSHOT) == sum(written)


async def test_a_refused_record_is_left_out_and_named(log: Any, make: Any, document: Any) -> None:
    await log.engine.projector.load()
    good = document(make.save(2, [850]))
    broken = msgspec.structs.replace(good, data=b'{"school_id": 7}')
    events = (good, broken, good)
    records = [Record(at, event, b"k", b"v") for at, event in enumerate(events)]
    rejected = await log.apply([Slice(topics.SCORES, 0, 0, 3, records)])
    assert [(item.record.offset, item.reason) for item in rejected] == [(1, "invalid-data")]
    assert log.engine.follower.state.columns["scores"].values[0].tolist()[1] == 2


async def test_a_record_that_breaks_the_fold_is_set_aside_alone(
    log: Any, store: Database, make: Any, document: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours must stop one record, not the partition."""
    await log.engine.projector.load()
    good = document(make.save(2, [850]))
    poison = msgspec.structs.replace(good, id="poison")

    def broken(events: list[Any]) -> Any:
        if any(event.id == "poison" for event in events):
            raise ZeroDivisionError
        return scores.fold(events)

    monkeypatch.setitem(
        __import__("ioc_aggregator.rollups.projector", fromlist=["FOLDS"]).FOLDS,
        topics.SCORES.name,
        broken,
    )
    records = [Record(at, event, b"k", b"v") for at, event in enumerate((good, poison, good))]
    part = Slice(topics.SCORES, 0, 0, 3, records)
    async with store.transaction() as session:
        with pytest.raises(ZeroDivisionError):
            await log.engine.projector.project(session, [part], careful=False)
        rejected = await log.engine.projector.project(session, [part], careful=True)
    assert [(item.record.offset, item.reason) for item in rejected] == [(1, "fold-failed")]


async def test_a_parked_record_counts_when_it_is_replayed(
    log: Any, store: Database, make: Any, document: Any
) -> None:
    await log.append(make.save(2, [850]), make.save(2, [500]))
    other = await fresh(store)
    record = Record(0, document(make.save(3, [700])), b"k", b"v")
    part = Slice(topics.SCORES, 0, 0, 1, [record])
    for _ in range(2):
        async with store.transaction() as session:
            assert not await other.projector.project(session, [part], careful=True)
        other.projector.committed()
    await log.engine.turn()
    follower = log.engine.follower
    assert follower.state.vector[REPLAYED] == 2
    assert follower.state.vector[topics.SCORES.name, 0] == 2
    assert follower.state.columns["scores"].values[:, 1].sum() == 4
    assert follower.state.hash() == (await fresh(store)).follower.state.hash()


async def test_a_member_that_only_folds_knows_no_cell_and_writes_the_same(
    log: Any, store: Database, make: Any, document: Any
) -> None:
    """Whoever answers follows it; parked records that it replays stand in their own lane, too."""
    await log.append(make.unit(1), make.save(2, [850]))
    log.engine.projector = member = Folding(store, Lanes(topics.CONSUMERS["ioc-aggregator"]))
    await member.load()
    await log.append(make.save(2, [900], [850]), make.school(2, 1))
    record = Record(0, document(make.save(3, [700])), b"k", b"v")
    replayed = Slice(topics.SCORES, 0, 0, 1, [record])
    for _ in range(2):
        assert not await log.apply([replayed])
    await log.engine.turn()
    state = log.engine.follower.state
    assert state.vector[REPLAYED] == 2
    assert state.columns["scores"].values[:, 1].sum() == 3
    lanes = Lanes(topics.CONSUMERS["ioc-aggregator"])
    for _ in range(2):
        async with store.reading() as session:
            await lanes.refresh(session)
        assert lanes.vector == state.vector
        await log.engine.follower.snapshot(store)


async def test_a_release_that_counts_more_says_what_it_lacks(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lacking() -> list[str]:
        async with store.transaction() as session:
            await counted.begin(session)
            return await counted.lacking(session)

    assert await lacking() == []
    async with store.transaction() as session:
        await session.execute(insert(CONSUMER_POSITION).values(topic="a", partition=0, next=1))
    assert await lacking() == []
    fewer = {name: family for name, family in FAMILIES.items() if name != "pupils"}
    with monkeypatch.context() as older:
        older.setattr(counted, "FAMILIES", fewer)
        assert await lacking() == [], "an older release lacks nothing that it knows"
    assert await lacking() == ["pupils"], "but the newer one does when it comes back"
    health = Health(service="ioc-aggregator", version="1")
    counted.watch(health, store)
    report: Any = (await health.report())[1]
    [part] = report["parts"]
    assert part["mend"] == "python -m ioc_aggregator rebuild --accept pupils"


async def test_a_rebuild_begins_a_generation_and_counts_again(
    log: Any, store: Database, make: Any
) -> None:
    await log.append(make.unit(1), make.school(2, 1), *make.enrolments(2, 9))
    await log.reach("admissions")
    before = log.engine.follower.state.hash()
    feed = log.engine.feed.head
    async with store.transaction() as session:
        assert await job.begin(session) == 2
        left = (await session.execute(text("SELECT next FROM delivery.consumer_position"))).all()
        assert all(row.next == 0 for row in left)
    await log.engine.turn()
    assert log.engine.follower.state.vector == {}
    assert log.engine.feed.head == feed, "nothing is said while nothing is counted"
    log.positions = {}
    await log.append(make.unit(1), make.school(2, 1), *make.enrolments(2, 9))
    await log.reach("admissions")
    assert log.engine.follower.state.hash() == before
    assert log.engine.feed.head == feed, "nothing came out different"


async def test_a_projector_that_sleeps_through_a_rebuild_writes_the_new_generation(
    log: Any, store: Database, make: Any
) -> None:
    await log.append(make.save(2, [850]))
    async with store.transaction() as session:
        await job.begin(session)
    log.positions = {}
    await log.append(make.save(3, [700]))
    assert (await fresh(store)).follower.state.columns["scores"].keys[0][0] == make.id(3)


async def test_streams_that_an_older_version_never_read_are_counted_from_their_beginning(
    log: Any, store: Database, make: Any
) -> None:
    """Its snapshot knows nothing of them, and goes on."""
    await log.engine.projector.load()
    await log.append(make.unit(1), make.school(2, 1), *make.enrolments(2, 30))
    assert await log.engine.follower.snapshot(store)
    positions = dict(log.positions)
    await log.append(make.link(None, 2), make.assess(2, [500_000] * 9), make.pay(2, 400_000))
    newer = (await fresh(store)).follower.state
    assert newer.vector == {(topic, 0): position for topic, position in log.positions.items()}
    assert log.positions.keys() - positions.keys() == {
        topics.GUARDIANS.name,
        topics.FEES.name,
    }
    assert newer.columns["pupils"].values.sum() == 30
    assert newer.columns["charges"].column("billed").sum() == 9 * 500_000
    assert newer.columns["settled"].column("collected").sum() == 400_000
    assert newer.columns["links"].values.sum() == 1
