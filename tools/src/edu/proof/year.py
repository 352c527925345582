"""A small province's year as documents, and what has to be counted of it.

The scores, with their corrections and deletions, are the simulator's; beside them stand enrolments,
transfers, fees, payments, links and messages of schools of their own. What has to be counted is
known without Kafka: the simulator adds its scores up while it draws them, and everything else is
counted from the documents as they were written, each once, by the rules of ``edu.verify``, which
share no line with the aggregator's.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from contracts.admissions import PupilCell, StudentTransferred
from contracts.event import Event
from contracts.lists import Grade, Sex, TransferReason
from edu.failure import Failure
from edu.simulator import marks
from edu.simulator.documents import Sink, Writer
from edu.simulator.province import Province, province
from edu.testing.making import Make
from edu.verify.log import Lane, Record
from edu.verify.recount import Cells, Key, Recount
from ioc_aggregator.measures.cells import Change, Delta
from ioc_aggregator.measures.families import FAMILIES, HISTOGRAM, SCORES
from ioc_aggregator.rollups.state import State

PART = 0.015
"""Of the true province: sixteen schools, 345 classes."""
COMMUNES, SCHOOLS = 3, 9
PROVINCE, FIRST_COMMUNE, FIRST_SCHOOL = 900, 901, 1
REVERSED = 0.1
"""The share of the payments that are taken back."""
MOMENT = "2026-10-02T01:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Document:
    """An event as its relay sends it, every time the same bytes."""

    lane: Lane
    sequence: int
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Year:
    """All that happens, in the order in which it was written, and what it adds up to."""

    documents: list[Document]
    cells: Cells
    positions: dict[str, dict[str, dict[int, int]]]
    """Of each source, the last number in each partition of each topic."""

    @property
    def hash(self) -> str:
        """The hash that a state with these cells, and no others, has."""
        return hashed(self.cells)


def year(seed: int, wanted: int) -> Year:
    """Let a year of about ``wanted`` events happen; the same seed gives the same bytes."""
    written: list[Document] = []
    writer = Writer(numbering(written), seed)
    for event in register():
        writer.put(event, MOMENT)
    lots = random.Random(seed)
    for event in _life(lots, wanted // 4):
        writer.put(event, MOMENT)
    here = province(seed, PART)
    truth = marks.write(writer, here, _slots(here, lots, wanted - len(written)), lambda _: None)
    recount = Recount()
    recount.take(
        Record(*document.lane, at, document.key, document.value)
        for at, document in enumerate(written)
    )
    cells = {cell: value for cell, value in recount.cells.items() if value}
    _agree(cells, dict(_drawn(truth, here)))
    sources = ("admissions", "gradebook", "payments", "notifications")
    return Year(written, cells, {source: writer.positions(source) for source in sources})


def register() -> Iterator[Event]:
    """Give what is known before anything happens: the tree, the calendar, the schools."""
    make = Make()
    yield make.unit(PROVINCE, "Tây Ninh", code="80")
    for at in range(COMMUNES):
        commune = FIRST_COMMUNE + at
        yield make.unit(commune, f"Xã {at + 1}", parent=PROVINCE, code=f"{25459 + at}")
    yield make.calendar()
    for at in range(SCHOOLS):
        yield make.school(FIRST_SCHOOL + at, FIRST_COMMUNE + at % COMMUNES)


def numbering(written: list[Document]) -> Sink:
    """Give where a writer writes, so that all documents stand in the list with their numbers."""
    last: Counter[Lane] = Counter()

    def take(topic: str, partition: int, key: bytes, value: bytes) -> None:
        last[topic, partition] += 1
        written.append(Document((topic, partition), last[topic, partition], key, value))

    return take


def _slots(here: Province, lots: random.Random, wanted: int) -> list[marks.Slot]:
    """Draw columns whose sheets, saves and corrections are about ``wanted`` events."""
    rooms: dict[Grade, list[int]] = defaultdict(list)
    for room in here.rooms:
        rooms[room.grade].append(room.size)
    columns = marks.slots(here)
    lots.shuffle(columns)
    chosen: list[marks.Slot] = []
    for slot in columns:
        if wanted <= 0:
            break
        sizes = rooms[slot.grade]
        wanted -= 2 * len(sizes) + round(sum(sizes) * marks.CORRECTED)
        chosen.append(slot)
    return sorted(chosen, key=lambda slot: slot.day)


def _life(lots: random.Random, wanted: int) -> Iterator[Event]:
    """Give what happens beside the scores; each school's amounts and pupils differ."""
    make = Make()
    schools = range(FIRST_SCHOOL, FIRST_SCHOOL + SCHOOLS)
    for number in range(wanted):
        school = lots.choice(schools)
        match number % 6:
            case 0:
                grade = lots.choice((Grade.G6, Grade.G7, Grade.G8, Grade.G9))
                yield from make.enrolments(school, 1, sex=lots.choice(list(Sex)), grade=grade)
            case 1:
                yield _transfer(make, school, lots.choice(schools))
            case 2:
                amounts = [lots.randrange(10, 500) * 1000 for _ in range(lots.randint(1, 40))]
                # Half of them replace what some of the pupils were asked for.
                before = [lots.choice((None, 90_000)) for _ in amounts]
                yield make.assess(school, amounts, before if number % 4 else ())
            case 3:
                paid = make.pay(school, lots.randrange(10, 500) * 1000)
                yield make.reverse(paid) if lots.random() < REVERSED else paid
            case 4:
                yield make.link(lots.choice((None, *schools)), school)
            case _:
                yield make.delivered(school, [lots.randint(1, 3) for _ in range(30)])


