"""The rules of sending: when, whether, how often, and what an answer makes of a letter.

A *message* is what one guardian is told of one event on one channel. A *letter* carries one
message, or a digest of several; it is what a provider is given, and keeps its Message-ID for life.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from contracts.notifications import FailureReason

NEWS = timedelta(hours=72)
"""How long something is news. Older than that nothing is queued, nor sent."""

SAID_FOR = timedelta(days=90)
"""How long after the end of its letter the values of a message are kept."""

DIGEST_AT = time(18, 0)
"""When the letter of the day goes, by the clock of the province."""

NAME_WAIT = timedelta(minutes=1)
"""How long to wait for a pupil's name that has not come yet."""

_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)

MOST_CRASHES = 1
"""An attempt whose outcome a crash left unknown is made once more, and never a third time."""


class LetterState(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENDING = "sending"
    """An attempt is open: it was committed before the provider was called."""
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It may have been delivered; it is not sent again."""
    CANCELLED = "cancelled"
    """It was withdrawn before anybody sent it."""


class AttemptOutcome(StrEnum):
    """How an attempt ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: the same letter would be refused again."""
    RETRY = "retry"
    """It was certainly not taken, and may be later."""
    UNKNOWN = "unknown"
    """The provider had all of it and never answered."""
    CRASHED = "crashed"
    """We ended between the call and its answer."""


class CancelReason(StrEnum):
    """Why a letter was withdrawn."""

    NOTHING_LEFT = "nothing-left"
    """Consent was taken back, the reader is no longer a guardian of any pupil in it, or it no
    longer holds."""
    NO_ADDRESS = "no-address"
    """The guardian does not want this channel, or cannot be reached by it."""
    ERASED = "erased"
    """The guardian's or the pupil's personal data was erased."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a provider made of one attempt."""

    outcome: AttemptOutcome
    code: str
    """The provider's own code, never its words: they repeat the address."""
    address_refused: bool = False
    provider_down: bool = False
    """It is the provider's fault, not the letter's: the breaker counts it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that decides about a letter whose time has come."""

    expires_at: datetime
    crashes: int
    messages_left: int
    """How many of its messages may still be said."""
    reachable: bool
    names_known: bool
    quiet: tuple[time, time] | None


@dataclass(frozen=True, slots=True)
class Send:
    """Make an attempt; ``repeat``: the one before may have arrived."""

    repeat: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Look at it again at this time."""

    until: datetime


@dataclass(frozen=True, slots=True)
class End:
    """It is not sent, or not again."""

    state: LetterState
    reason: CancelReason | FailureReason


def decide(letter: Waiting, local: datetime) -> Send | Wait | End:
    """Say what becomes of a letter now; ``local`` is now by the clock of the province."""
    if letter.messages_left == 0:
        return _withdrawn(letter, CancelReason.NOTHING_LEFT)
    if not letter.reachable:
        return _withdrawn(letter, CancelReason.NO_ADDRESS)
    if local >= letter.expires_at:
        if letter.crashes:
            return End(LetterState.UNKNOWN, FailureReason.OUTCOME_UNKNOWN)
        return End(LetterState.FAILED, FailureReason.EXPIRED)
    free = after_quiet(letter.quiet, local)
    if free > local:
        return Wait(free)
    if not letter.names_known:
        return Wait(local + NAME_WAIT)
    return Send(repeat=letter.crashes > 0)


def _withdrawn(letter: Waiting, reason: CancelReason) -> End:
    """Withdraw a letter, unless an attempt before may have delivered it."""
    if letter.crashes:
        return End(LetterState.UNKNOWN, FailureReason.OUTCOME_UNKNOWN)
    return End(LetterState.CANCELLED, reason)


def after_crash(crashes: int) -> LetterState:
    """Say what becomes of a letter whose open attempt outlived its lease for the n-th time."""
    return LetterState.QUEUED if crashes <= MOST_CRASHES else LetterState.UNKNOWN


def after_result(result: Result) -> tuple[LetterState, FailureReason | None]:
    """Say what the provider's answer makes of a letter."""
    match result.outcome:
        case AttemptOutcome.ACCEPTED:
            return LetterState.DELIVERED, None
        case AttemptOutcome.REFUSED:
            refused = FailureReason.REFUSED
            if result.address_refused:
                refused = FailureReason.ADDRESS_REFUSED
            return LetterState.FAILED, refused
        case AttemptOutcome.RETRY:
            return LetterState.QUEUED, None
        case _:
            return LetterState.UNKNOWN, FailureReason.OUTCOME_UNKNOWN


def concerns(result: Result, state: LetterState) -> bool:
    """Say whether the answer to a letter's last attempt still decides about the letter.

    Late, after a crash was presumed, only what is certain does; nothing is begun again by it.
    """
    if state is LetterState.SENDING:
        return True
    certain = result.outcome in (AttemptOutcome.ACCEPTED, AttemptOutcome.REFUSED)
    return certain and state in (LetterState.QUEUED, LetterState.UNKNOWN)


def after_receipt(action: str, state: LetterState, crashes: int) -> LetterState | None:
    """Say what a report of the receiving side (RFC 3464) makes of a letter; None: nothing.

    A late success wins over a doubt, and a late failure over a success: mail bounces after it was
    taken. What never left cannot be reported on.
    """
    doubtful = state is LetterState.UNKNOWN or (state is LetterState.QUEUED and crashes > 0)
    if action == "failed" and (doubtful or state is LetterState.DELIVERED):
        return LetterState.FAILED
    if action in ("delivered", "relayed") and doubtful:
        return LetterState.DELIVERED
    return None


def backoff(attempts: int, share: float) -> timedelta:
    """Give the pause after that many attempts: exponential, of which ``share`` (0 to 1) counts."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempts - 1, 30)) * share


def after_quiet(quiet: tuple[time, time] | None, local: datetime) -> datetime:
    """Give the first moment from ``local`` on that lies outside the quiet hours."""
    if quiet is None or quiet[0] == quiet[1]:
        return local
    begins, ends = quiet
    at = local.time()
    inside = begins <= at < ends if begins < ends else at >= begins or at < ends
    if not inside:
        return local
    end = datetime.combine(local.date(), ends, local.tzinfo)
    return end if end > local else end + timedelta(days=1)


def next_digest(local: datetime) -> datetime:
    """Give the time of the next letter of the day, after ``local``."""
    today = datetime.combine(local.date(), DIGEST_AT, local.tzinfo)
    return today if today > local else today + timedelta(days=1)


def share_of_parts(parts: int, cost: int, messages: int) -> Sequence[tuple[int, int]]:
    """Give each message of a letter its parts and cost: the first one carries them."""
    return [(parts, cost), *[(0, 0)] * (messages - 1)]
