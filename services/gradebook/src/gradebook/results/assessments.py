"""Primary's assessments without marks over HTTP: levels of subjects, qualities, competences."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from chassis.clock import now
from chassis.errors import Conflict, FieldError, Invalid, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from chassis.persons import in_list_order
from contracts.gradebook import MAX_ROWS
from contracts.ids import ClassId, PupilId
from contracts.lists import Level, Term
from gradebook.books import queries as books
from gradebook.classes import queries as classes
from gradebook.policy import POLICY
from gradebook.requests import ActorDep, NamesDep
from gradebook.results import commands, queries
from gradebook.results.domain import primary
from gradebook.results.domain.primary import Assessed
from gradebook.results.domain.primary_book import Period

changes = CommandRouter(prefix="/v1", tags=["results"])
reads = QueryRouter(prefix="/v1", tags=["results"])

_Levels = Annotated[dict[str, Annotated[str, Field(max_length=8)]], Field(max_length=20)]
_TERMS = {Period.MID_1: Term.HK1, Period.END_1: Term.HK1, Period.SUPPORT: Term.HE}


class AssessmentBody(RequestModel):
    """What a pupil was assessed as. Levels: T, H, C of subjects; T, D, C of the others."""

    pupil_id: PupilId
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """The version that was read; 0 if nothing was written yet."""
    subjects: _Levels = Field(default_factory=dict)
    qualities: _Levels = Field(default_factory=dict)
    competences: _Levels = Field(default_factory=dict)
    tests: Annotated[dict[str, int], Field(max_length=10)] = Field(default_factory=dict)
    """What was tested anew after support; every other test is saved in its column."""
    outstanding: bool = False
    recognised: bool = False


class AssessmentBodies(RequestModel):
    """Rows to save, all of them or none."""

    pupils: Annotated[list[AssessmentBody], Field(min_length=1, max_length=MAX_ROWS)]


class AssessmentAnswer(BaseModel):
    """A pupil's row as it stands."""

    pupil_id: str
    name: str
    version: int
    subjects: Mapping[str, str]
    qualities: Mapping[str, str]
    competences: Mapping[str, str]
    tests: Mapping[str, int]
    outstanding: bool
    recognised: bool


class AssessmentList(BaseModel):
    """A primary class in one period, in the order of names."""

    class_id: str
    period: Period
    pupils: Sequence[AssessmentAnswer]


class AssessmentsSaved(BaseModel):
    """How many rows the save wrote."""

    saved: int


@changes.put("/classes/{class_id}/assessments/{period}")
async def save_assessments(
    class_id: Annotated[ClassId, Path()],
    period: Annotated[Period, Path()],
    body: AssessmentBodies,
    session: SessionDep,
    actor: ActorDep,
) -> AssessmentsSaved:
    """Assess primary pupils without marks (TT 27/2020 Art. 7): the homeroom teacher does."""
    room = (await classes.rooms(session, [class_id], hold=True)).get(class_id)
    standing = (await classes.standings(session, actor, [class_id])).get(class_id)
    POLICY.authorise(actor, "assessments.enter", standing.to_class() if standing else ())
    if room is None:
        raise nothing_here()
    if room.grade.level is not Level.TH:
        raise Conflict(
            "not-primary", f"{room.grade.vietnamese} đánh giá bằng điểm số (TT 22/2021)."
        )
    _refuse_faults(body, int(room.grade), period)
    moment = now()
    await books.check_term_open(session, class_id, _TERMS.get(period, Term.HK2), moment)
    rows = [one.model_dump() for one in body.pupils]
    await commands.save_assessments(session, room, period, rows, by=actor.subject, now=moment)
    return AssessmentsSaved(saved=len(rows))


def _refuse_faults(body: AssessmentBodies, grade: int, period: Period) -> None:
    known = {
        "subjects": primary.subjects_of(grade)
        | {"NGHE_THUAT", "AM_NHAC", "MI_THUAT", "NN1", "TDT"},
        "qualities": primary.QUALITIES,
        "competences": primary.COMPETENCES,
        "tests": primary.TESTED if period is Period.SUPPORT else (),
    }
    faults: list[FieldError] = []
    ids = [one.pupil_id for one in body.pupils]
    for at, one in enumerate(body.pupils):
        given: dict[str, dict[str, Any]] = {name: getattr(one, name) for name in known}
        where = f"pupils[{at}]"
        for name, codes in known.items():
            faults += [
                FieldError(f"{where}.{name}.{code}", "Không có mục này.", "Bỏ mục này.")
                for code in given[name]
                if code not in codes
            ]
        faults += [
            FieldError(
                f"{where}.{fault.partition(':')[0]}",
                "Không có mức này (môn: T, H, C; phẩm chất, năng lực: T, D, C; bài: 0 đến 10).",
                "Chọn mức của quy định.",
            )
            for fault in primary.faults(Assessed(**given))
        ]
        if one.pupil_id in ids[:at]:
            faults.append(FieldError(where, "Học sinh đã có ở trên.", "Bỏ một trong hai dòng."))
    if faults:
        raise Invalid("assessments-invalid", "Có dòng chưa đúng; chưa lưu dòng nào.", errors=faults)


@reads.get("/classes/{class_id}/assessments/{period}")
async def read_assessments(
    class_id: Annotated[ClassId, Path()],
    period: Annotated[Period, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> AssessmentList:
    """Read what a primary class's pupils were assessed as in a period."""
    standing = (await classes.standings(session, principal, [class_id])).get(class_id)
    POLICY.authorise(principal, "assessments.read", standing.as_a_whole if standing else ())
    if standing is None:
        raise nothing_here()
    found = await queries.assessments_of(session, class_id, period)
    seated = (await classes.seated(session, [class_id]))[class_id]
    called = await names.shown(session, {*seated, *found})
    nothing: dict[str, object] = {"version": 0, "outstanding": False, "recognised": False}
    nothing |= {name: {} for name in ("subjects", "qualities", "competences", "tests")}
    rows = [
        (found[pupil].model_dump() if pupil in found else nothing)
        | {"pupil_id": pupil, "name": called[pupil]}
        for pupil in in_list_order(called)
    ]
    return AssessmentList.model_validate({"class_id": class_id, "period": period, "pupils": rows})
