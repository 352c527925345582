"""Proof: the aggregator is killed again and again, and counts everything exactly once.

Every event stands in Kafka three times, some only after others that follow them. The aggregator
dies at random points, and each fourth time in the middle of a commit that is held for it. In the
end its cells must be those that the generator knows, bit for bit.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from edu.failure import Failure
from edu.progress import progress
from edu.proof.looking import Looking, Moment, looking
from edu.proof.processes import WHOLE, Aggregator, Line, Process, aggregator, graveyard, until
from edu.proof.schedule import Schedule, scheduled
from edu.proof.year import Year, year
from edu.verify import comparing
from edu.verify.dump import Dump
from ioc_aggregator.rollups.state import combined

TIMES = 3
EVENTS_EACH = 150
"""Events for each life of the process, three deliveries of each."""
HELD_EVERY = 4
"""Each fourth kill, and the last, is inside a commit held for it; the others come by lot."""
STARTING_EVERY = 10
"""Each tenth kill comes while the process starts, before it has counted anything."""
LIFE_SECONDS = (0.0, 0.6)
START_SECONDS = (0.0, 2.5)
PAUSE_SECONDS = (0.0, 0.06)
BURSTS = 12
"""Into how many bursts the deliveries of one life are divided."""
SHOWN = 10


@dataclass
class Outcome:
    """What was done, and what came of it."""

    seed: int
    events: int
    resends: int
    truth: str
    """The hash of what has to be counted."""
    state: str = ""
    """The hash of what was counted."""
    moments: Counter[Moment] = field(default_factory=Counter)
    """Where the process was, of the kills at random points."""
    held: int = 0
    """Kills inside a commit that was held; all of these commits became true."""
    differences: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How often it was killed."""
        return self.moments.total() + self.held

    @property
    def inside(self) -> int:
        """How many of the kills were seen to be inside a commit."""
        return self.moments[Moment.COMMIT] + self.held

    @property
    def proved(self) -> bool:
        """Whether both are the same, and the fault did happen."""
        return self.state == self.truth and self.inside > 0 and self.resends > 0

    def line(self) -> str:
        """Give the line that says it."""
        same = "state = truth" if self.state == self.truth else f"state {self.state} ≠ truth"
        return (
            f"{self.kills} kills ({self.inside} inside a commit), {TIMES} deliveries, "
            f"{self.resends} resends in gaps: {same} {self.truth}"
        )

    def detail(self) -> str:
        """Say how the kills fell."""
        at_random = ", ".join(f"{self.moments[one]} {one}" for one in Moment)
        return (
            f"seed {self.seed}: {self.events} events; {self.moments.total()} kills at random "
            f"points ({at_random}: seen in the database while the process was frozen), "
            f"{self.held} inside a commit that was held for it and became true unheard"
        )


def prove(folder: Path, bootstrap: str, database: str, *, seed: int, kills: int) -> Outcome:
    """Run it: topics are empty, the database has the service's tables and no row."""
    lots = random.Random(f"kills {seed}")
    here = year(seed, kills * EVENTS_EACH)
    plan = scheduled(here.documents, lots, times=TIMES)
    outcome = Outcome(seed, len(here.documents), plan.resends, here.hash)
    with aggregator(folder, bootstrap, database) as service:
        asyncio.run(_Killing(service, here, plan, lots, outcome).run(kills))
    return outcome


class _Killing:
    def __init__(
        self,
        service: Aggregator,
        here: Year,
        plan: Schedule,
        lots: random.Random,
        outcome: Outcome,
    ) -> None:
        self._service, self._year, self._lots, self._outcome = service, here, lots, outcome
        self._left = iter(plan.deliveries)
        self._deliveries = len(plan.deliveries)
        self._sent = 0
        self._line = Line(service.bootstrap, here.documents)

    async def run(self, kills: int) -> None:
        """Let it live and die, then let it finish."""
        process = self._service.process("ioc-aggregator", WHOLE)
        async with (
            graveyard(self._service.bootstrap) as graves,
            looking(self._service.database) as look,
        ):
            with progress("kills", kills) as killed:
                for number in range(1, kills + 1):
                    await self._live(process, look, number, kills)
                    await graves.bury()
                    killed(1)
            await self._finish(process, look)

    async def _live(self, process: Process, look: Looking, number: int, kills: int) -> None:
        """Start it, let it work for a while, kill it."""
        goal = self._deliveries * number // kills
        process.child.start()
        before = await self._stands(look)
        if number % STARTING_EVERY == 0 and number < kills:
            await asyncio.sleep(self._lots.uniform(*START_SECONDS))
            await self._kill(process, look)
        else:
            self._send(goal)

            async def counts() -> bool:
                return await self._stands(look) > before

            await until(counts, "it counts")
            if number % HELD_EVERY == 0 or number == kills:
                await self._kill_inside(process, look)
            else:
                await self._work(goal)
                await self._kill(process, look)
        await until(look.is_free, "the database is done with whoever died")

    async def _work(self, goal: int) -> None:
        time = asyncio.get_running_loop().time
        ends = time() + self._lots.uniform(*LIFE_SECONDS)
        while time() < ends:
            self._send(goal)
            await asyncio.sleep(min(self._lots.uniform(*PAUSE_SECONDS), max(ends - time(), 0)))

    async def _kill(self, process: Process, look: Looking) -> None:
        process.freeze()
        moment = await look.moment()
        process.kill()
        self._outcome.moments[moment] += 1

    async def _kill_inside(self, process: Process, look: Looking) -> None:
        async with look.held():
            before = await self._stands(look)
            self._send(self._sent + 1)
            await until(look.is_held, "a commit is held")
            process.kill()
            if await self._stands(look) != before:
                raise Failure("A commit that was held has become true.")
        await until(look.is_free, "the commit is over")
        if await self._stands(look) == before:
            raise Failure("A commit whose client died inside it did not become true.")
        self._outcome.held += 1

    async def _stands(self, look: Looking) -> int:
        return sum((await self._service.positions(look.watching)).values())

    def _send(self, goal: int) -> None:
        """Send a burst, unless all up to ``goal`` is sent already."""
        room = min(self._lots.randint(1, 2 * TIMES * EVENTS_EACH // BURSTS), goal - self._sent)
        burst = list(islice(self._left, max(room, 0)))
        self._line.send(burst)
        self._sent += len(burst)

    async def _finish(self, process: Process, look: Looking) -> None:
        process.child.start()
        self._line.send(list(self._left))
        process.wait_ready()
        await self._service.at_rest(look.watching)
        positions = await self._service.positions(look.watching)
        await until(lambda: self._service.follows(process, positions), "it shows what it counted")
        self._judge(self._service.dump(process))

    def _judge(self, dump: Dump) -> None:
        found = comparing.cells(self._year.cells, dump.cells)
        self._outcome.differences = [str(one) for one in islice(found, SHOWN)]
        self._outcome.state = combined(dump.hashes)
