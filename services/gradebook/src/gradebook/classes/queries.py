"""What other slices and readers may know of classes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    and_,
    any_,
    bindparam,
    column,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped
from sqlmodel import col

from chassis.auth import Principal
from chassis.columns import Id, among, table_of
from chassis.database import Session
from contracts.lists import Grade, Subject
from gradebook.classes.tables import Placement, SchoolClass, Teaching
from gradebook.policy import HOMEROOM, TEACHES, person


class ClassRoom(NamedTuple):
    """A class as it is now."""

    class_id: str
    version: int
    school_id: str
    school_year: str
    grade: Grade
    name: str
    homeroom_teacher_id: str | None


class Teachers(NamedTuple):
    """Who teaches a subject in a class now."""

    subject: Subject
    version: int
    teacher_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to one class."""

    as_a_whole: frozenset[str]
    subjects: frozenset[Subject]

    def to_subject(self, subject: Subject) -> frozenset[str]:
        """Give the relations to one subject of the class."""
        return self.as_a_whole | {TEACHES} if subject in self.subjects else self.as_a_whole

    def to_class(self) -> frozenset[str]:
        """Give the relations to what concerns the whole class."""
        return self.as_a_whole | {TEACHES} if self.subjects else self.as_a_whole


STRANGER = Standing(frozenset(), frozenset())


async def rooms(
    session: Session, class_ids: Collection[str], *, hold: bool = False
) -> Mapping[str, ClassRoom]:
    """Give those of the classes that exist.

    With ``hold`` they are locked: until the transaction ends nobody joins, leaves or changes them.
    """
    statement = _ROOMS_HELD if hold else _ROOMS
    rows = await session.execute(statement, {"class_ids": list(class_ids)})
    return {room.class_id: room for room in map(ClassRoom._make, rows)}


async def rooms_of_school(
    session: Session, school_id: str, school_year: str
) -> Sequence[ClassRoom]:
    """Give the classes of a school by grade and name."""
    statement = _ANY_ROOMS.where(_CLASS.school_id == school_id, _CLASS.school_year == school_year)
    grades = list(Grade)
    found = map(ClassRoom._make, await session.execute(statement))
    return sorted(found, key=lambda room: (grades.index(room.grade), room.name))


async def standings(
    session: Session, principal: Principal, class_ids: Collection[str]
) -> Mapping[str, Standing]:
    """Give what ``principal`` is to each of the classes that exist."""
    found = await standings_of(session, [(principal, class_id) for class_id in class_ids])
    return {class_id: standing for (_, class_id), standing in found.items()}


async def standings_of(
    session: Session, asked: Collection[tuple[Principal, str]]
) -> Mapping[tuple[Principal, str], Standing]:
    """Give what somebody is to a class, for many at once; a class that is not there is left out."""
    pairs = list(dict.fromkeys(asked))
    rows = await session.execute(
        _STANDINGS,
        {
            "place": list(range(len(pairs))),
            "me": [person(principal) for principal, _ in pairs],
            "class_ids": [class_id for _, class_id in pairs],
        },
    )
    whole: dict[int, frozenset[str]] = {}
    subjects: defaultdict[int, set[Subject]] = defaultdict(set)
    for place, school_id, homeroom_teacher_id, subject in rows:
        principal, _ = pairs[place]
        me, relations = person(principal), principal.relations_to_school(school_id)
        whole[place] = relations | {HOMEROOM} if me and homeroom_teacher_id == me else relations
        if subject is not None:
            subjects[place].add(subject)
    return {
        pairs[place]: Standing(relations, frozenset(subjects[place]))
        for place, relations in whole.items()
    }


async def seated(session: Session, class_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Give the pupils who sit in each class now."""
    pupils: defaultdict[str | None, set[str]] = defaultdict(set)
    for class_id, pupil_id in await session.execute(_SEATED, {"class_ids": list(class_ids)}):
        pupils[class_id].add(pupil_id)
    return {class_id: frozenset(pupils[class_id]) for class_id in class_ids}


def sits_in(class_id: Mapped[str], pupil_id: Mapped[str]) -> ColumnElement[bool]:
    """Say in SQL that a pupil sits in a class now, for another slice's statement."""
    return exists().where(col(Placement.class_id) == class_id, col(Placement.pupil_id) == pupil_id)


async def seats_of(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, str | None]:
    """Give the class of each pupil who had a seat in a school year."""
    found = await session.execute(
        _SEATS, {"pupil_ids": list(pupil_ids), "school_year": school_year}
    )
    return dict(found.all())


async def teaching(session: Session, class_id: str) -> Sequence[Teachers]:
    """Give who teaches what in a class, in the order of the list of subjects."""
    statement = select(
        col(Teaching.subject), col(Teaching.version), col(Teaching.teacher_ids)
    ).where(col(Teaching.class_id) == class_id)
    subjects = list(Subject)
    found = map(Teachers._make, await session.execute(statement))
    return sorted(found, key=lambda one: subjects.index(one.subject))


_CLASS, _PLACE, _TAUGHT = table_of(SchoolClass).c, table_of(Placement).c, table_of(Teaching).c
_ANY_ROOMS = select(
    _CLASS.class_id,
    _CLASS.version,
    _CLASS.school_id,
    _CLASS.school_year,
    _CLASS.grade,
    _CLASS.name,
    _CLASS.homeroom_teacher_id,
)
_ROOMS = _ANY_ROOMS.where(among(_CLASS.class_id, "class_ids"))
# Always in the order of the ids, so that two transactions cannot wait for each other.
_ROOMS_HELD = _ROOMS.order_by(_CLASS.class_id).with_for_update(key_share=True)
_ASKED = (
    func.unnest(
        bindparam("place", type_=ARRAY(Integer)),
        bindparam("me", type_=ARRAY(Id)),
        bindparam("class_ids", type_=ARRAY(Id)),
    )
    .table_valued(column("place", Integer), column("me", Id), column("class_id", Id), name="asked")
    .render_derived()
)
_STANDINGS = (
    select(
        _ASKED.c.place,
        _CLASS.school_id,
        _CLASS.homeroom_teacher_id,
        _TAUGHT.subject,
    )
    .select_from(_ASKED)
    .join(table_of(SchoolClass), _CLASS.class_id == _ASKED.c.class_id)
    .join(
        table_of(Teaching),
        and_(
            _TAUGHT.class_id == _CLASS.class_id,
            _ASKED.c.me == any_(_TAUGHT.teacher_ids),
        ),
        isouter=True,
    )
)
_SEATED = select(_PLACE.class_id, _PLACE.pupil_id).where(among(_PLACE.class_id, "class_ids"))
_SEATS = select(_PLACE.pupil_id, _PLACE.class_id).where(
    among(_PLACE.pupil_id, "pupil_ids"),
    _PLACE.school_year == bindparam("school_year"),
)
