"""Proof: however many members the group has, and whatever happens to them, the numbers are one.

The same events come to groups of one, two and four members. With more than one, members are killed
inside a commit, sleep for longer than their session, leave and come back, while events flow. Every
process that answers must then hold the generator's cells, bit for bit, and say the same numbers on
feed and page as the process that did everything alone.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from contracts.relay import Watermark
from edu.failure import Failure
from edu.proof.looking import Looking, looking
from edu.proof.processes import (
    ANSWERS,
    FOLDS,
    WHOLE,
    Aggregator,
    Line,
    Process,
    aggregator,
    graveyard,
    until,
)
from edu.proof.schedule import Schedule, scheduled
from edu.proof.year import Year, year
from edu.testing.making import Make
from edu.verify import comparing
from ioc_aggregator.rollups.state import combined

GROUPS: Mapping[int, Sequence[str]] = {
    1: (WHOLE,),
    2: (WHOLE, FOLDS),
    4: (ANSWERS, "api", FOLDS, FOLDS, FOLDS, FOLDS),
}
"""By the number of members, the roles of the processes; with four, two others answer."""
EVENTS = 6_000
TIMES = 3
BURST = (1, 25)
PAUSE_SECONDS = (0.0, 0.05)
SESSION_SECONDS = 10.0
"""After which Kafka takes a silent member for dead (``chassis.consuming.subscription``)."""
SECONDS = 60.0
PAGE = 5_000
DUMPS_APART = 0.5
"""Seconds between two looks at everything, which the processes have to write down each time."""

Value: TypeAlias = tuple[int | None, int | None, int, int]
Numbers: TypeAlias = dict[tuple[str, str, str, tuple[tuple[str, str], ...]], Value]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen in a group of more than one."""

    kills: int
    sleeps: int
    turns: int
    """How often a member leaves and comes back."""


WHOLE_PLAN = Plan(kills=6, sleeps=2, turns=12)


