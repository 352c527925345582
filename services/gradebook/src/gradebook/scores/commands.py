"""Saving cells of sheets that are held, many people's in the one transaction that it is given."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ARRAY, bindparam, exists, text, update
from sqlmodel import col

from chassis.auth import Principal
from chassis.clock import new_id
from chassis.columns import Id, among, table_of
from chassis.database import Session
from chassis.errors import FieldError, Invalid, Problem
from chassis.outbox import Row, rendered, write
from contracts.columns import Sparse
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import ColumnKind
from gradebook.classes import queries as classes
from gradebook.roster import queries as roster
from gradebook.scores.domain.marks import scale_of
from gradebook.scores.domain.saving import UNTOUCHED, Cell, Reason, Save, decide
from gradebook.scores.refusals import Judged, refuse
from gradebook.scores.sheets import change_due
from gradebook.scores.tables import Cell as CellRow
from gradebook.scores.tables import CellChange, ScoreSave, Sheet


class Device(NamedTuple):
    """From where somebody saves: what the program says of itself, and its address."""

    device: str | None
    address: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What one person saves, all of it or none, and the request that it came in."""

    actor: Principal
    device: Device
    saves: Sequence[Save]
    request: Context = field(default_factory=copy_context)


class Stamp(NamedTuple):
    """When something is saved."""

    now: datetime
    today: date


class Saved(NamedTuple):
    """The cells of a save as they are now, in its order, and how many of them it changed."""

    sheet: Sheet
    cells: Sequence[tuple[str, Cell]]
    changed: int


async def save(
    session: Session, orders: Sequence[Order], sheets: Mapping[str, Sheet], stamp: Stamp
) -> Sequence[Sequence[Saved] | Problem]:
    """Take each order or refuse it; ``sheets`` are held, and each is in one order only.

    The number of statements is constant. An order is refused (as ``Invalid`` or ``Conflict``)
    where an entry is no mark, concerns a stranger, corrects without a reason, or where a cell
    changed since it was read.
    """
    calendars = await _calendars(session, orders, sheets)
    cells = await _cells(session, [one.sheet_id for order in orders for one in order.saves])
    seated = await classes.seated(session, {sheet.class_id for sheet in sheets.values()})
    outcomes: list[Sequence[Saved] | Problem] = []
    written: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    events: list[Row] = []
    for order in orders:
        judged = [_judge(one, sheets[one.sheet_id], cells, seated) for one in order.saves]
        try:
            _check_days(order.saves, sheets, calendars, stamp.today)
            await refuse(session, judged)
        except Problem as problem:
            outcomes.append(problem)
            continue
        made: list[SheetOpened | ScoreEntered] = []
        for each in judged:
            made += _due_after(each, seated[each.sheet.class_id])
            if each.decision.changes:
                made.append(_entered(each, order.actor, stamp))
                written.append(_link(each, order, stamp))
                lines += _history(each, len(written))
        events += order.request.run(rendered, made)
        outcomes.append([_saved(each) for each in judged])
    if written:
        await session.execute(_WRITE, _arrays(_SAVE, written) | _arrays(_LINE, lines))
        await write(session, events)
    return outcomes


def _judge(
    one: Save,
    sheet: Sheet,
    cells: Mapping[str, Mapping[str, Cell]],
    seated: Mapping[str, Collection[str]],
) -> Judged:
    scale = scale_of(sheet.subject, sheet.kind, sheet.grade)
    found = cells[one.sheet_id]
    return Judged(one, sheet, found, decide(one, found, seated[sheet.class_id], scale))


async def _calendars(
    session: Session, orders: Sequence[Order], sheets: Mapping[str, Sheet]
) -> Mapping[str, roster.Calendar | None]:
    dated = (one for order in orders for one in order.saves if one.day is not None)
    years = {sheets[one.sheet_id].school_year for one in dated}
    return {year: await roster.calendar(session, year) for year in years}


