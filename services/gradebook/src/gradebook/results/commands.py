"""Saying what a class or a pupil takes, in the one transaction that is given."""

from dataclasses import asdict

from sqlalchemy.dialects.postgresql import insert

from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import FieldError, Invalid
from contracts.lists import Grade
from gradebook.results.domain import plans
from gradebook.results.domain.plans import SubjectPlan
from gradebook.results.tables import SubjectPlan as SubjectPlanRow


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
