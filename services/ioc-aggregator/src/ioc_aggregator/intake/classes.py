"""``gradebook.classes.v1``: classes opened and counted; who else has placed pupils, teaching."""

from collections.abc import Iterable, Iterator

from contracts import topics
from contracts.gradebook import ClassCounted, ClassOpened, PupilPlaced, TeachingAssigned
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of
from ioc_aggregator.intake.folding import Whole
from ioc_aggregator.measures.families import CLASSES, ROLLS

STREAM = topics.CLASSES.name


class _Fact(Counted, gc=False):
    school_id: str
    school_year: str

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, ""),)

    def added(self) -> Iterator[Added]:
        return iter(())


class _Opened(_Fact, gc=False):
    grade: str
    version: int

    def added(self) -> Iterator[Added]:
        # A class is opened once; what comes again with a higher version is its new name.
        if self.version == 1:
            yield CLASSES, (self.school_id, self.school_year, self.grade), (1,)


class _Roll(Counted, gc=False):
    pupils: Whole
    limit: Whole
    two_sessions: bool

    def cells(self, by: int) -> tuple[int, ...]:
        """Give what a class of this roll adds: it is a class while it has pupils."""
        return (
            by * (self.pupils > 0),
            by * (self.pupils > self.limit),
            by * self.pupils,
            by * self.pupils * self.two_sessions,
        )


class _Counted(_Fact, gc=False):
    grade: str
    after: _Roll
    before: _Roll | None

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, self.grade)
        yield ROLLS, key, self.after.cells(1)
        if self.before is not None:
            yield ROLLS, key, self.before.cells(-1)


fold = fold_of(
    topics.CLASSES,
    {ClassOpened: _Opened, ClassCounted: _Counted, PupilPlaced: _Fact, TeachingAssigned: _Fact},
)
