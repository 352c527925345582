"""Reading sheets, and a pupil's row with the whole history of its cells."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from struct import unpack
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, bindparam, func, select, text
from sqlmodel import col

from chassis.columns import Id, among
from chassis.database import Session
from contracts.lists import ColumnKind, ScoreState, Subject, Term
from gradebook.scores.domain.history import Step, What, explain
from gradebook.scores.domain.saving import Cell
from gradebook.scores.tables import Cell as CellRow
from gradebook.scores.tables import CellChange, Sheet

__all__ = [
    "Cell",
    "CellChange",
    "Column",
    "Explained",
    "Progress",
    "Sheet",
    "cells_of",
    "cells_of_sheets",
    "changes_of",
    "history_of",
    "progress_of",
    "row_of",
    "sheet",
    "sheets",
    "sheets_of",
    "touched",
]


class Explained(NamedTuple):
    """A change of a cell, what it was, and the value that had been deleted before."""

    change: CellChange
    what: What
    deleted: int | None


async def sheet(session: Session, sheet_id: str) -> Sheet | None:
    """Give a sheet."""
    return await session.get(Sheet, sheet_id)


async def sheets(session: Session, sheet_ids: Collection[str]) -> Mapping[str, Sheet]:
    """Give those of the sheets that exist."""
    statement = select(Sheet).where(among(col(Sheet.sheet_id), "sheet_ids"))
    found = await session.scalars(statement, {"sheet_ids": list(sheet_ids)})
    return {one.sheet_id: one for one in found}


async def sheets_of(
    session: Session, class_id: str, subject: Subject | None, term: Term | None
) -> Sequence[tuple[Sheet, int]]:
    """Give the sheets of a class, each with the number of cells that have a value."""
    statement = (
        select(Sheet, func.count(col(CellRow.value)))
        .join(CellRow, col(CellRow.sheet_id) == col(Sheet.sheet_id), isouter=True)
        .where(col(Sheet.class_id) == class_id)
        .group_by(col(Sheet.sheet_id))
    )
    if subject is not None:
        statement = statement.where(col(Sheet.subject) == subject)
    if term is not None:
        statement = statement.where(col(Sheet.term) == term)
    return sorted((await session.execute(statement)), key=lambda found: _order(found[0]))


class Progress(NamedTuple):
    """How far a subject's columns of a class and term are filled."""

    subject: Subject
    due: int
    entered: int
    excused: int


async def progress_of(session: Session, class_id: str, term: Term) -> Sequence[Progress]:
    """Give how far each column of a class and term is filled; examinations are the department's."""
    statement = (
        select(
            col(Sheet.subject),
            col(Sheet.cells_due),
            func.count(col(CellRow.value)),
            func.count(col(CellRow.pupil_id)).filter(col(CellRow.state) == ScoreState.EXCUSED),
        )
        .join(CellRow, col(CellRow.sheet_id) == col(Sheet.sheet_id), isouter=True)
        .where(
            col(Sheet.class_id) == class_id,
            col(Sheet.term) == term,
            col(Sheet.kind) != ColumnKind.EXAM,
        )
        .group_by(col(Sheet.sheet_id))
    )
    found = map(Progress._make, await session.execute(statement))
    return sorted(found, key=lambda one: _SUBJECTS.index(one.subject))


async def cells_of(session: Session, sheet_id: str) -> Mapping[str, Cell]:
    """Give the touched cells of a sheet, by pupil."""
    statement = select(
        col(CellRow.pupil_id), col(CellRow.version), col(CellRow.value), col(CellRow.state)
    ).where(col(CellRow.sheet_id) == sheet_id)
    return {
        pupil_id: Cell(version, value, state)
        for pupil_id, version, value, state in await session.execute(statement)
    }


async def cells_of_sheets(
    session: Session, sheet_ids: Collection[str]
) -> Mapping[str, Mapping[str, Cell]]:
    """Give the touched cells of sheets, by sheet and pupil."""
    cells: dict[str, dict[str, Cell]] = {sheet_id: {} for sheet_id in sheet_ids}
    rows = await session.execute(_CELLS_OF_SHEETS, {"sheet_ids": list(sheet_ids)})
    for sheet_id, pupil_id, version, value, state in rows:
        cells[sheet_id][pupil_id] = Cell(version, value, state)
    return cells


async def changes_of(session: Session, sheet_ids: Collection[str]) -> Sequence[CellChange]:
    """Give all that ever happened to the cells of sheets, each cell's oldest first."""
    statement = (
        select(CellChange)
        .where(among(col(CellChange.sheet_id), "sheet_ids"))
        .order_by(col(CellChange.sheet_id), col(CellChange.pupil_id), col(CellChange.version))
    )
    return (await session.scalars(statement, {"sheet_ids": list(sheet_ids)})).all()


class Column(NamedTuple):
    """A column in which somebody has something."""

    key: bytes
    """Its id as it is stored."""
    class_id: str
    subject: Subject
    term: Term
    kind: ColumnKind
    position: int

    @property
    def sheet_id(self) -> str:
        """Give its id as everybody else names it."""
        return str(UUID(bytes=self.key))


class Row(NamedTuple):
    """A pupil's touched cells of all years: the key of each column, with what stands there."""

    values: Mapping[bytes, int | None]
    states: Mapping[bytes, ScoreState]
    """Only of cells that have one."""


