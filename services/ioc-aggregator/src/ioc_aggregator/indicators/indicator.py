"""How a statistic is declared. Its numbers are recomputed from sums, never averaged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.lists import Level, MeasureUnit
from contracts.topics import Topic
from ioc_aggregator.measures.cells import Family
from ioc_aggregator.measures.families import REPORTED


@dataclass(frozen=True, slots=True)
class Words:
    """A text for people, Vietnamese first."""

    vi: str
    en: str


class PeriodKind(StrEnum):
    """What a number can be asked for."""

    SCHOOL_YEAR = "school-year"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of one column of a family over the cells that match."""

    family: Family
    column: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AsOf:
    """Not a sum: how far the sources of a number have been counted, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One statistic of IOC-EDU. Change the formula, change the version."""

    id: str
    version: int
    name: Words
    definition: Words
    unit: MeasureUnit
    unit_name: Words
    numerator: Sum | AsOf
    numerator_name: Words
    streams: tuple[Topic, ...]
    """Where its events come from; their owners are its sources."""
    legal_basis: str
    denominator: Sum | None = None
    denominator_name: Words | None = None
    dims: tuple[str, ...] = ()
    """What it can be broken down by."""
    published: tuple[tuple[str, ...], ...] = ((),)
    """The breakdowns whose every number goes to the feed; () is the total."""
    periods: frozenset[PeriodKind] = frozenset(PeriodKind)
    levels: frozenset[Level] = frozenset(Level)
    """The levels whose schools it applies to: N counts them."""

    @property
    def families(self) -> tuple[str, ...]:
        """The families of cells that its numbers, n and N rest on."""
        terms = (self.numerator, self.denominator)
        return (REPORTED.name, *(term.family.name for term in terms if isinstance(term, Sum)))

    @property
    def sources(self) -> tuple[str, ...]:
        """The services whose facts it counts."""
        return tuple(sorted({stream.owner for stream in self.streams if stream.owner}))
