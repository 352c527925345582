"""The background work that makes the chain and signs it, wherever the relay runs.

Several processes may do it: each turn is one short transaction, and an advisory lock lets one in at
a time. Nobody who saves ever waits for it.
"""

import asyncio
import time
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import now
from chassis.database import Database
from chassis.health import Health, Part
from gradebook.history import commands, queries

_IDLE_SECONDS = 1.0
"""How soon what other processes have saved gets its number."""

_ROUND_SECONDS = 0.5
"""The shortest time between two turns: what is saved within it is chained together."""

MOST_UNSIGNED = 1_000
"""So many links are signed before their time has come."""


class Chaining:
    """Numbers what was saved, and signs the tree now and then."""

    def __init__(
        self, database: Database, key: Ed25519PrivateKey | None, *, every_seconds: float
    ) -> None:
        """Without a key the chain is made and nothing is signed."""
        self._database = database
        self._key = key
        self._every = every_seconds
        self._woken = asyncio.Event()
        self._signed_at = time.monotonic() - every_seconds
        self._unsigned = 0
        database.after_emit(self._woken.set)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            while await self.turn():
                pass
            await asyncio.sleep(_ROUND_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _IDLE_SECONDS)

    async def turn(self) -> bool:
        """Chain a batch and sign if it is time; return whether there may be more to do at once."""
        due = time.monotonic() >= self._signed_at + self._every
        async with self._database.transaction() as session:
            if not await commands.take_turn(session):
                return False
            count = await commands.chain(session)
            self._unsigned += count
            more = count == commands.BATCH
            if self._key and not more and (due or self._unsigned >= MOST_UNSIGNED):
                await commands.sign(session, self._key, now())
                self._signed_at, self._unsigned = time.monotonic(), 0
        return more

    def watch(self, health: Health) -> None:
        """Say in ``/readyz`` how far the chain is behind, and whether it is signed."""

        async def look(part: Part) -> None:
            async with self._database.reading() as session:
                left = await queries.waiting(session)
                head, _ = await queries.head(session)
            signed = "signed" if self._key else "not signed: GRADEBOOK_HISTORY_KEY is not set"
            part.ok(f"{head} links, {left} saves wait; {signed}")

        health.probe("chain", look, required=False)
