"""Admission for the next year: grade 10 by examination, preschool, grades 1 and 6 on request.

Grade 10 is filled as the rule has it (TT 30/2024/TT-BGDĐT, xét nguyện vọng): applicants in the
order of their points, each at the first of three choices that still has a seat; the cut score of a
choice is the lowest total that was placed by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.applications import (
    AdmissionDecided,
    ApplicationStatus,
    ApplicationSubmitted,
    CutScorePublished,
    EnrolmentConfirmed,
    EnrolmentRequested,
    QuotaSet,
)
from contracts.lists import Grade, Level
from contracts.topics import APPLICATIONS
from edu.simulator.documents import APPLICATION, Writer, made_ids, partitions_of
from edu.simulator.people import Integers
from edu.simulator.province import YEAR, Province, School
from edu.simulator.register import Tally, year_of

FOR = year_of(YEAR + 1)
"""The school year that it is all for."""
CHOICES = 3
WITHDRAWN, CONFIRMED = 0.01, 0.97
OUT_OF_ZONE, GIVEN_BACK = 0.06, 0.01
"""The shares of requests from outside the school's zone, and of those that are withdrawn."""
_POINTS = (1_800, 550)
"""Mean and deviation of the total of three papers, in hundredths."""
_MOST_POINTS = 3_000
_FIRST_GRADES = ((Grade.MG5, Level.TH, Grade.G1), (Grade.G5, Level.THCS, Grade.G6))
"""Whose families ask, at schools of which level, for which grade."""
NOWHERE = -1


def write(writer: Writer, here: Province, tally: Tally, done: Callable[[int], object]) -> None:
    """Write both kinds of admission; ``done`` hears of how many applications."""
    examined = Examined.drawn(here)
    _Examination(writer, here, tally, examined).write()
    count = len(examined.origin)
    done(count)
    for leaving, level, grade in _FIRST_GRADES:
        done(_request(writer, here, tally, count, leaving=leaving, to=(level, grade)))
        count += _size(here, leaving)


def total(here: Province) -> int:
    """Give how many applications there are."""
    return sum(_size(here, grade) for grade in (Grade.G9, Grade.MG5, Grade.G5))


def _size(here: Province, grade: Grade) -> int:
    return sum(room.size for room in here.rooms_of(grade))


@dataclass(frozen=True, slots=True)
class Examined:
    """The applicants as columns, and where they are placed."""

    schools: list[School]
    seats: Integers
    origin: Integers
    """The number of the school where each is in grade 9."""
    choices: Integers
    """By applicant: the schools wanted, as places in ``schools``."""
    points: Integers
    withdrawn: NDArray[np.bool_]
    placed: Integers
    """By which choice, from 0; ``NOWHERE`` where by none."""

    @classmethod
    def drawn(cls, here: Province) -> Examined:
        """Draw what they want and can, and place them."""
        lots = np.random.default_rng([here.seed, 9])
        schools = [school for school in here.schools if school.level is Level.THPT]
        seats = np.zeros(len(schools), dtype=np.int64)
        at = {school.number: place for place, school in enumerate(schools)}
        for room in here.rooms_of(Grade.G10):
            seats[at[room.school.number]] += room.size
        ninth = here.rooms_of(Grade.G9)
        origin = np.repeat([r.school.number for r in ninth], [r.size for r in ninth])
        count, wanted = len(origin), min(CHOICES, len(schools))
        # Larger schools are wanted more; the smallest keys of a row are its choices in order.
        keys = lots.exponential(1.0, (count, len(schools))) / seats
        choices = np.argsort(keys, axis=1)[:, :wanted]
        points = np.rint(lots.normal(*_POINTS, count)).astype(np.int64).clip(0, _MOST_POINTS)
        withdrawn = lots.random(count) < WITHDRAWN
        left = seats.tolist()
        placed = [NOWHERE] * count
        for one in np.lexsort((np.arange(count), -points)).tolist():
            if withdrawn[one]:
                continue
            for rank, school in enumerate(choices[one].tolist()):
                if left[school]:
                    left[school] -= 1
                    placed[one] = rank
                    break
        return cls(schools, seats, origin, choices, points, withdrawn, np.array(placed))


