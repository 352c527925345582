"""Kết quả học tập of a term or a year (TT 22/2021 Art. 9(2)), with the rise of Art. 9(3)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gradebook.results.domain.readings import Readings
from gradebook.results.domain.words import Comment, Rating

SIX = 6
"""So many scored subjects must reach the level's threshold."""

_RATINGS = tuple(Rating)
_RISES_FROM = 2
"""Art. 9(3): the level must lie so many below what it would be but for one subject."""


@dataclass(frozen=True, slots=True)
class Study:
    """The level by the table, and after Art. 9(3); None while a subject has no result."""

    base: Rating | None
    result: Rating | None


class Tally(NamedTuple):
    """How many comment subjects are Chưa đạt, and how many scored ones reach each threshold."""

    failed: int = 0
    scored: int = 0
    from_35: int = 0
    from_50: int = 0
    from_65: int = 0
    from_80: int = 0

    def minus(self, other: "Tally") -> "Tally":
        """Leave a subject out."""
        return Tally(
            self.failed - other.failed,
            self.scored - other.scored,
            self.from_35 - other.from_35,
            self.from_50 - other.from_50,
            self.from_65 - other.from_65,
            self.from_80 - other.from_80,
        )


_THRESHOLDS = (35, 50, 65, 80)
_GOOD_ENOUGH = Tally(0, 1, 1, 1, 1, 1)
_KINDS = (
    *(Tally(0, 1, *(int(at < reached) for at in range(4))) for reached in range(5)),
    Tally(),
    Tally(failed=1),
)
"""What a subject adds: by how many thresholds its average reaches; comment Đạt; Chưa đạt."""
_SCORED = tuple(sum(mark >= one for one in _THRESHOLDS) for mark in range(101))
_COMMENT = {Comment.DAT: 5, Comment.CHUA_DAT: 6}
"""The kind of a subject, for every average and comment there is."""


def level(tally: Tally) -> Rating:
    """Give the level by Art. 9(2), which knows no exception for one subject."""
    failed, scored, from_35, from_50, from_65, from_80 = tally
    if failed == 0 and from_65 == scored and from_80 >= SIX:
        return Rating.TOT
    if failed == 0 and from_50 == scored and from_65 >= SIX:
        return Rating.KHA
    if failed <= 1 and from_35 == scored and from_50 >= SIX:
        return Rating.DAT
    return Rating.CHUA_DAT


def study(
    scored: Collection[int | None], comments: Collection[Comment | None], readings: Readings
) -> Study:
    """Give the study result of subjects' averages in tenths and of their comments."""
    if None in scored or None in comments:
        return Study(None, None)
    kinds = [_SCORED[mark] for mark in scored if mark is not None]
    kinds += [_COMMENT[one] for one in comments if one is not None]
    kinds.sort()
    return _of_kinds(bytes(kinds), readings.art9_3)


@lru_cache(maxsize=1 << 16)
def _of_kinds(kinds: bytes, reading: str) -> Study:
    """Decide by how many subjects there are of each kind; a school's pupils share most of these."""
    tally = total(_KINDS[kind] for kind in kinds)
    base = level(tally)
    if any(_rises(base, but_for(tally, _KINDS[kind], reading)) for kind in set(kinds)):
        return Study(base, _RATINGS[base.rank + 1])
    return Study(base, base)


def _rises(base: Rating, alternative: Rating) -> bool:
    return alternative.rank >= base.rank + _RISES_FROM


def total(tallies: Iterable[Tally]) -> Tally:
    """Count all subjects."""
    return Tally(*map(sum, zip(*tallies, strict=True)))


def but_for(tally: Tally, subject: Tally, reading: str) -> Rating:
    """Give the level but for one subject (Art. 9(3)): left out, or taken as good enough."""
    if reading == "substitution" and subject.scored:
        # The subject itself less what it lacks: both are counted among the scored.
        return level(tally.minus(subject.minus(_GOOD_ENOUGH)))
    return level(tally.minus(subject))


def hindering(
    scored: Mapping[str, int | None], comments: Mapping[str, Comment | None], readings: Readings
) -> Iterator[tuple[str, Rating]]:
    """Name the subjects but for which the level would be two or more higher, with that level."""
    subjects = _each(scored, comments)
    tally = total(subjects.values())
    base = level(tally)
    for code, subject in subjects.items():
        alternative = but_for(tally, subject, readings.art9_3)
        if _rises(base, alternative):
            yield code, alternative


def _each(
    scored: Mapping[str, int | None], comments: Mapping[str, Comment | None]
) -> Mapping[str, Tally]:
    """Give what each subject that has a result adds."""
    found = {code: _KINDS[_SCORED[mark]] for code, mark in scored.items() if mark is not None}
    found.update((code, _KINDS[_COMMENT[one]]) for code, one in comments.items() if one is not None)
    return found
