"""What the chassis calls with each poll: fold, write the journal, and only then remember."""

import asyncio
from collections.abc import Sequence

import structlog

from chassis.consuming.records import Prepared, Record, Rejected, Slice
from chassis.database import Database, Session
from contracts.envelope import Envelope
from contracts.topics import PERIODS, Topic
from ioc_aggregator.intake.folding import Fold, Folded, Refusal
from ioc_aggregator.intake.streams import BULKS, FOLDS, TOPICS
from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.facts import DayEnd
from ioc_aggregator.rollups import counted, ends, journal, witness
from ioc_aggregator.rollups.journal import REPLAYED
from ioc_aggregator.rollups.lanes import Known
from ioc_aggregator.rollups.state import Entry

_BACKLOG_RECORDS = 4_000
"""A province's busiest second has five thousand, and what comes is polled several times in it."""

_log = structlog.get_logger()


class Folding:
    """The aggregator's :class:`~chassis.consuming.records.Projector`."""

    topics = TOPICS
    whole_poll = True

    def __init__(self, database: Database, known: Known) -> None:
        """Write through the chassis' transactions, and hand over to whoever follows here."""
        self._database = database
        self._known = known
        self.caught_up = asyncio.Event()
        """Not set while what is committed is so much at once that only a backlog can have it."""
        self.caught_up.set()
        self._pending: list[Entry] = []
        self._ends: list[DayEnd] = []
        """Where days ended; those that end from now on do so where an entry does."""

    def prepare(self, topic: Topic, values: Sequence[bytes]) -> Prepared | None:
        """Read a large stream in bulk."""
        bulk = BULKS.get(topic.name)
        documents = None if bulk is None else bulk.read(values)
        if bulk is None or documents is None:
            return None
        return Prepared(documents, lambda: bulk.fold(documents))

    async def load(self) -> None:
        """Read what is committed; nothing that is not can be in memory."""
        self._pending = []
        async with self._database.transaction() as session:
            await counted.begin(session)
        async with self._database.reading() as session:
            await self._known.refresh(session)
            self._ends = await ends.read(session)
            missing = await counted.lacking(session)
        if missing:
            _log.warning("families_not_counted_from_the_beginning", families=missing)

    async def reload(self) -> None:
        """The same: what was fenced never reached the memory."""
        await self.load()

    async def project(
        self, session: Session, slices: Sequence[Slice], *, careful: bool
    ) -> Sequence[Rejected]:
        """Fold each slice and write its entry, an empty one too, so that entries join exactly."""
        if await journal.live_generation(session) != self._known.generation:
            # A rebuild has begun since; the lanes that it sent back were left out already.
            await self._known.refresh(session)
            self._ends = await ends.read(session)
        rejected: list[Rejected] = []
        entries: list[Entry] = []
        vector = self._known.vector
        replayed = vector.get(REPLAYED, 0)
        # Where days ended first: a database that was lost learns it with the rest of the log.
        in_order = sorted(slices, key=lambda part: part.topic is not PERIODS)
        for part in (piece for whole in in_order for piece in ends.cut(whole, self._ends)):
            folded, refused = _fold(part, careful=careful)
            delta = folded.delta
            rejected += refused
            if folded.ends:
                await ends.learn(session, folded.ends)
                self._ends += folded.ends
            await witness.keep(session, folded.checkpoints)
            if part.first < vector.get(part.lane, 0):
                if delta:
                    entries.append(Entry(REPLAYED, replayed, replayed + 1, delta))
                    replayed += 1
            else:
                entries.append(Entry(part.lane, part.first, part.next, delta))
        await journal.write(session, self._known.generation, entries)
        self._pending = entries
        return rejected

    def committed(self) -> None:
        """Let the committed entries count."""
        records = sum(entry.next - entry.first for entry in self._pending)
        if records >= _BACKLOG_RECORDS:
            self.caught_up.clear()
        else:
            self.caught_up.set()
        self._known.take(self._pending)
        self._pending = []


def _fold(part: Slice, *, careful: bool) -> tuple[Folded, list[Rejected]]:
    if part.prepared is not None:
        return Folded(Delta.joined(part.prepared)), []
    records = [record for record in part.records if isinstance(record.event, Envelope)]
    rejected: list[Rejected] = []
    fold = FOLDS[part.topic.name]
    if careful:
        records, rejected = _passing(part, fold, records)
    folded = fold([record.event for record in records if isinstance(record.event, Envelope)])
    rejected += [_rejected(part, records, item) for item in folded.refused]
    return folded, rejected


def folded(part: Slice) -> Delta:
    """Give what an accepted slice adds, as :class:`Folding` would have it written."""
    try:
        return _fold(part, careful=False)[0].delta
    except Exception:  # noqa: BLE001 - the chassis would come again with ``careful``
        return _fold(part, careful=True)[0].delta


def _passing(part: Slice, fold: Fold, records: list[Record]) -> tuple[list[Record], list[Rejected]]:
    """Set those records aside on which the fold itself breaks: a defect of ours."""
    passing: list[Record] = []
    rejected: list[Rejected] = []
    for record in records:
        if isinstance(record.event, Envelope):
            try:
                fold([record.event])
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must go on
                detail = f"{type(error).__name__}: {error}"
                rejected.append(Rejected(part, record, "fold-failed", detail))
            else:
                passing.append(record)
    return passing, rejected


def _rejected(part: Slice, records: Sequence[Record], refusal: Refusal) -> Rejected:
    return Rejected(part, records[refusal.index], refusal.reason, refusal.detail)
