"""Opening sheets, and how many cells of each are due.

Locks are taken in one order everywhere: pupils (roster), classes, sheets.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import new_id
from chassis.columns import among, table_of
from chassis.database import Session
from chassis.errors import FieldError, Invalid
from chassis.outbox import emit
from contracts.gradebook import SheetOpened
from contracts.lists import ColumnKind
from gradebook.classes import queries as classes
from gradebook.scores.domain.columns import Column, why_not
from gradebook.scores.tables import Cell, Sheet


class NewSheet(NamedTuple):
    """A column to be opened for a class; an examination's has its own number of candidates."""

    class_id: str
    column: Column
    candidates: int | None


class Opened(NamedTuple):
    """A sheet as it stands, and whether it was opened just now."""

    sheet: Sheet
    new: bool


async def open_sheets(
    session: Session, wanted: Sequence[NewSheet], rooms: Mapping[str, classes.ClassRoom]
) -> Sequence[Opened]:
    """Open sheets, or give those that stand; ``rooms`` are their classes, held.

    Every pupil of the class is due. Only an examination has its own list: there the number of
    candidates is due, and naming another number changes it.

    Raises:
        Invalid: a class has no such column, or the number of candidates cannot be right.

    """
    _check_columns(wanted, rooms)
    seated = await classes.seated(session, rooms)
    due = [
        len(seated[one.class_id]) if one.candidates is None else one.candidates for one in wanted
    ]
    table = table_of(Sheet)
    rows = [
        {
            "sheet_id": new_id(),
            "class_id": one.class_id,
            "school_id": rooms[one.class_id].school_id,
            "school_year": rooms[one.class_id].school_year,
            "grade": rooms[one.class_id].grade,
            "subject": one.column.subject,
            "term": one.column.term,
            "kind": one.column.kind,
            "position": one.column.position,
            "cells_due": cells_due,
        }
        for one, cells_due in zip(wanted, due, strict=True)
    ]
    inserted = await session.execute(
        insert(table).on_conflict_do_nothing().returning(table.c.sheet_id), rows
    )
    opened = set(inserted.scalars())
    standing = await _standing(session, wanted)
    events: dict[int, SheetOpened] = {}
    answers: list[Opened] = []
    for at, (one, cells_due) in enumerate(zip(wanted, due, strict=True)):
        sheet = standing[one.class_id, one.column]
        new = sheet.sheet_id in opened
        opened.discard(sheet.sheet_id)
        if new:
            events[at] = _opened(sheet, before=0)
        elif one.candidates is not None and sheet.cells_due != cells_due:
            events[at] = change_due(sheet, cells_due)
        answers.append(Opened(sheet, new))
    _check_candidates(events, seated)
    await emit(session, *events.values())
    return answers


def _check_candidates(
    events: Mapping[int, SheetOpened], seated: Mapping[str, Collection[str]]
) -> None:
    """Look only at what is said anew: a class may have shrunk since its examination."""
    faults = [
        FieldError(
            f"sheets[{at}].candidates",
            f"Lớp chỉ có {len(seated[event.class_id])} học sinh.",
            "Xếp lớp trước, hoặc sửa số thí sinh.",
        )
        for at, event in events.items()
        if event.cells_due > len(seated[event.class_id])
    ]
    if faults:
        raise Invalid("too-many-candidates", "Có cột nhiều thí sinh hơn học sinh.", errors=faults)


def _check_columns(wanted: Sequence[NewSheet], rooms: Mapping[str, classes.ClassRoom]) -> None:
    faults: list[FieldError] = []
    for at, one in enumerate(wanted):
        exam = one.column.kind is ColumnKind.EXAM
        if (why := why_not(one.column, rooms[one.class_id].grade)) is not None:
            faults.append(FieldError(f"sheets[{at}]", f"{why}.", "Chọn cột khác."))
        elif exam != (one.candidates is not None):
            faults.append(
                FieldError(
                    f"sheets[{at}].candidates",
                    "Cột điểm thi cần số thí sinh của lớp; các cột khác thì không.",
                    "Gửi candidates khi kind là “exam”, và chỉ khi đó.",
                )
            )
    if faults:
        raise Invalid("column-not-allowed", "Có cột điểm không mở được.", errors=faults)


async def _standing(
    session: Session, wanted: Sequence[NewSheet]
) -> Mapping[tuple[str, Column], Sheet]:
    keys = {
        (one.class_id, one.column.subject, one.column.term, one.column.kind, one.column.position)
        for one in wanted
    }
    statement = _LOCKED.where(
        tuple_(
            col(Sheet.class_id),
            col(Sheet.subject),
            col(Sheet.term),
            col(Sheet.kind),
            col(Sheet.position),
        ).in_(keys)
    )
    return {
        (sheet.class_id, Column(sheet.subject, sheet.term, sheet.kind, sheet.position)): sheet
        for sheet in await session.scalars(statement)
    }


async def recount(session: Session, class_ids: Collection[str]) -> None:
    """Say anew how many cells are due in the sheets of classes, held, whose pupils changed.

    A pupil who left stays due where they have a score: entered never exceeds due.
    """
    sheets = (await session.scalars(_OF_CLASSES, {"class_ids": list(class_ids)})).all()
    if not sheets:
        return
    seated = await classes.seated(session, class_ids)
    scored_and_left = await session.execute(
        _SCORED_AND_LEFT, {"sheet_ids": [sheet.sheet_id for sheet in sheets]}
    )
    still_due = dict(scored_and_left.all())
    events = []
    for sheet in sheets:
        due = len(seated[sheet.class_id]) + still_due.get(sheet.sheet_id, 0)
        if due != sheet.cells_due:
            events.append(change_due(sheet, due))
    await emit(session, *events)


def change_due(sheet: Sheet, cells_due: int) -> SheetOpened:
    """Set how many cells of a held sheet are due, and give the fact to emit."""
    before, sheet.cells_due = sheet.cells_due, cells_due
    return _opened(sheet, before=before)


def _opened(sheet: Sheet, *, before: int) -> SheetOpened:
    return SheetOpened(**sheet.model_dump(), before_cells_due=before)


Held: TypeAlias = Mapping[str, Sheet]
"""Sheets by their id that are locked: until the transaction ends no cell of them changes."""


async def hold(session: Session, sheet_ids: Collection[str]) -> Held:
    """Lock those of the sheets that exist."""
    found = await session.scalars(_HELD, {"sheet_ids": list(sheet_ids)})
    return {sheet.sheet_id: sheet for sheet in found}


# Always in the order of the ids, so that two transactions cannot wait for each other.
_LOCKED = select(Sheet).order_by(col(Sheet.sheet_id)).with_for_update()
_HELD = _LOCKED.where(among(col(Sheet.sheet_id), "sheet_ids"))
_OF_CLASSES = _LOCKED.where(
    among(col(Sheet.class_id), "class_ids"), col(Sheet.kind) != ColumnKind.EXAM
)
_SCORED_AND_LEFT = (
    select(col(Cell.sheet_id), func.count())
    .join(Sheet, col(Sheet.sheet_id) == col(Cell.sheet_id))
    .where(
        among(col(Cell.sheet_id), "sheet_ids"),
        col(Cell.value).is_not(None),
        ~classes.sits_in(col(Sheet.class_id), col(Cell.pupil_id)),
    )
    .group_by(col(Cell.sheet_id))
)
