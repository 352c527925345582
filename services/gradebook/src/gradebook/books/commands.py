"""What is written of windows, books, re-openings and publications, in the transaction given."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import new_id
from chassis.columns import among, table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Forbidden, Invalid
from chassis.outbox import emit
from contracts.lists import ColumnKind, Subject, Term
from contracts.results import GradebookLocked
from gradebook.books.domain import ReopeningReason, ReopeningState, open_until
from gradebook.books.queries import books_of
from gradebook.books.tables import Book, EntryWindow, Publication, Reopening, TermClosing
from gradebook.classes.queries import ClassRoom


class NewWindow(NamedTuple):
    """When columns of a kind are written; no position: all of the kind."""

    term: Term
    kind: ColumnKind
    position: int | None
    opens_on: date
    closes_on: date


async def set_windows(
    session: Session, school_id: str, school_year: str, windows: Sequence[NewWindow]
) -> None:
    """Let columns have these windows; those that are not named stay as they are.

    Raises:
        Invalid: a window ends before it begins, or two are of the same column.

    """
    faults = [
        FieldError(
            f"windows[{at}].closes_on", "Ngày cuối đứng trước ngày đầu.", "Sửa một trong hai ngày."
        )
        for at, one in enumerate(windows)
        if one.closes_on < one.opens_on
    ]
    keys = [(one.term, one.kind, one.position or 0) for one in windows]
    faults += [
        FieldError(f"windows[{at}]", "Cột này đã có ở trên.", "Bỏ một trong hai dòng.")
        for at, key in enumerate(keys)
        if key in keys[:at]
    ]
    if faults:
        raise Invalid("windows-not-possible", "Thời gian nhập điểm chưa đúng.", errors=faults)
    rows = [
        {
            "school_id": school_id,
            "school_year": school_year,
            "term": one.term,
            "kind": one.kind,
            "position": one.position or 0,
            "opens_on": one.opens_on,
            "closes_on": one.closes_on,
        }
        for one in windows
    ]
    statement = insert(table_of(EntryWindow))
    days = {name: statement.excluded[name] for name in ("opens_on", "closes_on")}
    keys_of = [column.name for column in table_of(EntryWindow).primary_key]
    await session.execute(statement.on_conflict_do_update(index_elements=keys_of, set_=days), rows)


async def plan_books(
    session: Session, room: ClassRoom, term: Term, regular: Mapping[Subject, int], due_on: date
) -> Mapping[Subject, Book]:
    """Open a class's books of a term; one that stands keeps its deadline, and takes the number.

    Raises:
        Conflict: a book that is locked would get another number of columns.

    """
    standing = dict(await books_of(session, room.class_id, term, hold=True))
    opened = []
    for subject, count in regular.items():
        book = standing.get(subject)
        if book is None:
            book = Book(
                class_id=room.class_id,
                subject=subject,
                term=term,
                school_id=room.school_id,
                school_year=room.school_year,
                grade=room.grade,
                regular=count,
                due_on=due_on,
                locked=False,
                locked_by=None,
                locked_at=None,
            )
            session.add(book)
            standing[subject] = book
            opened.append(book)
        elif book.regular != count and book.locked:
            raise Conflict(
                "book-locked", f"Sổ môn {subject.vietnamese} đã khoá, không đổi kế hoạch được nữa."
            )
        else:
            book.regular = count
    await emit(session, *(_locked(book, before=None) for book in opened))
    return standing


async def lock(session: Session, books: Iterable[Book], *, by: str, now: datetime) -> None:
    """Lock books that are held. Their sheets are held, too: no save is under way."""
    closing = [book for book in books if not book.locked]
    for book in closing:
        book.locked, book.locked_by, book.locked_at = True, by, now
    await emit(session, *(_locked(book, before=False) for book in closing))


async def request_reopening(
    session: Session,
    target_id: str,
    school_id: str,
    *,
    hours: int,
    reason: tuple[ReopeningReason, str | None],
    by: str,
    now: datetime,
) -> Reopening:
    """Ask that a sheet, or a class's conduct, may be written again for some hours.

    Raises:
        Conflict: somebody has asked already and nobody has answered.

    """
    code, words = reason
    waiting = select(col(Reopening.reopening_id)).where(
        col(Reopening.target_id) == target_id, col(Reopening.state) == ReopeningState.REQUESTED
    )
    if (known := await session.scalar(waiting)) is not None:
        raise Conflict(
            "reopening-requested",
            "Đã có một đề nghị mở lại đang chờ xác nhận.",
            reopening_id=known,
        )
    asked = Reopening(
        reopening_id=new_id(),
        target_id=target_id,
        school_id=school_id,
        state=ReopeningState.REQUESTED,
        hours=hours,
        reason_code=code,
        reason=words,
        requested_by=by,
        requested_at=now,
        decided_by=None,
        decided_at=None,
        decision_reason=None,
        until=None,
    )
    session.add(asked)
    await session.flush()
    return asked


async def decide_reopening(
    session: Session, asked: Reopening, *, confirm: bool, words: str | None, by: str, now: datetime
) -> None:
    """Confirm or reject a request that is held.

    Raises:
        Conflict: it was decided before.
        Forbidden: whoever asked is no second person.

    """
    if asked.state is not ReopeningState.REQUESTED:
        raise Conflict("reopening-decided", "Đề nghị này đã được trả lời.", state=asked.state)
    if asked.requested_by == by:
        raise Forbidden(
            "same-person",
            "Người đề nghị không tự xác nhận được; cần người thứ hai.",
        )
    asked.state = ReopeningState.CONFIRMED if confirm else ReopeningState.REJECTED
    asked.decided_by, asked.decided_at, asked.decision_reason = by, now, words
    asked.until = open_until(now, asked.hours) if confirm else None
    await session.flush()


async def set_published(
    session: Session, sheet_ids: Sequence[str], *, published: bool, by: str, now: datetime
) -> Mapping[str, int]:
    """Let guardians see these held sheets, or no longer; give those that changed, by version."""
    statement = select(Publication).where(among(col(Publication.sheet_id), "sheet_ids"))
    found = await session.scalars(statement, {"sheet_ids": list(sheet_ids)})
    standing = {one.sheet_id: one for one in found}
    changed: dict[str, int] = {}
    for sheet_id in sheet_ids:
        one = standing.get(sheet_id)
        if (one.published if one else False) == published:
            continue
        if one is None:
            one = Publication(
                sheet_id=sheet_id, version=0, published=False, changed_by=by, changed_at=now
            )
            session.add(one)
        one.version, one.published = one.version + 1, published
        one.changed_by, one.changed_at = by, now
        changed[sheet_id] = one.version
    await session.flush()
    return changed


async def close_term(session: Session, class_id: str, term: Term, *, by: str, now: datetime) -> int:
    """Note that a class's term was closed; give for the how manieth time."""
    one = await session.get(TermClosing, (class_id, term))
    if one is None:
        one = TermClosing(class_id=class_id, term=term, closings=0, closed_by=by, closed_at=now)
        session.add(one)
    one.closings, one.closed_by, one.closed_at = one.closings + 1, by, now
    await session.flush()
    return one.closings


def _locked(book: Book, *, before: bool | None) -> GradebookLocked:
    said = book.model_dump(exclude={"regular", "locked_by", "locked_at"})
    return GradebookLocked(**said, before_locked=before)