def _check_days(
    saves: Sequence[Save],
    sheets: Mapping[str, Sheet],
    calendars: Mapping[str, roster.Calendar | None],
    today: date,
) -> None:
    faults = []
    for one in saves:
        if one.day is None:
            continue
        calendar = calendars[sheets[one.sheet_id].school_year]
        if one.day > today or (calendar is not None and one.day < calendar.first_day):
            faults.append(
                FieldError(
                    f"{one.where}day",
                    "Ngày cho điểm nằm ngoài năm học hoặc ở tương lai.",
                    "Sửa ngày, hoặc bỏ trống để lấy hôm nay.",
                )
            )
    if faults:
        raise Invalid("day-not-possible", "Ngày cho điểm chưa đúng.", errors=faults)


async def _cells(session: Session, sheet_ids: Collection[str]) -> Mapping[str, Mapping[str, Cell]]:
    """Give the cells of the sheets that somebody has touched before."""
    found: dict[str, dict[str, Cell]] = {sheet_id: {} for sheet_id in sheet_ids}
    rows = await session.execute(_CELLS, {"sheet_ids": list(found)})
    for sheet_id, pupil_id, version, value, state in rows:
        found[sheet_id][pupil_id] = Cell(version, value, state)
    return found


def _due_after(one: Judged, seated: Collection[str]) -> list[SheetOpened]:
    """Follow the cells of pupils who left: they are due as long as they have a score."""
    if one.sheet.kind is ColumnKind.EXAM:
        return []
    more = sum(
        (change.after.value is not None) - (change.before.value is not None)
        for change in one.decision.changes
        if change.pupil_id not in seated
    )
    return [change_due(one.sheet, one.sheet.cells_due + more)] if more else []


def _entered(one: Judged, actor: Principal, stamp: Stamp) -> ScoreEntered:
    changes = one.decision.changes
    corrects = any(not change.before.empty for change in changes)
    return ScoreEntered(
        **one.sheet.model_dump(exclude={"cells_due"}),
        entered_by=actor.subject,
        day=one.save.day or stamp.today,
        pupils=tuple(change.pupil_id for change in changes),
        after=tuple(change.after.value for change in changes),
        before=Sparse.of([change.before.value for change in changes]),
        state=Sparse.of([change.after.state for change in changes]),
        before_state=Sparse.of([change.before.state for change in changes]),
        reason_code=one.save.reason.code if corrects else None,
    )


def _link(one: Judged, order: Order, stamp: Stamp) -> tuple[object, ...]:
    """Give what the lines of a save share, in the order of ``_SAVE``."""
    day = one.save.day or stamp.today
    return (one.save.sheet_id, new_id(), *order.device, order.actor.subject, stamp.now, day)


def _history(one: Judged, place: int) -> Iterator[tuple[object, ...]]:
    """Give the lines of the save at a place, from 1, in the order of ``_LINE``."""
    for change in one.decision.changes:
        before, after = change.before, change.after
        reason = _NO_REASON if before.empty else one.save.reason
        yield (
            place,
            change.pupil_id,
            after.version,
            before.value,
            before.state,
            after.value,
            after.state,
            reason.code,
            reason.text,
        )


def _arrays(names: Iterable[str], rows: Iterable[tuple[object, ...]]) -> dict[str, object]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _saved(one: Judged) -> Saved:
    after = {change.pupil_id: change.after for change in one.decision.changes}
    cells = [
        (pupil_id, after.get(pupil_id) or one.cells.get(pupil_id, UNTOUCHED))
        for pupil_id in (entry.pupil_id for entry in one.save.entries)
    ]
    return Saved(one.sheet, cells, len(after))


async def forget_words(session: Session, pupil_ids: Sequence[str]) -> None:
    """Delete what people wrote about these pupils' corrections; the history itself stays.

    With the last of a save's words goes the salt that would let somebody guess them.
    """
    await session.execute(_FORGET_WORDS, {"pupil_ids": list(pupil_ids)})
    await session.execute(_FORGET_SALT, {"pupil_ids": list(pupil_ids)})


