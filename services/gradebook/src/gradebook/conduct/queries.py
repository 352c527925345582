"""What other slices may know of conduct."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import col

from chassis.columns import among, table_of
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
    asked = {"pupil_ids": list(pupil_ids), "school_year": school_year}
    levels: dict[str, dict[Term, Level]] = {pupil_id: {} for pupil_id in pupil_ids}
    absences: dict[str, dict[Term, int]] = {pupil_id: {} for pupil_id in pupil_ids}
    for pupil_id, term, level, absent in await session.execute(_OF_PUPILS, asked):
        if level is not None:
            levels[pupil_id][term] = level
        if absent is not None:
            absences[pupil_id][term] = absent
    return {
        pupil_id: OfYear(levels[pupil_id], _of_both(absences[pupil_id])) for pupil_id in pupil_ids
    }


def _of_both(absences: Mapping[Term, int]) -> int | None:
    counted = [absences[term] for term in (Term.HK1, Term.HK2) if term in absences]
    return sum(counted) if len(counted) == 2 else None  # noqa: PLR2004 - both terms


_CONDUCT = table_of(Conduct).c
_OF_PUPILS = select(_CONDUCT.pupil_id, _CONDUCT.term, _CONDUCT.level, _CONDUCT.absences).where(
    among(_CONDUCT.pupil_id, "pupil_ids"), _CONDUCT.school_year == bindparam("school_year")
)
