"""``gradebook.results.v1``: what was decided about pupils becomes how many of them by outcome."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, ClassVar

import msgspec

from contracts import topics
from contracts.lists import OpenEnum, Sex, Term
from contracts.results import (
    Completion,
    CompletionConfirmed,
    Conduct,
    ConductDecided,
    GradebookLocked,
    PrimaryResult,
    PrimaryResultDecided,
    Promotion,
    PromotionDecided,
    RetestRequired,
    StudyResult,
    SubjectAveragesComputed,
    TermResultDecided,
    Title,
    TitleAwarded,
)
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of
from ioc_aggregator.intake.folding import Open, Sparse
from ioc_aggregator.measures.cells import Key
from ioc_aggregator.measures.decisions import (
    AVERAGES,
    BOOKS,
    COMPLETERS,
    DECISIONS,
    RESULTS,
    RETESTS,
)

_Score = Annotated[int, msgspec.Meta(ge=0, le=1000)]
_HALF = 50
"""Hundredths of a point in a band."""
_YEAR = str(Term.CN)
_SEXES = Open(Sex)
_STUDY_RESULTS = Open(StudyResult)


class _OfClass(Counted, gc=False):
    school_id: str
    school_year: str
    grade: str

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, getattr(self, "term", "")),)

    def key(self, *parts: str) -> Key:
        """Give the key of a cell of these pupils."""
        return (self.school_id, self.school_year, self.grade, *parts)


class _Averages(_OfClass, gc=False):
    subject: str
    term: str
    after: list[_Score | None]
    before: Sparse[_Score]

    def fault(self) -> str | None:
        return super().fault() or self.before.fault(len(self.after))

    def added(self) -> Iterator[Added]:
        scores = [(score, 1) for score in self.after if score is not None]
        for score, by in scores + [(score, -1) for score in self.before.value]:
            whole, half = divmod(score // _HALF, 2)
            band = f"{whole:02}.{half * 5}"
            yield AVERAGES, self.key(self.subject, self.term, band), (by,)


class _Results(_OfClass, gc=False):
    term: str
    sexes: list[str]
    ethnic_minority: list[bool]
    after: list[str | None]
    before: Sparse[str]
    adjusted: list[int]
    before_adjusted: list[int]

    def fault(self) -> str | None:
        rows = len(self.after)
        if not rows == len(self.sexes) == len(self.ethnic_minority):
            return "the columns differ in length"
        if not {at for at, one in enumerate(self.after) if one is not None} >= {*self.adjusted}:
            return "adjusted names a row without a result"
        if not {*self.before.at} >= {*self.before_adjusted}:
            return "before_adjusted names a row without a result before"
        return super().fault() or self.before.fault(rows)

    def added(self) -> Iterator[Added]:
        before = self.before.spread(len(self.after))
        for results, adjusted, by in (
            (self.after, {*self.adjusted}, 1),
            (before, {*self.before_adjusted}, -1),
        ):
            for row, result in enumerate(results):
                if result is not None:
                    minority = "yes" if self.ethnic_minority[row] else "no"
                    sex = _SEXES[self.sexes[row]]
                    key = self.key(self.term, sex, minority, _STUDY_RESULTS[result])
                    yield RESULTS, key, (by, by * (row in adjusted))


class _Decision(_OfClass, gc=False):
    """What a decision has in common; it is of the whole year unless it says a term."""

    DECISION: ClassVar[str]
    OUTCOMES: ClassVar[Open]

    after: list[str | None]
    before: Sparse[str]

    def fault(self) -> str | None:
        return super().fault() or self.before.fault(len(self.after))

    def outcomes(self) -> Iterator[tuple[str, int]]:
        """Yield what each pupil has now, and no longer has."""
        for outcome in self.after:
            if outcome is not None:
                yield self.OUTCOMES[outcome], 1
        for outcome in self.before.value:
            yield self.OUTCOMES[outcome], -1

    def added(self) -> Iterator[Added]:
        term = getattr(self, "term", _YEAR)
        for outcome, by in self.outcomes():
            yield DECISIONS, self.key(term, self.DECISION, outcome), (by,)


def _decision(name: str, outcomes: type[OpenEnum], base: type[_Decision]) -> type[_Decision]:
    return type(f"_{name}", (base,), {"DECISION": name, "OUTCOMES": Open(outcomes)}, gc=False)


class _OfTerm(_Decision, gc=False):
    term: str


class _Completion(_Decision, gc=False):
    def added(self) -> Iterator[Added]:
        yield from super().added()
        first = int(self.school_year[:4]) + 1
        key = (self.school_id, f"{first}-{first + 1}", self.grade)
        completed = sum(by for one, by in self.outcomes() if one == Completion.COMPLETED)
        yield COMPLETERS, key, (completed,)


class _Retest(_OfClass, gc=False):
    subject: str
    after: list[bool]
    before: Sparse[bool]

    def fault(self) -> str | None:
        return super().fault() or self.before.fault(len(self.after))

    def added(self) -> Iterator[Added]:
        yield RETESTS, self.key(self.subject), (sum(self.after) - sum(self.before.value),)


class _Book(_OfClass, gc=False):
    subject: str
    term: str
    due_on: date
    locked: bool
    before_locked: bool | None

    def added(self) -> Iterator[Added]:
        key = self.key(self.subject, self.term, self.due_on.isoformat())
        yield BOOKS, key, (self.before_locked is None, self.locked - bool(self.before_locked))


fold = fold_of(
    topics.RESULTS,
    {
        SubjectAveragesComputed: _Averages,
        TermResultDecided: _Results,
        ConductDecided: _decision("conduct", Conduct, _OfTerm),
        TitleAwarded: _decision("title", Title, _Decision),
        PrimaryResultDecided: _decision("primary", PrimaryResult, _Decision),
        PromotionDecided: _decision("promotion", Promotion, _Decision),
        CompletionConfirmed: _decision("completion", Completion, _Completion),
        RetestRequired: _Retest,
        GradebookLocked: _Book,
    },
)
