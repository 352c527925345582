"""What changes the calendar."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from admissions.calendar import domain, queries
from admissions.calendar.domain import Year
from admissions.calendar.tables import SchoolYearRow
from chassis.database import Session
from chassis.outbox import emit
from contracts.admissions import Holiday, SchoolYearSet, TermDates

_TURN = 4_302_002
"""The advisory lock of this database for which the calendar's commands queue."""


async def set_year(session: Session, wanted: Year) -> Year:
    """Set a school year as a whole; ``wanted.version`` is the version that was read."""
    await session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    years = await queries.years(session)
    present = next((year for year in years if year.school_year == wanted.school_year), None)
    year = domain.set_year(present, wanted, years)
    if year == present:
        return year
    event = SchoolYearSet(
        school_year=year.school_year,
        version=year.version,
        first_day=year.first_day,
        last_day=year.last_day,
        terms=tuple(
            TermDates(term=term.term, first_day=term.first_day, last_day=term.last_day)
            for term in year.terms
        ),
        holidays=tuple(
            Holiday(first_day=holiday.first_day, last_day=holiday.last_day, name=holiday.name)
            for holiday in year.holidays
        ),
    )
    # The row keeps terms and holidays as the event writes them.
    written = event.model_dump(mode="json")
    row = event.model_dump() | {"terms": written["terms"], "holidays": written["holidays"]}
    await session.execute(
        insert(SchoolYearRow)
        .values(row)
        .on_conflict_do_update(index_elements=["school_year"], set_=row)
    )
    await emit(session, event)
    return year
