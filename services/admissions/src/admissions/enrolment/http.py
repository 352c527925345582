"""Enrolment over HTTP. Answers of commands are kept for repetition, so none of them has a name."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, cast

from fastapi import Depends, Path, Query
from pydantic import BaseModel
from starlette.requests import Request

from admissions.enrolment import commands, queries
from admissions.enrolment.commands import Recorder
from admissions.enrolment.domain import Changes, Pupil, State
from admissions.enrolment.queries import Record
from admissions.openapi import raw_body
from admissions.paging import AfterQuery, LimitQuery, Page, page
from admissions.policy import POLICY
from admissions.registry import queries as registry
from admissions.text import Note, PersonName
from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.errors import NotFound, nothing_here
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
from chassis.sealing import MasterKeys
from contracts.ids import PupilId, SchoolId, SchoolYear, Version
from contracts.lists import Grade, Sex, TransferReason, WithdrawalReason

changes = CommandRouter(prefix="/v1", tags=["enrolment"])
reads = QueryRouter(prefix="/v1", tags=["enrolment"])

PupilPath = Annotated[PupilId, Path()]


async def _master_keys(request: Request) -> MasterKeys:
    return cast("MasterKeys", request.app.state.master_keys)


KeysDep = Annotated[MasterKeys, Depends(_master_keys)]

_EXAMPLE = (
    "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường;Học hòa nhập\n"
    "080215000123;Nguyễn Thị An;05/09/2015;Nữ;Kinh;6;80001;Không\n"
)


class Transfer(RequestModel):
    """A change from a day on; what is absent or null stays as it is."""

    version: Version
    day: date
    reason_code: TransferReason
    note: Note | None = None
    school_id: SchoolId | None = None
    grade: Grade | None = None
    school_year: SchoolYear | None = None
    sex: Sex | None = None
    ethnic_minority: bool | None = None
    inclusion: bool | None = None
    name: PersonName | None = None
    birth_date: date | None = None


class Withdrawal(RequestModel):
    """A pupil leaves the schools of the province."""

    version: Version
    day: date
    reason_code: WithdrawalReason
    note: Note | None = None


class Erasure(RequestModel):
    """The person is erased, at the version that was read."""

    version: Version


class EnrolledAnswer(BaseModel):
    """What an import did."""

    school_year: str
    day: date
    enrolled: int
    already_enrolled: int
    ignored_columns: Sequence[str]


class StepAnswer(BaseModel):
    """Where a pupil stands after a command."""

    pupil_id: str
    version: int
    state: State
    school_id: str
    grade: Grade
    school_year: str

    @classmethod
    def of(cls, pupil: Pupil) -> "StepAnswer":
        """Return the answer for a pupil."""
        return cls(
            pupil_id=pupil.id,
            version=pupil.version,
            state=pupil.state,
            school_id=pupil.cell.school_id,
            grade=pupil.cell.grade,
            school_year=pupil.school_year,
        )


class PupilAnswer(StepAnswer):
    """A pupil; without code, name and birth date once erased."""

    code: str | None
    name: str | None
    birth_date: date | None
    sex: Sex
    ethnic_minority: bool
    birth_year: int
    inclusion: bool

    @classmethod
    def opened(cls, record: Record, keys: MasterKeys) -> "PupilAnswer":
        """Return the answer with the person opened."""
        person, cell = record.person(keys), record.pupil.cell
        return cls(
            **StepAnswer.of(record.pupil).model_dump(),
            code=record.code,
            name=person.name if person else None,
            birth_date=person.birth_date if person else None,
            **cell.model_dump(include={"sex", "ethnic_minority", "birth_year", "inclusion"}),
        )


class PastStep(BaseModel):
    """One step of a pupil's way, and where it led."""

    version: int
    step: str
    day: date
    reason_code: str | None
    note: str | None
    school_id: str
    grade: Grade
    school_year: str


class PupilWithHistory(PupilAnswer):
    """A pupil and every step, the first one first."""

    history: Sequence[PastStep]