class _Examination:
    """The facts of grade 10."""

    def __init__(self, writer: Writer, here: Province, tally: Tally, them: Examined) -> None:
        self._writer, self._here, self._tally, self._them = writer, here, tally, them
        self._ids = made_ids(APPLICATION, here.seed, range(len(them.origin)))
        self._lanes = partitions_of(self._ids, APPLICATIONS.partitions)

    def write(self) -> None:
        """Write quotas, applications, cut scores, placements and who takes the place."""
        self._offer()
        self._apply()
        self._publish()
        self._decide()

    def _offer(self) -> None:
        for school, seats in zip(self._them.schools, self._them.seats.tolist(), strict=True):
            data = (
                f'{{"school_id":"{school.id}","version":1,"school_year":"{FOR}","grade":"10",'
                f'"seats":{seats},"before_seats":0}}'
            )
            moment = "2026-04-10T02:00:00.000000Z"
            self._writer.write(QuotaSet, school.id, school.id, moment, data)
        self._tally["seats", "quota"] += int(self._them.seats.sum())

    def _apply(self) -> None:
        """Everybody applies; then the application is found valid, or withdrawn."""
        ids = [school.id for school in self._them.schools]
        for moment, statuses in (
            ("2026-05-04T02:00:00.000000Z", None),
            ("2026-05-18T02:00:00.000000Z", self._them.withdrawn.tolist()),
        ):
            for number, choices in enumerate(self._them.choices.tolist()):
                wanted = '","'.join([ids[one] for one in choices])
                first = f'{{"status":"{ApplicationStatus.SUBMITTED}","schools":["{wanted}"]}}'
                after, before = first, "null"
                if statuses is not None:
                    now = (
                        ApplicationStatus.WITHDRAWN
                        if statuses[number]
                        else (ApplicationStatus.VALID)
                    )
                    after, before = f'{{"status":"{now}","schools":["{wanted}"]}}', first
                self._say(
                    ApplicationSubmitted, number, moment, 1 if statuses is None else 2,
                    f'"after":{after},"before":{before}',
                )  # fmt: skip
        self._tally["applications", "applications"] += self._them.choices.size
        first_choices = len(self._them.choices)
        self._tally["applications:1", "applications"] += first_choices

    def _publish(self) -> None:
        them = self._them
        for place, school in enumerate(them.schools):
            for rank in range(them.choices.shape[1]):
                here = (them.placed == rank) & (them.choices[:, rank] == place)
                if not here.any():
                    continue
                cut = int(them.points[here].min())
                data = (
                    f'{{"school_id":"{school.id}","version":1,"school_year":"{FOR}",'
                    f'"preference":{rank + 1},"after":{cut},"before":null}}'
                )
                moment = "2026-06-25T02:00:00.000000Z"
                self._writer.write(CutScorePublished, school.id, school.id, moment, data)
                self._tally["cut_scores", "points"] += cut
                self._tally["cut_scores", "scores"] += 1

    def _decide(self) -> None:
        them = self._them
        ids = [school.id for school in self._here.schools]
        lots = np.random.default_rng([self._here.seed, 10])
        takes = (lots.random(len(them.placed)) < CONFIRMED).tolist()
        decided = "2026-06-25T03:00:00.000000Z"
        for number, rank in enumerate(them.placed.tolist()):
            if them.withdrawn[number]:
                continue
            school, preference = "null", "null"
            if rank != NOWHERE:
                school = f'"{them.schools[them.choices[number, rank]].id}"'
                preference = str(rank + 1)
            self._say(
                AdmissionDecided, number, decided, 3,
                f'"origin_school_id":"{ids[them.origin[number]]}",'
                f'"after":{{"school_id":{school},"preference":{preference}}},"before":null',
            )  # fmt: skip
            if rank != NOWHERE and takes[number]:
                self._say(
                    EnrolmentConfirmed, number, "2026-07-02T02:00:00.000000Z", 4,
                    f'"school_id":{school},"grade":"10","confirmed":true,'
                    '"before_confirmed":false',
                )  # fmt: skip
                self._tally["seats", "confirmed"] += 1
        stayed = them.placed[~them.withdrawn]
        self._tally["placements", "applicants"] += len(stayed)
        for rank in range(them.choices.shape[1]):
            self._tally[f"placements:{rank + 1}", "applicants"] += int((stayed == rank).sum())
        self._tally["placements:none", "applicants"] += int((stayed == NOWHERE).sum())

    def _say(
        self, event: type[ApplicationSubmitted | AdmissionDecided | EnrolmentConfirmed],
        number: int, moment: str, version: int, rest: str,
    ) -> None:  # fmt: skip
        one = self._ids[number]
        data = f'{{"application_id":"{one}","version":{version},"school_year":"{FOR}",{rest}}}'
        self._writer.write(event, one, one, moment, data, partition=self._lanes[number])


def _request(
    writer: Writer,
    here: Province,
    tally: Tally,
    first: int,
    *,
    leaving: Grade,
    to: tuple[Level, Grade],
) -> int:
    """Let the families of a grade ask for the next level; some ask out of zone, some withdraw."""
    level, grade = to
    lots = np.random.default_rng([here.seed, 11, first])
    schools = [school for school in here.schools if school.level is level]
    count = _size(here, leaving)
    ids = made_ids(APPLICATION, here.seed, range(first, first + count))
    lanes = partitions_of(ids, APPLICATIONS.partitions)
    where = lots.integers(0, len(schools), count).tolist()
    zone = lots.random(count) >= OUT_OF_ZONE
    back = lots.random(count) < GIVEN_BACK
    for version, moment, numbers in (
        (1, "2026-07-01T02:00:00.000000Z", range(count)),
        (2, "2026-07-10T02:00:00.000000Z", np.flatnonzero(back).tolist()),
    ):
        for at in numbers:
            cell = (
                f'{{"school_id":"{schools[where[at]].id}","grade":"{grade}",'
                f'"in_zone":{"true" if zone[at] else "false"}}}'
            )
            after, before = (cell, "null") if version == 1 else ("null", cell)
            data = (
                f'{{"application_id":"{ids[at]}","version":{version},"school_year":"{FOR}",'
                f'"after":{after},"before":{before}}}'
            )
            writer.write(EnrolmentRequested, ids[at], ids[at], moment, data, partition=lanes[at])
    tally["requests", "requests"] += int((~back).sum())
    tally["requests:out", "requests"] += int((~back & ~zone).sum())
    return count
