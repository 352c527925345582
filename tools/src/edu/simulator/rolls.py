"""Roll-calls: every class on every school day, who was missing, late, or excused later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from contracts.attendance import Absence, AbsencesCounted, AttendanceMarked
from edu.simulator.documents import PUPIL, TEACHER, Writer, made_id, made_ids
from edu.simulator.people import STAYS, Integers, People
from edu.simulator.province import YEAR, Province
from edu.simulator.register import Tally, school_days, year_of

MISSING, TRUANTS, TRUANT = 0.014, 0.002, 0.25
"""How often a pupil is missing or late; the share of those who often are, and how often then."""
EXCUSED_LATER = 0.1
"""The share of absences without leave for which leave is brought afterwards."""
_STATES = (Absence.WITH_LEAVE, Absence.WITHOUT_LEAVE, Absence.LATE)
_SHARES = (0.7, 0.2, 0.1)
_LEAVE, _NO_LEAVE, _LATE = range(3)
_PASSED = {30: (30, 0), 46: (46, 30)}
"""Where the law counts from: the number of absences said, and the one said before."""


def write(
    writer: Writer, here: Province, them: People, tally: Tally, done: Callable[[int], object]
) -> None:
    """Write the roll-calls day by day; ``done`` hears how many."""
    lots = np.random.default_rng([here.seed, 6])
    calls = _Calls(writer, here, them, tally)
    often = np.full(len(them.room), MISSING, dtype=np.float32)
    # Who moves is none of them: so nobody takes a number that was told to another school.
    often[(lots.random(len(often)) < TRUANTS) & (them.until == STAYS)] = TRUANT
    for number, day in enumerate(school_days()):
        missing = np.flatnonzero(
            (lots.random(len(often), dtype=np.float32) < often) & (them.until > number)
        )
        states = np.searchsorted(np.cumsum(_SHARES)[:-1], lots.random(len(missing)), side="right")
        excused = (states == _NO_LEAVE) & (lots.random(len(missing)) < EXCUSED_LATER)
        calls.write(number, day, missing, states, excused)
        done(len(here.rooms))


class _Calls:
    """The roll-calls of all classes, and how often each pupil has been absent so far."""

    def __init__(self, writer: Writer, here: Province, them: People, tally: Tally) -> None:
        self._writer, self._here, self._them, self._tally = writer, here, them, tally
        self._absences = np.zeros(len(them.room), dtype=np.int64)
        self._sizes = np.array([room.size for room in here.rooms], dtype=np.int64)
        self._heads = [
            f'{{"class_id":"{room.id}","school_id":"{room.school.id}",'
            f'"school_year":"{year_of(YEAR)}","grade":"{room.grade}","day":"'
            for room in here.rooms
        ]
        self._teachers = [
            f'","session":"morning","marked_by":"{made_id(TEACHER, here.seed, room.number)}",'
            for room in here.rooms
        ]

    def write(
        self,
        number: int,
        day: date,
        missing: Integers,
        states: Integers,
        excused: NDArray[np.bool_],
    ) -> None:
        """Write one day."""
        rooms = self._here.rooms
        due = self._due(number)
        begins = np.searchsorted(self._them.room[missing], np.arange(len(rooms) + 1)).tolist()
        pupils = [f'"{pupil}"' for pupil in made_ids(PUPIL, self._here.seed, missing.tolist())]
        names = [f'"{_STATES[state]}"' for state in states.tolist()]
        moment = f"{day}T00:15:00.000000Z"
        none = '"before":{"at":[],"value":[]}}'
        for at, (room, size) in enumerate(zip(rooms, due.tolist(), strict=True)):
            rows = slice(begins[at], begins[at + 1])
            data = (
                f'{self._heads[at]}{day}{self._teachers[at]}"pupils_due":{size},'
                f'"before_pupils_due":0,"pupils":[{",".join(pupils[rows])}],'
                f'"after":[{",".join(names[rows])}],{none}'
            )
            self._writer.write(AttendanceMarked, room.school.id, room.id, moment, data)
        later = f"{day}T09:00:00.000000Z"
        for row in np.flatnonzero(excused).tolist():
            at = int(self._them.room[missing[row]])
            data = (
                f'{self._heads[at]}{day}{self._teachers[at]}"pupils_due":{due[at]},'
                f'"before_pupils_due":{due[at]},"pupils":[{pupils[row]}],'
                f'"after":["{Absence.WITH_LEAVE}"],'
                f'"before":{{"at":[0],"value":["{Absence.WITHOUT_LEAVE}"]}}}}'
            )
            self._writer.write(AttendanceMarked, rooms[at].school.id, rooms[at].id, later, data)
        self._count(day, missing[states != _LATE])
        for name, count in (
            ("due", due.sum()),
            ("absent", (states != _LATE).sum()),
            ("unexcused", (states == _NO_LEAVE).sum() - excused.sum()),
            ("late", (states == _LATE).sum()),
        ):
            self._tally["attendance", name] += int(count)

    def _due(self, number: int) -> Integers:
        """Give how many pupils each class has on the day: fewer who went, more who came."""
        them = self._them
        gone = them.until <= number
        came = gone & (them.to >= 0)
        count = len(self._sizes)
        due: Integers = (
            self._sizes
            - np.bincount(them.room[gone], minlength=count)
            + np.bincount(them.to[came], minlength=count)
        )
        return due

    def _count(self, day: date, absent: Integers) -> None:
        """Say of whom the number of absences passes 30 or 45 on this day."""
        self._absences[absent] += 1
        for passed, (now, before) in _PASSED.items():
            for number in absent[self._absences[absent] == passed].tolist():
                room = self._here.rooms[self._them.room[number]]
                pupil = self._here.pupil(number)
                data = (
                    f'{{"pupil_id":"{pupil}","school_id":"{room.school.id}",'
                    f'"school_year":"{year_of(YEAR)}","grade":"{room.grade}","day":"{day}",'
                    f'"absences":{now},"before_absences":{before}}}'
                )
                moment = f"{day}T10:00:00.000000Z"
                self._writer.write(AbsencesCounted, room.school.id, pupil, moment, data)
                self._tally["absentees", "from_30" if now == min(_PASSED) else "over_45"] += 1