async def touched(
    session: Session, pupil_ids: Sequence[str], school_year: str
) -> tuple[Sequence[Column], Sequence[Row]]:
    """Give the columns of a school year that these pupils have cells in, and each pupil's cells.

    A row for each pupil, not for each cell: of a school there are 150,000 cells, and a row costs
    the driver more than a hundred numbers. So a pupil's keys and values come packed, and a key
    stays the bytes that it is.
    """
    found = await session.execute(_TOUCHED, {"pupil_ids": list(pupil_ids)})
    rows = [
        Row(
            _unpacked(keys or b"", values or b""),
            dict(zip(states_at or (), map(ScoreState, states or ()), strict=True)),
        )
        for keys, values, states_at, states in found
    ]
    keys = set().union(*(row.values for row in rows))
    columns = await session.execute(_COLUMNS, {"keys": list(keys), "school_year": school_year})
    return [
        Column(key, class_id, Subject(subject), Term(term), ColumnKind(kind), position)
        for key, class_id, subject, term, kind, position in columns
    ], rows


def _unpacked(keys: bytes, values: bytes) -> dict[bytes, int | None]:
    numbers: Sequence[int | None] = unpack(f">{len(values) // 2}h", values)
    if -1 in numbers:
        numbers = [None if number == -1 else number for number in numbers]
    return dict(zip(unpack("16s" * len(numbers), keys), numbers, strict=True))


async def row_of(
    session: Session,
    pupil_id: str,
    school_year: str | None,
    subject: Subject | None,
    term: Term | None,
) -> Sequence[tuple[Sheet, Cell]]:
    """Give every column in which a pupil has a touched cell, with the cell."""
    statement = (
        select(Sheet, col(CellRow.version), col(CellRow.value), col(CellRow.state))
        .join(CellRow, col(CellRow.sheet_id) == col(Sheet.sheet_id))
        .where(col(CellRow.pupil_id) == pupil_id)
    )
    if school_year is not None:
        statement = statement.where(col(Sheet.school_year) == school_year)
    if subject is not None:
        statement = statement.where(col(Sheet.subject) == subject)
    if term is not None:
        statement = statement.where(col(Sheet.term) == term)
    found = [
        (column, Cell(version, value, state))
        for column, version, value, state in await session.execute(statement)
    ]
    return sorted(found, key=lambda one: _order(one[0]))


async def history_of(
    session: Session, pupil_id: str, sheet_ids: Collection[str]
) -> Mapping[str, Sequence[Explained]]:
    """Give all that ever happened to a pupil's cells, oldest first, by sheet."""
    statement = (
        select(CellChange)
        .where(col(CellChange.pupil_id) == pupil_id, among(col(CellChange.sheet_id), "sheet_ids"))
        .order_by(col(CellChange.version))
    )
    changes: defaultdict[str, list[CellChange]] = defaultdict(list)
    for change in await session.scalars(statement, {"sheet_ids": list(sheet_ids)}):
        changes[change.sheet_id].append(change)
    return {
        sheet_id: [
            Explained(change, what, deleted)
            for change, (what, deleted) in zip(
                of_cell,
                explain(
                    Step(one.before, one.before_state, one.after, one.after_state)
                    for one in of_cell
                ),
                strict=True,
            )
        ]
        for sheet_id, of_cell in changes.items()
    }


_CELLS_OF_SHEETS = select(
    col(CellRow.sheet_id),
    col(CellRow.pupil_id),
    col(CellRow.version),
    col(CellRow.value),
    col(CellRow.state),
).where(among(col(CellRow.sheet_id), "sheet_ids"))
_TOUCHED = text(
    """
    SELECT found.*
      FROM unnest(:pupil_ids) WITH ORDINALITY AS asked (pupil_id, place)
     CROSS JOIN LATERAL (
           SELECT string_agg(uuid_send(sheet_id), ''),
                  string_agg(int2send(coalesce(value, (-1)::smallint)), ''),
                  array_agg(uuid_send(sheet_id)) FILTER (WHERE state IS NOT NULL),
                  array_agg(state) FILTER (WHERE state IS NOT NULL)
             FROM cell WHERE cell.pupil_id = asked.pupil_id
     ) AS found
     ORDER BY asked.place
    """
).bindparams(bindparam("pupil_ids", type_=ARRAY(Id)))
_COLUMNS = (
    text(
        """
        SELECT uuid_send(sheet_id), class_id, subject, term, kind, position FROM sheet
         WHERE sheet_id = ANY(ARRAY(SELECT encode(key, 'hex')::uuid FROM unnest(:keys) AS key))
           AND school_year = :school_year
        """
    )
    .bindparams(bindparam("keys", type_=ARRAY(LargeBinary)))
    .columns(class_id=Id)
)
_SUBJECTS, _TERMS, _KINDS = list(Subject), list(Term), list(ColumnKind)


def _order(column: Sheet) -> tuple[str, int, int, int, int]:
    """Sort columns as they stand in a score book."""
    return (
        column.school_year,
        _SUBJECTS.index(column.subject),
        _TERMS.index(column.term),
        _KINDS.index(column.kind),
        column.position,
    )
