"""Teachers who save scores at a steady rate, and repeat each save until it is answered.

Every command has its Idempotency-Key, which is its correlation id too, so that its fact can be
found. What was answered goes to the stage's ledger; each single try is kept with its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from .province import Sheet
from .stage import API

if TYPE_CHECKING:
    from .stage import Stage

TRY_SECONDS = 60.0
DRAIN_SECONDS = 90.0
AGAIN_SECONDS = 0.25
CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Try:
    """One request: when it was sent, how long it took, and how it was answered."""

    at: float
    seconds: float
    status: int
    """0 when there was no answer."""
    retry_after: bool = False


@dataclass
class Flow:
    """Traffic while it flows."""

    stage: Stage
    rate: float
    lots: random.Random
    tries: list[Try] = field(default_factory=list)
    commands: int = 0
    stopping: bool = False

    @property
    def answered(self) -> int:
        """How many commands were answered 2xx."""
        return sum(200 <= one.status < 300 for one in self.tries)

    def between(self, start: float, end: float) -> list[Try]:
        """Return the tries that were sent between two moments of the monotonic clock."""
        return [one for one in self.tries if start <= one.at < end]

    async def run(self, sheets: Sequence[Sheet]) -> None:
        """Let every sheet's teacher work until told to stop."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=len(sheets))
        async with (
            httpx.AsyncClient(timeout=TRY_SECONDS, limits=limits) as client,
            asyncio.TaskGroup() as group,
        ):
            for number, sheet in enumerate(sheets):
                lots = random.Random(self.lots.random())
                group.create_task(self._teach(client, sheet, lots, number, len(sheets)))

    async def _teach(
        self, client: httpx.AsyncClient, sheet: Sheet, lots: random.Random, number: int, of: int
    ) -> None:
        beat = of / self.rate
        due = time.monotonic() + beat * number / of
        while not self.stopping:
            await asyncio.sleep(max(0.0, min(due - time.monotonic(), 1.0)))
            if time.monotonic() < due or self.stopping:
                continue
            await self._save(client, sheet, lots)
            # Who was held up does not hurry to catch up: nobody types faster for an outage.
            due = max(due + beat, time.monotonic())

    async def _save(self, client: httpx.AsyncClient, sheet: Sheet, lots: random.Random) -> None:
        body, promised = sheet.next_save(lots)
        headers = {
            "Authorization": f"Bearer {sheet.token}",
            "Idempotency-Key": promised.key,
            "X-Correlation-ID": promised.key,
        }
        self.commands += 1
        while True:
            url = f"{self.stage.url(API)}/v1/sheets/{sheet.sheet_id}/cells"
            at = time.monotonic()
            try:
                answer = await client.put(url, json=body, headers=headers)
            except httpx.TransportError:
                self.tries.append(Try(at, time.monotonic() - at, 0))
            else:
                later = "Retry-After" in answer.headers
                self.tries.append(Try(at, time.monotonic() - at, answer.status_code, later))
                if answer.is_success:
                    sheet.keep(promised)
                    self.stage.ledger.answered.append(promised)
                    return
                if answer.status_code < 500:
                    # Nobody else writes to this sheet, so the cell can only have been changed by
                    # this very command, a second time.
                    self.stage.ledger.doubled.append(f"{promised.key}: {answer.text}")
                    return
            await asyncio.sleep(AGAIN_SECONDS * (1 + lots.random()))


@contextlib.contextmanager
def flowing(
    stage: Stage, lots: random.Random, *, rate: float, teachers: int | None = None
) -> Iterator[Flow]:
    """Let traffic flow during the block; on leaving, every command under way is answered first."""
    flow = Flow(stage, rate, random.Random(lots.random()))
    work = flow.run(stage.ledger.sheets[:teachers])
    running: Future[None] = asyncio.run_coroutine_threadsafe(work, stage.background.loop)
    try:
        yield flow
    finally:
        flow.stopping = True
        running.result(DRAIN_SECONDS)


def percentile(tries: Sequence[Try], share: float) -> float:
    """Return the seconds within which this share of the tries was answered."""
    seconds = sorted(one.seconds for one in tries)
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))] if seconds else 0.0
