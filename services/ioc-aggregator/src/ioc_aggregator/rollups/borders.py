"""The tree of one day: province, communes, schools, and what is not declared yet.

Cells stand at schools (and, where a unit itself reports a figure, at the unit). Whatever a unit's
number is under the borders of a day is a sum along this tree, so a merger rewrites nothing and both
borders can be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from contracts.lists import Scope, UnitKind
from ioc_aggregator.measures.cells import Integers
from ioc_aggregator.measures.facts import UnitFact
from ioc_aggregator.rollups.columns import sum_by
from ioc_aggregator.rollups.register import Register, at

WHOLE = "00000000-0000-0000-0000-000000000000"
"""The id of the whole while there is no single province: before it is registered, or under
borders in which there were two."""

UNDECLARED = "undeclared"
"""The pseudo unit of schools whose registration, or whose commune's, has not come yet."""


@dataclass(slots=True)
class Place:
    """A node of the tree."""

    id: str
    kind: str
    code: str | None
    name: str
    parent: int
    declared: bool = True
    children: list[int] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        """How the feed calls a place of this kind."""
        if self.kind == UnitKind.PROVINCE:
            return Scope.PROVINCE
        return Scope.SCHOOL if self.kind == Scope.SCHOOL else Scope.COMMUNE


class Borders:
    """The places of one day, parents before children; place 0 is the whole."""

    def __init__(self, register: Register, schools: Sequence[str], day: date) -> None:
        """Draw the tree of ``day``; ``schools`` are all school ids in order of their codes."""
        self.day = day
        self.places: list[Place] = []
        self.index: dict[str, int] = {}
        self._register = register
        self._expected: dict[frozenset[str], NDArray[np.bool_]] = {}
        self._draw_units(schools)
        self.school_places = np.array(
            [self._draw_school(school) for school in schools], dtype=np.int64
        )
        self._ancestors = self._chains()

    def sum(self, leaves: Integers) -> Integers:
        """Sum values per school code (first axis) into values per place."""
        spare = len(self.places)
        sums = np.zeros((spare + 1, *leaves.shape[1:]), dtype=np.int64)
        for chain in self._ancestors:
            sums += sum_by(spare + 1, chain, leaves)
        return sums[:-1]

    def path(self, place: int) -> list[int]:
        """Give the places from the whole down to ``place``."""
        path = [place]
        while path[-1]:
            path.append(self.places[path[-1]].parent)
        return path[::-1]

    def expected(self, levels: frozenset[str]) -> NDArray[np.bool_]:
        """Mark, by school code, the schools open on the day that have one of these levels."""
        if levels not in self._expected:
            self._expected[levels] = self._find_expected(levels)
        return self._expected[levels]

    def _find_expected(self, levels: frozenset[str]) -> NDArray[np.bool_]:
        marks = np.zeros(len(self.school_places), dtype=np.bool_)
        for code, place in enumerate(self.school_places):
            history = self._register.schools.get(self.places[place].id)
            if history and history[0].valid_from <= self.day:
                school = at(history, self.day)
                marks[code] = school.open and not levels.isdisjoint(school.levels)
        return marks

    def unit_of(self, unit_id: str) -> str:
        """Follow the mergers in force on the day."""
        seen = {unit_id}
        while (merge := self._register.merges.get(unit_id)) and merge.valid_from <= self.day:
            unit_id = merge.into_id
            if unit_id in seen:
                break
            seen.add(unit_id)
        return unit_id

    def _draw_units(self, schools: Sequence[str]) -> None:
        register = self._register
        wanted = {
            unit_id
            for unit_id, history in register.units.items()
            if history[0].valid_from <= self.day and self.unit_of(unit_id) == unit_id
        }
        for school in schools:
            if history := register.schools.get(school):
                wanted.add(self.unit_of(at(history, self.day).unit_id))
        lines = [self._line(unit_id) for unit_id in wanted if unit_id in register.units]
        tops = {line[0] for line in lines}
        provinces = [top for top in tops if self._unit(top).kind == UnitKind.PROVINCE]
        if len(provinces) == 1:
            self._place_unit(provinces[0], -1)
        else:
            self._add(Place(WHOLE, UnitKind.PROVINCE, None, "Toàn tỉnh", -1))
        for line in sorted(lines, key=lambda line: [self._order(unit_id) for unit_id in line]):
            if line[0] not in self.index:
                self._place_unit(line[0], 0)
            for parent, child in pairwise(line):
                if child not in self.index:
                    self._place_unit(child, self.index[parent])

    def _line(self, unit_id: str) -> list[str]:
        """Give the units from the top down to this one, under the day's mergers."""
        line = [unit_id]
        while (parent := self._unit(line[-1]).parent_id) is not None:
            parent = self.unit_of(parent)
            if parent not in self._register.units or parent in line:
                break
            line.append(parent)
        return line[::-1]

    def _unit(self, unit_id: str) -> UnitFact:
        return at(self._register.units[unit_id], self.day)

    def _order(self, unit_id: str) -> tuple[str, str]:
        return (self._unit(unit_id).code, unit_id)

    def _place_unit(self, unit_id: str, parent: int) -> None:
        unit = self._unit(unit_id)
        self._add(Place(unit_id, unit.kind, unit.code, unit.name, parent))

    def _draw_school(self, school_id: str) -> int:
        history = self._register.schools.get(school_id)
        if history is None and school_id in self._register.units:
            # A unit's own figure, such as its population, stands at the unit itself.
            return self.index.get(self.unit_of(school_id), 0)
        if history is None:
            name = "Trường chưa khai báo"
            place = Place(school_id, Scope.SCHOOL, None, name, self._undeclared(), declared=False)
        else:
            school = at(history, self.day)
            parent = self.index.get(self.unit_of(school.unit_id))
            place = Place(
                school_id,
                Scope.SCHOOL,
                school.code,
                school.name,
                self._undeclared() if parent is None else parent,
            )
        return self._add(place)

    def _undeclared(self) -> int:
        if UNDECLARED not in self.index:
            self._add(Place(UNDECLARED, UNDECLARED, None, "Chưa khai báo", 0, declared=False))
        return self.index[UNDECLARED]

    def _add(self, place: Place) -> int:
        index = len(self.places)
        self.places.append(place)
        self.index[place.id] = index
        if place.parent >= 0:
            self.places[place.parent].children.append(index)
        return index

    def _chains(self) -> list[Integers]:
        """Give, step by step upwards, the place of each school; past the top, the spare row."""
        spare = len(self.places)
        parents = np.array([place.parent for place in self.places] + [spare], dtype=np.int64)
        parents[parents < 0] = spare
        chains = [self.school_places]
        while len(chains[-1]) and (chains[-1] != spare).any():
            chains.append(parents[chains[-1]])
        return chains
