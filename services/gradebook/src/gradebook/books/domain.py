"""Whether a column may be written now, and until when; and who may confirm that it may again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

LONGEST_REOPENING = 72
"""Hours: a correction after the lock is one piece of work, and ends by itself."""


class Closed(StrEnum):
    """Why a column cannot be written."""

    NOT_YET = "not-yet"
    """Its window opens later."""
    WINDOW_OVER = "window-over"
    """The last day of its window has passed."""
    LOCKED = "locked"
    """The book of the subject and term is locked (khoá sổ)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The first and the last day on which a column is written."""

    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True)
class Gate:
    """All that decides about one column. No window: open until somebody locks the book."""

    window: Window | None = None
    locked: bool = False
    reopened_until: datetime | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Whether a column may be written now; ``closed`` None = it may.

    ``last_day`` is where its window ends, ``until`` the moment at which a re-opening does, and
    ``asked_at`` when somebody asked for one that nobody has answered yet.
    """

    closed: Closed | None
    last_day: date | None = None
    until: datetime | None = None
    asked_at: datetime | None = None


class ReopeningState(StrEnum):
    """Where a request to write a closed column again stands."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class ReopeningReason(StrEnum):
    """Why a closed column has to be written again."""

    ENTRY_ERROR = "entry-error"
    """Nhập sai."""
    LATE = "late"
    """Chưa nhập kịp."""
    MAKE_UP_TEST = "make-up-test"
    """Học sinh kiểm tra bù."""
    REMARKED = "remarked"
    """Chấm lại, phúc khảo."""
    OTHER = "other"


def entry(gate: Gate, moment: datetime, today: date) -> Entry:
    """Say whether a column may be written; ``today`` is the school day of ``moment``.

    A re-opening stands above lock and window, and only as long as it was given for.
    """
    last_day = gate.window.closes_on if gate.window else None
    if gate.reopened_until is not None and moment < gate.reopened_until:
        return Entry(None, last_day, gate.reopened_until, gate.asked_at)
    closed = None
    if gate.locked:
        closed = Closed.LOCKED
    elif gate.window is not None and today < gate.window.opens_on:
        closed = Closed.NOT_YET
    elif last_day is not None and today > last_day:
        closed = Closed.WINDOW_OVER
    return Entry(closed, last_day, asked_at=gate.asked_at)


def open_until(confirmed_at: datetime, hours: int) -> datetime:
    """Say when a re-opening ends: its time runs from its confirmation, not from its request."""
    return confirmed_at + timedelta(hours=hours)
