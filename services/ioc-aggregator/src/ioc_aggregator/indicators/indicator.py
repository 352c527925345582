"""How a statistic is declared. Its numbers are recomputed from sums, never averaged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.event import Event
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


class Group(StrEnum):
    """Which indicators a page shows together."""

    PUPILS = "pupils"
    """Trường, lớp, học sinh."""
    STAFF = "staff"
    """Đội ngũ."""
    SCORES = "scores"
    """Sổ điểm."""
    RESULTS = "results"
    """Kết quả giáo dục, chuyên cần."""
    TRANSCRIPTS = "transcripts"
    """Học bạ số."""
    ADMISSION = "admission"
    """Tuyển sinh."""
    CONTACT = "contact"
    """Liên lạc."""
    FEES = "fees"
    """Khoản thu."""
    ADOPTION = "adoption"
    """Chuyển đổi số, kiểm định."""
    SYSTEM = "system"
    """Hệ thống."""


PERCENT = Words("%", "%")
STATISTICS = "Thông tư 03/2024/TT-BGDĐT (hệ thống chỉ tiêu thống kê ngành giáo dục)"
"""The legal basis of what the ministry counts."""
DEPARTMENT = "Báo cáo năm học của Sở Giáo dục và Đào tạo; không có văn bản riêng cho chỉ tiêu này"
"""The basis of what only the department reports."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of one column of a family over the cells that match."""

    family: Family
    column: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    before: str | None = None
    """A dimension of days, of which only those before the business day of the as-of count."""
    less: "Sum | None" = None
    """What is taken away from it."""
    plus: "Sum | None" = None
    """What is added to it."""


@dataclass(frozen=True, slots=True)
class Schools:
    """How many of the schools that it applies to have all of these sums above zero.

    Nothing of it is stored: whether a school counts is seen from its additive cells.
    """

    having: tuple[Sum, ...] = ()
    """Without any it is N, the schools themselves."""


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
    numerator: Sum | Schools | AsOf
    numerator_name: Words
    streams: tuple[Topic, ...]
    """Where its events come from; their owners are its sources."""
    legal_basis: str
    group: Group
    denominator: Sum | Schools | None = None
    denominator_name: Words | None = None
    judged_by: tuple[Sum, ...] | None = None
    """Whoever stands behind a number: where one of these is small, the public may not see it.

    By itself it is what the number counts; schools are no secret."""
    dims: tuple[str, ...] = ()
    """What it can be broken down by."""
    fine_dims: tuple[str, ...] = ()
    """And what only those who see small numbers may break it down by."""
    published: tuple[tuple[str, ...], ...] = ((),)
    """The breakdowns whose every number goes to the feed; () is the total."""
    periods: frozenset[PeriodKind] = frozenset(PeriodKind)
    levels: frozenset[Level] = frozenset(Level)
    """The levels whose schools it applies to: N counts them."""
    headline: bool = False
    """Whether it stands on the first page."""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The events that fill its cells; none, where schools alone are counted."""
        terms = (*self.sums, *self._sums(*self.judges))
        return tuple(dict.fromkeys(event for term in terms for event in term.family.events))

    @property
    def draft(self) -> bool:
        """Whether it rests on an event that no service emits yet."""
        return any(event.DRAFT for event in self.events)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Every sum that its numbers are made of."""
        return tuple(self._sums(self.numerator, self.denominator))

    @property
    def judges(self) -> tuple[Sum, ...]:
        """What must not be small where the public looks."""
        if self.judged_by is not None:
            return self.judged_by
        base = self.numerator if self.denominator is None else self.denominator
        return (base,) if isinstance(base, Sum) else ()

    @property
    def families(self) -> tuple[str, ...]:
        """The families of cells that its numbers, n and N rest on."""
        names = [term.family.name for term in (*self.sums, *self._sums(*self.judges))]
        return (REPORTED.name, *dict.fromkeys(names))

    @property
    def daily(self) -> bool:
        """Tell whether all of it happens on days, so that any days on end can be summed."""
        return bool(self.sums) and all("day" in term.family.dims for term in self.sums)

    @property
    def lasting(self) -> bool:
        """Tell whether all of it lasts beyond the school year in which it was reported."""
        return bool(self.sums) and all(term.family.lasting for term in self.sums)

    @property
    def sources(self) -> tuple[str, ...]:
        """The services whose facts it counts."""
        return tuple(sorted({stream.owner for stream in self.streams if stream.owner}))

    def _sums(self, *terms: Sum | Schools | AsOf | None) -> Iterator[Sum]:
        for term in terms:
            if isinstance(term, Sum):
                yield term
                yield from self._sums(term.less, term.plus)
            elif isinstance(term, Schools):
                yield from self._sums(*term.having)
