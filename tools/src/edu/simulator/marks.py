"""Fifty million scores: every column that the law gives a class, and papers beside them.

Each column is opened and filled in all classes of its grade around one day; some of its cells are
corrected or emptied on the days that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product

import numpy as np
from numpy.typing import NDArray

from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import Assessment, ColumnKind, Grade, Level, Subject, Term
from edu.simulator.documents import SHEET, TEACHER, Writer, made_id
from edu.simulator.province import Province, Room
from gradebook.scores.domain.columns import Column, columns, why_not

WANTED = 50_000_000
CORRECTED = 0.02
"""The share of the cells that are changed or emptied later; of these so many are emptied:"""
EMPTIED = 0.1
ABSENT = 0.003
ACHIEVED = 0.96
"""The share of Đạt, where a subject is assessed by comment."""
NONE = -1
BINS = 101

_LAWFUL = (ColumnKind.REGULAR, ColumnKind.SPECIAL_TOPIC, ColumnKind.MIDTERM, ColumnKind.ENDTERM)
_NOT_TAUGHT = frozenset({Subject.TDT, Subject.NN2})
_TEXT = [*map(str, range(1001)), "null"]
"""The JSON of a value; the last one, which is at ``NONE``, of none."""
_TERMS = {Term.HK1: (date(2025, 9, 8), 118), Term.HK2: (date(2026, 1, 19), 124)}

Values = NDArray[np.int64]
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """What is written of a column; a year has all of it."""

    opened: bool = True
    saved: bool = True
    corrected: float = CORRECTED


YEAR = Manner()


@dataclass(frozen=True, slots=True)
class Slot:
    """A column of all classes of a grade, and the day around which it is filled."""

    day: date
    grade: Grade
    column: Column


@dataclass
class Truth:
    """What has to be counted, of the generator's own numbers: none of it is read from the log."""

    manner: Manner = YEAR
    cells: dict[tuple[str, ...], Values] = field(default_factory=dict)
    """By grade, subject, term, kind: [school, due entered corrected sum squares and 101 bins]."""
    saves: int = 0
    opened: int = 0
    corrections: int = 0

    scores: int = 0
    """Cells that sheets brought."""

    def rows(self, province: Province) -> Iterator[tuple[Row, list[int]]]:
        """Give what has to stand in each row: its sums and bins; rows of zeros are left out."""
        for (grade, subject, term, kind), cells in self.cells.items():
            for school in np.flatnonzero(cells.any(axis=1)).tolist():
                key = (province.schools[school].id, "2025-2026", grade, subject, term, kind)
                yield key, cells[school].tolist()


def slots(province: Province, wanted: int = WANTED) -> list[Slot]:
    """Give every column of the year in the order of days: the law's, and papers up to ``wanted``.

    A paper of an examination is the only column of which a class may have any number.
    """
    pupils = {grade: sum(r.size for r in province.rooms_of(grade)) for grade in Grade}
    chosen: list[tuple[Grade, Column]] = []
    for grade, subject, term, kind in product(Grade, Subject, _TERMS, _LAWFUL):
        if subject not in _NOT_TAUGHT and why_not(Column(subject, term, kind, 1), grade) is None:
            most = columns(subject, kind, grade)
            chosen += ((grade, Column(subject, term, kind, at + 1)) for at in range(most))
    left = wanted - sum(pupils[grade] for grade, _ in chosen)
    for paper in _papers():
        if left <= 0:
            break
        if pupils[paper[0]]:
            chosen.append(paper)
            left -= pupils[paper[0]]
    order: dict[tuple[Grade, Term], int] = {}
    placed = []
    for grade, column in sorted(chosen, key=lambda one: (one[1].position, *map(str, one[1:]))):
        # A step of 47 days in a term of 118 or 124: no two subjects' columns fall together.
        number = order[grade, column.term] = order.get((grade, column.term), -1) + 1
        first, days = _TERMS[column.term]
        placed.append(Slot(first + timedelta(number * 47 % days), grade, column))
    return sorted(placed, key=lambda slot: slot.day)


