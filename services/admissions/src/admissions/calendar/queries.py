"""What is read of the calendar; the slice's public door."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from admissions.calendar.domain import HolidaySpan, TermSpan, Year
from admissions.calendar.tables import SchoolYearRow
from chassis.database import Session
from contracts.admissions import Holiday, TermDates


def _year_of(row: SchoolYearRow) -> Year:
    terms = [TermDates.model_validate(term, strict=False) for term in row.terms]
    holidays = [Holiday.model_validate(holiday, strict=False) for holiday in row.holidays]
    return Year(
        school_year=row.school_year,
        version=row.version,
        first_day=row.first_day,
        last_day=row.last_day,
        terms=tuple(TermSpan(**dict(term)) for term in terms),
        holidays=tuple(HolidaySpan(**dict(holiday)) for holiday in holidays),
    )


async def year(session: Session, school_year: str) -> Year | None:
    """Return one school year."""
    row = await session.get(SchoolYearRow, school_year)
    return None if row is None else _year_of(row)


async def years(session: Session) -> Sequence[Year]:
    """Return all school years, the latest first: one more a year."""
    rows = await session.scalars(
        select(SchoolYearRow).order_by(col(SchoolYearRow.school_year).desc())
    )
    return [_year_of(row) for row in rows]
