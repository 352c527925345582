"""Which places a school belongs to on a day: itself, its commune, the whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from edu.verify.documents import School, Unit
from edu.verify.recount import Recount

WHOLE = "00000000-0000-0000-0000-000000000000"
"""Stands for the whole where the register has no province, or several."""

Dated = TypeVar("Dated", Unit, School)


def in_force(history: list[Dated], day: date) -> Dated:
    """Give the newest version that holds on the day; before all of them, the first."""
    holding = [fact for fact in history if fact.valid_from <= day]
    return holding[-1] if holding else history[0]


class Borders:
    """The tree of one day, as the register of a recount draws it."""

    def __init__(self, recount: Recount, day: date) -> None:
        """Find the whole."""
        self._recount = recount
        self._day = day
        living = {
            unit_id
            for unit_id, history in recount.units.items()
            if history[0].valid_from <= day and self._after_mergers(unit_id) == unit_id
        }
        living |= {
            self._after_mergers(in_force(history, day).unit_id)
            for history in recount.schools.values()
        } & recount.units.keys()
        self._living = living
        tops = {self._line(unit_id)[-1] for unit_id in living}
        provinces = [top for top in tops if in_force(recount.units[top], day).kind == "province"]
        self.whole = provinces[0] if len(provinces) == 1 else WHOLE

    def places(self, school_id: str) -> set[str]:
        """Give every place whose numbers count this school."""
        places = {school_id, self.whole}
        if history := self._recount.schools.get(school_id):
            unit_id = self._after_mergers(in_force(history, self._day).unit_id)
            if unit_id in self._recount.units:
                places.update(self._line(unit_id))
        elif school_id in self._recount.units:
            # A unit's own figure counts there and above; where the unit is no more, in its heir.
            heir = self._after_mergers(school_id)
            places = {self.whole, *(self._line(heir) if heir in self._living else ())}
        return places

    def is_expected(self, school_id: str, levels: frozenset[str] | None) -> bool:
        """Tell whether the school is open on the day and has one of these levels (None: any)."""
        history = self._recount.schools.get(school_id)
        if not history or history[0].valid_from > self._day:
            return False
        school = in_force(history, self._day)
        return school.open and (levels is None or not levels.isdisjoint(school.levels))

    def _after_mergers(self, unit_id: str) -> str:
        """Give the unit that this one is part of by the day."""
        passed: set[str] = set()
        mergers: Mapping[str, object] = self._recount.mergers
        while unit_id in mergers and unit_id not in passed:
            merger = self._recount.mergers[unit_id]
            if merger.valid_from > self._day:
                break
            passed.add(unit_id)
            unit_id = merger.into_id
        return unit_id

    def _line(self, unit_id: str) -> list[str]:
        """Give a unit and, one by one, those around it."""
        line = [unit_id]
        while (parent := in_force(self._recount.units[line[-1]], self._day).parent_id) is not None:
            parent = self._after_mergers(parent)
            if parent not in self._recount.units or parent in line:
                break
            line.append(parent)
        return line