def _papers() -> Iterator[tuple[Grade, Column]]:
    grades = [g for g in Grade if g.level in (Level.THCS, Level.THPT)]
    taught = (Subject.TOAN, Subject.VAN, Subject.NN1, Subject.TIN, Subject.CN)
    for position in range(1, 100):
        for subject, term, grade in product(taught, _TERMS, grades):
            yield grade, Column(subject, term, ColumnKind.EXAM, position)


def write(
    writer: Writer,
    province: Province,
    year: Sequence[Slot],
    done: Callable[[int], object],
    manner: Manner = YEAR,
) -> Truth:
    """Write all of them; ``done`` hears how many cells each column had."""
    truth = Truth(manner)
    lots = np.random.default_rng([province.seed, 2])
    grades = {slot.grade for slot in year}
    classes = {
        grade: _Classes(province, province.rooms_of(grade)) for grade in Grade if grade in grades
    }
    number = 0
    for slot in year:
        here = classes[slot.grade]
        if here.rooms:
            number = _Filling(writer, slot, here, lots=lots, truth=truth, number=number).write()
            done(here.cells)
    return truth


class _Classes:
    """The classes of a grade, and what all their sheets have in common."""

    def __init__(self, province: Province, rooms: Sequence[Room]) -> None:
        self.seed = province.seed
        self.rooms = rooms
        self.sizes = np.array([room.size for room in rooms], dtype=np.int64)
        self.ends = np.cumsum(self.sizes)
        self.cells = int(self.sizes.sum())
        self.schools = len(province.schools)
        self.school_of = np.array([room.school.number for room in rooms], dtype=np.int64)
        self.pupils = [
            [f'"{province.pupil(room.first + at)}"' for at in range(room.size)] for room in rooms
        ]
        self.columns = [f"[{','.join(pupils)}]" for pupils in self.pupils]
        # Better and worse classes: else every school's mean would be the same.
        self.level = np.random.default_rng([province.seed, 3, len(rooms)]).normal(
            6.9, 0.6, len(rooms)
        )


