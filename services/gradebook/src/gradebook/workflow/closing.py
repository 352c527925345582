"""Closing a term of a class: its books are locked, conduct is decided, and results follow."""

from collections.abc import Mapping
from typing import NamedTuple

from chassis.database import Session
from chassis.errors import Conflict, FieldError
from contracts.lists import Level, Term
from gradebook.books import commands as books
from gradebook.books import queries as standing
from gradebook.classes import queries as classes
from gradebook.conduct import queries as conducts
from gradebook.results import commands as deciding
from gradebook.results import queries as results
from gradebook.workflow.commands import Stamp

_BEFORE = {Term.HK2: Term.HK1, Term.HE: Term.HK2}


class Closing(NamedTuple):
    """For the how manieth time a term was closed, and what it came to, by pupil."""

    closings: int
    years: Mapping[str, results.PupilYear]


async def close(
    session: Session,
    room: classes.ClassRoom,
    term: Term,
    promotes: Mapping[str, bool],
    *,
    stamp: Stamp,
) -> Closing:
    """Close a term of a class that is held, or close it anew after something was written again.

    Raises:
        Conflict: something that the results rest on is still open or missing.

    """
    seated = (await classes.seated(session, [room.class_id]))[room.class_id]
    closed = (await standing.closed_terms(session, [room.class_id]))[room.class_id]
    _check_order(term, closed)
    if strangers := promotes.keys() - seated:
        raise Conflict(
            "pupils-not-here", "Có học sinh không ngồi ở lớp này.", pupils=sorted(strangers)
        )
    if term is not Term.HE:
        await _check_books(session, room, term)
        await _check_written(session, room, term, seated)
    await deciding.set_promotions(session, room.school_year, promotes, by=stamp.by, now=stamp.now)
    closings = await books.close_term(session, room.class_id, term, by=stamp.by, now=stamp.now)
    try:
        years = await deciding.decide(
            session, room, seated, term, closed, by=stamp.by, now=stamp.now
        )
    except results.NoRuleSetError:
        raise Conflict(
            "no-rule-set",
            f"Sổ điểm không có quy định cho {room.grade.vietnamese}, năm học {room.school_year}.",
        ) from None
    return Closing(closings, years)


def _check_order(term: Term, closed: frozenset[Term]) -> None:
    if (first := _BEFORE.get(term)) is not None and first not in closed:
        raise Conflict("earlier-term-open", f"Hãy khoá sổ {first.value} của lớp trước.")


async def _check_books(session: Session, room: classes.ClassRoom, term: Term) -> None:
    found = await standing.books_of(session, room.class_id, term, hold=True)
    if not found and room.grade.level is not Level.TH:
        raise Conflict("no-plan", "Lớp chưa có kế hoạch đánh giá của học kỳ này; hãy lập trước.")
    still_open = [book.subject for book in found.values() if not book.locked]
    if still_open:
        raise Conflict(
            "books-open",
            f"Còn {len(still_open)} môn chưa khoá sổ.",
            errors=[
                FieldError(subject, f"Sổ môn {subject.vietnamese} còn mở.", "Khoá sổ môn này.")
                for subject in still_open
            ],
        )


async def _check_written(
    session: Session, room: classes.ClassRoom, term: Term, seated: frozenset[str]
) -> None:
    """What the homeroom teacher writes: conduct, in primary the assessments of the year's end."""
    if room.grade.level is Level.TH:
        if term is Term.HK1:
            return
        written = set(await results.assessments_of(session, room.class_id, results.Period.YEAR))
        what = "đánh giá cuối năm"
    else:
        rows = await conducts.of_class(session, room.class_id, term)
        written = {pupil for pupil, row in rows.items() if row.level is not None}
        what = "kết quả rèn luyện"
    if lacking := sorted(seated - written):
        raise Conflict(
            "homeroom-missing",
            f"Còn {len(lacking)} học sinh chưa có {what}; giáo viên chủ nhiệm nhập trước.",
            pupils=lacking,
        )
