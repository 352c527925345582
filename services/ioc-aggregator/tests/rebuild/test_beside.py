"""The log counted again beside the running service: equal, switched, and switched back."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from chassis.consuming.consumer import Consumer
from chassis.consuming.subscription import Subscription
from chassis.database import Database
from edu.testing import eventually, running
from edu.testing.making import Make
from edu.testing.sources import Sources, sources
from ioc_aggregator.engine import Engine
from ioc_aggregator.rebuild import beside, generations, job
from ioc_aggregator.rebuild.beside import EVERYTHING, Advance, Beside
from ioc_aggregator.rollups.counted import lacking

GENEROUS = 60.0


@contextmanager
def quiet(_title: str, _total: int) -> Iterator[Advance]:
    yield lambda _: None


class Seen:
    """How much a rebuild had to read; it can be made to die on the way."""

    def __init__(self, *, dies_after: int = 10**9) -> None:
        self.total = 0
        self.steps = 0
        self._dies_after = dies_after

    @contextmanager
    def shown(self, _title: str, total: int) -> Iterator[Advance]:
        self.total = total
        yield self._advance

    def _advance(self, _: int) -> None:
        self.steps += 1
        if self.steps > self._dies_after:
            raise KeyboardInterrupt


@pytest.fixture
async def sender(kafka: str) -> AsyncIterator[Sources]:
    async with sources(kafka) as writing:
        yield writing


@asynccontextmanager
async def live(kafka: str, store: Database) -> AsyncIterator[Engine]:
    """Let the service count and answer."""
    engine = Engine(store, writes_feed=True, feed_kept=1_000)
    consumer = Consumer(service="ioc-aggregator", database=store, projector=engine.projector)
    subscription = Subscription(
        consumer=consumer, database=store, bootstrap=[kafka], group="ioc-aggregator"
    )
    async with running(subscription.run()), running(engine.follow()):
        yield engine


async def fill(sender: Sources, make: Make) -> None:
    """A school's day, every record three times, and a record that no version can read."""
    await sender.send(make.unit(1), make.school(11, 1), *make.enrolments(11, 6), times=3)
    await sender.send(make.sheet(11), make.save(11, [850] * 40), make.sheet(12), times=3)
    await sender.send(make.save(11, [900, None], [850, 850]), make.save(12, [0]), times=3)


async def counted(engine: Engine, sender: Sources, make: Make, *, seconds: float) -> str:
    """Wait until all that was sent is counted; give the hash of the cells."""
    for source in ("admissions", "gradebook"):
        await sender.send(make.watermark(source, sender.positions(source), seconds=seconds))
    moment = make.watermark("gradebook", {}, seconds=seconds).read_at
    await eventually(
        lambda: set(engine.follower.as_of.values()) == {moment} and len(engine.follower.as_of) == 2,
        within=GENEROUS,
    )
    return engine.follower.state.hash()


async def test_equal_so_switched_in_one_step_and_back_in_one_step(
    kafka: str, store: Database, make: Make, sender: Sources
) -> None:
    await fill(sender, make)
    async with live(kafka, store) as engine:
        before = await counted(engine, sender, make, seconds=1)
        outcome = await Beside(store, [kafka], shown=quiet).run()
        assert list(job.words(outcome))[-2:] == [
            "equal",
            "switched to generation 2; `rebuild --back` returns",
        ]
        assert outcome.live == outcome.counted == before
        # The pointer is seen before all of its state is read.
        await eventually(
            lambda: (engine.follower.generation, engine.follower.state.hash()) == (2, before),
            within=GENEROUS,
        )
        await sender.send(make.save(11, [700], [900]))
        after = await counted(engine, sender, make, seconds=2)
        assert after != before
        assert await job.back(store) == 1
        await eventually(lambda: engine.follower.generation == 1, within=GENEROUS)
        assert await counted(engine, sender, make, seconds=3) == after, "read again from the log"
        with pytest.raises(generations.NoGenerationError):
            await job.back(store)
        again = await Beside(store, [kafka], shown=quiet).run()
        assert (again.generation, again.live, again.differences) == (2, after, [])


