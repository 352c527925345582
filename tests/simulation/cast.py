"""The processes of the play: one that takes commands, two relays, two members of a group."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from types import SimpleNamespace
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.exc import DBAPIError

from chassis.consuming.consumer import Consumer
from chassis.consuming.records import Projector
from chassis.consuming.subscription import _Listener
from chassis.database import Database
from chassis.health import Health
from chassis.outbox import emit
from chassis.relay.relay import Relay
from chassis.supervisor import Supervisor
from contracts.admissions import StudentEnrolled
from contracts.lists import Grade, Sex
from contracts.topics import ENROLMENT

from .clockwork import Faults, Process
from .log import Client, Lane, Log

LANES: tuple[Lane, ...] = tuple((ENROLMENT.name, n) for n in range(ENROLMENT.partitions))
PUPILS = tuple(str(uuid5(NAMESPACE_URL, f"pupil/{number}")) for number in range(5))
_RESTART_SECONDS = 0.4


def enrolment(pupil: str, version: int) -> StudentEnrolled:
    """Return one state of a pupil."""
    return StudentEnrolled(
        pupil_id=pupil,
        version=version,
        school_id=PUPILS[0],
        grade=Grade.G6,
        school_year="2026-2027",
        sex=Sex.OTHER,
        ethnic_minority=False,
        birth_year=2015,
        inclusion=False,
        day=date(2026, 9, 5),
        sealed="c2VhbGVk",
    )


class Actor:
    """A process that is started again whenever it died."""

    def __init__(self, role: str, faults: Faults) -> None:
        self.role = role
        self.faults = faults
        self.process = Process(role, faults)

    def live(self) -> None:
        """Run until killed, and then again a while later."""
        self.process = Process(self.role, self.faults)
        self.process.start(self.work())
        self._watch = asyncio.get_running_loop().create_task(self._reborn(self.process))

    async def _reborn(self, process: Process) -> None:
        await process.dead.wait()
        await asyncio.sleep(_RESTART_SECONDS)
        self.died()
        await asyncio.sleep(_RESTART_SECONDS)
        self.live()

    def died(self) -> None:
        """Say what others notice of a death."""

    async def work(self) -> None:
        """Do what this process is for."""
        raise NotImplementedError


class Office(Actor):
    """Takes commands; each is one transaction with one event."""

    def __init__(self, faults: Faults, database: Database, version: Callable[[str], int]) -> None:
        """``version`` gives a pupil's last committed version."""
        super().__init__("office", faults)
        self.answered: list[str] = []
        self._database = database
        self._version = version
        self._locks = {pupil: asyncio.Lock() for pupil in PUPILS}

    async def work(self) -> None:
        """Wait for commands."""
        await asyncio.Event().wait()

    def command(self, pupil: str, seconds: float) -> None:
        """Change ``pupil``; the transaction stays open for a while after its event was written."""
        if self.process.alive:
            self.process.start(self._command(pupil, seconds))

    async def _command(self, pupil: str, seconds: float) -> None:
        try:
            async with self._locks[pupil], self._database.transaction() as session:
                # The row of the aggregate is locked until the commit: so is its version.
                event = enrolment(pupil, self._version(pupil) + 1)
                (emitted,) = await emit(session, event)
                await asyncio.sleep(seconds)
        except (OSError, DBAPIError):
            return  # HTTP answers 503
        self.answered.append(emitted.attributes)


class Sender(Actor):
    """A process with a relay, kept alive by the supervisor."""

    def __init__(self, faults: Faults, address: str) -> None:
        super().__init__("relay", faults)
        self.relay: Relay | None = None
        self._address = address

    async def work(self) -> None:
        """Follow, lead, fail and begin again."""
        self.relay = Relay(service="admissions", url=self._address, bootstrap=["kafka"])
        supervisor = Supervisor(
            Health(service="admissions", version="0"), jitter=self.faults.random.random
        )
        supervisor.start("relay", self.relay.run)
        await asyncio.Event().wait()


class Member(Actor):
    """A process with a consumer; FastStream's part, polling, is played."""

    def __init__(
        self,
        faults: Faults,
        log: Log,
        database: Database,
        projector: Callable[[], Projector],
        group: "Group",
    ) -> None:
        super().__init__("member", faults)
        self.group = group
        self.client: Client | None = None
        self.projector: Projector | None = None
        self._log = log
        self._database = database
        self._make = projector

    async def work(self) -> None:
        """Join, poll and consume."""
        self.projector = self._make()
        consumer = Consumer(service="reader", database=self._database, projector=self.projector)
        self.client = client = Client(self._log, self.process, self.group.committed)
        self._listener = _Listener(consumer)
        self._listener.subscriber = SimpleNamespace(consumer=client)  # type: ignore[assignment]
        self.group.rebalance()
        while True:
            if records := await client.poll():
                await consumer.consume(client, records)

    def died(self) -> None:
        """Be missed by the group."""
        self.client = None
        self.group.rebalance()

    @property
    def can_join(self) -> bool:
        """Whether the group hears it."""
        return self.client is not None and self.process.alive and not self.process.paused

    def rejoin(self, lanes: Sequence[Lane]) -> None:
        """Get other lanes; what is being consumed goes on meanwhile, as in aiokafka."""
        self.process.start(self._rejoin(lanes, self.group.round))

    async def _rejoin(self, lanes: Sequence[Lane], generation: int) -> None:
        client = self.client
        if client is None:
            return
        await self._listener.on_partitions_revoked(client.assignment())
        client.positions = {}
        await self.faults.latency()
        await self.process.gate()
        if generation != self.group.round:
            return
        client.assign(lanes)
        client.is_member = True
        await self._listener.on_partitions_assigned(client.assignment())


class Group:
    """A consumer group: who may read which lanes, and how far it said that it is."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.committed: dict[Lane, int] = {}
        self.round = 0

    def rebalance(self) -> None:
        """Divide the lanes anew among those whom the group hears."""
        self.round += 1
        heard = [member for member in self.members if member.can_join]
        for member in self.members:
            if member.client is not None:
                member.client.is_member = False
        for place, member in enumerate(heard):
            member.rejoin(LANES[(place + self.round) % len(heard) :: len(heard)])
