"""The pupils of the year as columns: who they are, who moves and who leaves, and when.

Classes are those of September: a pupil who moves sits, from then on, in another class of the grade.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.lists import Grade, TransferReason, WithdrawalReason
from contracts.notifications import GuardianLinked
from contracts.topics import ENROLMENT, GUARDIANS
from edu.simulator.documents import GUARDIAN, PUPIL, Writer, made_ids, partitions_of
from edu.simulator.province import YEAR, Province
from edu.simulator.register import Tally, school_days, year_of

MOVING, LEAVING = 0.008, 0.006
"""The shares of pupils who change the school within the province, and who leave it, in a year."""
STAYS = 1_000
"""The number of a school day that never comes."""
_YEAR = year_of(YEAR)
_AGES = dict(zip(Grade, (2, 3, 4, 5, *range(6, 18)), strict=True))
_OLDER, _MINORITY, _INCLUSION = 0.02, 0.016, 0.005
_REASONS = (
    (WithdrawalReason.LEFT_PROVINCE, 0.5),
    (WithdrawalReason.DROPPED_OUT, 0.4),
    (WithdrawalReason.VOCATIONAL, 0.07),
    (WithdrawalReason.LEFT_COUNTRY, 0.03),
)
_BLOCK = 20_000
_SEALED = 80
"""Characters of an encrypted name and birth date: 60 bytes."""
_LETTERS = np.frombuffer(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", dtype="S1"
)

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class People:
    """All pupils in the order of their numbers, one column for each thing."""

    room: Integers
    female: NDArray[np.bool_]
    minority: NDArray[np.bool_]
    inclusion: NDArray[np.bool_]
    birth_year: Integers
    until: Integers
    """The number of the school day from which the pupil is no longer in ``room``, or ``STAYS``."""
    to: Integers
    """The class into which the pupil moves then; -1 where out of the province."""


def people(here: Province) -> People:
    """Draw them."""
    lots = np.random.default_rng([here.seed, 4])
    room = np.repeat(np.arange(len(here.rooms)), [one.size for one in here.rooms])
    count = len(room)
    ages = np.array([_AGES[one.grade] for one in here.rooms])[room]
    days = len(school_days())
    lot = lots.random(count)
    goes = lot < MOVING + LEAVING
    until = np.where(goes, lots.integers(1, days, count), STAYS)
    to = np.full(count, -1)
    grade = np.array([list(Grade).index(one.grade) for one in here.rooms])
    for number in np.flatnonzero(lot < MOVING).tolist():
        own = here.rooms[room[number]]
        others = np.flatnonzero(grade == grade[own.number])
        to[number] = target = int(others[lots.integers(len(others))])
        if here.rooms[target].school is own.school:
            until[number] = STAYS
    return People(
        room=room,
        female=lots.random(count) < 0.48,  # noqa: PLR2004 - the share of girls
        minority=lots.random(count) < _MINORITY,
        inclusion=lots.random(count) < _INCLUSION,
        birth_year=YEAR - ages - (lots.random(count) < _OLDER),
        until=until,
        to=to,
    )


def write(
    writer: Writer, here: Province, them: People, tally: Tally, done: Callable[[int], object]
) -> None:
    """Enrol everybody with a guardian; then let those who move or leave do so."""
    lots = np.random.default_rng([here.seed, 5])
    for begin in range(0, len(them.room), _BLOCK):
        numbers = range(begin, min(begin + _BLOCK, len(them.room)))
        _enrol(writer, here, them, numbers, lots)
        done(len(numbers))
    count = len(them.room)
    for family in ("pupils", "pupils_at_start", "pupil_ages"):
        tally[family, "count"] += count
    tally["moves", "pupils"] += count
    tally["links", "links"] += count
    _go(writer, here, them, tally, lots)


def _cells(here: Province, them: People, number: int, room: int) -> str:
    """Write what selects the cells of a pupil, without the braces."""
    one = here.rooms[room]
    return (
        f'"school_id":"{one.school.id}","grade":"{one.grade}",'
        f'"sex":"{"female" if them.female[number] else "male"}",'
        f'"ethnic_minority":{"true" if them.minority[number] else "false"},'
        f'"birth_year":{them.birth_year[number]},'
        f'"inclusion":{"true" if them.inclusion[number] else "false"}'
    )


def _enrol(
    writer: Writer, here: Province, them: People, numbers: range, lots: np.random.Generator
) -> None:
    pupils = made_ids(PUPIL, here.seed, numbers)
    guardians = made_ids(GUARDIAN, here.seed, numbers)
    lanes = partitions_of(pupils, ENROLMENT.partitions)
    linked = partitions_of(pupils, GUARDIANS.partitions)
    rows = slice(numbers.start, numbers.stop)
    columns = zip(
        pupils, guardians, lanes, linked, _sealed(lots, len(numbers)),
        them.room[rows].tolist(), them.birth_year[rows].tolist(), them.female[rows].tolist(),
        them.minority[rows].tolist(), them.inclusion[rows].tolist(), strict=True,
    )  # fmt: skip
    truth = ("false", "true")
    for pupil, guardian, lane, link, sealed, room, birth, female, minority, inclusion in columns:
        one = here.rooms[room]
        data = (
            f'{{"pupil_id":"{pupil}","version":1,"school_id":"{one.school.id}",'
            f'"grade":"{one.grade}","school_year":"{_YEAR}",'
            f'"sex":"{"female" if female else "male"}","ethnic_minority":{truth[minority]},'
            f'"birth_year":{birth},"inclusion":{truth[inclusion]},"day":"2025-09-05",'
            f'"sealed":"{sealed}"}}'
        )
        writer.write(
            StudentEnrolled, pupil, pupil, "2025-09-05T01:00:00.000000Z", data, partition=lane
        )
        relation = "mother" if birth % 2 else "father"
        data = (
            f'{{"guardian_id":"{guardian}","pupil_id":"{pupil}","version":1,'
            f'"relation":"{relation}","day":"2025-09-06",'
            f'"after":{{"school_id":"{one.school.id}","grade":"{one.grade}"}},"before":null}}'
        )
        writer.write(
            GuardianLinked, pupil, guardian, "2025-09-06T01:00:00.000000Z", data, partition=link
        )


def _sealed(lots: np.random.Generator, count: int) -> list[str]:
    text = _LETTERS[lots.integers(0, len(_LETTERS), count * _SEALED)].tobytes().decode()
    return [text[at : at + _SEALED] for at in range(0, len(text), _SEALED)]


def _go(
    writer: Writer, here: Province, them: People, tally: Tally, lots: np.random.Generator
) -> None:
    """Write the moves in the order of their days."""
    days = school_days()
    going = np.flatnonzero(them.until < STAYS)
    going = going[np.argsort(them.until[going], kind="stable")]
    pupils = made_ids(PUPIL, here.seed, going.tolist())
    lanes = partitions_of(pupils, ENROLMENT.partitions)
    sealed = _sealed(lots, len(going))
    names = [str(reason) for reason, _ in _REASONS]
    why = lots.choice(len(names), len(going), p=[share for _, share in _REASONS]).tolist()
    for at, number in enumerate(going.tolist()):
        day, pupil, to = days[them.until[number]], pupils[at], int(them.to[number])
        before = _cells(here, them, number, int(them.room[number]))
        head = (
            f'{{"pupil_id":"{pupil}","version":2,"school_year":"{_YEAR}","day":"{day}",'
            f'"reason_code":"{TransferReason.MOVED if to >= 0 else names[why[at]]}",'
            f'"before":{{{before}}}'
        )
        moment = f"{day}T02:00:00.000000Z"
        if to >= 0:
            after = _cells(here, them, number, to)
            data = f'{head},"after":{{{after}}},"sealed":"{sealed[at]}"}}'
            writer.write(StudentTransferred, pupil, pupil, moment, data, partition=lanes[at])
        else:
            writer.write(StudentWithdrawn, pupil, pupil, moment, f"{head}}}", partition=lanes[at])
    moved = int((them.to[going] >= 0).sum())
    tally["moves", "pupils"] += 2 * moved + len(going) - moved
    # By 30 September a move within the province keeps the sum, and who leaves is taken out.
    september = sum(day.month == 9 for day in days)  # noqa: PLR2004
    left = them.to[going] < 0
    for family in ("pupils", "pupil_ages"):
        tally[family, "count"] -= int(left.sum())
    tally["pupils_at_start", "count"] -= int((left & (them.until[going] < september)).sum())
    tally["moves:dropped-out", "pupils"] += sum(
        names[one] == WithdrawalReason.DROPPED_OUT
        for one, gone in zip(why, left.tolist(), strict=True)
        if gone
    )
    tally["moves:transferred-out", "pupils"] += moved
