"""The province: 1,035 schools, 23,000 classes, 573,364 pupils in 96 communes.

The totals are published (Tây Ninh, July and end of 2025). How they divide over the levels is only
published of the old province (2024-25: 131 preschools, 174, 101 and 28 schools of 434; 37,096,
93,320, 70,110 and 35,673 pupils), so the new one is divided likewise. Secondary classes hold forty
pupils; what is left of the 23,000 classes is divided between preschools and primary schools.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from contracts.lists import Grade, Level
from edu.simulator.documents import CLASS, PUPIL, SCHOOL, UNIT, made_id

SEED = 2026
SCHOOLS = {Level.MN: 312, Level.TH: 415, Level.THCS: 241, Level.THPT: 67}
CLASSES = {Level.MN: 5_000, Level.TH: 11_580, Level.THCS: 4_255, Level.THPT: 2_165}
PUPILS = {Level.MN: 90_050, Level.TH: 226_530, Level.THCS: 170_190, Level.THPT: 86_594}
YEAR = 2025
OLD_COMMUNES = 36
"""The first communes by their codes are those of the old province, the others of Long An."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class School:
    """A school, by its number among all."""

    number: int
    id: str
    level: Level
    commune: int


@dataclass(frozen=True, slots=True)
class Room:
    """A class: its pupils have consecutive numbers."""

    number: int
    id: str
    school: School
    grade: Grade
    name: str
    first: int
    size: int


@dataclass(frozen=True, slots=True)
class Province:
    """Schools and classes in the order of their numbers."""

    seed: int
    communes: Sequence[tuple[str, str, str]]
    """Code, name and kind (Phường or Xã)."""
    schools: Sequence[School]
    rooms: Sequence[Room]

    @property
    def pupils(self) -> int:
        """How many learn here."""
        return sum(room.size for room in self.rooms)

    def unit(self, number: int) -> str:
        """Give the id of a commune; 1000 is the province, 1001 and 1002 the old ones."""
        return made_id(UNIT, self.seed, number)

    def pupil(self, number: int) -> str:
        """Give the id of a pupil."""
        return made_id(PUPIL, self.seed, number)

    def rooms_of(self, grade: Grade) -> list[Room]:
        """Give the classes of a grade."""
        return [room for room in self.rooms if room.grade is grade]


def province(seed: int = SEED, part: float = 1.0) -> Province:
    """Draw the province; a ``part`` of it has as many schools and classes less."""
    lots = np.random.default_rng([seed, 1])
    communes = _communes()
    schools: list[School] = []
    rooms: list[Room] = []
    first = 0
    for level, of_level in SCHOOLS.items():
        grades = [grade for grade in Grade if grade.level is level]
        count = max(1, round(of_level * part))
        classes = max(count * len(grades), round(CLASSES[level] * part))
        pupils = max(classes, round(PUPILS[level] * part))
        sizes = _divided(pupils, np.ones(classes))
        # Every school has each of its grades once; the others go where the school is larger.
        more = _divided(classes - count * len(grades), lots.uniform(0.4, 1.6, count))
        at = 0
        for own in range(count):
            number = len(schools)
            # Stride by a prime: schools of one level stand in all communes.
            school = School(
                number, made_id(SCHOOL, seed, number), level, number * 37 % len(communes)
            )
            schools.append(school)
            for place in range(len(grades) + int(more[own])):
                grade = grades[place % len(grades)]
                name = f"{grade}{chr(ord('A') + place // len(grades) % 26)}{place // len(grades)}"
                size = int(sizes[at])
                room = len(rooms)
                rooms.append(
                    Room(room, made_id(CLASS, seed, room), school, grade, name, first, size)
                )
                first += size
                at += 1
    return Province(seed, communes, schools, rooms)


def _divided(total: int, weights: NDArray[np.float64]) -> Integers:
    """Divide a number by weights into integers that add up to it."""
    ends = np.rint(np.cumsum(weights) / weights.sum() * total).astype(np.int64)
    parts: Integers = np.diff(ends, prepend=0)
    return parts


def _communes() -> list[tuple[str, str, str]]:
    register = files("admissions").joinpath("registry/data/tay-ninh.json").read_bytes()
    return [(one["code"], one["name"], one["kind"]) for one in json.loads(register)]
