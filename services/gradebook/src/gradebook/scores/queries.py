"""Reading sheets, and a pupil's row with the whole history of its cells."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import col

from chassis.columns import among
from chassis.database import Session
from contracts.lists import ColumnKind, Subject, Term
from gradebook.scores.domain.history import Step, What, explain
from gradebook.scores.domain.saving import Cell
from gradebook.scores.tables import Cell as CellRow
from gradebook.scores.tables import CellChange, Sheet


class Explained(NamedTuple):
    """A change of a cell, what it was, and the value that had been deleted before."""

    change: CellChange
    what: What
    deleted: int | None


async def sheet(session: Session, sheet_id: str) -> Sheet | None:
    """Give a sheet."""
    return await session.get(Sheet, sheet_id)


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


async def cells_of(session: Session, sheet_id: str) -> Mapping[str, Cell]:
    """Give the touched cells of a sheet, by pupil."""
    statement = select(
        col(CellRow.pupil_id), col(CellRow.version), col(CellRow.value), col(CellRow.state)
    ).where(col(CellRow.sheet_id) == sheet_id)
    return {
        pupil_id: Cell(version, value, state)
        for pupil_id, version, value, state in await session.execute(statement)
    }


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