@changes.post(
    "/enrolments/import",
    body_limit=IMPORT_BODY_LIMIT,
    openapi_extra=raw_body("text/csv", _EXAMPLE),
)
async def import_pupils(
    *,
    body: BodyDep,
    school_year: Annotated[SchoolYear, Query()],
    day: Annotated[Day | None, Query(description="The first day; today if absent.")] = None,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> EnrolledAnswer:
    """Enrol the pupils of a CSV file, all or none; a row that is so already changes nothing.

    The header is found by its words, in Vietnamese or English, in the first ten rows. A principal
    enrols at the own school only. A file with faults is refused with every fault, by row and
    column, and nothing is written.
    """
    everywhere = POLICY.allow(principal, "pupils.enrol")
    own_school = principal.relations_to_school(principal.school) if principal.school else ()
    POLICY.authorise(principal, "pupils.enrol", own_school)
    first_day = business_day(now()) if day is None else day
    enrolled = await commands.import_pupils(
        session,
        body,
        school_year=school_year,
        day=first_day,
        only_school=None if everywhere else principal.school,
        recorder=Recorder(principal.subject),
        keys=keys,
    )
    return EnrolledAnswer(school_year=school_year, day=first_day, **asdict(enrolled))


@changes.post("/pupils/{pupil_id}/transfer")
async def transfer(
    pupil_id: PupilPath,
    body: Transfer,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> StepAnswer:
    """Change a pupil's school, grade, school year or facts, with the reason."""
    record = await _held(session, principal, "pupils.transfer", pupil_id)
    pupil = await commands.transfer(
        session,
        record,
        Changes(**body.model_dump(exclude={"version", "day", "reason_code", "note"})),
        version=body.version,
        day=body.day,
        reason_code=body.reason_code,
        recorder=Recorder(principal.subject, body.note),
        keys=keys,
    )
    return StepAnswer.of(pupil)


@changes.post("/pupils/{pupil_id}/withdraw")
async def withdraw(
    pupil_id: PupilPath, body: Withdrawal, session: SessionDep, principal: PrincipalDep
) -> StepAnswer:
    """Record that a pupil no longer studies in the province, with the reason."""
    record = await _held(session, principal, "pupils.withdraw", pupil_id)
    pupil = await commands.withdraw(
        session,
        record,
        version=body.version,
        day=body.day,
        reason_code=body.reason_code,
        recorder=Recorder(principal.subject, body.note),
    )
    return StepAnswer.of(pupil)


@changes.post("/pupils/{pupil_id}/erase")
async def erase(
    pupil_id: PupilPath, body: Erasure, session: SessionDep, principal: PrincipalDep
) -> StepAnswer:
    """Erase the person of a pupil who has left; the numbers stay. It cannot be undone."""
    record = await _held(session, principal, "pupils.erase", pupil_id)
    return StepAnswer.of(await commands.erase(session, record, version=body.version))


@reads.get("/pupils/{pupil_id}")
async def read_pupil(
    pupil_id: PupilPath, session: SessionDep, principal: PrincipalDep, keys: KeysDep
) -> PupilWithHistory:
    """Read one pupil by name, with every step."""
    record = _allowed(principal, "pupils.read", await queries.pupil(session, pupil_id))
    steps = await queries.steps(session, pupil_id)
    return PupilWithHistory(
        **PupilAnswer.opened(record, keys).model_dump(),
        history=[PastStep.model_validate(step.model_dump()) for step in steps],
    )


@reads.get("/schools/{school_id}/pupils")
async def list_pupils(
    *,
    school_id: Annotated[SchoolId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
    grade: Annotated[Grade | None, Query()] = None,
    school_year: Annotated[SchoolYear | None, Query()] = None,
    after: AfterQuery = None,
    limit: LimitQuery = 100,
) -> Page[PupilAnswer]:
    """List the pupils who are enrolled at a school, by code."""
    POLICY.authorise(principal, "pupils.read", principal.relations_to_school(school_id))
    if await registry.school(session, school_id) is None:
        raise NotFound("school-unknown", "Không có trường này.")
    found = await queries.pupils(
        session, school_id, grade=grade, school_year=school_year, after=after, limit=limit
    )
    answers = [PupilAnswer.opened(record, keys) for record in found]
    return page(answers, limit, answers[-1].pupil_id if answers else None)


async def _held(session: SessionDep, principal: Principal, action: str, pupil_id: str) -> Record:
    """Return the pupil, whom nobody else changes until the transaction ends."""
    return _allowed(principal, action, await queries.pupil(session, pupil_id, hold=True))


def _allowed(principal: Principal, action: str, record: Record | None) -> Record:
    """Return the pupil if it exists and the principal may; a stranger cannot tell which."""
    at = principal.relations_to_school(record.pupil.cell.school_id) if record else ()
    POLICY.authorise(principal, action, at)
    if record is None:
        raise nothing_here()
    return record
