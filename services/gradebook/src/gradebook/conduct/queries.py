"""What other slices may know of conduct."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from chassis.columns import among
from chassis.database import Session
from contracts.lists import Term
from contracts.results import Conduct as Level
from gradebook.conduct.domain import Row
from gradebook.conduct.tables import Conduct


class OfYear(NamedTuple):
    """A pupil's conduct of a school year, by term, and the absences that were written down."""

    levels: Mapping[Term, Level]
    absences: int | None
    """None while a term has no number."""


async def of_class(
    session: Session, class_id: str, term: Term, *, hold: bool = False
) -> Mapping[str, Row]:
    """Give what stands of a class's pupils."""
    statement = select(Conduct).where(col(Conduct.class_id) == class_id, col(Conduct.term) == term)
    statement = statement.order_by(col(Conduct.pupil_id))
    found = await session.scalars(statement.with_for_update() if hold else statement)
    return {one.pupil_id: Row(one.version, one.level, one.remark, one.absences) for one in found}


async def of_pupils(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, OfYear]:
    """Give what was decided of these pupils, wherever they sat when it was."""
    statement = select(Conduct).where(
        among(col(Conduct.pupil_id), "pupil_ids"), col(Conduct.school_year) == school_year
    )
    rows: dict[str, dict[Term, Conduct]] = {pupil_id: {} for pupil_id in pupil_ids}
    for one in await session.scalars(statement, {"pupil_ids": list(pupil_ids)}):
        rows[one.pupil_id][one.term] = one
    return {pupil_id: _of_year(terms) for pupil_id, terms in rows.items()}


def _of_year(terms: Mapping[Term, Conduct]) -> OfYear:
    levels = {term: one.level for term, one in terms.items() if one.level is not None}
    counted = [terms[term].absences if term in terms else None for term in (Term.HK1, Term.HK2)]
    known = [one for one in counted if one is not None]
    return OfYear(levels, sum(known) if len(known) == len(counted) else None)
