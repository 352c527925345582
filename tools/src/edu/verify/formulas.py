"""What each number of the page means, written down a second time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from edu.verify.documents import OWNERS

GRADED = frozenset({"TH", "THCS", "THPT", "GDTX"})
FRESHNESS = "N71"

Cell: TypeAlias = Mapping[str, str]
Picks: TypeAlias = Callable[[Cell, date], bool]
"""Tells whether a cell counts on the business day of the as-of."""


def _every(_cell: Cell, _day: date) -> bool:
    return True


def _late(cell: Cell, day: date) -> bool:
    return date.fromisoformat(cell["due_on"]) < day


def _cashless(cell: Cell, _day: date) -> bool:
    return cell["method"] != "cash"


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a value over the cells of a family that are picked, less another one."""

    family: str
    value: str
    picks: Picks = _every
    less: Sum | None = None


@dataclass(frozen=True, slots=True)
class Schools:
    """The schools that are expected and have all of these sums above zero."""

    having: tuple[Sum, ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """An indicator as a share of two counts, or one count alone."""

    numerator: Sum | Schools
    denominator: Sum | Schools | None
    streams: tuple[str, ...]
    levels: frozenset[str] | None = None
    by_term: bool = False
    lasts: bool = False
    """Who reported in an earlier school year is heard from in later ones, too."""

    @property
    def sources(self) -> set[str]:
        """The services whose facts it counts."""
        return {OWNERS[stream] for stream in self.streams}

    @property
    def families(self) -> set[str]:
        """The families of its cells."""
        terms = [self.numerator, self.denominator]
        sums = [term for term in terms if isinstance(term, Sum)]
        sums += [one for term in terms if isinstance(term, Schools) for one in term.having]
        sums += [one.less for one in sums if one.less is not None]
        return {one.family for one in sums}


LASTING = frozenset({"links", "channels"})
"""The families whose cells are changes of what holds until the next change."""

PUPILS, SCHOOLS, SCORES = (
    "admissions.enrolment.v1",
    "admissions.schools.v1",
    "gradebook.scores.v1",
)
FEES, CHANNELS = "payments.fees.v1", "payments.channels.v1"
GUARDIANS, MESSAGES = "notifications.guardians.v1", "notifications.messages.v1"
_ENTERED = Sum("scores", "entered")
_ENABLED = Sum("channels", "channels")
_BILLED, _COLLECTED = Sum("charges", "billed"), Sum("settled", "collected")

FORMULAS = {
    "N04": Formula(Sum("pupils", "count"), None, (PUPILS,)),
    "N26": Formula(_ENTERED, Sum("scores", "due"), (SCORES,), GRADED, by_term=True),
    "N28": Formula(Sum("scores", "corrected"), _ENTERED, (SCORES,), GRADED, by_term=True),
    "N50": Formula(Schools((Sum("links", "links"),)), Schools(), (SCHOOLS, GUARDIANS), lasts=True),
    "N52": Formula(Sum("messages", "delivered"), None, (MESSAGES,)),
    "N521": Formula(Sum("messages", "parts"), None, (MESSAGES,)),
    "N62": Formula(Schools((_ENABLED,)), Schools(), (SCHOOLS, CHANNELS), lasts=True),
    "N63": Formula(
        Schools((_ENABLED, Sum("receipts", "received"))),
        Schools((_ENABLED,)),
        (SCHOOLS, CHANNELS, FEES),
    ),
    "N64": Formula(_BILLED, None, (FEES,)),
    "N641": Formula(_COLLECTED, None, (FEES,)),
    "N642": Formula(
        Sum("charges", "billed", _late, less=Sum("settled", "collected", _late)), None, (FEES,)
    ),
    "N65": Formula(_COLLECTED, _BILLED, (FEES,)),
    "N651": Formula(Sum("settled", "collected", _cashless), _COLLECTED, (FEES,)),
}

MOMENTS = {"admissions": PUPILS, "gradebook": SCORES, "payments": FEES, "notifications": MESSAGES}
"""The sources whose freshness is a number, and the stream that tells who has reported."""
