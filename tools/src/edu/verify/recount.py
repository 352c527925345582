"""The cells, counted again from every record, one value at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from edu.verify.documents import (
    BY_COMMENT,
    ClassFact,
    Enrolled,
    Fact,
    Merger,
    PupilCell,
    School,
    ScoreEntered,
    Sheet,
    SheetOpened,
    Transferred,
    Unit,
    Watermark,
    Withdrawn,
    read,
)
from edu.verify.log import Record

Key: TypeAlias = tuple[tuple[str, str], ...]
"""The dimensions of a cell, sorted by name."""

Cells: TypeAlias = dict[tuple[str, Key, str], int]
"""Family, key and the name of the value → the value; zeros are left out."""

Dated = TypeVar("Dated", Unit, School)


@dataclass(slots=True)
class Recount:
    """Everything that the records say."""

    cells: Cells = field(default_factory=lambda: defaultdict(int))
    records: int = 0
    duplicates: int = 0
    units: dict[str, list[Unit]] = field(default_factory=dict)
    schools: dict[str, list[School]] = field(default_factory=dict)
    mergers: dict[str, Merger] = field(default_factory=dict)
    watermarks: dict[str, list[Watermark]] = field(default_factory=dict)
    sequences: dict[tuple[str, str, int], set[int]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """The numbers seen of each source in each lane."""

    def take(self, records: Iterable[Record]) -> None:
        """Count each record once, however often the log holds it."""
        for record in records:
            self.records += 1
            document = read(record.topic, record.key, record.value)
            if document is None:
                continue
            if document.sequence:
                lane = (document.source, record.topic, record.partition)
                if document.sequence in self.sequences[lane]:
                    self.duplicates += 1
                    continue
                self.sequences[lane].add(document.sequence)
            if document.fact is not None:
                self.count(record.topic, document.fact)

    def count(self, topic: str, fact: Fact) -> None:
        """Count one fact."""
        self._register(fact)
        self._pupils(fact)
        self._scores(fact)
        for school, school_year, term in _reporting(fact):
            key = _key(school=school, stream=topic, school_year=school_year, term=term)
            self._add("reported", key, "events", 1)

    def _register(self, fact: Fact) -> None:
        match fact:
            case Unit():
                _keep(self.units, fact.unit_id, fact)
            case School():
                _keep(self.schools, fact.school_id, fact)
            case Merger():
                known = self.mergers.get(fact.unit_id)
                if known is None or fact.version > known.version:
                    self.mergers[fact.unit_id] = fact
            case Watermark():
                self.watermarks.setdefault(fact.source, []).append(fact)

    def _pupils(self, fact: Fact) -> None:
        match fact:
            case Enrolled():
                self._pupil(fact, fact.school_year, 1)
            case Transferred():
                self._pupil(fact.before, fact.school_year, -1)
                self._pupil(fact.after, fact.school_year, 1)
            case Withdrawn():
                self._pupil(fact.before, fact.school_year, -1)

    def _scores(self, fact: Fact) -> None:
        match fact:
            case SheetOpened():
                self._add("scores", _sheet(fact), "due", fact.cells_due - fact.before_cells_due)
            case ScoreEntered():
                self._save(fact)

    def _pupil(self, cell: PupilCell, school_year: str, by: int) -> None:
        key = _key(
            school=cell.school_id,
            school_year=school_year,
            grade=cell.grade,
            sex=cell.counted_sex(),
            ethnic_minority="yes" if cell.ethnic_minority else "no",
        )
        self._add("pupils", key, "count", by)

    def _save(self, fact: ScoreEntered) -> None:
        key = _sheet(fact)
        for value in fact.before.value:
            self._score(fact, key, value, -1)
            self._add("scores", key, "corrected", 1)
        for entered in fact.after:
            if entered is not None:
                self._score(fact, key, entered, 1)

    def _score(self, fact: ScoreEntered, key: Key, value: int, by: int) -> None:
        self._add("scores", key, "entered", by)
        self._add("scores", key, "sum", by * value)
        self._add("scores", key, "squares", by * value * value)
        tenth = value if fact.subject in BY_COMMENT else value // 10
        self._add("histogram", key, str(tenth), by)

    def _add(self, family: str, key: Key, name: str, by: int) -> None:
        self.cells[family, key, name] += by

    def unbroken(self) -> dict[tuple[str, str, int], int]:
        """Give the number up to which each source's lane has no gap from where the log begins."""
        reached = {}
        for lane, sequences in self.sequences.items():
            last = min(sequences)
            while last + 1 in sequences:
                last += 1
            reached[lane] = last
        return reached


def _reporting(fact: Fact) -> set[tuple[str, str, str]]:
    """Give (school, school year, term) of every school that this fact is heard from."""
    match fact:
        case Enrolled() | ClassFact():
            return {(fact.school_id, fact.school_year, "")}
        case Transferred():
            return {(cell.school_id, fact.school_year, "") for cell in (fact.before, fact.after)}
        case Withdrawn():
            return {(fact.before.school_id, fact.school_year, "")}
        case SheetOpened() | ScoreEntered():
            return {(fact.school_id, fact.school_year, fact.term)}
    return set()


def _sheet(fact: Sheet) -> Key:
    return _key(
        school=fact.school_id,
        school_year=fact.school_year,
        grade=fact.grade,
        subject=fact.subject,
        term=fact.term,
        kind=fact.kind,
    )


def _key(**dims: str) -> Key:
    return tuple(sorted(dims.items()))


def _keep(histories: dict[str, list[Dated]], key: str, fact: Dated) -> None:
    """Keep a newer version; an older one, come again, changes nothing."""
    history = histories.setdefault(key, [])
    if not history or fact.version > history[-1].version:
        history.append(fact)
