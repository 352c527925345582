"""Rows of the score book in the words of a person: marks as texts, pupils by name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from chassis.persons import in_list_order
from gradebook.books.queries import Standing
from gradebook.scores.commands import Saved
from gradebook.scores.domain.marks import Scale, scale_of, texts_of
from gradebook.scores.domain.saving import UNTOUCHED, Cell
from gradebook.scores.messages import (
    CellAnswer,
    ChangeAnswer,
    ColumnAnswer,
    CountedSheet,
    EntryAnswer,
    NamedCell,
    PupilRow,
    SavedAnswer,
    ScaleName,
    SheetList,
    WholeSheet,
)
from gradebook.scores.queries import Explained
from gradebook.scores.tables import Sheet

_NAMES: Mapping[Scale, ScaleName] = {
    Scale.COMMENT: "comment",
    Scale.WHOLE: "whole",
    Scale.TENTHS: "tenths",
    Scale.HUNDREDTHS: "hundredths",
}


def saved(one: Saved) -> SavedAnswer:
    """Answer a save."""
    scale = _scale(one.sheet)
    return SavedAnswer(
        sheet_id=one.sheet.sheet_id,
        changed=one.changed,
        cells=[
            CellAnswer(
                pupil_id=pupil_id,
                score=_text(cell.value, scale),
                state=cell.state,
                version=cell.version,
            )
            for pupil_id, cell in one.cells
        ],
    )


def sheet_list(found: Iterable[tuple[Sheet, int]], standings: Mapping[str, Standing]) -> SheetList:
    """Answer which sheets there are."""
    return SheetList(
        sheets=[
            CountedSheet(
                **sheet.model_dump(),
                **_standing(standings[sheet.sheet_id]),
                scale=_NAMES[_scale(sheet)],
                cells_entered=entered,
            )
            for sheet, entered in found
        ]
    )


def _standing(one: Standing) -> dict[str, Any]:
    entry = EntryAnswer(
        open=one.entry.closed is None,
        why=one.entry.closed,
        last_day=one.entry.last_day,
        until=one.entry.until,
        asked_at=one.entry.asked_at,
    )
    return {"entry": entry, "published": one.published, "published_at": one.published_at}


def whole_sheet(
    sheet: Sheet,
    standing: Standing,
    cells: Mapping[str, Cell],
    seated: Collection[str],
    called: Mapping[str, str],
) -> WholeSheet:
    """Answer a sheet with a line for each pupil."""
    scale = _scale(sheet)
    lines = []
    for pupil_id in in_list_order(called):
        cell = cells.get(pupil_id, UNTOUCHED)
        in_class = pupil_id in seated
        if in_class or not cell.empty:
            lines.append(
                NamedCell(
                    pupil_id=pupil_id,
                    name=called[pupil_id],
                    score=_text(cell.value, scale),
                    state=cell.state,
                    version=cell.version,
                    in_class=in_class,
                )
            )
    return WholeSheet(**sheet.model_dump(), **_standing(standing), cells=lines)


def pupil_row(
    pupil_id: str,
    name: str,
    row: Iterable[tuple[Sheet, Cell]],
    history: Mapping[str, Sequence[Explained]],
    *,
    words: bool,
) -> PupilRow:
    """Answer a pupil's row; with ``words``, also why somebody says that a cell was corrected."""
    return PupilRow(
        pupil_id=pupil_id,
        name=name,
        columns=[
            ColumnAnswer(
                **sheet.model_dump(),
                score=_text(cell.value, _scale(sheet)),
                state=cell.state,
                version=cell.version,
                history=[
                    _change(one, _scale(sheet), words=words) for one in history[sheet.sheet_id]
                ],
            )
            for sheet, cell in row
        ],
    )


def _change(explained: Explained, scale: Scale, *, words: bool) -> ChangeAnswer:
    change = explained.change
    return ChangeAnswer(
        version=change.version,
        what=explained.what,
        before=_text(change.before, scale),
        before_state=change.before_state,
        after=_text(change.after, scale),
        after_state=change.after_state,
        value_before_deletion=_text(explained.deleted, scale),
        reason_code=change.reason_code,
        reason=change.reason if words else None,
        by=change.changed_by,
        at=change.changed_at,
        day=change.day,
    )


def _scale(sheet: Sheet) -> Scale:
    return scale_of(sheet.subject, sheet.kind, sheet.grade)


def _text(mark: int | None, scale: Scale) -> str | None:
    return texts_of(scale)[mark]
