"""People at work while services come and go: one small school after another, until it is enough."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from edu import register
from edu.client import Refused, Suite
from edu.demo.playing import play
from edu.demo.province import CODE, School, named, province, some
from edu.home import Home

HEARD = slice(8, 16)
"""Those of the demo's schools whose guardians get letters."""


NEW = re.compile(r"gradebook PUT /v1/(publications|classes/[^/]+/roll-calls/.+)")
"""Routes that the previous release does not have: while it answers, nobody can ask for them."""
NEW_PURPOSES = frozenset({"attendance"})
"""What guardians cannot agree to in the previous release; in this traffic nobody does."""
NOT_FOUND = 404


class Counting(Suite):
    """Counts what was commanded, and what was refused for good."""

    commands = 0
    failed = 0

    async def command(self, service: str, method: str, path: str, **options: Any) -> Any:
        """Send a command until it is answered."""
        if path == "/v1/guardians":
            options["body"] = _known_purposes(options["body"])
        try:
            answer = await super().command(service, method, path, **options)
        except Refused as refused:
            if refused.status == NOT_FOUND and NEW.fullmatch(f"{service} {method} {path}"):
                return None
            self.failed += 1
            raise
        self.commands += 1
        return answer


def _known_purposes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    guardians = [
        one | {"consents": [c for c in one["consents"] if c["purpose"] not in NEW_PURPOSES]}
        for one in body["guardians"]
    ]
    return {"guardians": guardians}


@dataclass
class Traffic:
    """What was played so far."""

    client: Counting
    home: Home
    schools: int = 0
    refusals: list[str] = field(default_factory=list)
    playing: asyncio.Task[None] | None = None
    _enough: bool = False

    @property
    def commands(self) -> int:
        """How many commands were answered."""
        return self.client.commands

    @property
    def failed(self) -> int:
        """How many commands were refused for good; people of the demo never expect that."""
        return self.client.failed

    async def ends(self) -> None:
        """Let the school that is played be the last, and wait for it."""
        self._enough = True
        if self.playing is not None:
            await self.playing

    def look(self) -> None:
        """Raise what ended the play, if anything did."""
        if self.playing is not None and self.playing.done():
            self.playing.result()

    async def play(self) -> None:
        """Play a school, and the next, until it is enough."""
        year = register.current(await register.school_years(self.client))
        drawn = some(province(int(year[:4]), 1)[HEARD], rooms=1)
        for number in count():
            school = drawn[number % len(drawn)]
            try:
                await play(self.client, self.home, [another(school, number // len(drawn))])
                # Whoever looks at the statistics meets the old aggregator, too.
                await self.client.query("ioc-aggregator", "/indicators", role="service")
            except Refused as refused:
                self.refusals.append(str(refused))
            self.schools += 1
            if self._enough:
                return


def another(school: School, number: int) -> School:
    """Return a school like this one, under codes and with people that nobody has met."""

    def code(given: str) -> str:
        return given.replace(CODE, f"{CODE[:-2]}{number:02d}")

    rooms = [
        replace(
            room,
            class_id=named("class", code(school.code), room.name),
            pupils=tuple(replace(pupil, code=code(pupil.code)) for pupil in room.pupils),
        )
        for room in school.rooms
    ]
    return replace(school, code=code(school.code), rooms=tuple(rooms))


@asynccontextmanager
async def traffic(home: Home) -> AsyncIterator[Traffic]:
    """Play beside the block."""
    async with Counting(home) as client:
        played = Traffic(client, home)
        played.playing = asyncio.create_task(played.play())
        try:
            yield played
        finally:
            played.playing.cancel()
            await asyncio.gather(played.playing, return_exceptions=True)
