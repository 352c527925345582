"""The chassis among fakes: relay, consumer, outbox, inbox, parking, and what befalls them.

Only drivers are replaced (asyncpg, SQLAlchemy's session, aiokafka), the clock, and some sizes, so
that a handful of rows is many. Everything that decides is the chassis' code as it is imported.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from chassis.consuming import parking
from chassis.database import Database
from chassis.relay.republish import republish

from .cast import LANES, PUPILS, Actor, Group, Member, Office, Sender
from .clockwork import Faults, Process, VirtualLoop
from .drivers import Pool, Session, connect
from .log import Lane, Log, Producer, TailReader
from .reader import TABLES, Counting, copying
from .server import Server
from .truth import Truth

_DAWN = datetime(2026, 9, 5, tzinfo=UTC)
_SESSION_SECONDS = 0.5
_REST_SECONDS = 60.0
_SIZES = {
    "chassis.relay.leading._ROWS": 5,
    "chassis.relay.lane._MEMORY_ROWS": 6,
    "chassis.relay.lane._CHUNK_ROWS": 3,
    "chassis.relay.republish._ROWS": 2,
    "chassis.relay.relay._IDLE_SECONDS": 0.3,
    "chassis.consuming.consumer._BACK_OFF_SECONDS": (0.1, 1.0),
}


class World:
    """One play: moves happen to it, time passes, at the end everything must have come right."""

    def __init__(self, seed: int) -> None:
        """``seed`` decides how long things take, and which kind of projection reads."""
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(self._unexpected)
        self.faults = Faults(self.random)
        self.poisoned: set[str] = set()
        """Pupils with whom the handler fails now; and with whom it ever did:"""
        self.suspects: set[str] = set()
        self.source, self.copy = Server(self._moment), Server(self._moment)
        for statement in TABLES:
            self.copy.create(statement)
        self.truth = Truth(self.source, self.copy)
        self.log = Log(self.faults, self.truth.taken)
        self._ids = count(1)
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        """Put the fakes in place and start all processes."""
        servers = {"source": self.source, "copy": self.copy}

        def find(url: str, **_: Any) -> Server:
            return servers[url.rpartition("/")[2]]

        replaced: dict[str, Any] = {
            **_SIZES,
            "chassis.clock.now": self._moment,
            "chassis.clock.new_id": lambda: str(UUID(int=next(self._ids))),
            "chassis.database.Session": Session,
            "chassis.database.create_async_engine": find,
            # A model of a server has no pool, so nothing breaks while it lies there.
            "chassis.database._look_before_use": lambda _: None,
            "asyncpg.connect": lambda url, **_: connect(find(url)),
            "asyncpg.create_pool": lambda url, **_: Pool(find(url)),
            "chassis.relay.relay.AIOKafkaProducer": partial(Producer, self.log),
            "chassis.relay.republish.AIOKafkaProducer": partial(Producer, self.log),
            "chassis.relay.tail.AIOKafkaConsumer": partial(TailReader, self.log),
        }
        for name, value in replaced.items():
            self._patches.enter_context(patch(name, value))
        before = structlog.get_config()
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[_drop])
        self._patches.callback(structlog.configure, **before)
        self._within(self._start())
        return self

    async def _start(self) -> None:
        self.writing = Database("postgresql://model.test/source", application="office")
        self.reading = Database("postgresql://model.test/copy", application="reader")
        handlers = copying(self.poisoned)
        in_memory = self.random.random() < 0.4
        self.group = Group()
        self.office = Office(self.faults, self.writing, self._version)
        self.relays = [Sender(self.faults, "postgresql://model.test/source") for _ in range(2)]
        self.group.members = [
            Member(
                self.faults,
                self.log,
                self.reading,
                (lambda: Counting(self.reading, handlers)) if in_memory else (lambda: handlers),
                self.group,
            )
            for _ in range(2)
        ]
        self.writing.after_emit(self._wake)
        for actor in self.actors.values():
            actor.live()

    @property
    def actors(self) -> dict[str, Actor]:
        """All processes by the names that moves use."""
        one, two = self.relays
        left, right = self.group.members
        return {"office": self.office, "relay 1": one, "relay 2": two, "left": left, "right": right}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Take the fakes away, whatever state the play is in."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()
        self.source.close()
        self.copy.close()
        self._patches.close()

    def _unexpected(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.truth.broken(f"a process ended by an error: {context['message']}")

    def _moment(self) -> datetime:
        return _DAWN + timedelta(seconds=self.loop.time())

    def _version(self, pupil: str) -> int:
        return sum(row.key == pupil for row in self.truth.promised.values())

    def _wake(self) -> None:
        for sender in self.relays:
            if sender.relay is not None and sender.process.alive:
                sender.relay.wake()

    def _within(self, work: Coroutine[Any, Any, None]) -> None:
        self.loop.run_until_complete(work)
        self.truth.raise_if_broken()

    def _later(self, seconds: float, act: Any, *arguments: Any) -> None:
        self.loop.call_later(seconds, act, *arguments)

    # Moves: whatever they begin goes on while time passes.

    def wait(self, seconds: float) -> None:
        """Let time pass, then look at everything that must hold at any time."""
        self._within(asyncio.sleep(seconds))
        if not self.copy.is_idle:
            return
        self.truth.check_positions(self.log)
        self.truth.check_effects(self.suspects)
        for member in self.group.members:
            if isinstance(member.projector, Counting):
                self.truth.check_memory(member.projector.counted)
        self.truth.raise_if_broken()

    def command(self, pupil: str, seconds: float) -> None:
        """Change a pupil in a transaction that stays open for a while."""
        self._within(self._inside(self.office.command, pupil, seconds))

    def go_wrong(self, role: str, fault: tuple[str, str], skip: int) -> None:
        """Let a coming commit or send of ``role`` go wrong."""
        self.faults.arm(role, *fault, skip=skip)

    def kill(self, name: str) -> None:
        """Kill a process, wherever it stands; it comes back."""
        self.actors[name].process.kill()

    def pause(self, name: str, seconds: float) -> None:
        """Stop a process; a member that sleeps too long is thought dead and wakes as a zombie."""
        process = self.actors[name].process
        process.pause()
        if name in ("left", "right"):
            self._later(_SESSION_SECONDS, self._rebalance)
        self._later(seconds, self._resume, process)

    def _resume(self, process: Process) -> None:
        process.resume()
        self._later(_SESSION_SECONDS, self._rebalance)

    def _rebalance(self) -> None:
        self.group.rebalance()

    def rebalance(self) -> None:
        """Divide the lanes anew."""
        self._within(self._inside(self.group.rebalance))

    def rewind(self, name: str, back: int) -> None:
        """Let a member's client forget where it is: records come again."""
        member = self.actors[name]
        if isinstance(member, Member) and member.client is not None:
            for lane, position in member.client.positions.items():
                member.client.positions[lane] = max(0, position - back)

    def stop_database(self, name: str, seconds: float) -> None:
        """Crash a database; it comes back with what was committed."""
        server = {"source": self.source, "copy": self.copy}[name]
        server.stop()
        self._later(seconds, setattr, server, "is_up", True)

    def fill_disk(self, seconds: float) -> None:
        """Let the reader's tables find no room for a while."""
        self.copy.is_full = True
        self._later(seconds, setattr, self.copy, "is_full", False)

    def stop_kafka(self, seconds: float) -> None:
        """Take the broker away for a while."""
        self.log.is_up = False
        self._later(seconds, setattr, self.log, "is_up", True)

    def poison(self, pupil: str) -> None:
        """Let the handler fail with a pupil, from now on."""
        self.poisoned.add(pupil)
        self.suspects.add(pupil)

    def cure(self) -> None:
        """Mend the handler; what stands aside waits for a replay."""
        self.poisoned.clear()

    def send_again(self, lane: Lane, first: int, most: int) -> None:
        """Republish some of what Kafka has acknowledged, beside whatever runs."""
        self._operate(self._republish(lane, first, first + most))

    async def _republish(self, lane: Lane, first: int, last: int) -> None:
        for (acknowledged,) in self.source.look(
            "SELECT acknowledged FROM delivery.relay_position WHERE topic = ? AND partition = ?",
            *lane,
        ):
            await republish(
                url="postgresql://model.test/source",
                bootstrap=["kafka"],
                topic=lane[0],
                partition=lane[1],
                first=first,
                last=min(last, acknowledged),
            )

    def replay(self) -> None:
        """Try what is parked once more, beside whatever runs."""
        self._operate(self._replay())

    async def _replay(self) -> None:
        projector = copying(self.poisoned)
        await parking.replay(self.reading, projector)

    def _operate(self, work: Coroutine[Any, Any, None]) -> None:
        async def begin() -> None:
            Process("operator", self.faults).start(_as_far_as_it_goes(work))

        self._within(begin())

    async def _inside(self, act: Any, *arguments: Any) -> None:
        act(*arguments)

    # The end: nothing goes wrong any more, what is broken is healed by the documented means.

    def finish(self) -> None:
        """Let everything come to rest, heal it, and hold it against the truth."""
        self.faults.disarm()
        for actor in self.actors.values():
            actor.process.resume()
        self.rest("with what is poisoned still poisoned")
        self._change_everybody()
        self.rest("after a last command each")
        self.truth.check_gaps()
        self.truth.raise_if_broken()
        for lane, numbers in self.truth.lost.items():
            for number in sorted(numbers):
                self.send_again(lane, number, 0)
        self.rest("after a republishing")
        self.truth.check_gaps()
        self.cure()
        self.replay()
        self.rest("after a replay")
        self.truth.answered = {json.loads(text)["id"] for text in self.office.answered}
        self.truth.check_end()
        self.truth.raise_if_broken()

    def _change_everybody(self) -> None:
        """Commit one more fact per pupil, so that a tail that was lost shows, too."""
        before = {pupil: self._version(pupil) for pupil in PUPILS}
        while left := [pupil for pupil in PUPILS if self._version(pupil) == before[pupil]]:
            for pupil in left:
                self.command(pupil, 0.0)
            self.wait(0.2)

    def seen(self) -> Counter[str]:
        """Return what did happen: a fault that never came proves nothing."""
        healed = {"lost and healed": len(self.truth.healed), "relay took over": self.source.leads}
        return self.faults.seen + Counter(healed)

    def rest(self, when: str) -> None:
        """Wait until the outbox is empty and all is read (I8: nothing holds up anything else)."""
        end = self.loop.time() + _REST_SECONDS
        while self.loop.time() < end:
            self.wait(0.3)
            if self._is_at_rest():
                return
        self.truth.broken(f"I8 not at rest {when}: {self._standing()}")
        self.truth.raise_if_broken()

    def _is_at_rest(self) -> bool:
        if not (self.copy.is_idle and self.source.is_idle):
            return False
        positions, waiting = self._standing()
        return not waiting and all(
            positions.get(lane, 0) >= self.log.partitions[lane].end for lane in LANES
        )

    def _standing(self) -> tuple[dict[Lane, int], int]:
        """Return where the reader stands, and how many rows Kafka has not acknowledged."""
        rows = self.copy.look("SELECT topic, partition, next FROM delivery.consumer_position")
        ((waiting,),) = self.source.look(
            "SELECT (SELECT count(*) FROM delivery.outbox WHERE sequence IS NULL)"
            " + (SELECT coalesce(sum(numbered - acknowledged), 0) FROM delivery.relay_position)"
        )
        return {(topic, partition): after for topic, partition, after in rows}, waiting


async def _as_far_as_it_goes(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except (OSError, DBAPIError, KafkaError):
        return  # an operator tries again


def _drop(*_: object) -> Any:
    raise structlog.DropEvent
