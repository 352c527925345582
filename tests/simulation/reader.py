"""A reading service: it keeps one row for each effect, and one for each message it would send."""

from collections.abc import Sequence

from sqlalchemy import text

from chassis.consuming.handlers import Handlers, Received
from chassis.consuming.records import Prepared, Rejected, Slice
from chassis.database import Database, Session
from chassis.inbox import claim_all
from contracts.admissions import StudentEnrolled
from contracts.envelope import Envelope
from contracts.topics import ENROLMENT, Topic

TABLES = (
    "CREATE TABLE effect (n INTEGER PRIMARY KEY, event, pupil, version)",
    "CREATE TABLE message (event)",
)
_EFFECT = text("INSERT INTO effect (event, pupil, version) VALUES (:event, :pupil, :version)")
_MESSAGE = text("INSERT INTO message (event) VALUES (:event)")


class PoisonedError(Exception):
    """A handler has a fault that shows with some pupils only."""


async def keep(
    session: Session, received: Sequence[Received[StudentEnrolled]], poisoned: set[str]
) -> None:
    """Write an effect that nothing but its position guards, and a message that the inbox guards."""
    new = await claim_all(session, "messages", [item.envelope for item in received])
    for item in received:
        event = item.envelope.id
        row = {"event": event, "pupil": item.event.pupil_id, "version": item.event.version}
        await session.execute(_EFFECT, row)
        if item.event.pupil_id in poisoned:
            raise PoisonedError(item.event.pupil_id)
        if event in new:
            await session.execute(_MESSAGE, {"event": event})


def copying(poisoned: set[str]) -> Handlers:
    """Return the handlers of a service that keeps copies: one transaction per slice."""
    handlers = Handlers()

    @handlers.on(StudentEnrolled)
    async def kept(session: Session, received: Sequence[Received[StudentEnrolled]]) -> None:
        await keep(session, received, poisoned)

    return handlers


class Counting:
    """A projection in memory, made durable as a journal: one transaction per poll."""

    topics: Sequence[Topic] = (ENROLMENT,)
    whole_poll = True

    def __init__(self, database: Database, journal: Handlers) -> None:
        """``journal`` writes what is counted."""
        self.counted: list[str] = []
        self._database = database
        self._journal = journal
        self._pending: list[str] = []

    def prepare(self, topic: Topic, values: Sequence[bytes]) -> Prepared | None:
        """Take everything one by one."""

    async def load(self) -> None:
        """Count what is durable, by whomever it was written."""
        async with self._database.reading() as session:
            self.counted = list((await session.execute(text("SELECT event FROM effect"))).scalars())

    async def reload(self) -> None:
        """Load again."""
        await self.load()

    async def project(
        self, session: Session, slices: Sequence[Slice], *, careful: bool
    ) -> Sequence[Rejected]:
        """Write the journal; the memory waits for the commit."""
        rejected = await self._journal.project(session, slices, careful=careful)
        gone = {id(item.record) for item in rejected}
        self._pending = [
            record.event.id
            for part in slices
            for record in part.records
            if isinstance(record.event, Envelope) and id(record) not in gone
        ]
        return rejected

    def committed(self) -> None:
        """Count what was written."""
        self.counted += self._pending
        self._pending = []
