"""The year's workflow over HTTP: plan, review, lock, publish, write again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import Path, Query

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import FieldError, Invalid, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from contracts.ids import ClassId, SchoolId, SchoolYear, SheetId
from contracts.lists import ColumnKind, Subject, Term
from gradebook.books import commands as books
from gradebook.books import queries as standing
from gradebook.books.domain import ReopeningReason, ReopeningState
from gradebook.classes import queries as classes
from gradebook.classes.http import find
from gradebook.policy import POLICY
from gradebook.requests import ActorDep
from gradebook.scores import queries as scores
from gradebook.scores import sheets
from gradebook.workflow import closing, commands, queries
from gradebook.workflow.closing_messages import ClosingAnswer, ClosingBody
from gradebook.workflow.commands import Planned, Stamp
from gradebook.workflow.messages import (
    AnomalyAnswer,
    AssessmentPlan,
    BookAnswer,
    BookList,
    LateAnswer,
    LateList,
    LateOfClass,
    LockBody,
    MissingAnswer,
    Publication,
    PublishedSheet,
    PublishedSheets,
    ReopeningAnswer,
    ReopeningBody,
    ReopeningDecision,
    ReopeningList,
    ReviewAnswer,
)

changes = CommandRouter(prefix="/v1", tags=["workflow"])
reads = QueryRouter(prefix="/v1", tags=["workflow"])

ClassPath = Annotated[ClassId, Path()]
SubjectPath = Annotated[Subject, Path()]
TermPath = Annotated[Term, Path()]
_MOST_REOPENINGS = 200


def _stamp(actor: Principal) -> Stamp:
    """Say who acts, and when."""
    moment = now()
    return Stamp(actor.subject, moment, business_day(moment))


@changes.put("/classes/{class_id}/assessment-plan")
async def plan_assessments(
    class_id: ClassPath, body: AssessmentPlan, session: SessionDep, principal: PrincipalDep
) -> BookList:
    """Plan a class's assessments of a term (kế hoạch đánh giá): its books, columns and deadline."""
    room = await find(session, principal, class_id, "books.plan", hold=True)
    wanted = (
        None
        if body.subjects is None
        else [Planned(one.subject, one.regular) for one in body.subjects]
    )
    found = await commands.plan(session, room, body.term, wanted, body.due_on)
    return BookList(books=[_book(one) for one in found.values()])


@reads.get("/classes/{class_id}/books")
async def list_books(
    class_id: ClassPath,
    session: SessionDep,
    principal: PrincipalDep,
    term: Annotated[Term, Query()],
) -> BookList:
    """List a class's books of a term, and which of them are locked."""
    await find(session, principal, class_id, "classes.read")
    found = await standing.books_of(session, class_id, term)
    return BookList(books=[_book(one) for one in found.values()])


@reads.get("/classes/{class_id}/books/{subject}/{term}")
async def review_book(
    class_id: ClassPath,
    subject: SubjectPath,
    term: TermPath,
    session: SessionDep,
    principal: PrincipalDep,
) -> ReviewAnswer:
    """Look at a book before it is locked: what is missing, and what is unusual."""
    room = await _find_book(session, principal, class_id, subject, "books.review")
    return _review(room, subject, term, await queries.review(session, room, subject, term))


@changes.post("/classes/{class_id}/books/{subject}/{term}/lock")
async def lock_book(
    *,
    class_id: ClassPath,
    subject: SubjectPath,
    term: TermPath,
    body: LockBody,
    session: SessionDep,
    actor: ActorDep,
) -> ReviewAnswer:
    """Lock a book (khoá sổ); answered with what was found in it."""
    room = await _find_book(session, actor, class_id, subject, "books.lock", hold=True)
    found = await commands.lock(session, room, subject, term, body.accepts, stamp=_stamp(actor))
    return _review(room, subject, term, found)


@changes.post("/classes/{class_id}/terms/{term}/closing")
async def close_term(
    class_id: ClassPath,
    term: Annotated[Literal[Term.HK1, Term.HK2, Term.HE], Path()],
    body: ClosingBody,
    session: SessionDep,
    actor: ActorDep,
) -> ClosingAnswer:
    """Close a term of a class (hiệu trưởng khoá sổ): its results are decided and published."""
    room = await find(session, actor, class_id, "terms.close", hold=True)
    promotes = {one.pupil_id: one.promotes for one in body.promotions}
    closed = await closing.close(session, room, term, promotes, stamp=_stamp(actor))
    return _closed(class_id, term, closed)


