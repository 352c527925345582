"""The register over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import Path, Query, Response, status
from pydantic import BaseModel, Field

from admissions.openapi import raw_body
from admissions.paging import AfterQuery, LimitQuery, Page, page
from admissions.policy import POLICY
from admissions.registry import commands, queries
from admissions.registry.domain import (
    MERGER_DAY,
    PROVINCE_CODE,
    PROVINCE_NAME,
    School,
    Unit,
    in_order,
)
from admissions.registry.importing import read_units
from admissions.text import TidyName
from chassis.clock import business_day, now
from chassis.errors import NotFound
from chassis.http import (
    IMPORT_BODY_LIMIT,
    BodyDep,
    CommandRouter,
    Day,
    PrincipalDep,
    QueryRouter,
    RequestModel,
    SessionDep,
)
from contracts.ids import SchoolCode, SchoolId, UnitCode, UnitId, Version
from contracts.lists import Level, Ownership, UnitKind

changes = CommandRouter(prefix="/v1", tags=["register"])
reads = QueryRouter(prefix="/v1", tags=["register"])

UnitPath = Annotated[UnitId, Path()]
SchoolPath = Annotated[SchoolId, Path()]


class NewUnit(RequestModel):
    """A unit to register."""

    code: UnitCode
    name: TidyName
    kind: UnitKind
    parent_id: UnitId | None
    valid_from: date


class Rename(RequestModel):
    """Another name, or kind, from a day on."""

    version: Version
    name: TidyName
    kind: UnitKind | None = None
    valid_from: date


class MergedUnit(RequestModel):
    """A unit that ends, at the version that was read."""

    unit_id: UnitId
    version: Version


class Merger(RequestModel):
    """Units that become part of another one on a day."""

    into_id: UnitId
    valid_from: date
    merged: Annotated[list[MergedUnit], Field(min_length=1, max_length=500)]


class UnitAnswer(BaseModel):
    """A unit; ``ended_on`` is the first day on which it is no more."""

    unit_id: str
    version: int
    code: str
    name: str
    kind: UnitKind
    parent_id: str | None
    valid_from: date
    ended_on: date | None
    merged_into_id: str | None

    @classmethod
    def of(cls, unit: Unit) -> "UnitAnswer":
        """Return the answer for a unit."""
        return cls(unit_id=unit.id, **asdict(unit))


class MergerAnswer(BaseModel):
    """The units that ended."""

    merged: Sequence[UnitAnswer]


class ImportAnswer(BaseModel):
    """How many were new, and how many were known just so."""

    registered: int
    unchanged: int
    ignored_columns: Sequence[str]


class NewSchool(RequestModel):
    """A school to register; it is open."""

    code: SchoolCode
    name: TidyName
    levels: Annotated[list[Level], Field(min_length=1, max_length=10)]
    ownership: Ownership
    unit_id: UnitId
    valid_from: date


class ChangedSchool(NewSchool):
    """All of a school as it is from a day on, over the version that was read."""

    version: Version
    open: bool


class SchoolAnswer(BaseModel):
    """A school."""

    school_id: str
    version: int
    code: str
    name: str
    levels: Sequence[Level]
    ownership: Ownership
    unit_id: str
    valid_from: date
    open: bool

    @classmethod
    def of(cls, school: School) -> "SchoolAnswer":
        """Return the answer for a school."""
        return cls(school_id=school.id, **asdict(school))


class CodeAnswer(BaseModel):
    """A code that the school has borne from a day on."""

    code: str
    valid_from: date


class SchoolWithCodes(SchoolAnswer):
    """A school and every code that it has had."""

    codes: Sequence[CodeAnswer]


@changes.post(
    "/units/import",
    body_limit=IMPORT_BODY_LIMIT,
    openapi_extra=raw_body(
        "application/geo+json", '[{"code": "25459", "name": "Tân Ninh", "kind": "Phường"}]'
    ),
)
async def import_units(
    *,
    body: BodyDep,
    session: SessionDep,
    principal: PrincipalDep,
    valid_from: Day = MERGER_DAY,
    province_code: Annotated[str, Query(pattern="^[0-9]{2}$")] = PROVINCE_CODE,
    province_name: Annotated[TidyName, Query()] = PROVINCE_NAME,
) -> ImportAnswer:
    """Register a province and its communes (GeoJSON or JSON list); repeating changes nothing."""
    POLICY.authorise(principal, "register.import")
    imported = await commands.import_units(
        session,
        read_units(body),
        province_code=province_code,
        province_name=province_name,
        valid_from=valid_from,
    )
    return ImportAnswer(**asdict(imported))


@changes.post("/units", status_code=status.HTTP_201_CREATED)
async def register_unit(
    body: NewUnit, session: SessionDep, principal: PrincipalDep, response: Response
) -> UnitAnswer:
    """Register a unit. The same registration again changes nothing and answers 200."""
    POLICY.authorise(principal, "register.write")
    unit, new = await commands.register_unit(session, **dict(body))
    if not new:
        response.status_code = status.HTTP_200_OK
    return UnitAnswer.of(unit)


@changes.post("/units/merge")
async def merge_units(body: Merger, session: SessionDep, principal: PrincipalDep) -> MergerAnswer:
    """End units and make them part of another one."""
    POLICY.authorise(principal, "register.write")
    ended = await commands.merge_units(
        session,
        {unit.unit_id: unit.version for unit in body.merged},
        into_id=body.into_id,
        valid_from=body.valid_from,
    )
    return MergerAnswer(merged=[UnitAnswer.of(unit) for unit in ended])


@changes.post("/units/{unit_id}/rename")
async def rename_unit(
    unit_id: UnitPath, body: Rename, session: SessionDep, principal: PrincipalDep
) -> UnitAnswer:
    """Give a unit another name, or another kind of the same tier, from a day on."""
    POLICY.authorise(principal, "register.write")
    return UnitAnswer.of(await commands.rename_unit(session, unit_id, **dict(body)))


@reads.get("/units")
async def list_units(
    *,
    session: SessionDep,
    principal: PrincipalDep,
    on: Annotated[Day | None, Query(description="The tree of this day; today's if absent.")] = None,
    code: Annotated[UnitCode | None, Query()] = None,
    parent_id: Annotated[UnitId | None, Query()] = None,
    after: AfterQuery = None,
    limit: LimitQuery = 100,
) -> Page[UnitAnswer]:
    """List the units that exist on a day, with the names they bear then."""
    POLICY.authorise(principal, "register.read")
    day = business_day(now()) if on is None else on
    found = await queries.units(
        session, on=day, code=code, parent_id=parent_id, after=after, limit=limit
    )
    answers = [
        UnitAnswer(unit_id=unit.id, **{**unit.model_dump(), "name": named.name, "kind": named.kind})
        for unit, named in found
    ]
    return page(answers, limit, answers[-1].unit_id if answers else None)


@changes.post("/schools", status_code=status.HTTP_201_CREATED)
async def register_school(
    body: NewSchool, session: SessionDep, principal: PrincipalDep, response: Response
) -> SchoolAnswer:
    """Register a school. The same registration again changes nothing and answers 200."""
    POLICY.authorise(principal, "register.write")
    school, new = await commands.register_school(session, **dict(body))
    if not new:
        response.status_code = status.HTTP_200_OK
    return SchoolAnswer.of(school)


@changes.post(
    "/schools/import",
    body_limit=IMPORT_BODY_LIMIT,
    openapi_extra=raw_body(
        "text/csv",
        "Mã trường;Tên trường;Cấp học;Loại hình;Mã xã\n80001;THCS Tân Ninh;THCS;Công lập;25459\n",
    ),
)
async def import_schools(
    body: BodyDep, session: SessionDep, principal: PrincipalDep, valid_from: Day = MERGER_DAY
) -> ImportAnswer:
    """Register the schools of a CSV file, all or none; repeating changes nothing."""
    POLICY.authorise(principal, "register.import")
    imported = await commands.import_schools(session, body, valid_from=valid_from)
    return ImportAnswer(**asdict(imported))


@changes.put("/schools/{school_id}")
async def change_school(
    school_id: SchoolPath, body: ChangedSchool, session: SessionDep, principal: PrincipalDep
) -> SchoolAnswer:
    """Replace what is known of a school: name, code, levels, commune, open or dissolved."""
    POLICY.authorise(principal, "register.write")
    wanted = School(id=school_id, **{**dict(body), "levels": in_order(body.levels)})
    return SchoolAnswer.of(await commands.change_school(session, wanted))


@reads.get("/schools")
async def list_schools(
    *,
    session: SessionDep,
    principal: PrincipalDep,
    code: Annotated[SchoolCode | None, Query()] = None,
    unit_id: Annotated[UnitId | None, Query()] = None,
    level: Annotated[Level | None, Query()] = None,
    is_open: Annotated[bool | None, Query(alias="open")] = None,
    after: AfterQuery = None,
    limit: LimitQuery = 100,
) -> Page[SchoolAnswer]:
    """List schools by code."""
    POLICY.authorise(principal, "register.read")
    found = await queries.schools(
        session,
        code=code,
        unit_id=unit_id,
        level=level,
        is_open=is_open,
        after=after,
        limit=limit,
    )
    answers = [SchoolAnswer.of(school) for school in found]
    return page(answers, limit, answers[-1].school_id if answers else None)


@reads.get("/schools/{school_id}")
async def read_school(
    school_id: SchoolPath, session: SessionDep, principal: PrincipalDep
) -> SchoolWithCodes:
    """Read one school and the codes that it has had."""
    POLICY.authorise(principal, "register.read")
    school = await queries.school(session, school_id)
    if school is None:
        raise NotFound("school-unknown", "Không có trường này.")
    codes = await queries.school_codes(session, school_id)
    return SchoolWithCodes(
        **SchoolAnswer.of(school).model_dump(),
        codes=[CodeAnswer(code=row.code, valid_from=row.valid_from) for row in codes],
    )
