"""A member of a consumer group that keeps which pupils it has seen; also a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import text

from chassis.consuming.consumer import Consumer
from chassis.consuming.handlers import Handlers, Received
from chassis.consuming.subscription import Subscription
from chassis.database import Database, Session
from contracts import topics
from contracts.admissions import StudentEnrolled
from contracts.lists import Grade, Sex

TOPIC = topics.ENROLMENT
GROUP = "reader"


def pupil(number: int) -> StudentEnrolled:
    """Return one of an endless row of pupils."""
    return StudentEnrolled(
        pupil_id=str(uuid5(NAMESPACE_URL, f"pupil/{number}")),
        version=1,
        school_id=str(uuid5(NAMESPACE_URL, "school")),
        grade=Grade.G6,
        school_year="2026-2027",
        sex=Sex.OTHER,
        ethnic_minority=False,
        birth_year=2015,
        inclusion=False,
        day=date(2026, 9, 5),
        sealed=f"{number:08d}",
    )


class Member:
    """Keeps the number of each pupil, as often as it has its effect."""

    def __init__(self, database: Database, kafka: str) -> None:
        """Begin without a gate: handlers run through."""
        self.database = database
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        handlers = Handlers()
        handlers.on(StudentEnrolled)(self._keep)
        self.consumer = Consumer(service=GROUP, database=database, projector=handlers)
        self.subscription = Subscription(
            consumer=self.consumer, database=database, bootstrap=[kafka], group=GROUP
        )

    async def _keep(self, session: Session, received: Sequence[Received[StudentEnrolled]]) -> None:
        rows = [{"number": int(item.event.sealed)} for item in received]
        await session.execute(text("INSERT INTO seen (number) VALUES (:number)"), rows)
        self.entered.set()
        await self.gate.wait()

    async def seen(self) -> list[int]:
        """Give the numbers in the order in which they were kept."""
        return await self.column("SELECT number FROM seen ORDER BY id")

    async def column(self, statement: str) -> list[Any]:
        """Give the first column of what a statement finds."""
        async with self.database.reading() as session:
            return list((await session.execute(text(statement))).scalars())

    async def has(self, numbers: Sequence[int]) -> bool:
        """Tell whether exactly these were kept, each once."""
        return sorted(await self.seen()) == sorted(numbers)


async def main(url: str, kafka: str) -> None:
    """Be a member until somebody ends the process."""
    member = Member(Database(url, application="member"), kafka)
    await member.subscription.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
