"""The feed writer: compares what is with what was published, and writes down the differences.

One transaction under an advisory lock holds a round: the entries, numbered without a gap, and the
same events in the outbox. The writer first reads whatever the journal and other writers have
brought, so an older state can never follow a newer one. Numbers are absolute: a round that is
never written is made good by the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from time import monotonic

import structlog

from chassis import clock, outbox
from chassis.database import Database, Session
from contracts.lists import Scope
from contracts.statistics import IndicatorChanged
from ioc_aggregator.feed import store
from ioc_aggregator.feed.series import CellId, Publication, Series, SeriesKey, Shown
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.rollups.follower import Follower

_MOST_ENTRIES = 2000
"""A round's entries; what is left over comes in the next, so no commit grows without bound."""

_TRIM_SHARE = 10
"""Trims when this share (one tenth) more than what is to be kept has gathered."""

_REST_SECONDS = 5.0
"""Whoever sees that another process writes leaves it to that one for so long, and then looks again:
two who took turns would both compare everything each time."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Difference:
    key: SeriesKey
    cell: CellId
    scope: Scope
    shown: Shown | None
    """None: the number no longer exists."""


class Writer:
    """Writes the feed's rounds. Many processes may have one; the lock lets one of them write."""

    def __init__(self, database: Database, follower: Follower, *, kept: int) -> None:
        """Keep at least ``kept`` entries."""
        self._database = database
        self._follower = follower
        self._kept = kept
        self._publication = Publication()
        self._head: int | None = None
        self._sequences: dict[int, int] = {}
        self._published: dict[SeriesKey, dict[CellId, tuple[Shown, Scope]]] = {}
        self._compared: dict[SeriesKey, Series] = {}
        self._seen: tuple[int, int, dict[str, datetime], date] | None = None
        self._rests_until = 0.0

    async def round(self) -> int:
        """Write what has changed since the last round; return the number of entries."""
        if self._mark() == self._seen or monotonic() < self._rests_until:
            return 0
        async with self._database.transaction() as session:
            if not await store.lock(session):
                return 0
            await self._follower.refresh(session)
            if await self._catch_up(session):
                self._rests_until = monotonic() + _REST_SECONDS
                return 0
            mark = self._mark()
            compared: dict[SeriesKey, Series] = {}
            found = self._differences(mark[3], compared)
            differences = list(islice(found, _MOST_ENTRIES))
            whole = next(found, None) is None
            head, sequences = await self._write(session, differences)
        # Committed. Had it failed, all of this would still be as the database says.
        self._head, self._sequences = head, sequences
        self._compared |= compared
        self._seen = mark if whole else None
        for difference in differences:
            cells = self._published.setdefault(difference.key, {})
            if difference.shown is None:
                cells.pop(difference.cell, None)
            else:
                cells[difference.cell] = (difference.shown, difference.scope)
        return len(differences)

    def _mark(self) -> tuple[int, int, dict[str, datetime], date]:
        """Give all that the published numbers depend on."""
        follower = self._follower
        day = clock.business_day(clock.now())
        return (follower.generation, follower.state.changes, follower.as_of, day)

    async def _catch_up(self, session: Session) -> bool:
        """Learn what was published before this process began, or by others; tell whether others."""
        head, known = await store.head(session), self._head
        if head == known:
            return False
        for row, written in await store.latest(session, known or 0):
            by, value = next(iter(written.dims.items()), ("", ""))
            key = SeriesKey(written.indicator, written.version, written.period, by)
            cells = self._published.setdefault(key, {})
            if written.retracted or written.numerator is None:
                cells.pop((written.unit_id, value), None)
            else:
                shown = Shown(
                    written.numerator,
                    written.denominator,
                    written.schools_reported,
                    written.schools_expected,
                    row.hidden,
                )
                cells[written.unit_id, value] = (shown, Scope(written.unit_kind))
            last = self._sequences.get(row.partition, 0)
            self._sequences[row.partition] = max(last, row.sequence)
        self._compared.clear()
        self._head = head
        return known is not None

    def _differences(self, day: date, compared: dict[SeriesKey, Series]) -> Iterator[_Difference]:
        follower = self._follower
        for series in self._publication.series(follower.state, day, follower.as_of):
            published = self._published.get(series.key, {})
            before = self._compared.get(series.key)
            changed = series.changed(before)
            told = series.told()
            for place, value in zip(*changed.nonzero(), strict=True):
                cell = (series.borders.places[place].id, series.values[value])
                known = published.get(cell)
                if known is None and not told[place, value]:
                    continue
                shown = series.shown(int(place), int(value))
                if known is None or known[0] != shown:
                    scope = series.borders.places[place].scope
                    yield _Difference(series.key, cell, scope, shown)
            if before is None or before.borders is not series.borders:
                yield from self._vanished(series, published)
            compared[series.key] = series

    def _vanished(
        self, series: Series, published: dict[CellId, tuple[Shown, Scope]]
    ) -> Iterator[_Difference]:
        """Retract the numbers of units that ended."""
        index, values = series.borders.index, set(series.values)
        for cell, (_, scope) in published.items():
            if cell[0] not in index or (cell[1] not in values and series.key.by != "source"):
                yield _Difference(series.key, cell, scope, None)

    async def _write(
        self, session: Session, differences: list[_Difference]
    ) -> tuple[int, dict[int, int]]:
        """Write a round; return the new head and the last sequence of each partition."""
        head, sequences = self._head or 0, dict(self._sequences)
        if not differences:
            return head, sequences
        events = [self._event(head + at, item) for at, item in enumerate(differences, start=1)]
        emitted = await outbox.emit(session, *events)
        given = []
        for row in emitted:
            # As the relay will number it: gapless, in this order, and nobody else writes here.
            sequences[row.partition] = sequences.get(row.partition, 0) + 1
            given.append(sequences[row.partition])
        hidden = [item.shown is not None and item.shown.hidden for item in differences]
        await store.write(session, events, emitted, given, hidden)
        head += len(events)
        if head - await store.start(session) > self._kept + self._kept // _TRIM_SHARE:
            await store.trim(session, head - self._kept)
            _log.info("feed_trimmed", upto=head - self._kept)
        return head, sequences

    def _event(self, number: int, difference: _Difference) -> IndicatorChanged:
        key, shown = difference.key, difference.shown
        indicator = CATALOGUE[key.indicator]
        unit_id, value = difference.cell
        sources = (value,) if key.by == "source" else indicator.sources
        return IndicatorChanged(
            number=number,
            indicator=key.indicator,
            version=key.version,
            unit_kind=difference.scope,
            unit_id=unit_id,
            period=key.period,
            dims={key.by: value} if key.by else {},
            numerator=None if shown is None else shown.numerator,
            denominator=None if shown is None else shown.denominator,
            unit=indicator.unit,
            as_of=min(self._follower.as_of[source] for source in sources),
            schools_reported=0 if shown is None else shown.reported,
            schools_expected=0 if shown is None else shown.expected,
            retracted=shown is None,
        )
