"""Saying what pupils take, and deciding their results, in the one transaction that is given."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql import insert

from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit
from contracts.columns import Sparse
from contracts.event import Event
from contracts.gradebook import MAX_ROWS
from contracts.lists import Grade, Sex, Subject, Term
from contracts.results import (
    CompletionConfirmed,
    ConductDecided,
    PrimaryResultDecided,
    PromotionDecided,
    RetestRequired,
    SubjectAveragesComputed,
    TermResultDecided,
    TitleAwarded,
)
from gradebook.classes import queries as seats
from gradebook.classes.queries import ClassRoom
from gradebook.results import queries
from gradebook.results.domain import deciding, plans
from gradebook.results.domain.deciding import Outcome
from gradebook.results.domain.plans import SubjectPlan
from gradebook.results.tables import Decided, PrimaryAssessment, PromotionDecision
from gradebook.results.tables import SubjectPlan as SubjectPlanRow
from gradebook.roster import queries as roster


async def set_plan(
    session: Session, whose: str, school_year: str, grade: Grade, plan: SubjectPlan
) -> None:
    """Let a class or a pupil have this plan from now on.

    Raises:
        Invalid: it is against the curriculum of the grade.

    """
    faults = [FieldError(one.field, one.what, one.how) for one in plans.faults(plan, grade)]
    if faults:
        raise Invalid("plan-against-the-curriculum", "Kế hoạch môn học chưa đúng.", errors=faults)
    taken = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(plan).items()}
    statement = insert(table_of(SubjectPlanRow)).values(
        whose=whose, school_year=school_year, **taken
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["whose", "school_year"], set_=taken)
    )


async def set_promotions(
    session: Session, school_year: str, promotes: Mapping[str, bool], *, by: str, now: datetime
) -> None:
    """Note what the principal decides where the law leaves promotion to the principal."""
    if not promotes:
        return
    statement = insert(table_of(PromotionDecision))
    taken = {name: statement.excluded[name] for name in ("promotes", "decided_by", "decided_at")}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["pupil_id", "school_year"], set_=taken),
        [
            {
                "pupil_id": pupil_id,
                "school_year": school_year,
                "promotes": yes,
                "decided_by": by,
                "decided_at": now,
            }
            for pupil_id, yes in promotes.items()
        ],
    )


async def save_assessments(
    session: Session,
    room: ClassRoom,
    period: queries.Period,
    rows: Sequence[Mapping[str, Any]],
    *,
    by: str,
    now: datetime,
) -> None:
    """Take what primary pupils of a class that is held were assessed as: all rows or none.

    Raises:
        Invalid: a pupil is not in the class.
        Conflict: a row changed since it was read.

    """
    seated = (await seats.seated(session, [room.class_id]))[room.class_id]
    strangers = [at for at, row in enumerate(rows) if row["pupil_id"] not in seated]
    if strangers:
        raise Invalid(
            "pupils-not-here",
            "Có học sinh không ngồi ở lớp này; chưa lưu dòng nào.",
            errors=[
                FieldError(f"pupils[{at}].pupil_id", "Không ở lớp này.", "Bỏ dòng này.")
                for at in strangers
            ],
        )
    standing = await queries.assessments_of(session, room.class_id, period)
    stale = [
        row["pupil_id"]
        for row in rows
        if row["version"] != (one.version if (one := standing.get(row["pupil_id"])) else 0)
    ]
    if stale:
        raise Conflict(
            "assessments-changed",
            "Có dòng đã được sửa từ lúc mở trang; chưa lưu dòng nào.",
            pupils=stale,
        )
    statement = insert(table_of(PrimaryAssessment))
    keys = [column.name for column in table_of(PrimaryAssessment).primary_key]
    names = table_of(PrimaryAssessment).c.keys()
    taken = {name: statement.excluded[name] for name in names if name not in keys}
    common = {
        "school_year": room.school_year,
        "period": period,
        "class_id": room.class_id,
        "changed_by": by,
        "changed_at": now,
    }
    await session.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=taken),
        [{**row, **common, "version": row["version"] + 1} for row in rows],
    )


class Row(NamedTuple):
    """A pupil's decision of a term, before and after, and how the pupil was and is counted."""

    pupil: str
    before: Outcome
    after: Outcome
    before_as: tuple[Sex, bool]
    after_as: tuple[Sex, bool]


