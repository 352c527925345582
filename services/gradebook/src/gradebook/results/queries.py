"""What others may ask of the law: a pupil's results, cases decided, the points left open."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlmodel import col

from chassis.columns import among, table_of
from chassis.database import Session
from contracts.lists import ColumnKind, Grade, Level, Subject, Term
from gradebook.books import queries as books
from gradebook.classes.queries import ClassRoom
from gradebook.conduct import queries as conducts
from gradebook.results import absences as absent
from gradebook.results.calculator import KINDS, BrokenCaseError, evaluate, explain
from gradebook.results.domain import averages, plans, primary, primary_book
from gradebook.results.domain.book import Beside, Book, Columns, Entered, Layout, layout, term_of
from gradebook.results.domain.book import case as case_of
from gradebook.results.domain.book import result as result_of
from gradebook.results.domain.deciding import RATINGS
from gradebook.results.domain.explaining import others
from gradebook.results.domain.explaining import year as explaining
from gradebook.results.domain.explaining.steps import Step
from gradebook.results.domain.plans import PLAIN, SubjectPlan
from gradebook.results.domain.primary import PrimaryResult
from gradebook.results.domain.primary_book import Period
from gradebook.results.domain.readings import VALUES, Readings, UnknownReadingError
from gradebook.results.domain.readings import read as readings
from gradebook.results.domain.rulesets import Circular, NoRuleSetError, RuleSet, rule_set
from gradebook.results.domain.words import Rating
from gradebook.results.domain.year import YearResult
from gradebook.results.marks import books_of
from gradebook.results.open_points import OPEN_POINTS
from gradebook.results.tables import Decided, PrimaryAssessment, PromotionDecision
from gradebook.results.tables import SubjectPlan as SubjectPlanRow
from gradebook.scores.domain.columns import columns

__all__ = [
    "KINDS",
    "OPEN_POINTS",
    "VALUES",
    "BrokenCaseError",
    "Decided",
    "Entered",
    "NoRuleSetError",
    "Period",
    "PupilYear",
    "Readings",
    "UnknownReadingError",
    "assessments_of",
    "decided_of",
    "evaluate",
    "explain",
    "plan_of",
    "readings",
    "subjects_of",
    "term_average",
    "year_of",
    "years_of",
]


@dataclass(frozen=True, slots=True)
class PupilYear:
    """A pupil's results so far, the law that made them, and how."""

    rules: RuleSet
    plan: SubjectPlan
    conduct: tuple[Rating | None, Rating | None]
    absences: int | None
    result: YearResult | None
    """None where nobody said yet what the pupil learns, and in primary."""
    primary: PrimaryResult | None
    """None outside of primary."""
    steps: Sequence[Step]


async def plan_of(
    session: Session, pupil_id: str, class_id: str | None, school_year: str
) -> SubjectPlan:
    """Give the pupil's own plan, else that of the class, else none beside what is compulsory."""
    return (await _plans_of(session, {pupil_id: class_id}, school_year))[pupil_id]


async def _plans_of(
    session: Session, seats: Mapping[str, str | None], school_year: str
) -> Mapping[str, SubjectPlan]:
    asked = {
        "whose": [*seats, *{class_id for class_id in seats.values() if class_id}],
        "school_year": school_year,
    }
    found = {
        whose: SubjectPlan(tuple(chosen), tuple(optional), tuple(topics), tuple(exempt), individual)
        for whose, chosen, optional, topics, exempt, individual in await session.execute(
            _PLANS, asked
        )
    }
    return {
        pupil_id: found.get(pupil_id) or found.get(class_id or "", PLAIN)
        for pupil_id, class_id in seats.items()
    }


async def year_of(
    session: Session, pupil_id: str, room: ClassRoom, *, published: bool = False
) -> PupilYear:
    """Give what follows by law from what is written of a pupil, and why; see `years_of`.

    Raises:
        NoRuleSetError: of this grade and school year the law is not kept.

    """
    seated = {room: [pupil_id]}
    return (await years_of(session, seated, published=published, explained=True))[pupil_id]


async def years_of(
    session: Session,
    seated: Mapping[ClassRoom, Collection[str]],
    *,
    published: bool = False,
    closing: Term | None = None,
    explained: bool = False,
) -> Mapping[str, PupilYear]:
    """Give what follows by law from what is written of pupils, who sit in classes of one year.

    The number of statements does not grow with them. ``published``: from the columns that guardians
    see and the terms that are closed, nothing else. ``closing`` is a term that is taken as closed:
    the summer is over when its term is.

    Raises:
        NoRuleSetError: of one of the grades and school years the law is not kept.

    """
    rules = {room: rule_set(room.grade, room.school_year) for room in seated}
    if not rules:
        return {}
    (school_year,) = {room.school_year for room in seated}
    seats = {pupil: room.class_id for room, pupils in seated.items() for pupil in pupils}
    of_pupil = await books_of(session, seats, school_year, published=published)
    closed = await books.closed_terms(session, [room.class_id for room in seated])
    plans_of = await _plans_of(session, seats, school_year)
    taught = {one.circular for one in rules.values()}
    # In secondary schools the principal decides of pupils with an individual plan alone (Art. 11).
    deciding = Circular.TT27 in taught or any(plan.individual for plan in plans_of.values())
    promotes = await _promotions(session, seats, school_year) if deciding else {}
    assessed = await _written(session, seats, school_year) if Circular.TT27 in taught else {}
    conduct: Mapping[str, conducts.OfYear] = {}
    absences: Mapping[str, int | None] = {}
    if Circular.TT22 in taught:
        conduct = await conducts.of_pupils(session, seats, school_year)
        absences = await absent.counted(session, conduct, school_year)
    years: dict[str, PupilYear] = {}
    layouts = _Layouts()
    for room, pupils in seated.items():
        law = rules[room]
        over = closed[room.class_id] | ({closing} if closing else set())
        for pupil in pupils:
            plan, book, promoted = plans_of[pupil], of_pupil[pupil], promotes.get(pupil)
            if law.circular is Circular.TT27:
                seen = assessed.get(pupil, {}) if Term.HK2 in over or not published else {}
                years[pupil] = _primary_year(law, plan, book, seen, promoted, explained=explained)
                continue
            levels = {
                term: RATINGS[level]
                for term, level in conduct[pupil].levels.items()
                if term in over or not published
            }
            beside = Beside(
                conduct=(levels.get(Term.HK1), levels.get(Term.HK2)),
                absences=absences[pupil],
                summer_over=Term.HE in over,
                conduct_after=levels.get(Term.HE),
                promotes=promoted,
            )
            found = layouts.of(law, plan, book.columns)
            years[pupil] = _year(law, plan, found, book, beside, explained=explained)
        # A school is the work of half a second: others are answered between two classes.
        await asyncio.sleep(0)
    return years