def _closed(class_id: str, term: Term, closed: closing.Closing) -> ClosingAnswer:
    study: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    waiting = []
    for pupil, year in closed.years.items():
        if year.primary is not None:
            ends[year.primary.outcome] += 1
            decided: str | None = year.primary.result
        else:
            of_term = year.result and year.result.study
            at = {Term.HK1: 0, Term.HK2: 1}.get(term)
            found = of_term and (of_term.year if at is None else of_term.terms[at])
            decided = found.result if found else None
            if year.result is not None and term is not Term.HK1:
                after = year.result.after_summer
                ends[after.outcome if after else year.result.year_end] += 1
        if decided is None:
            waiting.append(pupil)
        else:
            study[decided] += 1
    return ClosingAnswer(
        class_id=class_id,
        term=term,
        closings=closed.closings,
        pupils=len(closed.years),
        study=study,
        year_end=ends,
        waiting=sorted(waiting),
    )


@changes.post("/classes/{class_id}/reopenings", status_code=HTTPStatus.CREATED)
async def request_class_reopening(
    class_id: ClassPath, body: ReopeningBody, session: SessionDep, actor: ActorDep
) -> ReopeningAnswer:
    """Ask that what the homeroom teacher writes of a closed term may be written again."""
    room = (await classes.rooms(session, [class_id], hold=True)).get(class_id)
    mine = (await classes.standings(session, actor, [class_id])).get(class_id)
    POLICY.authorise(actor, "reopenings.request-class", mine.as_a_whole if mine else ())
    if room is None:
        raise nothing_here()
    return await _request(session, class_id, room.school_id, body, actor)


