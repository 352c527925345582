"""The rules of webhooks: when a call is made again, and what an answer makes of a delivery."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses after each attempt that failed, of Standard Webhooks: ten attempts in 75 hours."""

ALONE = timedelta(seconds=15)
"""When to look again at what was not called, because its endpoint had failed too often."""

_JITTER = 0.1
_LONGEST_WISH = timedelta(hours=24)
"""No subscriber puts us off for longer by its ``Retry-After``."""

AT_ONCE = 4
"""How many calls one endpoint gets at a time."""

GRACE_HOURS = 24
"""How long the secret before stays valid after a rotation, if nobody says otherwise."""

KEPT = timedelta(days=7)
"""How long a document is kept at least, so that what failed can be sent again."""

LISTED = timedelta(days=30)
"""How long deliveries are listed after their end."""

_OK, _REDIRECT, _GONE = 200, 300, 410


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


class AttemptOutcome(StrEnum):
    """How a call ended."""

    ACCEPTED = "accepted"
    """2xx."""
    REFUSED = "refused"
    """Any other status; redirects are not followed."""
    GONE = "gone"
    """410: the subscriber wants nothing more."""
    UNREACHABLE = "unreachable"
    """No answer: no connection, a timeout, TLS."""
    INSIDE = "inside"
    """The address points inside; nothing was sent."""
    LEFT_ALONE = "left-alone"
    """It had failed so often that it was not called; that is no step of the schedule."""
    CRASHED = "crashed"
    """We ended before the answer came."""


class WebhookState(StrEnum):
    """Whether an endpoint gets anything."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call came to."""

    outcome: AttemptOutcome
    status: int | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a delivery; a pause only if it is made again."""

    state: DeliveryState
    step: int
    """Where in the schedule it stands from now on."""
    pause: timedelta | None = None
    disable: bool = False


def outcome_of(status: int) -> AttemptOutcome:
    """Read a status: only 2xx is success, and 410 means never again."""
    if _OK <= status < _REDIRECT:
        return AttemptOutcome.ACCEPTED
    return AttemptOutcome.GONE if status == _GONE else AttemptOutcome.REFUSED


def after(answer: Answer, step: int, share: float) -> Verdict:
    """Say what becomes of a delivery after the ``step``-th failure in a row (from 0)."""
    if answer.outcome is AttemptOutcome.ACCEPTED:
        return Verdict(DeliveryState.DELIVERED, step)
    if answer.outcome is AttemptOutcome.GONE:
        return Verdict(DeliveryState.FAILED, step, disable=True)
    if answer.outcome is AttemptOutcome.LEFT_ALONE:
        return Verdict(DeliveryState.PENDING, step, ALONE)
    if step >= len(SCHEDULE):
        return Verdict(DeliveryState.FAILED, step)
    pause = SCHEDULE[step] * (1 + _JITTER * share)
    wished = min(answer.retry_after or timedelta(), _LONGEST_WISH)
    return Verdict(DeliveryState.PENDING, step + 1, max(pause, wished))