async def decide(
    session: Session,
    room: ClassRoom,
    pupil_ids: Collection[str],
    closing: Term,
    closed: Collection[Term],
    *,
    by: str,
    now: datetime,
) -> Mapping[str, queries.PupilYear]:
    """Decide the results of every closed term of a class that is held, and say what changed.

    What another school decided of a pupil who came stays that school's.

    Raises:
        NoRuleSetError: of this grade and school year the law is not kept.

    """
    pupils = sorted(pupil_ids)
    years = await queries.years_of(session, {room: pupils}, closing=closing)
    counted = await roster.counted_as(session, pupils)
    standing = await queries.decided_of(session, pupils, room.school_year)
    events: list[Event] = []
    for term in _terms({closing, *closed}):
        rows = []
        for pupil in pupils:
            known = standing.get((pupil, term))
            if known is not None and (known.school_id, known.grade) != (room.school_id, room.grade):
                continue
            year, cell = years[pupil], counted[pupil]
            outcome = _outcome(room, year, term, cell.birth_year)
            before = _as_decided(known) if known else deciding.NOTHING
            after_as = (cell.sex, cell.ethnic_minority)
            before_as = (known.sex, known.ethnic_minority) if known else after_as
            if known is None or (before, before_as) != (outcome, after_as):
                rows.append(Row(pupil, before, outcome, before_as, after_as))
        await _write(session, room, term, rows, years, by=by, now=now)
        for start in range(0, len(rows), MAX_ROWS):
            events += said(room, term, rows[start : start + MAX_ROWS], closing)
    await emit(session, *events)
    return years


def _terms(closed: Collection[Term]) -> list[Term]:
    """Give what is decided: with term II the year is, and the summer decides the year anew."""
    terms = [term for term in (Term.HK1, Term.HK2) if term in closed]
    return [*terms, Term.CN] if {Term.HK2, Term.HE} & set(closed) else terms


def _outcome(
    room: ClassRoom, year: queries.PupilYear, term: Term, birth_year: int | None
) -> Outcome:
    if year.primary is not None:
        of_year = deciding.of_primary(year.primary, int(room.grade))
        return of_year if term is Term.CN else deciding.NOTHING
    if year.result is None:
        return deciding.NOTHING
    if term is not Term.CN:
        return deciding.of_term(year.result, term)
    return deciding.of_year(
        year.result,
        grade=int(room.grade),
        school_year=room.school_year,
        absences=year.absences,
        birth_year=birth_year,
        individual=year.plan.individual,
        readings=year.rules.readings,
    )


def _as_decided(known: Decided) -> Outcome:
    return Outcome(
        averages=known.averages,
        study=known.study,
        adjusted=known.adjusted,
        conduct=known.conduct,
        title=known.title,
        promotion=known.promotion,
        completion=known.completion,
        primary_result=known.primary_result,
        retests=tuple(known.retests),
    )


async def _write(
    session: Session,
    room: ClassRoom,
    term: Term,
    rows: Sequence[Row],
    years: Mapping[str, queries.PupilYear],
    *,
    by: str,
    now: datetime,
) -> None:
    if not rows:
        return
    statement = insert(table_of(Decided))
    keys = [column.name for column in table_of(Decided).primary_key]
    names = table_of(Decided).c.keys()
    taken = {name: statement.excluded[name] for name in names if name not in keys}
    await session.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=taken),
        [
            asdict(row.after)
            | {
                "pupil_id": row.pupil,
                "school_year": room.school_year,
                "term": term,
                "class_id": room.class_id,
                "school_id": room.school_id,
                "grade": room.grade,
                "sex": row.after_as[0],
                "ethnic_minority": row.after_as[1],
                "retests": list(row.after.retests),
                "averages": dict(row.after.averages),
                "rule_set": years[row.pupil].rules.name,
                "decided_by": by,
                "decided_at": now,
            }
            for row in rows
        ],
    )


