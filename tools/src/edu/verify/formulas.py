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


def late(cell: Cell, day: date) -> bool:
    """Tell whether the cell was due before the day."""
    return date.fromisoformat(cell["due_on"]) < day


def cashless(cell: Cell, _day: date) -> bool:
    """Tell whether the money came in any other way than in cash."""
    return cell["method"] != "cash"


def where(**dims: str) -> Picks:
    """Pick the cells whose dimensions have one of the values, which a space parts."""
    wanted = {name: frozenset(values.split()) for name, values in dims.items()}
    return lambda cell, _day: all(cell[name] in values for name, values in wanted.items())


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a value over the cells of a family that are picked, less or plus another."""

    family: str
    value: str
    picks: Picks = _every
    less: Sum | None = None
    plus: Sum | None = None


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
    by_year: bool = True
    """False for what is decided once a term: a sum over terms would count pupils twice."""
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
        sums += [part for one in sums for part in (one.less, one.plus) if part is not None]
        return {one.family for one in sums}


SILENT = frozenset(
    {
        "rolls", "reached", "staff_messages", "transcripts", "rejections", "applications",
        "placements", "seats", "cut_scores", "requests", "identities", "adoptions", "staff",
        "population", "services", "subsidies", "unmatched", "einvoices",
    }
)  # fmt: skip
"""The families that may have no source at all: until they have one, nothing rests on them."""

LASTING = frozenset({"links", "channels", "reached", "identities"})
"""The families whose cells are changes of what holds until the next change."""
