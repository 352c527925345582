"""How a save is refused: every row that is wrong, and nothing is saved.

Rows are counted and pupils are ids: whoever may save knows the names, and a problem may end up in
a log that nobody erases.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select, tuple_
from sqlmodel import col

from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from gradebook.scores.domain import marks
from gradebook.scores.domain.marks import scale_of
from gradebook.scores.domain.saving import UNTOUCHED, Cell, Decision, Save
from gradebook.scores.tables import CellChange, Sheet


class Judged(NamedTuple):
    """A save, the cells that it found, and what it would do to them."""

    save: Save
    sheet: Sheet
    cells: Mapping[str, Cell]
    decision: Decision


async def refuse(session: Session, saves: Sequence[Judged]) -> None:
    """Return if all can be saved.

    Raises:
        Invalid: entries are wrong in themselves.
        Conflict: cells changed since they were read.

    """
    _refuse_faults(saves)
    if any(one.decision.stale for one in saves):
        await _refuse_stale(session, saves)


def _refuse_faults(saves: Sequence[Judged]) -> None:
    errors = [
        FieldError(
            f"{save.where}cells[{fault.row}].{fault.field}",
            f"Dòng {fault.row + 1}: {fault.what}",
            fault.how,
        )
        for save, _, _, decision in saves
        for fault in decision.faults
    ]
    if errors:
        raise Invalid(
            "cells-invalid", f"{len(errors)} ô điểm chưa đúng; chưa lưu ô nào.", errors=errors
        )


async def _refuse_stale(session: Session, saves: Sequence[Judged]) -> None:
    last = await _last_changes(session, saves)
    errors: list[FieldError] = []
    current: list[dict[str, object]] = []
    for save, sheet, cells, decision in saves:
        scale = scale_of(sheet.subject, sheet.kind, sheet.grade)
        for row in decision.stale:
            pupil_id = save.entries[row].pupil_id
            cell = cells.get(pupil_id, UNTOUCHED)
            score = None if cell.value is None else marks.write(cell.value, scale)
            change = last.get((sheet.sheet_id, pupil_id))
            errors.append(
                FieldError(
                    f"{save.where}cells[{row}].version",
                    f"Dòng {row + 1}: ô điểm đang là "
                    f"{score or cell.state or 'trống'} (version {cell.version}), "
                    f"khác lúc tải trang.",
                    "Xem lại ô này rồi lưu với version hiện tại.",
                )
            )
            current.append(
                {
                    "sheet_id": sheet.sheet_id,
                    "pupil_id": pupil_id,
                    "score": score,
                    "state": cell.state,
                    "version": cell.version,
                    "changed_by": change and change.changed_by,
                    "changed_at": change and change.changed_at.isoformat(),
                }
            )
    raise Conflict(
        "cells-changed",
        f"{len(errors)} ô điểm đã được đổi sau khi tải trang; chưa lưu ô nào.",
        errors=errors,
        cells=current,
    )


async def _last_changes(
    session: Session, saves: Sequence[Judged]
) -> Mapping[tuple[str, str], CellChange]:
    versions = [
        (save.sheet_id, entry.pupil_id, cells[entry.pupil_id].version)
        for save, _, cells, decision in saves
        for entry in (save.entries[row] for row in decision.stale)
        if entry.pupil_id in cells
    ]
    found = await session.scalars(
        select(CellChange).where(
            tuple_(col(CellChange.sheet_id), col(CellChange.pupil_id), col(CellChange.version)).in_(
                versions
            )
        )
    )
    return {(change.sheet_id, change.pupil_id): change for change in found}
