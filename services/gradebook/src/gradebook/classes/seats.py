"""Who sits in which class: a pupil has one seat a school year, or none."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.columns import among, table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError
from chassis.outbox import emit
from contracts.gradebook import PupilPlaced
from gradebook.classes.domain import Place, must_leave, why_not_here
from gradebook.classes.queries import ClassRoom, rooms
from gradebook.classes.tables import Placement
from gradebook.roster import queries as roster


class Seating(NamedTuple):
    """What a change of seats did."""

    placed: int
    removed: int
    changed: frozenset[str]
    """The classes whose pupils are no longer the same."""


async def seat(
    session: Session,
    room: ClassRoom,
    pupil_ids: Collection[str],
    removed_ids: Collection[str],
) -> Seating:
    """Seat pupils in a class, from wherever they sat this year, and take others out of it.

    Raises:
        Conflict: a pupil is not enrolled in the school, school year and grade of the class.

    """
    everyone = {*pupil_ids, *removed_ids}
    enrolments = await roster.enrolments(session, everyone, hold=True)
    _check_enrolled(room, pupil_ids, enrolments)
    before = await _seats(session, everyone)
    moves: list[PupilPlaced] = []
    for pupil_id in sorted(everyone):
        seats = before.get(pupil_id, {})
        old = seats[room.school_year].class_id if room.school_year in seats else None
        new = room.class_id if pupil_id in pupil_ids else None
        if old == new or (new is None and old != room.class_id):
            continue
        moves.append(
            PupilPlaced(
                pupil_id=pupil_id,
                class_id=new,
                version=max((one.version for one in seats.values()), default=0) + 1,
                school_id=room.school_id,
                school_year=room.school_year,
                before_class_id=old,
            )
        )
    return await _move(session, moves)


def _check_enrolled(
    room: ClassRoom, pupil_ids: Collection[str], enrolments: Mapping[str, roster.Enrolment]
) -> None:
    here = _place(room)
    faults = []
    for at, pupil_id in enumerate(pupil_ids):
        enrolled = enrolments.get(pupil_id)
        place = _enrolled_at(enrolled) if enrolled is not None and enrolled.enrolled else None
        if (why := why_not_here(here, place)) is not None:
            faults.append(
                FieldError(
                    f"pupil_ids[{at}]",
                    f"Học sinh {pupil_id} {why}.",
                    "Kiểm tra ghi danh; nếu vừa ghi danh, gửi lại sau ít giây.",
                )
            )
    if faults:
        raise Conflict(
            "pupils-not-enrolled-here",
            f"{len(faults)} học sinh không xếp được vào lớp {room.name}; chưa xếp ai.",
            errors=faults[:100],
        )


async def release(session: Session, pupil_ids: Collection[str]) -> Seating:
    """Take pupils out of the class in which, by their enrolment, they may no longer sit."""
    enrolments = await roster.enrolments(session, pupil_ids)
    before = await _seats(session, pupil_ids)
    held = {
        seat.class_id
        for seats in before.values()
        for seat in seats.values()
        if seat.class_id is not None
    }
    places = await rooms(session, held)
    moves = []
    for pupil_id, seats in sorted(before.items()):
        enrolled = enrolments.get(pupil_id)
        seat = None if enrolled is None else seats.get(enrolled.school_year)
        if enrolled is None or seat is None or seat.class_id is None:
            continue
        room = places[seat.class_id]
        if must_leave(_place(room), _enrolled_at(enrolled), still=enrolled.enrolled):
            moves.append(
                PupilPlaced(
                    pupil_id=pupil_id,
                    class_id=None,
                    version=max(one.version for one in seats.values()) + 1,
                    school_id=room.school_id,
                    school_year=room.school_year,
                    before_class_id=room.class_id,
                )
            )
    return await _move(session, moves)


async def _move(session: Session, moves: Sequence[PupilPlaced]) -> Seating:
    if not moves:
        return Seating(0, 0, frozenset())
    changed = {
        class_id
        for move in moves
        for class_id in (move.class_id, move.before_class_id)
        if class_id is not None
    }
    # From here on nobody opens a sheet for these classes without seeing who sits in them now.
    await rooms(session, changed, hold=True)
    statement = insert(table_of(Placement))
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["pupil_id", "school_year"],
            set_={"version": new.version, "school_id": new.school_id, "class_id": new.class_id},
        ),
        [move.model_dump(exclude={"before_class_id"}) for move in moves],
    )
    await emit(session, *moves)
    placed = sum(move.class_id is not None for move in moves)
    return Seating(placed, len(moves) - placed, frozenset(changed))


async def _seats(
    session: Session, pupil_ids: Collection[str]
) -> Mapping[str, Mapping[str, Placement]]:
    """Give each pupil's seats by school year; stable while the pupils are held."""
    seats: dict[str, dict[str, Placement]] = {}
    for seat in await session.scalars(_SEATS, {"pupil_ids": list(pupil_ids)}):
        seats.setdefault(seat.pupil_id, {})[seat.school_year] = seat
    return seats


def _place(room: ClassRoom) -> Place:
    return Place(room.school_id, room.school_year, room.grade)


def _enrolled_at(enrolment: roster.Enrolment) -> Place:
    return Place(enrolment.school_id, enrolment.school_year, enrolment.grade)


_SEATS = select(Placement).where(among(col(Placement.pupil_id), "pupil_ids"))
