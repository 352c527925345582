"""Planning, locking and publishing books, in the one transaction that is given.

Locks are taken in one order: classes, sheets, books.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit
from contracts.columns import Sparse
from contracts.gradebook import MAX_ROWS, ScoresPublished
from contracts.lists import ColumnKind, Grade, Level, Subject, Term
from gradebook.books import commands as books
from gradebook.books import queries as standing
from gradebook.classes.queries import ClassRoom
from gradebook.results import queries as results
from gradebook.scores import queries as scores
from gradebook.scores import sheets
from gradebook.scores.domain.columns import Column, columns
from gradebook.scores.domain.saving import Cell
from gradebook.workflow.domain import Kind
from gradebook.workflow.queries import Review, review


class Stamp(NamedTuple):
    """Who acts, and when."""

    by: str
    now: datetime
    today: date


class Planned(NamedTuple):
    """A subject's plan for a term; no number: as many regular assessments as the law says."""

    subject: Subject
    regular: int | None


_ONCE = (ColumnKind.MIDTERM, ColumnKind.ENDTERM)


async def plan(
    session: Session,
    room: ClassRoom,
    term: Term,
    wanted: Sequence[Planned] | None,
    due_on: date,
) -> Mapping[Subject, standing.Book]:
    """Open a class's books of a term, with every column that the plan counts.

    Without a list they are those of the class's subject plan. The class is held.

    Raises:
        Invalid: the law knows no such columns.
        Conflict: a locked book would change.

    """
    if wanted is None:
        known = await results.plan_of(session, room.class_id, room.class_id, room.school_year)
        learnt = results.subjects_of(known, room.grade)
        wanted = [Planned(subject, None) for subject in learnt]
        topics: Collection[Subject] = known.topics
    else:
        topics = ()
    _check(wanted, room.grade, term)
    regular = {one.subject: _count(one, room.grade) for one in wanted}
    found = await books.plan_books(session, room, term, regular, due_on)
    await sheets.open_sheets(
        session,
        [
            sheets.NewSheet(room.class_id, column, None)
            for subject, count in regular.items()
            for column in _columns(subject, term, count, room.grade, topic=subject in topics)
        ],
        {room.class_id: room},
    )
    return found


def _count(one: Planned, grade: Grade) -> int:
    law = columns(one.subject, ColumnKind.REGULAR, grade)
    return law if one.regular is None else one.regular


def _check(wanted: Sequence[Planned], grade: Grade, term: Term) -> None:
    faults = []
    if term not in (Term.HK1, Term.HK2):
        faults.append(FieldError("term", "Kế hoạch đánh giá lập theo học kỳ.", "Gửi HK1 hoặc HK2."))
    for at, one in enumerate(wanted):
        law = columns(one.subject, ColumnKind.REGULAR, grade)
        if not law and not any(columns(one.subject, kind, grade) for kind in _ONCE):
            what = f"{one.subject.vietnamese} không có cột điểm ở {grade.vietnamese}."
            faults.append(FieldError(f"subjects[{at}].subject", what, "Bỏ môn này."))
        elif not _may_plan(_count(one, grade), law, grade):
            what = f"Có {one.regular} cột thường xuyên, quy định là {law} (TT 22/2021 Điều 6)."
            faults.append(FieldError(f"subjects[{at}].regular", what, "Sửa số cột, hoặc bỏ trống."))
    if len({one.subject for one in wanted}) < len(wanted):
        faults.append(FieldError("subjects", "Có môn ghi hai lần.", "Bỏ một lần."))
    if faults:
        raise Invalid("plan-against-the-law", "Kế hoạch đánh giá chưa đúng.", errors=faults)


def _may_plan(count: int, law: int, grade: Grade) -> bool:
    """One fewer only where the mark of a cụm chuyên đề is one of them (THPT)."""
    return count == law or (grade.level is Level.THPT and count == law - 1)


def _columns(
    subject: Subject, term: Term, regular: int, grade: Grade, *, topic: bool
) -> Iterator[Column]:
    for position in range(1, regular + 1):
        yield Column(subject, term, ColumnKind.REGULAR, position)
    if topic and columns(subject, ColumnKind.SPECIAL_TOPIC, grade):
        yield Column(subject, term, ColumnKind.SPECIAL_TOPIC, 1)
    for kind in _ONCE:
        if columns(subject, kind, grade):
            yield Column(subject, term, kind, 1)


