"""Files of reports over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from admissions.openapi import raw_body
from admissions.policy import POLICY
from admissions.reports import commands
from admissions.reports.domain import Kind
from chassis.clock import business_day, now
from chassis.http import (
    IMPORT_BODY_LIMIT,
    BodyDep,
    CommandRouter,
    Day,
    PrincipalDep,
    SessionDep,
)
from contracts.ids import SchoolYear

changes = CommandRouter(prefix="/v1", tags=["reports"])


class ReportsAnswer(BaseModel):
    """How many cells are reported anew, and how many were known just so."""

    reported: int
    unchanged: int
    ignored_columns: Sequence[str]


@changes.post(
    "/reports/{kind}/import",
    body_limit=IMPORT_BODY_LIMIT,
    openapi_extra=raw_body(
        "text/csv", "Mã nơi;Nội dung;Số lượng;Người dùng\n80001;Camera;12;265\n"
    ),
)
async def import_reports(
    *,
    kind: Kind,
    body: BodyDep,
    session: SessionDep,
    principal: PrincipalDep,
    school_year: Annotated[SchoolYear, Query(examples=["2026-2027"])],
    day: Day | None = None,
) -> ReportsAnswer:
    """Take what a CSV file reports, all or nothing; repeating it changes nothing."""
    POLICY.authorise(principal, "register.import")
    as_of = business_day(now()) if day is None else day
    imported = await commands.import_reports(
        session, kind, body, school_year=school_year, day=as_of
    )
    return ReportsAnswer(**asdict(imported))
