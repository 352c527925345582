"""What others may ask of the law: a pupil's results, cases decided, the points left open."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from chassis.columns import among
from chassis.database import Session
from contracts.lists import ColumnKind, Grade, Level, Subject, Term
from gradebook.books import queries as books
from gradebook.conduct import queries as conducts
from gradebook.results import absences as absent
from gradebook.results.calculator import KINDS, BrokenCaseError, evaluate, explain
from gradebook.results.domain import averages, book, plans, primary, primary_book, year
from gradebook.results.domain.book import Beside, Entered
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
from gradebook.results.open_points import OPEN_POINTS
from gradebook.results.tables import Decided, PrimaryAssessment, PromotionDecision
from gradebook.results.tables import SubjectPlan as SubjectPlanRow
from gradebook.scores import queries as scores
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
    return (await _plans_of(session, [pupil_id], class_id, school_year))[pupil_id]


async def _plans_of(
    session: Session, pupil_ids: Collection[str], class_id: str | None, school_year: str
) -> Mapping[str, SubjectPlan]:
    found = {
        row.whose: SubjectPlan(
            tuple(row.chosen),
            tuple(row.optional),
            tuple(row.topics),
            tuple(row.exempt),
            row.individual,
        )
        for row in await session.scalars(
            _PLANS.where(col(SubjectPlanRow.school_year) == school_year),
            {"whose": [*pupil_ids, *([class_id] if class_id else [])]},
        )
    }
    common = found.get(class_id or "", PLAIN)
    return {pupil_id: found.get(pupil_id, common) for pupil_id in pupil_ids}


async def year_of(
    session: Session,
    pupil_id: str,
    class_id: str,
    school_year: str,
    grade: Grade,
    *,
    published: bool = False,
) -> PupilYear:
    """Give what follows by law from what is written of a pupil; see `years_of`.

    Raises:
        NoRuleSetError: of this grade and school year the law is not kept.

    """
    found = await years_of(
        session, [pupil_id], class_id, school_year, grade, published=published, explained=True
    )
    return found[pupil_id]


async def years_of(
    session: Session,
    pupil_ids: Collection[str],
    class_id: str,
    school_year: str,
    grade: Grade,
    *,
    published: bool = False,
    closing: Term | None = None,
    explained: bool = False,
) -> Mapping[str, PupilYear]:
    """Give what follows by law from what is written of pupils of a class.

    ``published``: from the columns that guardians see and the terms that are closed, nothing else.
    ``closing`` is a term that is taken as closed: the summer is over when its term is.

    Raises:
        NoRuleSetError: of this grade and school year the law is not kept.

    """
    rules = rule_set(grade, school_year)
    rows = await scores.rows_of(session, pupil_ids, school_year)
    if published:
        ids = {sheet.sheet_id for row in rows.values() for sheet, _ in row}
        shown = await books.published(session, ids)
        rows = {
            pupil: [one for one in row if one[0].sheet_id in shown] for pupil, row in rows.items()
        }
    entered = {pupil: [_entered(*one) for one in row] for pupil, row in rows.items()}
    closed = (await books.closed_terms(session, [class_id]))[class_id] | (
        {closing} if closing else set()
    )
    promotes = await _promotions(session, pupil_ids, school_year)
    plans_of = await _plans_of(session, pupil_ids, class_id, school_year)
    if rules.circular is Circular.TT27:
        written = (
            {}
            if published and Term.HK2 not in closed
            else await _written(session, pupil_ids, school_year)
        )
        return {
            pupil: _primary_year(
                rules, plans_of[pupil], entered[pupil], written.get(pupil, {}), promotes.get(pupil)
            )
            for pupil in pupil_ids
        }
    conduct = await conducts.of_pupils(session, pupil_ids, school_year)
    absences = await absent.counted(session, pupil_ids, school_year)
    years = {}
    for pupil in pupil_ids:
        levels = {
            term: RATINGS[level]
            for term, level in conduct[pupil].levels.items()
            if term in closed or not published
        }
        beside = Beside(
            conduct=(levels.get(Term.HK1), levels.get(Term.HK2)),
            absences=absences[pupil],
            summer_over=Term.HE in closed,
            conduct_after=levels.get(Term.HE),
            promotes=promotes.get(pupil),
        )
        years[pupil] = _year(rules, plans_of[pupil], entered[pupil], beside, explained=explained)
    return years


def _entered(sheet: scores.Sheet, cell: scores.Cell) -> Entered:
    return Entered(sheet.subject, sheet.term, sheet.kind, sheet.position, cell.value, cell.state)


def _year(
    rules: RuleSet,
    plan: SubjectPlan,
    entered: Sequence[Entered],
    beside: Beside,
    *,
    explained: bool,
) -> PupilYear:
    case = book.case(rules.grade, plan, entered, rules.readings, beside)
    if case is None:
        return PupilYear(rules, plan, beside.conduct, beside.absences, None, None, ())
    result = year.evaluate(case, rules.readings)
    steps: list[Step] = []
    if explained:
        steps = [*_exempted(plan), *explaining.explain(case, result, rules.readings)]
    return PupilYear(rules, plan, beside.conduct, beside.absences, result, None, steps)


def _primary_year(
    rules: RuleSet,
    plan: SubjectPlan,
    entered: Sequence[Entered],
    written: Mapping[Period, PrimaryAssessment],
    promotes: bool | None,
) -> PupilYear:
    case = primary_book.case(rules.grade, entered, written, promotes=promotes)
    result = primary.evaluate(case, rules.readings)
    steps = others.explain_primary(case, result)
    return PupilYear(rules, plan, (None, None), None, None, result, tuple(steps))


async def _promotions(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, bool]:
    statement = select(col(PromotionDecision.pupil_id), col(PromotionDecision.promotes)).where(
        among(col(PromotionDecision.pupil_id), "pupil_ids"),
        col(PromotionDecision.school_year) == school_year,
    )
    return dict((await session.execute(statement, {"pupil_ids": list(pupil_ids)})).all())


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
    found = book.term_of(grade, subject, entered)
    due = columns(subject, ColumnKind.REGULAR, grade)
    return None if found is None else averages.term_average(found, due)


def _exempted(plan: SubjectPlan) -> Iterator[Step]:
    for subject in plan.exempt:
        says = "được miễn phần thực hành: đánh giá bằng lý thuyết, đủ số lần như mọi học sinh"
        yield Step(subject.vietnamese, says, "TT 22/2021 Điều 10")


_PLANS = select(SubjectPlanRow).where(among(col(SubjectPlanRow.whose), "whose"))
