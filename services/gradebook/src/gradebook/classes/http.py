"""Classes over HTTP: parse, authorise, do, answer."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from chassis.auth import Principal
from chassis.database import Session
from chassis.errors import nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from chassis.persons import in_list_order
from contracts.ids import ClassId, PersonId, SchoolId, SchoolYear
from contracts.lists import Grade, Subject
from gradebook.classes import commands, queries
from gradebook.classes.queries import STRANGER, ClassRoom
from gradebook.policy import POLICY
from gradebook.requests import ClassName, NamesDep
from gradebook.roster import queries as roster

changes = CommandRouter(prefix="/v1", tags=["classes"])
reads = QueryRouter(prefix="/v1", tags=["classes"])

ClassPath = Annotated[ClassId, Path()]


class NewClass(RequestModel):
    """A class to open; without ``class_id`` it gets one."""

    class_id: ClassId | None = None
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    name: ClassName
    homeroom_teacher_id: PersonId | None = None


class NewClasses(RequestModel):
    """Classes to open."""

    classes: Annotated[list[NewClass], Field(min_length=1, max_length=200)]


class ChangedClass(RequestModel):
    """The name and the homeroom teacher from now on."""

    name: ClassName
    homeroom_teacher_id: PersonId | None


class Assignment(RequestModel):
    """Who teaches a subject from now on; nobody, if the list is empty."""

    subject: Subject
    teacher_ids: Annotated[list[PersonId], Field(max_length=10)]


class Assignments(RequestModel):
    """Who teaches what; subjects that are not named stay as they are."""

    teaching: Annotated[list[Assignment], Field(min_length=1, max_length=50)]


class ClassAnswer(BaseModel):
    """A class."""

    class_id: str
    version: int
    school_id: str
    school_year: str
    grade: Grade
    name: str
    homeroom_teacher_id: str | None


class OpenedClass(ClassAnswer):
    """A class, and whether it was opened just now."""

    opened: bool


class OpenedClasses(BaseModel):
    """The classes in the order of the request."""

    classes: Sequence[OpenedClass]


class ClassList(BaseModel):
    """The classes of a school that the asker may see."""

    classes: Sequence[ClassAnswer]


class PupilAnswer(BaseModel):
    """A pupil of a class list."""

    pupil_id: str
    name: str


class TeachingAnswer(BaseModel):
    """Who teaches a subject."""

    subject: Subject
    version: int
    teacher_ids: Sequence[str]


class TeachingList(BaseModel):
    """Who teaches what in a class."""

    class_id: str
    teaching: Sequence[TeachingAnswer]


class WholeClass(ClassAnswer):
    """A class with its list and its teachers."""

    pupils: Sequence[PupilAnswer]
    teaching: Sequence[TeachingAnswer]


class SchoolPupil(PupilAnswer):
    """A pupil of a school, and where they sit, if anywhere."""

    grade: Grade
    class_id: str | None


class SchoolPupils(BaseModel):
    """The pupils of a school, as the gradebook has been told."""

    pupils: Sequence[SchoolPupil]


@changes.post("/classes", status_code=HTTPStatus.CREATED)
async def open_classes(
    body: NewClasses, session: SessionDep, principal: PrincipalDep
) -> OpenedClasses:
    """Open classes. One that stands there under its name is answered as it is."""
    for school_id in {one.school_id for one in body.classes}:
        POLICY.authorise(principal, "classes.open", principal.relations_to_school(school_id))
    opened = await commands.open_classes(
        session, [commands.NewClass(**dict(one)) for one in body.classes]
    )
    return OpenedClasses(
        classes=[OpenedClass(**room._asdict(), opened=new) for room, new in opened]
    )


@changes.put("/classes/{class_id}")
async def change_class(
    class_id: ClassPath, body: ChangedClass, session: SessionDep, principal: PrincipalDep
) -> ClassAnswer:
    """Give a class another name or homeroom teacher."""
    room = await find(session, principal, class_id, "classes.change", hold=True)
    changed = await commands.change_class(session, room, **dict(body))
    return ClassAnswer(**changed._asdict())


@changes.put("/classes/{class_id}/teaching")
async def assign_teaching(
    class_id: ClassPath, body: Assignments, session: SessionDep, principal: PrincipalDep
) -> TeachingList:
    """Say who teaches what in a class."""
    room = await find(session, principal, class_id, "classes.assign", hold=True)
    wanted = {one.subject: sorted(set(one.teacher_ids)) for one in body.teaching}
    teaching = await commands.assign(session, room, wanted)
    return TeachingList(class_id=class_id, teaching=_teaching(teaching))


@reads.get("/classes")
async def list_classes(
    *,
    session: SessionDep,
    principal: PrincipalDep,
    school_id: Annotated[SchoolId, Query()],
    school_year: Annotated[SchoolYear, Query()],
) -> ClassList:
    """List those classes of a school that the asker may read."""
    rooms = await queries.rooms_of_school(session, school_id, school_year)
    standings = await queries.standings(session, principal, [room.class_id for room in rooms])
    relations = {class_id: standing.to_class() for class_id, standing in standings.items()}
    at_school = principal.relations_to_school(school_id)
    POLICY.authorise(principal, "classes.read", at_school.union(*relations.values()))
    return ClassList(
        classes=[
            ClassAnswer(**room._asdict())
            for room in rooms
            if POLICY.allow(principal, "classes.read", relations[room.class_id])
        ]
    )


@reads.get("/classes/{class_id}")
async def read_class(
    class_id: ClassPath, session: SessionDep, principal: PrincipalDep, names: NamesDep
) -> WholeClass:
    """Read a class with its list, in the order of names, and its teachers."""
    room = await find(session, principal, class_id, "classes.read")
    seated = await queries.seated(session, [class_id])
    called = await names.shown(session, seated[class_id])
    return WholeClass(
        **room._asdict(),
        pupils=[
            PupilAnswer(pupil_id=pupil_id, name=called[pupil_id])
            for pupil_id in in_list_order(called)
        ],
        teaching=_teaching(await queries.teaching(session, class_id)),
    )


@reads.get("/schools/{school_id}/pupils")
async def list_pupils(
    *,
    school_id: Annotated[SchoolId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
    school_year: Annotated[SchoolYear, Query()],
    grade: Annotated[Grade | None, Query()] = None,
) -> SchoolPupils:
    """List the pupils enrolled at a school, so that they can be given seats."""
    POLICY.authorise(principal, "pupils.list", principal.relations_to_school(school_id))
    grades = await roster.pupils_of(session, school_id, school_year, grade)
    called = await names.shown(session, grades)
    seats = await queries.seats_of(session, grades, school_year)
    return SchoolPupils(
        pupils=[
            SchoolPupil(
                pupil_id=pupil_id,
                name=called[pupil_id],
                grade=grades[pupil_id],
                class_id=seats.get(pupil_id),
            )
            for pupil_id in in_list_order(called)
        ]
    )


async def find(
    session: Session, principal: Principal, class_id: str, action: str, *, hold: bool = False
) -> ClassRoom:
    """Give a class to whoever may do ``action`` with it; to anybody else it does not exist."""
    room = (await queries.rooms(session, [class_id], hold=hold)).get(class_id)
    standing = (await queries.standings(session, principal, [class_id])).get(class_id, STRANGER)
    POLICY.authorise(principal, action, standing.to_class())
    if room is None:
        raise nothing_here()
    return room


def _teaching(teaching: Sequence[queries.Teachers]) -> list[TeachingAnswer]:
    return [TeachingAnswer(**one._asdict()) for one in teaching]
