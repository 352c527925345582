"""What the consumer decides, as pure functions: production calls them, the simulation drives them.

A source numbers its events gaplessly per topic and partition, so one integer tells a duplicate
(≤ last), the next (last + 1) and a loss (> last + 1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What becomes of a record; each record has exactly one."""

    APPLY = "applied"
    DUPLICATE = "duplicate"
    PASS_OVER = "passed_over"  # noqa: S105 - no password
    PARK = "parked"
    HOLD = "held"


class Interval(msgspec.Struct, frozen=True, gc=False):
    """A run of missing sequence numbers; both ends are missing themselves."""

    first: int
    last: int


class SourceState(msgspec.Struct, frozen=True, gc=False):
    """How far one source was read in one partition, and what is missing behind it."""

    last: int | None = None
    gaps: tuple[Interval, ...] = ()


class Step(msgspec.Struct, frozen=True, gc=False):
    """The judgement of one sequence number."""

    fresh: bool
    state: SourceState
    gap: Interval | None = None
    late_start: bool = False


def step(state: SourceState, sequence: int) -> Step:
    """Judge ``sequence`` after ``state``.

    A number inside a stored gap is fresh when it comes; any other ≤ last is a duplicate. A gap is
    remembered and work goes on. The first number ever seen may be greater than 1: the log may
    have lost its beginning to retention (``late_start``).
    """
    if state.last is None:
        return Step(fresh=True, state=SourceState(sequence), late_start=sequence > 1)
    if sequence == state.last + 1:
        return Step(fresh=True, state=SourceState(sequence, state.gaps))
    if sequence > state.last:
        gap = Interval(state.last + 1, sequence - 1)
        return Step(fresh=True, state=SourceState(sequence, (*state.gaps, gap)), gap=gap)
    gaps = without(state.gaps, sequence)
    return Step(fresh=gaps != state.gaps, state=SourceState(state.last, gaps))


def without(gaps: Sequence[Interval], sequence: int) -> tuple[Interval, ...]:
    """Return ``gaps`` less one number: the interval that held it shrinks, splits or goes."""
    rest = []
    for gap in gaps:
        if not gap.first <= sequence <= gap.last:
            rest.append(gap)
            continue
        if gap.first < sequence:
            rest.append(Interval(gap.first, sequence - 1))
        if sequence < gap.last:
            rest.append(Interval(sequence + 1, gap.last))
    return tuple(rest)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a partition stands: the next offset to apply and the id of the log it belongs to."""

    next: int = 0
    topic_id: str | None = None


def place(stored: Placement, topic_id: str | None) -> tuple[Placement, bool]:
    """Return where to go on reading, and whether the topic is another log than before.

    A topic that was deleted and made again starts from its beginning; without the id its records
    below the old position would be skipped without a sign.
    """
    if topic_id is None or stored.topic_id in (None, topic_id):
        return replace(stored, topic_id=topic_id or stored.topic_id), False
    return Placement(0, topic_id), True


def unread(offsets: Sequence[int], position: int) -> int:
    """Return the index of the first offset that is not yet applied (offsets may have holes)."""
    for index, offset in enumerate(offsets):
        if offset >= position:
            return index
    return len(offsets)


_SLOW_SECONDS, _QUICK_SECONDS = 5.0, 1.0
_MOST_RECORDS = 5_000


@dataclass(slots=True)
class Pace:
    """How many records one transaction takes: so many that it is soon done, but at least one.

    A handler that needs a second for an event would else hold one transaction for as many seconds
    as a poll has records, and lose all of it when its time is over, again and again.
    """

    room: int = 16

    def took(self, records: int, seconds: float) -> None:
        """Learn from a transaction that was committed."""
        if seconds > _SLOW_SECONDS:
            self.room = max(1, int(records * _SLOW_SECONDS / seconds))
        elif seconds < _QUICK_SECONDS and records >= self.room:
            self.room = min(self.room * 2, _MOST_RECORDS)

    def failed(self) -> None:
        """Learn from one that was not: it may have been too long."""
        self.room = max(1, self.room // 16)


@dataclass(slots=True)
class Progress:
    """The states of one partition's sources while a slice is judged; kept after the commit."""

    sources: dict[str, SourceState] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def judge(self, source: str, sequence: int) -> Step:
        """Judge one number and remember it."""
        result = step(self.sources.get(source, SourceState()), sequence)
        self.sources[source] = result.state
        self.touched.add(source)
        return result


def fork(sources: Mapping[str, SourceState]) -> Progress:
    """Return a working copy: a rolled-back slice leaves no trace in memory."""
    return Progress(dict(sources))