_NO_REASON = Reason(None, None)
_CHANGE, _CELL = table_of(CellChange).c, table_of(CellRow).c
_SAVE = {
    "sheet_id": _CHANGE.sheet_id,
    "save_id": _CHANGE.save_id,
    "device": table_of(ScoreSave).c.device,
    "address": table_of(ScoreSave).c.address,
    "changed_by": _CHANGE.changed_by,
    "changed_at": _CHANGE.changed_at,
    "day": _CHANGE.day,
}
_LINE = {
    "place": _CHANGE.version,
    "pupil_id": _CHANGE.pupil_id,
    "version": _CHANGE.version,
    "before": _CHANGE.before,
    "before_state": _CHANGE.before_state,
    "after": _CHANGE.after,
    "after_state": _CHANGE.after_state,
    "reason_code": _CHANGE.reason_code,
    "reason": _CHANGE.reason,
}
# Sheet by sheet, which is by the index: left to choose, PostgreSQL keeps the plan that it made when
# the table was empty, which reads all of it.
_CELLS = (
    text(
        """
        SELECT sheet_id, pupil_id, version, value, state
        FROM unnest(:sheet_ids) AS wanted (id)
        CROSS JOIN LATERAL (SELECT * FROM cell WHERE sheet_id = wanted.id OFFSET 0) AS found
        """
    )
    .bindparams(bindparam("sheet_ids", type_=ARRAY(Id)))
    .columns(_CELL.sheet_id, _CELL.pupil_id, _CELL.version, _CELL.value, _CELL.state)
)
# By way of the cells, which are found by pupil.
_FORGET_WORDS = (
    update(table_of(CellChange))
    .where(
        col(CellChange.sheet_id) == col(CellRow.sheet_id),
        col(CellChange.pupil_id) == col(CellRow.pupil_id),
        col(CellChange.reason).is_not(None),
        among(col(CellRow.pupil_id), "pupil_ids"),
    )
    .values(reason=None)
)
_FORGET_SALT = (
    update(table_of(ScoreSave))
    .where(
        col(ScoreSave.sheet_id) == col(CellRow.sheet_id),
        among(col(CellRow.pupil_id), "pupil_ids"),
        col(ScoreSave.reason_salt).is_not(None),
        ~exists().where(
            col(CellChange.sheet_id) == col(ScoreSave.sheet_id),
            col(CellChange.save_id) == col(ScoreSave.save_id),
            col(CellChange.reason).is_not(None),
        ),
    )
    .values(reason_salt=None)
)
# One statement for all cells of a save, and a cell is never other than its history's newest line.
_WRITE = text(
    """
    WITH saved AS (
        SELECT *
        FROM unnest(:sheet_id, :save_id, :device, :address, :changed_by, :changed_at, :day)
            WITH ORDINALITY
            AS v (sheet_id, save_id, device, address, changed_by, changed_at, day, place)
    ), made AS (
        INSERT INTO score_save (sheet_id, save_id, device, address)
        SELECT sheet_id, save_id, device, address FROM saved
    ), line AS (
        INSERT INTO cell_change (
            sheet_id, pupil_id, version, before, before_state, after, after_state,
            reason_code, reason, changed_by, changed_at, day, save_id
        )
        SELECT
            sheet_id, pupil_id, version, before, before_state, after, after_state,
            reason_code, reason, changed_by, changed_at, day, save_id
        FROM saved JOIN unnest(
            :place, :pupil_id, :version, :before, :before_state, :after, :after_state,
            :reason_code, :reason
        ) AS v (
            place, pupil_id, version, before, before_state, after, after_state,
            reason_code, reason
        ) USING (place)
        RETURNING sheet_id, pupil_id, version, after, after_state
    )
    INSERT INTO cell (sheet_id, pupil_id, version, value, state)
    SELECT * FROM line
    ON CONFLICT (sheet_id, pupil_id) DO UPDATE
    SET version = excluded.version, value = excluded.value, state = excluded.state
    """
).bindparams(*(bindparam(name, type_=ARRAY(like.type)) for name, like in (_SAVE | _LINE).items()))
