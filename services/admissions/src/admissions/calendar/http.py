"""The calendar over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from admissions.calendar import commands, queries
from admissions.calendar.domain import TAUGHT_WEEKS, HolidaySpan, TermSpan, Year
from admissions.paging import Page
from admissions.policy import POLICY
from admissions.text import TidyName
from chassis.errors import NotFound
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from contracts.ids import SchoolYear
from contracts.lists import Term

changes = CommandRouter(prefix="/v1", tags=["calendar"])
reads = QueryRouter(prefix="/v1", tags=["calendar"])

YearPath = Annotated[SchoolYear, Path(examples=["2026-2027"])]


class TermBody(RequestModel):
    """The days of a term, both included."""

    term: Term
    first_day: date
    last_day: date


class HolidayBody(RequestModel):
    """Days without school, both included."""

    first_day: date
    last_day: date
    name: TidyName


class YearBody(RequestModel):
    """A whole school year; ``version`` is the one that was read, 0 for a new year."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    first_day: date
    last_day: date
    terms: Annotated[list[TermBody], Field(min_length=1, max_length=4)]
    holidays: Annotated[list[HolidayBody], Field(max_length=60)] = Field(default_factory=list)


class YearAnswer(BaseModel):
    """A school year, and whether it has the weeks that the ministry's frame asks for."""

    school_year: str
    version: int
    first_day: date
    last_day: date
    terms: Sequence[TermBody]
    holidays: Sequence[HolidayBody]
    teaching_weeks: int
    hint: str | None

    @classmethod
    def of(cls, year: Year) -> "YearAnswer":
        """Return the answer for a school year."""
        weeks = year.teaching_weeks()
        hint = f"Hai học kỳ có {weeks} tuần thực học; khung của Bộ là {TAUGHT_WEEKS} tuần."
        return cls(
            **asdict(year), teaching_weeks=weeks, hint=hint if weeks < TAUGHT_WEEKS else None
        )


@changes.put("/school-years/{school_year}")
async def set_year(
    school_year: YearPath, body: YearBody, session: SessionDep, principal: PrincipalDep
) -> YearAnswer:
    """Set a school year: its days, terms and holidays. Setting the same again changes nothing."""
    POLICY.authorise(principal, "calendar.write")
    wanted = Year(
        school_year=school_year,
        version=body.version,
        first_day=body.first_day,
        last_day=body.last_day,
        terms=tuple(TermSpan(**dict(term)) for term in body.terms),
        holidays=tuple(HolidaySpan(**dict(holiday)) for holiday in body.holidays),
    )
    return YearAnswer.of(await commands.set_year(session, wanted))


@reads.get("/school-years")
async def list_years(session: SessionDep, principal: PrincipalDep) -> Page[YearAnswer]:
    """List all school years, the latest first."""
    POLICY.authorise(principal, "register.read")
    return Page(items=[YearAnswer.of(year) for year in await queries.years(session)], next=None)


@reads.get("/school-years/{school_year}")
async def read_year(
    school_year: YearPath, session: SessionDep, principal: PrincipalDep
) -> YearAnswer:
    """Read one school year."""
    POLICY.authorise(principal, "register.read")
    year = await queries.year(session, school_year)
    if year is None:
        raise NotFound("school-year-unknown", "Chưa khai báo năm học này.")
    return YearAnswer.of(year)