async def lock(
    session: Session,
    room: ClassRoom,
    subject: Subject,
    term: Term,
    accepted: Collection[Kind],
    *,
    stamp: Stamp,
) -> Review:
    """Lock a book: nothing may be missing, and what is unusual has to be accepted by its kind.

    Raises:
        Conflict: there is no book, a cell is missing, or something unusual was not accepted.

    """
    columns_of = await scores.sheets_of(session, room.class_id, subject, term)
    await sheets.hold(session, [sheet.sheet_id for sheet, _ in columns_of])
    book = (await standing.books_of(session, room.class_id, term, hold=True)).get(subject)
    if book is None:
        raise Conflict(
            "no-plan", "Lớp chưa có kế hoạch đánh giá của môn và học kỳ này; hãy lập trước."
        )
    found = await review(session, room, subject, term)
    refuse_missing(subject, found)
    open_kinds = {one.kind for one in found.anomalies} - set(accepted)
    if open_kinds and not book.locked:
        raise Conflict(
            "anomalies-found",
            "Có điểm bất thường; hãy xem lại, rồi gửi accepts với từng loại đã xem.",
            anomalies=[
                {"kind": one.kind, "sheet_id": one.sheet_id, "pupils": list(one.pupils)}
                for one in found.anomalies
                if one.kind in open_kinds
            ],
        )
    await books.lock(session, [book], by=stamp.by, now=stamp.now)
    return found


def refuse_missing(subject: Subject, found: Review) -> None:
    """Return if no cell of a book is missing.

    Raises:
        Conflict: which columns wait for how many cells.

    """
    faults = [
        FieldError(
            f"{subject}/{column.kind}/{column.position}",
            f"Còn {len(found.missing[column.sheet_id])} ô chưa có điểm.",
            "Nhập điểm, hoặc ghi được phép vắng / 0 theo quy chế.",
        )
        for column in found.columns
        if found.missing[column.sheet_id]
    ]
    if not found.columns:
        faults = [FieldError(subject, "Chưa mở cột điểm nào.", "Lập kế hoạch đánh giá.")]
    if faults:
        raise Conflict("cells-missing", "Sổ còn ô chưa nhập, chưa khoá được.", errors=faults)


async def set_published(
    session: Session, wanted: Sequence[scores.Sheet], *, published: bool, stamp: Stamp
) -> Mapping[str, int]:
    """Let guardians see these held sheets, or no longer; give those that changed, by version."""
    ids = [sheet.sheet_id for sheet in wanted]
    changed = await books.set_published(
        session, ids, published=published, by=stamp.by, now=stamp.now
    )
    cells = await scores.cells_of_sheets(session, changed)
    events: list[ScoresPublished] = []
    for sheet in wanted:
        if (version := changed.get(sheet.sheet_id)) is not None:
            shown = [(pupil, cell) for pupil, cell in cells[sheet.sheet_id].items()]
            events += _published(sheet, version, shown, published=published, stamp=stamp)
    await emit(session, *events)
    return changed


def _published(
    sheet: scores.Sheet,
    version: int,
    cells: Iterable[tuple[str, Cell]],
    *,
    published: bool,
    stamp: Stamp,
) -> Iterator[ScoresPublished]:
    rows = sorted((pupil, cell) for pupil, cell in cells if not cell.empty)
    for start in range(0, max(len(rows), 1), MAX_ROWS):
        some = rows[start : start + MAX_ROWS]
        values, states = [cell.value for _, cell in some], [cell.state for _, cell in some]
        nothing = [None] * len(some)
        yield ScoresPublished(
            **sheet.model_dump(exclude={"cells_due"}),
            version=version,
            published=published,
            published_by=stamp.by,
            day=stamp.today,
            pupils=tuple(pupil for pupil, _ in some),
            after=tuple(values if published else nothing),
            before=Sparse.of(nothing if published else values),
            state=Sparse.of(states if published else nothing),
            before_state=Sparse.of(nothing if published else states),
        )