def _transfer(make: Make, before: int, after: int) -> StudentTransferred:
    cells = [
        PupilCell(
            school_id=make.id(school), grade=Grade.G6, sex=Sex.FEMALE, ethnic_minority=False,
            birth_year=2015, inclusion=False,
        )
        for school in (before, after)
    ]  # fmt: skip
    return StudentTransferred(
        pupil_id=make.id(5000), version=2, school_year=make.year, day=date(2026, 11, 2),
        reason_code=TransferReason.MOVED, before=cells[0], after=cells[1], sealed="AAAA",
    )  # fmt: skip


def _drawn(truth: marks.Truth, here: Province) -> Iterator[tuple[tuple[str, Key, str], int]]:
    """Give the cells of the scores as the simulator added them up."""
    names = [(SCORES.name, name) for name in ("due", "entered", "corrected", "sum", "squares")]
    names += [(HISTOGRAM.name, name) for name in HISTOGRAM.columns]
    for row, values in truth.rows(here):
        key = tuple(sorted(zip(SCORES.dims, map(str, row), strict=True)))
        for (family, name), value in zip(names, values, strict=True):
            if value:
                yield (family, key, name), value


def _agree(counted: Cells, drawn: Cells) -> None:
    """Hold the rules of ``edu.verify`` to the numbers of whoever drew the scores."""
    of_scores = {cell: n for cell, n in counted.items() if cell[0] in (SCORES.name, HISTOGRAM.name)}
    if of_scores != drawn:
        wrong = min(of_scores.items() ^ drawn.items())
        raise Failure(f"The generator does not agree with its own documents: {wrong}")


def hashed(cells: Cells) -> str:
    """Hash cells as the aggregator hashes its own."""
    rows: defaultdict[str, defaultdict[tuple[str, ...], dict[str, int]]]
    rows = defaultdict(lambda: defaultdict(dict))
    for (family, key, name), value in cells.items():
        dims = dict(key)
        rows[family][tuple(dims[dim] for dim in FAMILIES[family].dims)][name] = value
    state = State()
    state.add(Delta({family: _change(family, found.items()) for family, found in rows.items()}))
    return state.hash()


def _change(family: str, rows: Iterable[tuple[tuple[str, ...], dict[str, int]]]) -> Change:
    columns = FAMILIES[family].columns
    keys = [key for key, _ in rows]
    sums = np.array(
        [[values.get(name, 0) for name in columns] for _, values in rows], dtype=np.int64
    )
    return Change.of(keys, sums)