class _Layouts:
    """Where subjects stand in columns, found once for all pupils who share columns and plan."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, SubjectPlan], tuple[Columns, Layout | None]] = {}

    def of(self, rules: RuleSet, plan: SubjectPlan, columns: Columns) -> Layout | None:
        key = (id(columns), plan)
        if key not in self._found:
            found = layout(rules.grade, plan, columns, rules.readings)
            # The columns are kept with it: nothing else has their id meanwhile.
            self._found[key] = (columns, found)
        return self._found[key][1]


def _year(
    rules: RuleSet,
    plan: SubjectPlan,
    of_class: Layout | None,
    book: Book,
    beside: Beside,
    *,
    explained: bool,
) -> PupilYear:
    if of_class is None:
        return PupilYear(rules, plan, beside.conduct, beside.absences, None, None, ())
    result = result_of(of_class, book.cells, beside, rules.readings)
    steps: list[Step] = []
    if explained:
        case = case_of(of_class, book.cells, beside)
        steps = [*_exempted(plan), *explaining.explain(case, result, rules.readings)]
    return PupilYear(rules, plan, beside.conduct, beside.absences, result, None, steps)


def _primary_year(
    rules: RuleSet,
    plan: SubjectPlan,
    book: Book,
    written: Mapping[Period, PrimaryAssessment],
    promotes: bool | None,
    *,
    explained: bool,
) -> PupilYear:
    case = primary_book.case(rules.grade, book, written, promotes=promotes)
    result = primary.evaluate(case, rules.readings)
    steps = others.explain_primary(case, result) if explained else ()
    return PupilYear(rules, plan, (None, None), None, None, result, tuple(steps))


async def _promotions(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, bool]:
    asked = {"pupil_ids": list(pupil_ids), "school_year": school_year}
    return dict((await session.execute(_PROMOTIONS, asked)).all())


async def _written(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, Mapping[Period, PrimaryAssessment]]:
    statement = select(PrimaryAssessment).where(
        among(col(PrimaryAssessment.pupil_id), "pupil_ids"),
        col(PrimaryAssessment.school_year) == school_year,
    )
    found: dict[str, dict[Period, PrimaryAssessment]] = {}
    for one in await session.scalars(statement, {"pupil_ids": list(pupil_ids)}):
        found.setdefault(one.pupil_id, {})[one.period] = one
    return found


async def assessments_of(
    session: Session, class_id: str, period: Period
) -> Mapping[str, PrimaryAssessment]:
    """Give what a primary class's pupils were assessed as in a period."""
    statement = select(PrimaryAssessment).where(
        col(PrimaryAssessment.class_id) == class_id, col(PrimaryAssessment.period) == period
    )
    return {one.pupil_id: one for one in await session.scalars(statement)}


async def decided_of(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[tuple[str, Term], Decided]:
    """Give the results of pupils as they were last decided."""
    statement = select(Decided).where(
        among(col(Decided.pupil_id), "pupil_ids"), col(Decided.school_year) == school_year
    )
    found = await session.scalars(statement, {"pupil_ids": list(pupil_ids)})
    return {(one.pupil_id, one.term): one for one in found}


def subjects_of(plan: SubjectPlan, grade: Grade) -> Sequence[Subject]:
    """Give the subjects whose books a class has: what is learnt; in primary, what is tested."""
    if grade.level is not Level.TH:
        return plans.subjects(plan, grade)
    return [one for one in primary_book.TESTS if columns(one, ColumnKind.ENDTERM, grade)]


def term_average(grade: Grade, subject: Subject, entered: Sequence[Entered]) -> int | None:
    """Give a subject's average of the term of these cells in tenths, None while it has none."""
    found = term_of(grade, subject, entered)
    due = columns(subject, ColumnKind.REGULAR, grade)
    return None if found is None else averages.term_average(found, due)


def _exempted(plan: SubjectPlan) -> Iterator[Step]:
    for subject in plan.exempt:
        says = "được miễn phần thực hành: đánh giá bằng lý thuyết, đủ số lần như mọi học sinh"
        yield Step(subject.vietnamese, says, "TT 22/2021 Điều 10")


_PLAN = table_of(SubjectPlanRow).c
_PLANS = select(
    _PLAN.whose, _PLAN.chosen, _PLAN.optional, _PLAN.topics, _PLAN.exempt, _PLAN.individual
).where(among(_PLAN.whose, "whose"), _PLAN.school_year == bindparam("school_year"))
_PROMOTIONS = select(col(PromotionDecision.pupil_id), col(PromotionDecision.promotes)).where(
    among(col(PromotionDecision.pupil_id), "pupil_ids"),
    col(PromotionDecision.school_year) == bindparam("school_year"),
)
