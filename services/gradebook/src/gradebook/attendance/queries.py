"""What other slices and readers may know of attendance."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel import col

from chassis.columns import among, table_of
from chassis.database import Session
from contracts.attendance import Absence
from contracts.attendance import Session as Half
from gradebook.attendance.domain import Change
from gradebook.attendance.tables import (
    AbsenceCount,
    Arrival,
    Device,
    RollCall,
    RollMark,
    RollSave,
)


class Missed(NamedTuple):
    """A session that a pupil missed, or came late to."""

    day: date
    session: Half
    state: Absence


class Saved(NamedTuple):
    """One save of a roll-call."""

    version: int
    by: str | None
    at: datetime
    changes: Sequence[Change]


class Counted(NamedTuple):
    """How a roll-call of a school came out."""

    version: int
    pupils_due: int
    absent: int
    unexcused: int
    late: int
    marked_by: str | None
    marked_at: datetime


class DeviceOfSchool(NamedTuple):
    """A device at which pupils of a school check in."""

    device_id: str
    school_id: str
    name: str
    registered_at: datetime


async def absences_of(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, int]:
    """Give on how many days of a school year each pupil was absent, as TT 22/2021 Art. 12 counts.

    With leave and without, one a day at most. A pupil of whom no roll was ever called is left out:
    nothing is known of them, which is not 0.
    """
    asked = {"pupil_ids": list(pupil_ids), "school_year": school_year}
    return dict((await session.execute(_ABSENCES, asked)).all())


async def missed_by(session: Session, pupil_id: str, school_year: str) -> Sequence[Missed]:
    """Give every session of a school year to which a pupil did not come, or came late."""
    statement = select(col(RollMark.day), col(RollMark.session), col(RollMark.state)).where(
        col(RollMark.pupil_id) == pupil_id, col(RollMark.school_year) == school_year
    )
    sessions = list(Half)
    found = map(Missed._make, await session.execute(statement))
    return sorted(found, key=lambda one: (one.day, sessions.index(one.session)))


async def roll_calls(
    session: Session, class_ids: Collection[str], day: date, half: Half
) -> Mapping[str, RollCall]:
    """Give the roll-calls of classes in a session, by class."""
    found = await session.scalars(
        _ROLL_CALLS, {"class_ids": list(class_ids), "day": day, "half": half}
    )
    return {roll.class_id: roll for roll in found}


async def marks(
    session: Session, class_ids: Collection[str], day: date, half: Half
) -> Mapping[str, Mapping[str, Absence]]:
    """Give who was not simply there in a session, by class and pupil."""
    found: defaultdict[str, dict[str, Absence]] = defaultdict(dict)
    rows = await session.execute(_MARKS, {"class_ids": list(class_ids), "day": day, "half": half})
    for class_id, pupil_id, state in rows:
        found[class_id][pupil_id] = state
    return {class_id: found[class_id] for class_id in class_ids}


async def saves(session: Session, class_id: str, day: date, half: Half) -> Sequence[Saved]:
    """Give every save of a roll-call, oldest first."""
    statement = (
        select(RollSave)
        .where(
            col(RollSave.class_id) == class_id,
            col(RollSave.day) == day,
            col(RollSave.session) == half,
        )
        .order_by(col(RollSave.version))
    )
    return [
        Saved(
            one.version,
            one.marked_by,
            one.marked_at,
            [Change(*row) for row in zip(one.pupils, one.before, one.after, strict=True)],
        )
        for one in await session.scalars(statement)
    ]


async def counted(
    session: Session, class_ids: Collection[str], day: date, half: Half
) -> Mapping[str, Counted]:
    """Give how the roll-calls of classes came out; a class that has none is left out."""
    called = await roll_calls(session, class_ids, day, half)
    found = await marks(session, called, day, half)
    states = {class_id: list(of_class.values()) for class_id, of_class in found.items()}
    return {
        class_id: Counted(
            roll.version,
            len(roll.pupil_ids),
            len(states[class_id]) - states[class_id].count(Absence.LATE),
            states[class_id].count(Absence.WITHOUT_LEAVE),
            states[class_id].count(Absence.LATE),
            roll.marked_by,
            roll.marked_at,
        )
        for class_id, roll in called.items()
    }


async def arrivals(
    session: Session, school_id: str, day: date, half: Half
) -> Mapping[str, datetime]:
    """Give when each pupil first checked in at a school for a session."""
    statement = select(col(Arrival.pupil_id), col(Arrival.at)).where(
        col(Arrival.school_id) == school_id,
        col(Arrival.day) == day,
        col(Arrival.session) == half,
    )
    return dict((await session.execute(statement)).all())


async def devices_of(session: Session, school_id: str) -> Sequence[DeviceOfSchool]:
    """Give the devices of a school by name."""
    statement = (
        select(
            col(Device.device_id),
            col(Device.school_id),
            col(Device.name),
            col(Device.registered_at),
        )
        .where(col(Device.school_id) == school_id)
        .order_by(col(Device.name))
    )
    return [DeviceOfSchool._make(row) for row in await session.execute(statement)]


_COUNT = table_of(AbsenceCount).c
_ABSENCES = select(_COUNT.pupil_id, _COUNT.absences).where(
    among(_COUNT.pupil_id, "pupil_ids"), _COUNT.school_year == bindparam("school_year")
)
_ROLL_CALLS = select(RollCall).where(
    among(col(RollCall.class_id), "class_ids"),
    col(RollCall.day) == bindparam("day"),
    col(RollCall.session) == bindparam("half"),
)
_MARKS = select(col(RollMark.class_id), col(RollMark.pupil_id), col(RollMark.state)).where(
    among(col(RollMark.class_id), "class_ids"),
    col(RollMark.day) == bindparam("day"),
    col(RollMark.session) == bindparam("half"),
)
