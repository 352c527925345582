"""Proof: a whole examination, with duplicates, corrections and deletes, is the file's to the digit.

The file's papers come as a gradebook would send them. Some scores are entered wrongly and put
right, some are deleted, and of these some are entered again; the schools' saves mix at random, and
one event in twenty comes twice. What has to come out is computed from the file directly, in another
way (:func:`edu.testing.examination.directly`), less what was deleted in the end.
"""

from __future__ import annotations

import asyncio
import csv
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from contracts.columns import Sparse
from contracts.event import Event
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import ColumnKind, CorrectionReason, Grade, Subject, Term
from contracts.relay import Watermark
from edu.exam.file import CANDIDATE, read
from edu.exam.sending import KIND, TERM
from edu.exam.spread import GRADE, ExamClass, ExamSchool, Names, spread
from edu.proof.processes import WHOLE, Aggregator, Line, Process, aggregator, until
from edu.proof.schedule import scheduled
from edu.proof.year import FIRST_COMMUNE, MOMENT, Document, numbering, register
from edu.simulator.documents import Writer
from edu.testing.examination import directly
from edu.testing.making import Make

TWICE = 0.05
"""The share of the events that come a second time."""
CHANGED = 0.02
"""The share of the scores that are put right or deleted after they were entered."""
SECONDS = 60.0
DAY = date(2026, 10, 2)

Cell = tuple[str, str]
"""A candidate and a subject."""


@dataclass
class Sent:
    """An examination as events, and the scores that it deletes for good."""

    documents: list[Document] = field(default_factory=list)
    deleted: set[Cell] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and whether the numbers are the file's."""

    seed: int
    counts: Counter[str]
    found: dict[str, Any]
    expected: dict[str, Any]

    @property
    def proved(self) -> bool:
        """Whether they are, and everything did happen."""
        wanted = ("events", "twice", "corrected", "deleted", "entered again")
        return self.found == self.expected and all(self.counts[name] for name in wanted)

    def line(self) -> str:
        """Give the line that says it."""
        scores = sum(one["count"] for one in self.expected.values())
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        verdict = "every number is the file's" if self.proved else "NOT the file's"
        return f"{scores} scores of {len(self.expected)} subjects ({counts}): {verdict}"


def prove(folder: Path, bootstrap: str, database: str, *, path: Path, seed: int) -> Outcome:
    """Run it: topics are empty, the database has the service's tables and no row."""
    lots = random.Random(f"examination {seed}")
    sent = _sent(path, lots, seed)
    plan = scheduled(sent.documents, lots, times=2, of=TWICE, late=0.0)
    sent.counts |= Counter({"events": len(sent.documents), "twice": plan.repeats})
    expected = directly(_less(path, sent.deleted, folder / "less.csv"))
    line = Line(bootstrap, sent.documents)
    with aggregator(folder, bootstrap, database) as service:
        process = service.process("ioc-aggregator", WHOLE)
        process.child.start()
        line.send(plan.deliveries)
        process.wait_ready()
        asyncio.run(_counted(service, process))
        found = _asked(service, process, list(expected))
    return Outcome(seed, sent.counts, found, expected)


def _sent(path: Path, lots: random.Random, seed: int) -> Sent:
    sent = Sent()
    writer = Writer(numbering(sent.documents), seed)
    file = read(path)
    names = Names(file.digest)
    for event in register():
        writer.put(event, MOMENT)
    going = [_school(school, file.subjects, names, lots, sent) for school in spread(file, names)]
    while going:
        school = lots.choice(going)
        for event in islice(school, 1):
            writer.put(event, MOMENT)
            break
        else:
            going.remove(school)
    for source in ("admissions", "gradebook"):
        positions = writer.positions(source)
        writer.put(Watermark(source=source, read_at=Make.moment, positions=positions), MOMENT)
    return sent


def _school(
    school: ExamSchool, subjects: tuple[str, ...], names: Names, lots: random.Random, sent: Sent
) -> Iterator[Event]:
    make = Make()
    registered = make.school(1, FIRST_COMMUNE)
    school_id = names.of("school", school.number)
    yield registered.model_copy(
        update={"school_id": school_id, "code": school.code[-20:], "name": school.name}
    )
    later: list[ScoreEntered] = []
    for room in school.classes:
        for subject, sat in room.papers(subjects):
            paper = _Paper(school_id, room, subject, names)
            yield paper.opened(len(sat))
            entered = dict(sat)
            for code, _ in sat:
                if lots.random() < CHANGED:
                    later += _changes(paper, code, entered, lots, sent)
            yield paper.saved(entered, {})
            # They come when other papers have come; each cell's own keep their order.
            while later and lots.random() < 0.5:  # noqa: PLR2004 - about as fast as they arise
                yield later.pop(0)
    yield from later