def said(room: ClassRoom, term: Term, rows: Sequence[Row], closing: Term) -> Iterator[Event]:
    """Yield what changed: averages, study results, and of the year everything else."""
    of_class: dict[str, Any] = {
        "class_id": room.class_id,
        "school_id": room.school_id,
        "school_year": room.school_year,
        "grade": room.grade,
    }
    subjects = {code for row in rows for code in {*row.before.averages, *row.after.averages}}
    for subject in (one for one in Subject if one in subjects):
        yield from _changed(
            rows,
            _average(subject),
            SubjectAveragesComputed,
            **of_class,
            subject=subject,
            term=term,
        )
    yield from _study_results(rows, **of_class, term=term)
    if term is not Term.CN:
        return
    yield from _changed(rows, lambda one: one.conduct, ConductDecided, **of_class, term=term)
    yield from _changed(rows, lambda one: one.title, TitleAwarded, **of_class)
    yield from _changed(rows, lambda one: one.primary_result, PrimaryResultDecided, **of_class)
    yield from _changed(rows, lambda one: one.promotion, PromotionDecided, **of_class)
    yield from _changed(
        rows,
        lambda one: one.completion,
        CompletionConfirmed,
        **of_class,
        round=2 if closing is Term.HE else 1,
    )
    retested = {code for row in rows for code in {*row.before.retests, *row.after.retests}}
    for subject in (one for one in Subject if one in retested):
        some = [row for row in rows if subject in {*row.before.retests, *row.after.retests}]
        some = [
            row for row in some if (subject in row.before.retests) != (subject in row.after.retests)
        ]
        if some:
            yield RetestRequired(
                **of_class,
                subject=subject,
                pupils=tuple(row.pupil for row in some),
                after=tuple(subject in row.after.retests for row in some),
                before=Sparse.of([True if subject in row.before.retests else None for row in some]),
            )


def _average(subject: Subject) -> Callable[[Outcome], int | None]:
    return lambda outcome: outcome.averages.get(subject)


def _changed(
    rows: Iterable[Row], what: Callable[[Outcome], Any], kind: Callable[..., Event], **common: Any
) -> Iterator[Event]:
    """Yield the fact of one kind, of the pupils for whom it is another than before."""
    some = [(row.pupil, what(row.before), what(row.after)) for row in rows]
    some = [one for one in some if one[1] != one[2]]
    if some:
        yield kind(
            **common,
            pupils=tuple(pupil for pupil, _, _ in some),
            after=tuple(after for _, _, after in some),
            before=Sparse.of([before for _, before, _ in some]),
        )


def _study_results(rows: Sequence[Row], **common: Any) -> Iterator[Event]:
    """Yield study results; of a pupil who is counted elsewhere now, first what no longer holds."""
    moved = [row for row in rows if row.before_as != row.after_as and row.before.study is not None]
    if moved:
        gone = [(row.pupil, row.before, deciding.NOTHING, row.before_as) for row in moved]
        yield _study_result(gone, **common)
    elsewhere = {row.pupil for row in moved}
    some = [
        (
            row.pupil,
            deciding.NOTHING if row.pupil in elsewhere else row.before,
            row.after,
            row.after_as,
        )
        for row in rows
    ]
    some = [
        one for one in some if (one[1].study, one[1].adjusted) != (one[2].study, one[2].adjusted)
    ]
    if some:
        yield _study_result(some, **common)


def _study_result(
    rows: Sequence[tuple[str, Outcome, Outcome, tuple[Sex, bool]]], **common: Any
) -> TermResultDecided:
    return TermResultDecided(
        **common,
        pupils=tuple(pupil for pupil, _, _, _ in rows),
        sexes=tuple(counted_as[0] for _, _, _, counted_as in rows),
        ethnic_minority=tuple(counted_as[1] for _, _, _, counted_as in rows),
        after=tuple(after.study for _, _, after, _ in rows),
        before=Sparse.of([before.study for _, before, _, _ in rows]),
        adjusted=tuple(at for at, row in enumerate(rows) if row[2].adjusted),
        before_adjusted=tuple(at for at, row in enumerate(rows) if row[1].adjusted),
    )
