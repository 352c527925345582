"""What others may ask of the law: a pupil's results, cases decided, the points left open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from chassis.columns import among
from chassis.database import Session
from contracts.lists import Grade
from gradebook.results.calculator import KINDS, BrokenCaseError, evaluate, explain
from gradebook.results.domain import book, year
from gradebook.results.domain.book import Entered
from gradebook.results.domain.explaining import year as explaining
from gradebook.results.domain.explaining.steps import Step
from gradebook.results.domain.plans import PLAIN, SubjectPlan
from gradebook.results.domain.readings import VALUES, Readings, UnknownReadingError
from gradebook.results.domain.readings import read as readings
from gradebook.results.domain.rulesets import Circular, NoRuleSetError, RuleSet, rule_set
from gradebook.results.domain.year import YearResult
from gradebook.results.open_points import OPEN_POINTS
from gradebook.results.tables import SubjectPlan as SubjectPlanRow
from gradebook.scores import queries as scores

__all__ = [
    "KINDS",
    "OPEN_POINTS",
    "VALUES",
    "BrokenCaseError",
    "PupilYear",
    "Readings",
    "UnknownReadingError",
    "evaluate",
    "explain",
    "plan_of",
    "readings",
    "year_of",
]


@dataclass(frozen=True, slots=True)
class PupilYear:
    """A pupil's results so far, the law that made them, and how."""

    rules: RuleSet
    plan: SubjectPlan
    result: YearResult | None
    """None where nobody said yet what the pupil learns."""
    steps: Sequence[Step]


async def plan_of(
    session: Session, pupil_id: str, class_id: str | None, school_year: str
) -> SubjectPlan:
    """Give the pupil's own plan, else that of the class, else none beside what is compulsory."""
    found = {
        row.whose: row
        for row in await session.scalars(
            _PLANS.where(col(SubjectPlanRow.school_year) == school_year),
            {"whose": [pupil_id, *([class_id] if class_id else [])]},
        )
    }
    row = found.get(pupil_id) or found.get(class_id or "")
    if row is None:
        return PLAIN
    return SubjectPlan(
        tuple(row.chosen),
        tuple(row.optional),
        tuple(row.topics),
        tuple(row.exempt),
        row.individual,
    )


async def year_of(
    session: Session, pupil_id: str, class_id: str | None, school_year: str, grade: Grade
) -> PupilYear:
    """Give what follows by law from a pupil's cells.

    Raises:
        NoRuleSetError: of this grade and school year the law is not kept.

    """
    rules = rule_set(grade, school_year)
    if rules.circular is Circular.TT27:
        # Qualities and competences, which decide there, are not in the score book.
        raise NoRuleSetError(rules.name)
    plan = await plan_of(session, pupil_id, class_id, school_year)
    row = await scores.row_of(session, pupil_id, school_year, None, None)
    entered = [
        Entered(sheet.subject, sheet.term, sheet.kind, sheet.position, cell.value, cell.state)
        for sheet, cell in row
    ]
    case = book.case(grade, plan, entered, rules.readings)
    if case is None:
        return PupilYear(rules, plan, None, ())
    result = year.evaluate(case, rules.readings)
    steps = [*_exempted(plan), *explaining.explain(case, result, rules.readings)]
    return PupilYear(rules, plan, result, steps)


def _exempted(plan: SubjectPlan) -> Iterator[Step]:
    for subject in plan.exempt:
        says = "được miễn phần thực hành: đánh giá bằng lý thuyết, đủ số lần như mọi học sinh"
        yield Step(subject.vietnamese, says, "TT 22/2021 Điều 10")


_PLANS = select(SubjectPlanRow).where(among(col(SubjectPlanRow.whose), "whose"))
