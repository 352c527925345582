"""What others may ask: may these columns be written now, and do guardians see them?"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    DateTime,
    Integer,
    SmallInteger,
    String,
    bindparam,
    func,
    select,
    text,
)
from sqlmodel import col

from chassis.clock import business_day
from chassis.columns import Id, among, table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError
from contracts.lists import ColumnKind, Subject, Term
from gradebook.books.domain import (
    LONGEST_REOPENING,
    Closed,
    Entry,
    Gate,
    ReopeningReason,
    ReopeningState,
    Window,
    entry,
)
from gradebook.books.tables import Book, EntryWindow, Publication, Reopening, TermClosing

__all__ = [
    "LONGEST_REOPENING",
    "Book",
    "Closed",
    "Column",
    "Entry",
    "Reopening",
    "ReopeningReason",
    "Standing",
    "books_of",
    "check_open",
    "check_term_open",
    "closed_terms",
    "published",
    "reopening",
    "reopenings_of_school",
    "standings",
    "term_entry",
    "windows_of",
]


class Column(Protocol):
    """What names a column of a class's score book: a sheet does."""

    sheet_id: str
    class_id: str
    school_id: str
    school_year: str
    subject: Subject
    term: Term
    kind: ColumnKind
    position: int


class Standing(NamedTuple):
    """How a column stands: for whoever writes it, and for guardians."""

    entry: Entry
    published: bool
    published_at: datetime | None
    version: int
    """Of its publication; 0 as long as there was none."""


async def standings(
    session: Session, columns: Collection[Column], moment: datetime
) -> Mapping[str, Standing]:
    """Give how each column stands at this moment, by sheet, with one statement."""
    today = business_day(moment)
    names = ("sheet_id", "class_id", "school_id", "school_year")
    lists = ("subject", "term", "kind")
    parameters: dict[str, object] = {
        name: [getattr(one, name) for one in columns] for name in (*names, "position")
    }
    parameters |= {name: [str(getattr(one, name)) for one in columns] for name in lists}
    found: dict[str, Standing] = {}
    for row in await session.execute(_STANDINGS, parameters):
        window = None if row.opens_on is None else Window(row.opens_on, row.closes_on)
        gate = Gate(window, bool(row.locked), row.until, row.asked_at)
        # The papers of an examination are the department's, and have no window in a school.
        free = row.kind == ColumnKind.EXAM
        found[row.sheet_id] = Standing(
            Entry(None) if free else entry(gate, moment, today),
            bool(row.published),
            row.changed_at if row.published else None,
            row.version or 0,
        )
    return found


def check_open(
    standing: Mapping[str, Standing], sheet_ids: Sequence[str], wheres: Sequence[str]
) -> None:
    """Return if all of these sheets, which are held, may be written; ``wheres`` names each.

    Raises:
        Conflict: one may not.

    """
    faults = [
        FieldError(where, _WHY[why].format(day=found.last_day), _HOW[why])
        for sheet_id, where in zip(sheet_ids, wheres, strict=True)
        for found in (standing[sheet_id].entry,)
        for why in (found.closed,)
        if why is not None
    ]
    if faults:
        raise Conflict(
            "entry-closed", "Có cột điểm đang không cho nhập; chưa lưu ô nào.", errors=faults
        )


async def books_of(
    session: Session, class_id: str, term: Term, *, hold: bool = False
) -> Mapping[Subject, Book]:
    """Give the books of a class in a term; with ``hold`` nobody else locks them meanwhile."""
    statement = select(Book).where(col(Book.class_id) == class_id, col(Book.term) == term)
    statement = statement.order_by(col(Book.subject))
    found = await session.scalars(statement.with_for_update() if hold else statement)
    return {book.subject: book for book in found}


async def windows_of(session: Session, school_id: str, school_year: str) -> Sequence[EntryWindow]:
    """Give the windows of a school, in the order of terms and columns."""
    statement = select(EntryWindow).where(
        col(EntryWindow.school_id) == school_id, col(EntryWindow.school_year) == school_year
    )
    terms, kinds = list(Term), list(ColumnKind)
    return sorted(
        await session.scalars(statement),
        key=lambda one: (terms.index(one.term), kinds.index(one.kind), one.position),
    )


async def reopening(session: Session, reopening_id: str, *, hold: bool = False) -> Reopening | None:
    """Give a request to write a column again."""
    return await session.get(Reopening, reopening_id, with_for_update=hold or None)


async def reopenings_of_school(
    session: Session, school_id: str, state: ReopeningState | None, most: int
) -> Sequence[Reopening]:
    """Give a school's requests, the newest first."""
    statement = select(Reopening).where(col(Reopening.school_id) == school_id)
    if state is not None:
        statement = statement.where(col(Reopening.state) == state)
    statement = statement.order_by(
        col(Reopening.requested_at).desc(), col(Reopening.reopening_id).desc()
    )
    return (await session.scalars(statement.limit(most))).all()


