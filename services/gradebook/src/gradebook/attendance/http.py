"""Roll-calls over HTTP: parse, authorise, do, answer."""

from collections.abc import Collection
from datetime import date
from typing import Annotated

from fastapi import Path, Query

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from chassis.http.days import Day
from chassis.persons import in_list_order
from contracts.attendance import Session as Half
from contracts.ids import ClassId, PupilId, SchoolId, SchoolYear
from gradebook.attendance import commands, domain, queries
from gradebook.attendance.messages import (
    AbsentAnswer,
    AttendanceAnswer,
    CalledAnswer,
    ChangedAnswer,
    ClassRollAnswer,
    LineAnswer,
    MissedAnswer,
    OutcomeAnswer,
    RollCallAnswer,
    RollCallBody,
    SaveAnswer,
    SchoolRollsAnswer,
)
from gradebook.classes import queries as classes
from gradebook.classes.queries import STRANGER, ClassRoom
from gradebook.guardians import queries as guardians
from gradebook.policy import POLICY
from gradebook.requests import ActorDep, NamesDep
from gradebook.roster import queries as roster

changes = CommandRouter(prefix="/v1", tags=["attendance"])
reads = QueryRouter(prefix="/v1", tags=["attendance"])

_ROLL_CALL = "/classes/{class_id}/roll-calls/{day}/{session}"
ClassPath = Annotated[ClassId, Path()]
DayPath = Annotated[Day, Path()]
HalfPath = Annotated[Half, Path(alias="session")]


@changes.put(_ROLL_CALL)
async def call_roll(
    *,
    class_id: ClassPath,
    day: DayPath,
    half: HalfPath,
    body: RollCallBody,
    session: SessionDep,
    actor: ActorDep,
) -> CalledAnswer:
    """Call the roll of a class and session, or correct it: who is not named is there."""
    room = await _room(session, actor, class_id, "attendance.mark", hold=True)
    moment = now()
    called = await commands.call(
        session,
        room,
        commands.Wanted(
            day,
            half,
            body.version,
            [domain.Entry(one.pupil_id, one.state) for one in body.absent],
        ),
        commands.Stamp(actor.subject, moment, business_day(moment)),
    )
    return CalledAnswer(
        class_id=class_id,
        day=day,
        session=half,
        version=called.version,
        pupils_due=len(called.pupil_ids),
        absent=[
            AbsentAnswer(pupil_id=pupil_id, state=state)
            for pupil_id, state in sorted(called.marks.items())
        ],
    )


@reads.get(_ROLL_CALL)
async def read_roll(
    *,
    class_id: ClassPath,
    day: DayPath,
    half: HalfPath,
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
) -> RollCallAnswer:
    """Read the roll-call of a class and session, or the list to call; with every save of it."""
    room = await _room(session, principal, class_id, "attendance.read")
    roll = (await queries.roll_calls(session, [class_id], day, half)).get(class_id)
    seated = (await classes.seated(session, [class_id]))[class_id]
    same_day = day == business_day(now())
    due = domain.due_pupils(seated, roll.pupil_ids if roll else None, same_day=same_day)
    states = (await queries.marks(session, [class_id], day, half))[class_id]
    seen = await queries.arrivals(session, room.school_id, day, half)
    called = await names.shown(session, due)
    return RollCallAnswer(
        class_id=class_id,
        name=room.name,
        school_year=room.school_year,
        grade=room.grade,
        day=day,
        session=half,
        version=roll.version if roll else 0,
        pupils=[
            LineAnswer(
                pupil_id=pupil_id,
                name=called[pupil_id],
                state=states.get(pupil_id),
                checked_in_at=seen.get(pupil_id),
            )
            for pupil_id in in_list_order(called)
        ],
        history=[_save(one) for one in await queries.saves(session, class_id, day, half)],
    )


def _save(save: queries.Saved) -> SaveAnswer:
    return SaveAnswer(
        version=save.version,
        by=save.by,
        at=save.at,
        changes=[
            ChangedAnswer(pupil_id=one.pupil_id, before=one.before, after=one.after)
            for one in save.changes
        ],
    )


@reads.get("/schools/{school_id}/roll-calls")
async def list_rolls(
    *,
    school_id: Annotated[SchoolId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    school_year: Annotated[SchoolYear, Query()],
    day: Annotated[Day, Query()],
    half: Annotated[Half, Query(alias="session")],
) -> SchoolRollsAnswer:
    """Say which classes have called the roll of a session, how it came out, and which have not."""
    rooms = await classes.rooms_of_school(session, school_id, school_year)
    standings = await classes.standings(session, principal, [room.class_id for room in rooms])
    relations = {class_id: standing.to_class() for class_id, standing in standings.items()}
    at_school = principal.relations_to_school(school_id)
    POLICY.authorise(principal, "attendance.read", at_school.union(*relations.values()))
    readable = [
        room
        for room in rooms
        if POLICY.allow(principal, "attendance.read", relations[room.class_id])
    ]
    return await _school(session, school_id, day, half, readable)


async def _school(
    session: Session, school_id: str, day: date, half: Half, rooms: Collection[ClassRoom]
) -> SchoolRollsAnswer:
    counted = await queries.counted(session, [room.class_id for room in rooms], day, half)
    return SchoolRollsAnswer(
        school_id=school_id,
        day=day,
        session=half,
        called=len(counted),
        waiting=len(rooms) - len(counted),
        classes=[
            ClassRollAnswer(
                class_id=room.class_id,
                name=room.name,
                grade=room.grade,
                homeroom_teacher_id=room.homeroom_teacher_id,
                roll_call=OutcomeAnswer(**counted[room.class_id]._asdict())
                if room.class_id in counted
                else None,
            )
            for room in rooms
        ],
    )


@reads.get("/pupils/{pupil_id}/attendance")
async def read_attendance(
    *,
    pupil_id: Annotated[PupilId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
    school_year: Annotated[SchoolYear | None, Query()] = None,
) -> AttendanceAnswer:
    """Read a pupil's absences of a school year; a guardian reads the own children's."""
    enrolled = (await roster.enrolments(session, [pupil_id])).get(pupil_id)
    asked = school_year or (enrolled.school_year if enrolled else None)
    seat = (await classes.seats_of(session, [pupil_id], asked)).get(pupil_id) if asked else None
    own = await guardians.relations(session, principal, pupil_id)
    standings = await classes.standings(session, principal, [seat] if seat else [])
    at_school = principal.relations_to_school(enrolled.school_id) if enrolled else frozenset()
    relations = at_school.union(own, *(standing.to_class() for standing in standings.values()))
    POLICY.authorise(principal, "attendance.read", relations)
    if asked is None:
        raise nothing_here()
    counted = await queries.absences_of(session, [pupil_id], asked)
    return AttendanceAnswer(
        pupil_id=pupil_id,
        name=(await names.shown(session, [pupil_id]))[pupil_id],
        school_year=asked,
        absences=counted.get(pupil_id),
        limit=domain.MOST,
        missed=[
            MissedAnswer(**one._asdict())
            for one in await queries.missed_by(session, pupil_id, asked)
        ],
    )


async def _room(
    session: Session, principal: Principal, class_id: str, action: str, *, hold: bool = False
) -> ClassRoom:
    """Give a class to whoever may do ``action`` with it; to anybody else it does not exist."""
    room = (await classes.rooms(session, [class_id], hold=hold)).get(class_id)
    standing = (await classes.standings(session, principal, [class_id])).get(class_id, STRANGER)
    POLICY.authorise(principal, action, standing.to_class())
    if room is None:
        raise nothing_here()
    return room
