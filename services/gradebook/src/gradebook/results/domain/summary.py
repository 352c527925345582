"""How many pupils of a class or school have each result: bảng tổng hợp, each count with its total.

Nothing is left out: ``sum(counts) + waiting = total`` in every line.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeVar

from contracts.lists import Term
from gradebook.results.domain import primary
from gradebook.results.domain.primary import Outcome, PrimaryResult, YearLevel
from gradebook.results.domain.words import Rating
from gradebook.results.domain.year import Final, Title, YearEnd, YearResult

NONE = "none"
"""Who is considered for a title and gets none."""

L = TypeVar("L", bound=StrEnum)
_TERMS = (Term.HK1, Term.HK2, Term.CN)
_ENDS = tuple(one for one in YearEnd if one is not YearEnd.INCOMPLETE)
_IN_SUMMER = frozenset({YearEnd.SUMMER_TRAINING, YearEnd.RETEST})


class What(StrEnum):
    """What is counted."""

    STUDY = "study"
    CONDUCT = "conduct"
    TITLE = "title"
    YEAR_END = "year-end"
    AFTER_SUMMER = "after-summer"
    """Of those for whom training or re-tests in the summer stood before."""
    PRIMARY_RESULT = "primary-result"
    PRIMARY_TITLE = "primary-title"
    PRIMARY_OUTCOME = "primary-outcome"


class Counted(NamedTuple):
    """How many of ``total`` pupils have each level; ``waiting`` have none yet."""

    what: What
    term: Term
    counts: Mapping[str, int]
    waiting: int
    total: int


class Secondary(NamedTuple):
    """A pupil of THCS or THPT; ``result`` None: nobody said yet what the pupil learns."""

    conduct: tuple[Rating | None, Rating | None]
    result: YearResult | None

    def studied(self) -> tuple[Rating | None, ...]:
        """Give the study results of both terms and of the year."""
        if self.result is None:
            return (None, None, None)
        study = self.result.study
        return (study.terms[0].result, study.terms[1].result, study.year.result)

    def behaved(self) -> tuple[Rating | None, ...]:
        """Give conduct of both terms and of the year."""
        return (*self.conduct, self.result.conduct_year if self.result else None)


def secondary(pupils: Collection[Secondary]) -> Iterator[Counted]:
    """Count pupils who are assessed by TT 22/2021."""
    if not pupils:
        return
    for what, found in (
        (What.STUDY, [one.studied() for one in pupils]),
        (What.CONDUCT, [one.behaved() for one in pupils]),
    ):
        for term, levels in zip(_TERMS, zip(*found, strict=True), strict=True):
            yield _counted(what, term, Rating, levels)
    results = [one.result for one in pupils]
    yield _titles(
        What.TITLE,
        Title,
        # Both decide on it (Art. 15): while one is still to come nobody is without a title.
        (
            (one.title, bool(one.conduct_year and one.study.year.result)) if one else (None, False)
            for one in results
        ),
    )
    ends = [one.year_end if one else None for one in results]
    yield _counted(What.YEAR_END, Term.CN, _ENDS, ends)
    finals = [
        one.after_summer.outcome if one.after_summer else None
        for one in results
        if one is not None and one.year_end in _IN_SUMMER
    ]
    yield _counted(What.AFTER_SUMMER, Term.HE, (Final.PROMOTED, Final.RETAINED), finals)


def of_primary(pupils: Collection[PrimaryResult]) -> Iterator[Counted]:
    """Count pupils who are assessed by TT 27/2020."""
    if not pupils:
        return
    levels = [one.result_after_support or one.result for one in pupils]
    yield _counted(What.PRIMARY_RESULT, Term.CN, YearLevel, levels)
    titles = ((one.title, one.result is not None) for one in pupils)
    yield _titles(What.PRIMARY_TITLE, primary.Title, titles)
    outcomes = tuple(one for one in Outcome if one not in (Outcome.INCOMPLETE, Outcome.REJECTED))
    yield _counted(What.PRIMARY_OUTCOME, Term.CN, outcomes, [one.outcome for one in pupils])


def _counted(
    what: What, term: Term, levels: Iterable[L], found: Collection[StrEnum | None]
) -> Counted:
    many = Counter(found)
    counts = {str(level): many[level] for level in levels}
    return Counted(what, term, counts, len(found) - sum(counts.values()), len(found))


def _titles(
    what: What, titles: Iterable[L], found: Iterable[tuple[StrEnum | None, bool]]
) -> Counted:
    rows = list(found)
    many = Counter(title if title is not None else NONE for title, decided in rows if decided)
    counts = {str(title): many[title] for title in titles} | {NONE: many[NONE]}
    return Counted(what, Term.CN, counts, len(rows) - sum(counts.values()), len(rows))