async def closed_terms(
    session: Session, class_ids: Collection[str]
) -> Mapping[str, frozenset[Term]]:
    """Give the terms of each class whose results are decided."""
    closed: dict[str, set[Term]] = {class_id: set() for class_id in class_ids}
    for class_id, term in await session.execute(_CLOSED, {"class_ids": list(class_ids)}):
        closed[class_id].add(term)
    return {class_id: frozenset(terms) for class_id, terms in closed.items()}


async def term_entry(session: Session, class_id: str, term: Term, moment: datetime) -> Entry:
    """Say whether what the homeroom teacher writes of a term may be written at this moment."""
    locked = term in (await closed_terms(session, [class_id]))[class_id]
    asked = select(
        func.max(col(Reopening.until)),
        func.max(col(Reopening.requested_at)).filter(
            col(Reopening.state) == ReopeningState.REQUESTED
        ),
    ).where(col(Reopening.target_id) == class_id)
    until, asked_at = (await session.execute(asked)).one()
    return entry(Gate(None, locked, until, asked_at), moment, business_day(moment))


async def check_term_open(session: Session, class_id: str, term: Term, moment: datetime) -> None:
    """Return if what the homeroom teacher writes of a term may be written; the class is held.

    Raises:
        Conflict: the term is closed, and nobody has opened it again.

    """
    if (await term_entry(session, class_id, term, moment)).closed is not None:
        raise Conflict("term-closed", f"Hiệu trưởng đã khoá sổ {term.value} của lớp. {_REOPEN}")


async def published(session: Session, sheet_ids: Collection[str]) -> frozenset[str]:
    """Give those of the sheets that guardians see."""
    statement = select(col(Publication.sheet_id)).where(
        among(col(Publication.sheet_id), "sheet_ids"), col(Publication.published)
    )
    return frozenset(await session.scalars(statement, {"sheet_ids": list(sheet_ids)}))


_CLOSING = table_of(TermClosing).c
_CLOSED = select(_CLOSING.class_id, _CLOSING.term).where(among(_CLOSING.class_id, "class_ids"))
_WHY = {
    Closed.NOT_YET: "Cột này chưa đến ngày nhập điểm.",
    Closed.WINDOW_OVER: "Cột này đã hết hạn nhập điểm (ngày cuối {day:%d/%m/%Y}).",
    Closed.LOCKED: "Sổ điểm của môn và học kỳ này đã khoá.",
}
_REOPEN = "Gửi đề nghị mở lại (có lý do); người thứ hai xác nhận thì nhập được trong thời hạn."
_HOW = {
    Closed.NOT_YET: "Đợi đến ngày mở, hoặc nhờ hiệu trưởng đổi thời gian nhập điểm.",
    Closed.WINDOW_OVER: _REOPEN,
    Closed.LOCKED: _REOPEN,
}
# The column's own window before that of its kind.
_STANDINGS = (
    text(
        """
        SELECT asked.sheet_id, asked.kind, book.locked, entry_window.opens_on,
               entry_window.closes_on, reopening.until, reopening.asked_at, publication.published,
               publication.version, publication.changed_at
          FROM unnest(:sheet_id, :class_id, :school_id, :school_year, :subject, :term, :kind,
                      :position)
               AS asked (sheet_id, class_id, school_id, school_year, subject, term, kind, position)
          LEFT JOIN book USING (class_id, subject, term)
          LEFT JOIN publication USING (sheet_id)
          LEFT JOIN LATERAL (
               SELECT opens_on, closes_on FROM entry_window
                WHERE entry_window.school_id = asked.school_id
                  AND entry_window.school_year = asked.school_year
                  AND entry_window.term = asked.term AND entry_window.kind = asked.kind
                  AND entry_window.position IN (asked.position, 0)
                ORDER BY entry_window.position DESC LIMIT 1
          ) AS entry_window ON true
          LEFT JOIN LATERAL (
               SELECT max(until) AS until,
                      max(requested_at) FILTER (WHERE state = 'requested') AS asked_at
                 FROM reopening WHERE reopening.target_id = asked.sheet_id
          ) AS reopening ON true
        """
    )
    .bindparams(
        *(bindparam(name, type_=ARRAY(Id)) for name in ("sheet_id", "class_id", "school_id")),
        *(
            bindparam(name, type_=ARRAY(String))
            for name in ("school_year", "subject", "term", "kind")
        ),
        bindparam("position", type_=ARRAY(SmallInteger)),
    )
    .columns(
        sheet_id=Id,
        kind=String,
        locked=Boolean,
        opens_on=Date,
        closes_on=Date,
        until=DateTime(timezone=True),
        asked_at=DateTime(timezone=True),
        published=Boolean,
        version=Integer,
        changed_at=DateTime(timezone=True),
    )
)