class _Filling:
    """One column of all classes of a grade."""

    def __init__(
        self,
        writer: Writer,
        slot: Slot,
        classes: _Classes,
        *,
        lots: np.random.Generator,
        truth: Truth,
        number: int,
    ) -> None:
        self._writer, self._slot, self._classes = writer, slot, classes
        self._lots, self._truth, self._number = lots, truth, number
        column = slot.column
        self._comment = column.subject.assessment is Assessment.COMMENT
        self._cells = truth.cells.setdefault(
            (slot.grade, column.subject, column.term, column.kind),
            np.zeros((classes.schools, 5 + BINS), dtype=np.int64),
        )
        self._moment = f"{slot.day}T12:{number % 60:02d}:00.000000Z"
        self._rest = (
            f'","school_year":"2025-2026","grade":"{slot.grade}","subject":"{column.subject}",'
            f'"term":"{column.term}","kind":"{column.kind}","position":{column.position},'
        )
        self._ids = [made_id(SHEET, classes.seed, number + at) for at in range(len(classes.rooms))]

    def write(self) -> int:
        """Open and fill the sheets, then correct some; return the number of the next sheet."""
        classes, slot, write = self._classes, self._slot, self._writer.write
        manner = self._truth.manner
        values = self._drawn(np.repeat(classes.level, classes.sizes))
        values[self._lots.random(len(values)) < ABSENT] = NONE
        texts = [_TEXT[value] for value in values.tolist()]
        none = '{"at":[],"value":[]}'
        tail = f'],"before":{none},"state":{none},"before_state":{none},"reason_code":null}}'
        begin = 0
        rows = zip(classes.rooms, self._ids, classes.columns, classes.ends.tolist(), strict=True)
        for room, sheet, pupils, end in rows:
            school = room.school.id
            head = self._head(room, sheet)
            if manner.opened:
                opened = f'{head}"cells_due":{room.size},"before_cells_due":0}}'
                write(SheetOpened, school, sheet, self._moment, opened)
            if not manner.saved:
                continue
            teacher = made_id(TEACHER, classes.seed, room.number)
            data = (
                f'{head}"entered_by":"{teacher}","day":"{slot.day}","pupils":{pupils},'
                f'"after":[{",".join(texts[begin:end])}{tail}'
            )
            write(ScoreEntered, school, sheet, self._moment, data)
            begin = end
        at = np.repeat(classes.school_of, classes.sizes)
        if manner.opened:
            self._truth.opened += len(classes.rooms)
            np.add.at(self._cells[:, 0], classes.school_of, classes.sizes)
        if manner.saved:
            self._truth.saves += len(classes.rooms)
            self._truth.scores += len(values)
            self._count(at, values, 1)
        self._correct(at, values)
        return self._number + len(classes.rooms)

    def _head(self, room: Room, sheet: str) -> str:
        return (
            f'{{"sheet_id":"{sheet}","school_id":"{room.school.id}","class_id":"{room.id}'
            f"{self._rest}"
        )

    def _correct(self, at: Values, values: Values) -> None:
        """Change or empty some of the cells that have a value, one save each."""
        classes, slot = self._classes, self._slot
        lots = self._lots
        picked = np.flatnonzero(
            (lots.random(len(values)) < self._truth.manner.corrected) & (values != NONE)
        )
        before = values[picked]
        after = self._drawn(np.full(len(picked), 7.2))
        after[lots.random(len(picked)) < EMPTIED] = NONE
        which = np.searchsorted(classes.ends, picked, side="right")
        seats = picked - (classes.ends - classes.sizes)[which]
        day = slot.day + timedelta(3)
        moment = f"{day}T13:00:00.000000Z"
        none = '{"at":[],"value":[]}'
        rest = f'"state":{none},"before_state":{none},"reason_code":"entry-error"}}'
        for index, seat, old, new in zip(
            which.tolist(), seats.tolist(), before.tolist(), after.tolist(), strict=True
        ):
            room, sheet = classes.rooms[index], self._ids[index]
            teacher = made_id(TEACHER, classes.seed, room.number)
            data = (
                f'{self._head(room, sheet)}"entered_by":"{teacher}","day":"{day}",'
                f'"pupils":[{classes.pupils[index][seat]}],"after":[{_TEXT[new]}],'
                f'"before":{{"at":[0],"value":[{old}]}},{rest}'
            )
            self._writer.write(ScoreEntered, room.school.id, sheet, moment, data)
        self._truth.corrections += len(picked)
        self._count(at[picked], before, -1)
        self._count(at[picked], after, 1)
        np.add.at(self._cells[:, 2], at[picked], 1)

    def _drawn(self, mean: NDArray[np.float64]) -> Values:
        """Draw values around means: tenths, hundredths on papers, Đạt or not by comment."""
        if self._comment:
            return (self._lots.random(len(mean)) < ACHIEVED).astype(np.int64)
        step = 1 if self._slot.column.kind is ColumnKind.EXAM else 10
        drawn = np.rint(self._lots.normal(mean, 1.6) * (100 // step)).astype(np.int64) * step
        return drawn.clip(0, 1000)

    def _count(self, schools: Values, values: Values, sign: int) -> None:
        known = values != NONE
        schools, values = schools[known], values[known]
        size = len(self._cells)
        for column, by in ((1, None), (3, values), (4, values * values)):
            sums = np.bincount(schools, weights=by, minlength=size)
            self._cells[:, column] += sign * sums.astype(np.int64)
        bins = schools * BINS + (values if self._comment else values // 10)
        counts = np.bincount(bins, minlength=size * BINS).reshape(size, BINS)
        self._cells[:, 5:] += sign * counts