async def test_one_bit_is_found_and_nothing_is_switched(
    kafka: str, store: Database, make: Make, sender: Sources
) -> None:
    await fill(sender, make)
    async with live(kafka, store) as engine:
        before = await counted(engine, sender, make, seconds=1)
        outcome = await Beside(store, [kafka], shown=quiet).run(plant=True)
        assert outcome.generation is None
        assert len(outcome.differences) == 1
        assert outcome.differences[0].startswith("cell ")
        assert outcome.live == before != outcome.counted
        assert (engine.follower.generation, engine.follower.state.hash()) == (1, before)
        outcome = await Beside(store, [kafka], shown=quiet).run(compare_only=True)
        assert (outcome.generation, outcome.differences) == (None, [])


async def test_what_the_live_service_has_wrong_is_named_and_mended_on_request(
    kafka: str, store: Database, make: Make, sender: Sources
) -> None:
    await fill(sender, make)
    async with live(kafka, store) as engine:
        await counted(engine, sender, make, seconds=1)
    async with store.transaction() as session:
        spoilt: Any = await session.connection()
        await spoilt.exec_driver_sql(
            "DELETE FROM journal WHERE topic = 'admissions.enrolment.v1' "
            "AND length(blob) = (SELECT max(length(blob)) FROM journal "
            "WHERE topic = 'admissions.enrolment.v1')"
        )
    async with live(kafka, store) as engine:
        outcome = await Beside(store, [kafka], shown=quiet).run()
        assert outcome.generation is None
        assert any(one.startswith("cell pupils ") for one in outcome.differences)
        outcome = await Beside(store, [kafka], shown=quiet).run(accept=EVERYTHING)
        assert outcome.generation == 2
        await eventually(
            lambda: (
                (engine.follower.generation, engine.follower.state.hash()) == (2, outcome.counted)
            ),
            within=GENEROUS,
        )


async def test_only_what_a_new_release_lacks_may_differ(
    kafka: str, store: Database, make: Make, sender: Sources
) -> None:
    await fill(sender, make)
    async with live(kafka, store) as engine:
        await counted(engine, sender, make, seconds=1)
    async with store.transaction() as session:
        spoilt: Any = await session.connection()
        await spoilt.exec_driver_sql("DELETE FROM journal WHERE topic = 'admissions.enrolment.v1'")
    async with live(kafka, store):
        outcome = await Beside(store, [kafka], shown=quiet).run(accept={"pupils"})
        assert outcome.generation is None
        assert outcome.accepted
        assert outcome.differences
        assert not any(one.startswith("cell pupils ") for one in outcome.differences)
        families = {one.split()[1] for one in outcome.differences}
        outcome = await Beside(store, [kafka], shown=quiet).run(accept={"pupils", *families})
        assert (outcome.generation, outcome.differences) == (2, [])
        assert "as was accepted" in list(job.words(outcome))[-2]
    async with store.reading() as session:
        assert await lacking(session) == []


async def test_a_killed_rebuild_goes_on_where_it_was(
    kafka: str, store: Database, make: Make, sender: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_SHARE", 1e9)  # whatever is counted is written down at once
    await fill(sender, make)
    async with live(kafka, store) as engine:
        before = await counted(engine, sender, make, seconds=1)
        seen = Seen(dies_after=3)
        with pytest.raises(KeyboardInterrupt):
            await Beside(store, [kafka], shown=seen.shown).run()
        rest = Seen()
        outcome = await Beside(store, [kafka], shown=rest.shown).run()
        assert 0 < rest.total < seen.total
        assert (outcome.differences, outcome.live) == ([], before)
        assert outcome.generation == 2
