"""``notifications.guardians.v1``: guardians of pupils become how many links a school has."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import ClassVar

import msgspec

from contracts import topics
from contracts.notifications import GuardianLinked, GuardianReached, GuardianUnlinked
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of
from ioc_aggregator.intake.folding import school_year_of
from ioc_aggregator.measures.cells import Family
from ioc_aggregator.measures.families import LINKS, REACHED

STREAM = topics.GUARDIANS.name


class _Cell(msgspec.Struct, gc=False):
    school_id: str


class _Unlinked(Counted, gc=False):
    """A fact takes one away where it counted before and adds one where it counts now."""

    FAMILY: ClassVar[Family] = LINKS

    day: date
    before: _Cell | None

    def steps(self) -> Iterator[tuple[str, int]]:
        """Yield each school with what it gains or loses."""
        for cell, by in ((self.before, -1), (getattr(self, "after", None), 1)):
            if cell is not None:
                yield cell.school_id, by

    def heard(self) -> Iterable[Heard]:
        year = school_year_of(self.day)
        return ((school, year, "") for school, _ in self.steps())

    def added(self) -> Iterator[Added]:
        year = school_year_of(self.day)
        for school, by in self.steps():
            yield self.FAMILY, (school, year), (by,)


class _Linked(_Unlinked, gc=False):
    after: _Cell | None


class _Reached(_Linked, gc=False):
    FAMILY: ClassVar[Family] = REACHED


fold = fold_of(
    topics.GUARDIANS,
    {GuardianLinked: _Linked, GuardianUnlinked: _Unlinked, GuardianReached: _Reached},
)