def _changes(
    paper: _Paper, code: str, entered: dict[str, int], lots: random.Random, sent: Sent
) -> list[ScoreEntered]:
    """Let one score go wrong; return the saves that are to follow."""
    score = entered[code]
    match lots.randrange(4):
        case 0:
            sent.counts["deleted"] += 1
            sent.deleted.add((code, paper.subject))
            return [paper.saved({code: None}, {code: score})]
        case 1:
            sent.counts["entered again"] += 1
            return [paper.saved({code: None}, {code: score}), paper.saved({code: score}, {})]
        case _:
            wrong = lots.choice([one for one in range(0, 1001, 25) if one != score])
            entered[code] = wrong
            sent.counts["corrected"] += 1
            return [paper.saved({code: score}, {code: wrong})]


class _Paper:
    """One class's paper in a subject."""

    def __init__(self, school_id: str, room: ExamClass, subject: str, names: Names) -> None:
        self.subject = subject
        self._names = names
        self._sheet: dict[str, Any] = {
            "sheet_id": names.of("sheet", room.class_id, subject),
            "school_id": school_id,
            "class_id": room.class_id,
            "school_year": Make.year,
            "grade": Grade(GRADE),
            "subject": Subject(subject),
            "term": Term(TERM),
            "kind": ColumnKind(KIND),
            "position": 1,
        }

    def opened(self, due: int) -> SheetOpened:
        return SheetOpened(**self._sheet, cells_due=due, before_cells_due=0)

    def saved(self, after: Mapping[str, int | None], before: Mapping[str, int]) -> ScoreEntered:
        return ScoreEntered(
            **self._sheet,
            entered_by=self._names.of("teacher", self._sheet["class_id"]),
            day=DAY,
            pupils=tuple(self._names.of("pupil", code) for code in after),
            after=tuple(after.values()),
            before=Sparse[int].of([before.get(code) for code in after]),
            state=Sparse.of([]),
            before_state=Sparse.of([]),
            reason_code=CorrectionReason.ENTRY_ERROR if before else None,
        )


def _less(path: Path, deleted: set[Cell], to: Path) -> Path:
    """Copy the file without the scores that were deleted."""
    names = Names(read(path).digest)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with to.open("w", encoding="utf-8", newline="") as file:
        copy = csv.DictWriter(file, list(rows[0]))
        copy.writeheader()
        for row in rows:
            code = names.code(row[CANDIDATE].strip())
            copy.writerow(
                {name: "" if (code, name) in deleted else text for name, text in row.items()}
            )
    return to


async def _counted(service: Aggregator, process: Process) -> None:
    """Return when all of it is counted and shown."""
    connection = await asyncpg.connect(service.database)
    try:
        await service.at_rest(connection)
        positions = await service.positions(connection)
        await until(partial(service.follows, process, positions), "it shows what it counted")
        await until(partial(_dated, service, process), "it says up to when it has counted")
    finally:
        await connection.close()


def _dated(service: Aggregator, process: Process) -> bool:
    """Tell whether numbers have an as-of, without which none is shown."""
    with _client(service, process) as client:
        answer = client.get("/histograms", params={"subject": Subject.TOAN})
        return answer.json()["as_of"] is not None


def _client(service: Aggregator, process: Process) -> httpx.Client:
    headers = {"Authorization": f"Bearer {service.token()}"}
    return httpx.Client(base_url=process.url, headers=headers, timeout=SECONDS)


def _asked(service: Aggregator, process: Process, subjects: list[str]) -> dict[str, Any]:
    """Ask the public door for each subject of the province."""
    found = {}
    scope = {"school_year": Make.year, "grade": GRADE, "term": TERM, "kind": KIND}
    with _client(service, process) as client:
        for subject in subjects:
            answer = client.get("/histograms", params={"subject": subject, **scope})
            answer.raise_for_status()
            told = answer.json()
            found[subject] = {
                "count": told["count"],
                "sum": told["sum"],
                "histogram": told["counts"],
            }
    return found