@reads.get("/schools/{school_id}/missing")
async def list_missing(
    school_id: Annotated[SchoolId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    school_year: Annotated[SchoolYear, Query()],
    term: Annotated[Term, Query()],
) -> LateList:
    """List who has not entered yet: subjects whose columns are not full, with their teachers."""
    POLICY.authorise(principal, "books.supervise", principal.relations_to_school(school_id))
    found = await queries.missing_of_school(session, school_id, school_year, term)
    return LateList(school_id=school_id, term=term, subjects=[_late(one) for one in found])


@reads.get("/classes/{class_id}/missing")
async def list_missing_of_class(
    class_id: ClassPath,
    session: SessionDep,
    principal: PrincipalDep,
    term: Annotated[Term, Query()],
) -> LateOfClass:
    """List the subjects of a class whose columns are not full, of those that the asker may read."""
    room = await find(session, principal, class_id, "scores.read")
    mine = (await classes.standings(session, principal, [class_id]))[class_id]
    return LateOfClass(
        class_id=class_id,
        term=term,
        subjects=[
            _late(one)
            for one in await queries.missing_of_class(session, room, term)
            if POLICY.allow(principal, "scores.read", mine.to_subject(one.subject))
        ],
    )


def _late(one: queries.Late) -> LateAnswer:
    return LateAnswer(
        class_id=one.room.class_id,
        class_name=one.room.name,
        subject=one.subject,
        teacher_ids=one.teacher_ids,
        cells_due=one.due,
        cells_entered=one.entered,
        cells_excused=one.excused,
        locked=one.locked,
    )


@changes.put("/publications")
async def publish(body: Publication, session: SessionDep, actor: ActorDep) -> PublishedSheets:
    """Publish columns to guardians (công bố điểm), or withdraw them; all of them, or none."""
    held = await sheets.hold(session, set(body.sheet_ids))
    relations = await classes.standings(session, actor, {one.class_id for one in held.values()})
    for sheet_id in body.sheet_ids:
        sheet = held.get(sheet_id)
        _authorise_sheet(actor, "scores.publish", sheet, relations)
        if sheet is None:
            raise nothing_here()
    wanted = list(dict.fromkeys(body.sheet_ids))
    changed = await commands.set_published(
        session, [held[one] for one in wanted], published=body.published, stamp=_stamp(actor)
    )
    return PublishedSheets(
        sheets=[
            PublishedSheet(sheet_id=one, published=body.published, changed=one in changed)
            for one in wanted
        ]
    )


def _authorise_sheet(
    actor: Principal,
    action: str,
    sheet: scores.Sheet | None,
    relations: Mapping[str, classes.Standing],
) -> None:
    """Ask the policy about a school's own column or an examination's; None: there is no such."""
    found = relations.get(sheet.class_id) if sheet else None
    exam = sheet.kind is ColumnKind.EXAM if sheet else False
    POLICY.authorise(
        actor,
        "exams.enter" if exam else action,
        found.to_subject(sheet.subject) if found and sheet else (),
    )


@changes.post("/sheets/{sheet_id}/reopenings", status_code=HTTPStatus.CREATED)
async def request_reopening(
    sheet_id: Annotated[SheetId, Path()],
    body: ReopeningBody,
    session: SessionDep,
    actor: ActorDep,
) -> ReopeningAnswer:
    """Ask that a closed column may be written again for some hours; a second person confirms."""
    sheet = (await sheets.hold(session, [sheet_id])).get(sheet_id)
    relations = await classes.standings(session, actor, [sheet.class_id] if sheet else [])
    _authorise_sheet(actor, "reopenings.request", sheet, relations)
    if sheet is None:
        raise nothing_here()
    return await _request(session, sheet_id, sheet.school_id, body, actor)


async def _request(
    session: Session, target_id: str, school_id: str, body: ReopeningBody, actor: Principal
) -> ReopeningAnswer:
    """Note a request to write a sheet, or what a homeroom teacher writes, again."""
    if body.reason_code is ReopeningReason.OTHER and not body.reason:
        what = FieldError("reason", "Lý do khác phải ghi rõ.", "Ghi lý do bằng lời.")
        raise Invalid("reason-missing", "Chưa ghi lý do mở lại.", errors=[what])
    asked = await books.request_reopening(
        session,
        target_id,
        school_id,
        hours=body.hours,
        reason=(body.reason_code, body.reason),
        by=actor.subject,
        now=now(),
    )
    return (await _reopenings(session, [asked]))[0]


@changes.post("/reopenings/{reopening_id}/decision")
async def decide_reopening(
    reopening_id: Annotated[SheetId, Path()],
    body: ReopeningDecision,
    session: SessionDep,
    actor: ActorDep,
) -> ReopeningAnswer:
    """Confirm or reject a request: never one's own. What is confirmed closes again by itself."""
    asked = await standing.reopening(session, reopening_id, hold=True)
    at_school = actor.relations_to_school(asked.school_id) if asked else ()
    POLICY.authorise(actor, "reopenings.decide", at_school)
    if asked is None:
        raise nothing_here()
    await books.decide_reopening(
        session, asked, confirm=body.confirm, words=body.reason, by=actor.subject, now=now()
    )
    return (await _reopenings(session, [asked]))[0]


@reads.get("/schools/{school_id}/reopenings")
async def list_reopenings(
    school_id: Annotated[SchoolId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    state: Annotated[ReopeningState | None, Query()] = None,
) -> ReopeningList:
    """List a school's requests to write again what is closed, the newest first."""
    POLICY.authorise(principal, "reopenings.read", principal.relations_to_school(school_id))
    found = await standing.reopenings_of_school(session, school_id, state, _MOST_REOPENINGS)
    return ReopeningList(reopenings=await _reopenings(session, found))


async def _find_book(
    session: Session,
    principal: Principal,
    class_id: str,
    subject: Subject,
    action: str,
    *,
    hold: bool = False,
) -> classes.ClassRoom:
    """Give the class of a book to whoever may do ``action`` with the book."""
    room = (await classes.rooms(session, [class_id], hold=hold)).get(class_id)
    mine = (await classes.standings(session, principal, [class_id])).get(class_id)
    POLICY.authorise(principal, action, mine.to_subject(subject) if mine else ())
    if room is None:
        raise nothing_here()
    return room


def _book(one: standing.Book) -> BookAnswer:
    return BookAnswer.model_validate(one.model_dump())


async def _reopenings(
    session: Session, found: Sequence[standing.Reopening]
) -> list[ReopeningAnswer]:
    places = await queries.places_of(session, found)
    return [_reopening(one, places[one.reopening_id]) for one in found]


def _reopening(one: standing.Reopening, asked: queries.Asked) -> ReopeningAnswer:
    column = asked.column
    return ReopeningAnswer(
        **one.model_dump(exclude={"school_id"}),
        class_id=asked.room.class_id,
        class_name=asked.room.name,
        subject=column.subject if column else None,
        term=column.term if column else None,
        kind=column.kind if column else None,
        position=column.position if column else None,
    )


def _review(
    room: classes.ClassRoom, subject: Subject, term: Term, found: queries.Review
) -> ReviewAnswer:
    return ReviewAnswer(
        class_id=room.class_id,
        subject=subject,
        term=term,
        missing=[
            MissingAnswer(
                sheet_id=column.sheet_id,
                kind=column.kind,
                position=column.position,
                pupils=found.missing[column.sheet_id],
            )
            for column in found.columns
            if found.missing[column.sheet_id]
        ],
        anomalies=[
            AnomalyAnswer(kind=one.kind, sheet_id=one.sheet_id, pupils=one.pupils)
            for one in found.anomalies
        ],
    )
