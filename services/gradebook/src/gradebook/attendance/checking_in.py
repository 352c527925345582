"""What devices saw becomes roll-calls. The same check-in twice changes nothing.

Only the first arrival of a pupil for a session is kept, whatever comes in whatever order; a
roll-call that people called stands, except for who demonstrably came later.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import BUSINESS_ZONE
from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import FieldError, Invalid
from contracts.attendance import Session as Half
from gradebook.attendance import commands, domain, queries
from gradebook.attendance.commands import Stamp
from gradebook.attendance.devices import Known
from gradebook.attendance.domain import CHECK_IN_KEPT, CHECK_IN_TAKEN, CLOCKS_APART
from gradebook.attendance.tables import Arrival
from gradebook.classes import queries as classes
from gradebook.classes.queries import ClassRoom
from gradebook.roster import queries as roster


class CheckIn(NamedTuple):
    """A device saw a pupil."""

    pupil_id: str
    at: datetime


class Close(NamedTuple):
    """All that devices saw of a session has been sent."""

    day: date
    half: Half
    late_after: datetime


class Outcome(NamedTuple):
    """What became of a message; rows that are nobody's here with the reason."""

    taken: int
    ignored: Sequence[tuple[int, str]]
    called: Sequence[str]
    corrected: Sequence[str]


class _Seen(NamedTuple):
    pupil_id: str
    class_id: str
    day: date
    half: Half
    at: datetime


async def take(
    session: Session,
    device: Known,
    check_ins: Sequence[CheckIn],
    close: Close | None,
    stamp: Stamp,
) -> Outcome:
    """Take a message of a device of a school.

    Raises:
        Invalid: a session is to be closed that cannot have been.

    """
    if close is not None:
        _check_close(close, stamp)
    seen, ignored = await _known(session, device, check_ins, stamp)
    await _keep(session, device, seen)
    concerned = {one.class_id for one in seen}
    if close is not None:
        concerned |= await _attended(session, device, close)
    rooms = await classes.rooms(session, concerned, hold=True)
    corrected = await _correct(session, rooms, seen, stamp)
    called = await _call(session, rooms, close, stamp) if close is not None else []
    await _forget_old(session, device, stamp)
    return Outcome(len(seen), ignored, called, corrected)


def _check_close(close: Close, stamp: Stamp) -> None:
    if close.day > stamp.today or close.late_after > stamp.now + CLOCKS_APART:
        what = "Buổi học này chưa diễn ra."
        how = "Gửi sau giờ vào học; kiểm tra đồng hồ của thiết bị."
        raise Invalid("session-not-over", what, errors=[FieldError("close", what, how)])


async def _known(
    session: Session, device: Known, check_ins: Sequence[CheckIn], stamp: Stamp
) -> tuple[Sequence[_Seen], Sequence[tuple[int, str]]]:
    """Part what is of a pupil who sits in a class of the school from what is of nobody here."""
    seats = await _seats(session, device, {one.pupil_id for one in check_ins})
    seen: list[_Seen] = []
    ignored: list[tuple[int, str]] = []
    for row, one in enumerate(check_ins):
        class_id = seats.get(one.pupil_id)
        local = one.at.astimezone(BUSINESS_ZONE)
        if one.at > stamp.now + CLOCKS_APART:
            ignored.append((row, "in-future"))
        elif one.at < stamp.now - CHECK_IN_TAKEN:
            ignored.append((row, "too-old"))
        elif class_id is None:
            ignored.append((row, "not-in-a-class-here"))
        else:
            half = domain.session_of(local)
            seen.append(_Seen(one.pupil_id, class_id, local.date(), half, one.at))
    return seen, ignored


async def _seats(session: Session, device: Known, pupil_ids: Collection[str]) -> Mapping[str, str]:
    """Give the class in which each pupil of the device's school sits this school year."""
    by_year: defaultdict[str, list[str]] = defaultdict(list)
    for pupil_id, one in (await roster.enrolments(session, pupil_ids)).items():
        if one.enrolled and one.school_id == device.school_id:
            by_year[one.school_year].append(pupil_id)
    seats: dict[str, str] = {}
    for school_year, here in by_year.items():
        found = await classes.seats_of(session, here, school_year)
        seats |= {pupil_id: seat for pupil_id, seat in found.items() if seat is not None}
    return seats


async def _keep(session: Session, device: Known, seen: Sequence[_Seen]) -> None:
    """Keep when each pupil first came."""
    first: dict[tuple[date, Half, str], datetime] = {}
    for one in seen:
        key = (one.day, one.half, one.pupil_id)
        first[key] = min(one.at, first.get(key, one.at))
    if not first:
        return
    statement = insert(table_of(Arrival))
    earlier = statement.excluded.at < table_of(Arrival).c.at
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["school_id", "day", "session", "pupil_id"],
            set_={"at": statement.excluded.at, "device_id": statement.excluded.device_id},
            where=earlier,
        ),
        [
            {
                "school_id": device.school_id,
                "day": day,
                "session": half,
                "pupil_id": pupil_id,
                "at": first[day, half, pupil_id],
                "device_id": device.device_id,
            }
            for day, half, pupil_id in sorted(first)
        ],
    )


async def _correct(
    session: Session, rooms: Mapping[str, ClassRoom], seen: Sequence[_Seen], stamp: Stamp
) -> list[str]:
    """Let who came after the roll had been called be late instead of absent."""
    corrected: list[str] = []
    for day, half in sorted({(one.day, one.half) for one in seen}):
        here = {one.class_id for one in seen if (one.day, one.half) == (day, half)}
        stood = await queries.roll_calls(session, here & rooms.keys(), day, half)
        marks = await queries.marks(session, stood, day, half)
        for class_id, roll in sorted(stood.items()):
            before = marks[class_id]
            arrivals = await queries.arrivals(session, roll.school_id, day, half)
            after = domain.after_check_ins(before, arrivals, roll.marked_at, roll.late_after)
            if after != before:
                due = roll.pupil_ids
                room, of_roll = rooms[class_id], stamp._replace(late_after=roll.late_after)
                await commands.save(session, room, (day, half), roll, (before, after), due, of_roll)
                corrected.append(class_id)
    return corrected


async def _attended(session: Session, device: Known, close: Close) -> set[str]:
    """Give the classes of which somebody checked in: of others a device may have failed."""
    arrived = await queries.arrivals(session, device.school_id, close.day, close.half)
    return set((await _seats(session, device, arrived)).values())


async def _call(
    session: Session, rooms: Mapping[str, ClassRoom], close: Close, stamp: Stamp
) -> list[str]:
    """Call the rolls that nobody has called, of what the devices saw."""
    stood = await queries.roll_calls(session, rooms, close.day, close.half)
    seated = await classes.seated(session, rooms.keys() - stood.keys())
    called: list[str] = []
    for class_id, due in sorted(seated.items()):
        room = rooms[class_id]
        arrivals = await queries.arrivals(session, room.school_id, close.day, close.half)
        if due.isdisjoint(arrivals) or domain.size_fault(len(due)):
            continue
        await commands.check_day(session, room.school_year, close.day, stamp.today)
        after = domain.from_check_ins(due, arrivals, close.late_after)
        at = (close.day, close.half)
        of_roll = stamp._replace(late_after=close.late_after)
        await commands.save(session, room, at, None, ({}, after), due, of_roll)
        called.append(class_id)
    return called


async def _forget_old(session: Session, device: Known, stamp: Stamp) -> None:
    table = table_of(Arrival)
    old = table.c.day < stamp.today - CHECK_IN_KEPT
    await session.execute(delete(table).where(table.c.school_id == device.school_id, old))