@dataclass
class Outcome:
    """What came of the groups."""

    seed: int
    truth: str
    groups: list[int] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What was not as it must be."""

    @property
    def proved(self) -> bool:
        """Whether everything was."""
        return not self.faults

    def line(self) -> str:
        """Give the line that says it."""
        did = ", ".join(f"{count} {what}" for what, count in self.did.items())
        groups = ", ".join(map(str, self.groups))
        same = "one state, one feed, one page" if self.proved else "NOT the same"
        return f"groups of {groups} members ({did}): {same}, state = truth {self.truth}"


def prove(
    folder: Path,
    bootstrap: str,
    database: Callable[[int], str],
    *,
    seed: int,
    plan: Plan = WHOLE_PLAN,
    groups: Sequence[int] = tuple(GROUPS),
    events: int = EVENTS,
) -> Outcome:
    """Run it. ``database(members)`` empties the topics and gives a database without a row."""
    here = year(seed, events)
    outcome = Outcome(seed, here.hash)
    said: dict[str, Any] = {}
    for members in groups:
        lots = random.Random(f"members {members} {seed}")
        deliveries = scheduled(here.documents, lots, times=TIMES)
        with aggregator(folder, bootstrap, database(members)) as service:
            group = _Group(service, here, deliveries, lots, outcome)
            for name, told in asyncio.run(group.run(members, plan)).items():
                if said.setdefault(name, told) != told:
                    outcome.faults.append(f"{members} members say another {name}")
        outcome.groups.append(members)
    return outcome


class _Group:
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
        self._line = Line(service.bootstrap, here.documents)

    async def run(self, members: int, plan: Plan) -> dict[str, Any]:
        """Let the events come while things happen; return what the processes say in the end."""
        roles = GROUPS[members]
        processes = [
            self._service.process(f"of-{members}-{at}", role) for at, role in enumerate(roles)
        ]
        for process in processes:
            process.child.start()
        for process in processes:
            process.wait_ready()
        folding = [p for p, role in zip(processes, roles, strict=True) if "consumer" in role]
        answering = [p for p, role in zip(processes, roles, strict=True) if "api" in role]
        async with (
            graveyard(self._service.bootstrap) as self._graves,
            looking(self._service.database) as look,
        ):
            if members > 1:
                await self._suffer(folding, look, plan)
            self._line.send(list(self._left))
            self._line.tell(self._watermarks())
            return await self._end(answering, look)

    async def _suffer(self, folding: list[Process], look: Looking, plan: Plan) -> None:
        happenings = [self._die] * plan.kills + [self._sleep] * plan.sleeps
        happenings += [self._turn] * plan.turns
        self._lots.shuffle(happenings)
        for victim, happens in zip(cycle(folding), happenings, strict=False):
            self._send()
            await happens(victim, look)

    async def _die(self, victim: Process, look: Looking) -> None:
        """Kill a member inside a commit that is held, and start it again."""
        async with look.held():
            sender = asyncio.create_task(self._keep_sending())
            try:
                await until(lambda: look.is_held(victim.child.pid), "this member's commit is held")
            finally:
                sender.cancel()
            victim.kill()
        self._outcome.did["killed inside a commit"] += 1
        await until(look.is_free, "its commit is over")
        await self._graves.bury()
        victim.child.start()
        victim.wait_ready()

    async def _sleep(self, victim: Process, look: Looking) -> None:
        """Stop a member for longer than its session; the others go on with what it had."""
        before = _fenced(victim)
        victim.freeze()
        try:
            stood = await self._service.positions(look.watching)
            sender = asyncio.create_task(self._keep_sending())
            try:
                await asyncio.sleep(SESSION_SECONDS * 1.2)
                moved = await self._service.positions(look.watching)
                if moved == stood:
                    raise Failure("Nobody read on while a member slept.")
            finally:
                sender.cancel()
        finally:
            victim.thaw()
        victim.wait_ready()
        await asyncio.sleep(1.0)
        self._outcome.did["slept longer than the session"] += 1
        self._outcome.did["batches of a zombie fenced"] += _fenced(victim) - before

    async def _turn(self, victim: Process, look: Looking) -> None:
        """Let a member leave in order and come back."""
        victim.child.stop()
        await until(look.is_free, "what it had begun is over")
        self._send()
        victim.child.start()
        victim.wait_ready()
        self._outcome.did["left and came back"] += 1

    async def _keep_sending(self) -> None:
        while True:
            self._send()
            await asyncio.sleep(self._lots.uniform(*PAUSE_SECONDS))

    def _send(self) -> None:
        """Send a burst; when everything has come three times, some of it comes once more."""
        size, known = self._lots.randint(*BURST), len(self._year.documents)
        burst = list(islice(self._left, size))
        self._line.send(burst or [self._lots.randrange(known) for _ in range(size)])

    def _watermarks(self) -> list[Watermark]:
        return [
            Watermark(source=source, read_at=Make.moment, positions=positions)
            for source, positions in self._year.positions.items()
        ]

    async def _end(self, answering: list[Process], look: Looking) -> dict[str, Any]:
        """Wait for rest, and ask everybody who answers."""
        await self._service.at_rest(look.watching)
        positions = await self._service.positions(look.watching)
        said: dict[str, Any] = {}
        for process in answering:
            await until(partial(self._service.follows, process, positions), "it follows")
            await until(
                partial(self._published, process), "the feed says all of it", every=DUMPS_APART
            )
            dump = self._service.dump(process)
            found = comparing.cells(self._year.cells, dump.cells)
            self._outcome.faults += [str(one) for one in islice(found, 3)]
            if combined(dump.hashes) != self._outcome.truth:
                self._outcome.faults.append(f"state {combined(dump.hashes)}")
            told = {
                "numbers": dump.numbers,
                "feed": self._feed(process),
                "page": self._page(process),
            }
            for name, what in told.items():
                if said.setdefault(name, what) != what:
                    self._outcome.faults.append(f"two processes say another {name}")
        return said

    def _published(self, process: Process) -> bool:
        """Tell whether the latest entry of every number is the number.

        Those that count nothing are left out: whether a zero was told depends on what stood there
        while the events came.

        Raises:
            Failure: one is not, yet.
        """
        numbers = self._service.dump(process).numbers
        wanted = {
            name: (one.numerator, one.denominator, one.reported, one.expected)
            for name, one in numbers.items()
        }
        told = self._feed(process)
        if told != wanted:
            name = min(name for name, _ in told.items() ^ wanted.items())
            raise Failure(f"{name}: the feed says {told.get(name)}, it is {wanted.get(name)}")
        return True

    def _feed(self, process: Process) -> Numbers:
        """Read the whole feed; give the latest of each number in which anything is counted."""
        found: Numbers = {}
        after = 0
        with self._client(process) as client:
            while True:
                answer = client.get("/feed", params={"after": after, "limit": PAGE}).json()
                for number, entry in enumerate(answer["entries"], after + 1):
                    data = entry["data"]
                    if data["number"] != number:
                        raise Failure(f"The feed has {data['number']} where {number} follows.")
                    dims = tuple(sorted(data["dims"].items()))
                    name = (data["indicator"], data["unit_id"], data["period"], dims)
                    found.pop(name, None)
                    if data["numerator"] or data["denominator"]:
                        found[name] = (
                            data["numerator"],
                            data["denominator"],
                            data["schools_reported"],
                            data["schools_expected"],
                        )
                after = answer["next"]
                if after >= answer["head"]:
                    return found

    def _page(self, process: Process) -> Any:
        """Give what the page shows of the province."""
        with self._client(process) as client:
            answer = client.get("/indicators")
            answer.raise_for_status()
            return answer.json()["indicators"]

    def _client(self, process: Process) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self._service.token()}"}
        return httpx.Client(base_url=process.url, headers=headers, timeout=SECONDS)


def _fenced(process: Process) -> int:
    for line in httpx.get(f"{process.url}/metrics", timeout=SECONDS).text.splitlines():
        if line.startswith("consumer_fenced_batches_total "):
            return int(float(line.rpartition(" ")[2]))
    return 0
