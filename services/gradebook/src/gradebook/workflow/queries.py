"""What stands before a lock: which cells are missing, and what somebody should look at."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from chassis.clock import BUSINESS_ZONE
from chassis.database import Session
from contracts.lists import Assessment, ColumnKind, Grade, ScoreState, Subject, Term
from gradebook.books import queries as books
from gradebook.classes import queries as classes
from gradebook.results import queries as results
from gradebook.scores import queries as scores
from gradebook.scores.domain.saving import UNTOUCHED, Cell
from gradebook.workflow import domain
from gradebook.workflow.domain import Anomaly, Saved

__all__ = [
    "Anomaly",
    "Asked",
    "Column",
    "Kind",
    "Late",
    "Review",
    "missing_of_class",
    "missing_of_school",
    "places_of",
    "review",
]

Kind = domain.Kind
Column = books.Column


@dataclass(frozen=True, slots=True)
class Review:
    """A book before its lock: the pupils who lack something in each column, and the unusual."""

    columns: Sequence[Column]
    missing: Mapping[str, Sequence[str]]
    anomalies: Sequence[Anomaly]

    @property
    def complete(self) -> bool:
        """Whether no cell is missing."""
        return not any(self.missing.values())


async def review(session: Session, room: classes.ClassRoom, subject: Subject, term: Term) -> Review:
    """Look at a book as it stands."""
    sheets = [
        sheet
        for sheet, _ in await scores.sheets_of(session, room.class_id, subject, term)
        if sheet.kind is not ColumnKind.EXAM
    ]
    ids = [sheet.sheet_id for sheet in sheets]
    cells = await scores.cells_of_sheets(session, ids)
    changes = await scores.changes_of(session, ids)
    seated = (await classes.seated(session, [room.class_id]))[room.class_id]
    first: dict[str, dict[str, Cell]] = {one: {} for one in ids}
    for change in changes:
        if change.after is not None or change.after_state is not None:
            entered = Cell(change.version, change.after, change.after_state)
            first[change.sheet_id].setdefault(change.pupil_id, entered)
    averages = {}
    for pupil in seated:
        before, after = (
            _average(room.grade, subject, [(one, found[one.sheet_id].get(pupil)) for one in sheets])
            for found in (first, cells)
        )
        if before is not None and after is not None:
            averages[pupil] = (before, after)
    anomalies = domain.unusual(
        {one: _marks(cells[one]) for one in ids},
        averages,
        _saves(changes),
        scored=subject.assessment is Assessment.SCORE,
    )
    missing = {one: domain.missing(seated, cells[one]) for one in ids}
    return Review(sheets, missing, anomalies)


def _marks(cells: Mapping[str, Cell]) -> Mapping[str, int]:
    return {
        pupil: cell.value
        for pupil, cell in cells.items()
        if cell.value is not None and cell.state is not ScoreState.ZERO_BY_RULE
    }


def _average(
    grade: Grade, subject: Subject, row: Sequence[tuple[Column, Cell | None]]
) -> int | None:
    """Give a pupil's average of the term in hundredths, None while it has none."""
    entered = [
        results.Entered(
            column.subject, column.term, column.kind, column.position, cell.value, cell.state
        )
        for column, cell in ((column, cell or UNTOUCHED) for column, cell in row)
    ]
    found = results.term_average(grade, subject, entered)
    return None if found is None else found * 10


def _saves(changes: Sequence[scores.CellChange]) -> list[Saved]:
    """Put together again what one save of a sheet changed."""
    ordered = sorted(changes, key=lambda one: (one.sheet_id, one.changed_by, one.changed_at))
    return [
        Saved(sheet_id, by, at.astimezone(BUSINESS_ZONE), tuple(one.pupil_id for one in cells))
        for (sheet_id, by, at), cells in groupby(
            ordered, key=lambda one: (one.sheet_id, one.changed_by, one.changed_at)
        )
    ]


@dataclass(frozen=True, slots=True)
class Late:
    """A subject of a class whose columns are not full, and who teaches it."""

    room: classes.ClassRoom
    subject: Subject
    teacher_ids: Sequence[str]
    due: int
    entered: int
    excused: int
    locked: bool


async def missing_of_school(
    session: Session, school_id: str, school_year: str, term: Term
) -> Sequence[Late]:
    """Give who has not entered yet, by class and subject, in the order of the classes."""
    rooms = await classes.rooms_of_school(session, school_id, school_year)
    late: list[Late] = []
    for room in rooms:
        late += await missing_of_class(session, room, term)
    return late


async def missing_of_class(
    session: Session, room: classes.ClassRoom, term: Term
) -> Collection[Late]:
    """Give who has not entered yet in a class, by subject."""
    counted: defaultdict[Subject, list[scores.Progress]] = defaultdict(list)
    for progress in await scores.progress_of(session, room.class_id, term):
        counted[progress.subject].append(progress)
    if not counted:
        return []
    standing = await books.books_of(session, room.class_id, term)
    taught = {
        one.subject: one.teacher_ids for one in await classes.teaching(session, room.class_id)
    }
    found = [
        Late(
            room=room,
            subject=subject,
            teacher_ids=taught.get(subject, ()),
            due=sum(one.due for one in columns),
            entered=sum(one.entered for one in columns),
            excused=sum(one.excused for one in columns),
            locked=subject in standing and standing[subject].locked,
        )
        for subject, columns in counted.items()
    ]
    return [one for one in found if one.due > one.entered + one.excused]


class Asked(NamedTuple):
    """What a request is about: a column, or (None) what the homeroom teacher of a class writes."""

    room: classes.ClassRoom
    column: Column | None


async def places_of(
    session: Session, reopenings: Collection[books.Reopening]
) -> Mapping[str, Asked]:
    """Give what each request is about, by its id."""
    targets = {one.reopening_id: one.target_id for one in reopenings}
    columns = await scores.sheets(session, targets.values())
    owners = {
        target: columns[target].class_id if target in columns else target
        for target in targets.values()
    }
    rooms = await classes.rooms(session, set(owners.values()))
    return {
        reopening_id: Asked(rooms[owners[target]], columns.get(target))
        for reopening_id, target in targets.items()
    }
