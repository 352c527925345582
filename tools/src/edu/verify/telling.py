"""Facts of the gradebook that say by themselves which cells they change, written down again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import ClassVar, TypeAlias

from edu.verify.values import (
    Count,
    Data,
    Grade,
    Hundredths,
    SchoolYear,
    Sparse,
    Subject,
    Term,
    Uuid,
    Version,
    named,
)

Told: TypeAlias = tuple[str, dict[str, str], dict[str, int]]
"""A family, the dimensions of one of its rows, and what is added to which of its values."""

LEVELS = frozenset({"good", "fair", "satisfactory", "unsatisfactory"})
STAGES = frozenset(
    {"due", "locked", "sealed", "submitted", "accepted", "synced", "rejected", "revoked"}
)


class Telling(Data, frozen=True):
    """A fact of a place in a school year."""

    def heard(self) -> Iterable[tuple[str, str, str]]:
        """Give (place, school year, term) of whoever is heard from."""
        raise NotImplementedError

    def told(self) -> Iterator[Told]:
        """Yield what it adds."""
        raise NotImplementedError


class OfSchool(Telling, frozen=True):
    """A fact of a school."""

    school_id: Uuid
    school_year: SchoolYear

    def heard(self) -> Iterable[tuple[str, str, str]]:
        """Give the school; and the term, where the fact has one."""
        return [(self.school_id, self.school_year, getattr(self, "term", ""))]

    def row(self, **dims: str) -> dict[str, str]:
        """Give the dimensions of one of its rows."""
        return {"school": self.school_id, "school_year": self.school_year, **dims}

    def told(self) -> Iterator[Told]:
        """Yield nothing: only that the school reported counts."""
        yield from ()


class _ClassOpened(OfSchool, frozen=True):
    """A class is there, or has another name (a version above 1)."""

    grade: Grade
    version: Version

    def told(self) -> Iterator[Told]:
        if self.version < 2:  # noqa: PLR2004 - the first
            yield "classes", self.row(grade=self.grade), {"classes": 1}


class _Roll(Data, frozen=True):
    """A class with its pupils."""

    pupils: Count
    limit: Count
    two_sessions: bool


class _ClassCounted(OfSchool, frozen=True):
    """A class has so many pupils now."""

    grade: Grade
    after: _Roll
    before: _Roll | None

    def told(self) -> Iterator[Told]:
        for roll, by in ((self.after, 1), (self.before, -1)):
            if roll is None or roll.pupils == 0:
                continue
            values = {"classes": by, "pupils": by * roll.pupils}
            if roll.pupils > roll.limit:
                values["oversize"] = by
            if roll.two_sessions:
                values["two_sessions"] = by * roll.pupils
            yield "rolls", self.row(grade=self.grade), values


class _RollCall(OfSchool, frozen=True):
    """A roll-call."""

    grade: Grade
    day: date
    pupils_due: Count
    before_pupils_due: Count
    after: list[str | None]
    before: Sparse[str]

    def __post_init__(self) -> None:
        self.before.check(len(self.after))

    def told(self) -> Iterator[Told]:
        row = self.row(day=str(self.day))
        yield "attendance", row, {"due": self.pupils_due - self.before_pupils_due}
        for states, by in ((self.after, 1), (self.before.value, -1)):
            for state in states:
                if state == "late":
                    yield "attendance", row, {"late": by}
                elif state is not None:
                    without = by if state == "without-leave" else 0
                    yield "attendance", row, {"absent": by, "unexcused": without}


class _Absences(OfSchool, frozen=True):
    """How much of a year a pupil has missed."""

    grade: Grade
    absences: Count
    before_absences: Count

    def told(self) -> Iterator[Told]:
        for absences, by in ((self.absences, 1), (self.before_absences, -1)):
            values = {"from_30": by if absences >= 30 else 0, "over_45": by if absences > 45 else 0}  # noqa: PLR2004 - the limits
            yield "absentees", self.row(grade=self.grade), values


class _Averages(OfSchool, frozen=True):
    """Averages of a subject."""

    grade: Grade
    subject: Subject
    term: Term
    after: list[Hundredths | None]
    before: Sparse[Hundredths]

    def __post_init__(self) -> None:
        self.before.check(len(self.after))

    def told(self) -> Iterator[Told]:
        for scores, by in ((self.after, 1), (self.before.value, -1)):
            for score in scores:
                if score is not None:
                    half = score - score % 50
                    band = f"{half // 100:02d}.{half % 100 // 10}"
                    row = self.row(grade=self.grade, subject=self.subject, term=self.term)
                    yield "averages", row | {"band": band}, {"pupils": by}


class _StudyResults(OfSchool, frozen=True):
    """Study results of a term or the year."""

    grade: Grade
    term: Term
    sexes: list[str]
    ethnic_minority: list[bool]
    after: list[str | None]
    before: Sparse[str]
    adjusted: list[int]
    before_adjusted: list[int]

    def __post_init__(self) -> None:
        rows = len(self.after)
        self.before.check(rows)
        if len(self.sexes) != rows or len(self.ethnic_minority) != rows:
            raise ValueError("the rows are no table")
        decided = {row for row in range(rows) if self.after[row] is not None}
        if set(self.adjusted) - decided or set(self.before_adjusted) - set(self.before.at):
            raise ValueError("a row was raised that has no result")

    def told(self) -> Iterator[Told]:
        for row, result in enumerate(self.after):
            if result is not None:
                yield self._one(row, result, 1, raised=row in self.adjusted)
        for row, result in zip(self.before.at, self.before.value, strict=True):
            yield self._one(row, result, -1, raised=row in self.before_adjusted)

    def _one(self, row: int, result: str, by: int, *, raised: bool) -> Told:
        sex = self.sexes[row]
        dims = self.row(
            grade=self.grade,
            term=self.term,
            sex=sex if sex in ("male", "female") else "other",
            ethnic_minority="yes" if self.ethnic_minority[row] else "no",
            result=named(result, LEVELS),
        )
        return "results", dims, {"pupils": by, "adjusted": by if raised else 0}


class _Decision(OfSchool, frozen=True):
    """What was decided about pupils of a class, of the whole year."""

    NAME: ClassVar[str]
    OUTCOMES: ClassVar[frozenset[str]]

    grade: Grade
    after: list[str | None]
    before: Sparse[str]

    def __post_init__(self) -> None:
        self.before.check(len(self.after))

    def told(self) -> Iterator[Told]:
        row = self.row(grade=self.grade, term=getattr(self, "term", "CN"), decision=self.NAME)
        for outcomes, by in ((self.after, 1), (self.before.value, -1)):
            for outcome in outcomes:
                if outcome is not None:
                    known = named(outcome, self.OUTCOMES)
                    yield "decisions", row | {"outcome": known}, {"pupils": by}


class _Conducts(_Decision, frozen=True):
    """Conduct of a term or the year."""

    NAME = "conduct"
    OUTCOMES = LEVELS

    term: Term


class _Titles(_Decision, frozen=True):
    """Titles."""

    NAME = "title"
    OUTCOMES = frozenset({"excellent", "good"})


class _PrimaryResults(_Decision, frozen=True):
    """Results of primary education."""

    NAME = "primary"
    OUTCOMES = frozenset({"excellent", "good", "completed", "not-completed"})


class _Promotions(_Decision, frozen=True):
    """Who goes up."""

    NAME = "promotion"
    OUTCOMES = frozenset(
        {"promoted", "summer", "promoted-after-summer", "repeated", "repeated-after-summer"}
    )


class _Completions(_Decision, frozen=True):
    """Who completed a level."""

    NAME = "completion"
    OUTCOMES = frozenset({"completed", "not-completed"})

    def told(self) -> Iterator[Told]:
        yield from super().told()
        ends = int(self.school_year[5:])
        row = {"school": self.school_id, "school_year": f"{ends}-{ends + 1}", "grade": self.grade}
        now = sum(outcome == "completed" for outcome in self.after)
        was = sum(outcome == "completed" for outcome in self.before.value)
        yield "completers", row, {"pupils": now - was}


class _Retests(OfSchool, frozen=True):
    """Who sits a subject again."""

    grade: Grade
    subject: Subject
    after: list[bool]
    before: Sparse[bool]

    def __post_init__(self) -> None:
        self.before.check(len(self.after))

    def told(self) -> Iterator[Told]:
        by = self.after.count(True) - self.before.value.count(True)
        yield "retests", self.row(grade=self.grade, subject=self.subject), {"pupils": by}


class _Book(OfSchool, frozen=True):
    """A score book is open or locked."""

    grade: Grade
    subject: Subject
    term: Term
    due_on: date
    locked: bool
    before_locked: bool | None

    def told(self) -> Iterator[Told]:
        row = self.row(
            grade=self.grade, subject=self.subject, term=self.term, due_on=str(self.due_on)
        )
        if self.before_locked is None:
            yield "books", row, {"books": 1}
        yield "books", row, {"locked": int(self.locked) - int(self.before_locked or 0)}


class _Transcript(OfSchool, frozen=True):
    """A transcript reached a stage."""

    grade: Grade
    after: str
    before: str | None
    reason_code: str | None

    def told(self) -> Iterator[Told]:
        for stage, by in ((self.after, 1), (self.before, -1)):
            if stage is not None:
                row = self.row(grade=self.grade, stage=named(stage, STAGES))
                yield "transcripts", row, {"transcripts": by}
        if self.after == "rejected":
            reasons = frozenset({"signature", "schema", "identity", "content"})
            reason = named(self.reason_code or "", reasons)
            yield "rejections", self.row(reason=reason), {"rejections": 1}


GRADEBOOK: Mapping[str, type[Telling]] = {
    "edu.gradebook.class-opened.v1": _ClassOpened,
    "edu.gradebook.class-counted.v1": _ClassCounted,
    "edu.gradebook.pupil-placed.v1": OfSchool,
    "edu.gradebook.teaching-assigned.v1": OfSchool,
    "edu.gradebook.attendance-marked.v1": _RollCall,
    "edu.gradebook.absences-counted.v1": _Absences,
    "edu.gradebook.subject-averages-computed.v1": _Averages,
    "edu.gradebook.term-result-decided.v1": _StudyResults,
    "edu.gradebook.conduct-decided.v1": _Conducts,
    "edu.gradebook.title-awarded.v1": _Titles,
    "edu.gradebook.primary-result-decided.v1": _PrimaryResults,
    "edu.gradebook.promotion-decided.v1": _Promotions,
    "edu.gradebook.completion-confirmed.v1": _Completions,
    "edu.gradebook.retest-required.v1": _Retests,
    "edu.gradebook.gradebook-locked.v1": _Book,
    "edu.gradebook.transcript-issued.v1": _Transcript,
}
