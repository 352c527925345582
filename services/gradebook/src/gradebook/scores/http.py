"""Score sheets over HTTP: parse, authorise, do, answer."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.requests import Request

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from contracts.ids import ClassId, PupilId, SchoolYear, SheetId
from contracts.lists import ColumnKind, Subject, Term
from gradebook.classes import queries as classes
from gradebook.guardians import queries as guardians
from gradebook.policy import POLICY
from gradebook.requests import ActorDep, NamesDep
from gradebook.roster import queries as roster
from gradebook.scores import answers, commands, queries, sheets
from gradebook.scores.domain.columns import Column
from gradebook.scores.domain.saving import Entry, Reason, Save
from gradebook.scores.messages import (
    NewSheet,
    NewSheets,
    OpenedSheet,
    OpenedSheets,
    PupilRow,
    SaveBodies,
    SaveBody,
    SavedAnswer,
    SavedAnswers,
    SheetAnswer,
    SheetList,
    WholeSheet,
)

changes = CommandRouter(prefix="/v1", tags=["scores"])
reads = QueryRouter(prefix="/v1", tags=["scores"])

SheetPath = Annotated[SheetId, Path()]

_DEVICE_LENGTH = 200


async def _device(request: Request) -> commands.Device:
    """Say from where a request comes, as far as its program and its connection tell."""
    said = "".join(filter(str.isprintable, request.headers.get("user-agent", "")))
    address = request.client.host if request.client else None
    return commands.Device(said[:_DEVICE_LENGTH] or None, address)


DeviceDep = Annotated[commands.Device, Depends(_device)]


@changes.post("/sheets", status_code=HTTPStatus.CREATED)
async def open_sheet(body: NewSheet, session: SessionDep, principal: PrincipalDep) -> SheetAnswer:
    """Open a column of a class's score book; one that is open already is a conflict."""
    (opened,) = await _open(session, principal, [body])
    if not opened.new:
        raise Conflict("sheet-already-open", "Cột điểm này đã mở.", sheet_id=opened.sheet.sheet_id)
    return SheetAnswer(**opened.sheet.model_dump())


@changes.put("/sheets")
async def open_sheets(
    body: NewSheets, session: SessionDep, principal: PrincipalDep
) -> OpenedSheets:
    """Open columns, or be given those that are open: for programs, which may ask again."""
    opened = await _open(session, principal, body.sheets)
    return OpenedSheets(
        sheets=[OpenedSheet(**one.sheet.model_dump(), opened=one.new) for one in opened]
    )


async def _open(
    session: Session, principal: Principal, wanted: Sequence[NewSheet]
) -> Sequence[sheets.Opened]:
    class_ids = {one.class_id for one in wanted}
    rooms = await classes.rooms(session, class_ids, hold=True)
    standings = await classes.standings(session, principal, class_ids)
    for one in wanted:
        standing = standings.get(one.class_id)
        _authorise_entry(principal, one.kind if standing else None, one.subject, standing)
        if standing is None:
            raise nothing_here()
    return await sheets.open_sheets(
        session,
        [
            sheets.NewSheet(
                one.class_id, Column(one.subject, one.term, one.kind, one.position), one.candidates
            )
            for one in wanted
        ],
        rooms,
    )


@changes.put("/sheets/cells")
async def save_sheets(
    body: SaveBodies, session: SessionDep, actor: ActorDep, device: DeviceDep
) -> SavedAnswers:
    """Save cells of several sheets: all of them, or none."""
    saves = [_save(one.sheet_id, one, where=f"saves[{at}].") for at, one in enumerate(body.saves)]
    if len({one.sheet_id for one in saves}) < len(saves):
        raise Invalid(
            "sheet-twice",
            "Một cột điểm xuất hiện hai lần.",
            errors=[FieldError("saves", "Có hai phần cho cùng một cột.", "Gộp lại thành một.")],
        )
    return SavedAnswers(sheets=await _do_save(session, actor, device, saves))


@changes.put("/sheets/{sheet_id}/cells")
async def save_cells(
    sheet_id: SheetPath,
    body: SaveBody,
    session: SessionDep,
    actor: ActorDep,
    device: DeviceDep,
) -> SavedAnswer:
    """Save cells of a sheet: enter, correct, empty or excuse them; all of them, or none."""
    (saved,) = await _do_save(session, actor, device, [_save(sheet_id, body)])
    return saved


def _save(sheet_id: str, body: SaveBody, where: str = "") -> Save:
    return Save(
        sheet_id=sheet_id,
        entries=[Entry(one.pupil_id, one.score, one.state, one.version) for one in body.cells],
        day=body.day,
        reason=Reason(body.reason_code, body.reason),
        where=where,
    )


async def _do_save(
    session: Session, actor: Principal, device: commands.Device, saves: Sequence[Save]
) -> list[SavedAnswer]:
    held = await sheets.hold(session, {one.sheet_id for one in saves})
    standings = await classes.standings(session, actor, {sheet.class_id for sheet in held.values()})
    for one in saves:
        sheet = held.get(one.sheet_id)
        if sheet is None:
            _authorise_entry(actor, None, None, None)
            raise nothing_here()
        _authorise_entry(actor, sheet.kind, sheet.subject, standings.get(sheet.class_id))
    moment = now()
    stamp = commands.Stamp(actor.subject, moment, business_day(moment), device)
    saved = await commands.save(session, saves, held, stamp=stamp)
    return [answers.saved(one) for one in saved]


def _authorise_entry(
    principal: Principal,
    kind: ColumnKind | None,
    subject: Subject | None,
    standing: classes.Standing | None,
) -> None:
    """Ask the policy about an examination's column or a school's own; None: there is no such."""
    exam = kind is ColumnKind.EXAM if kind else POLICY.allow(principal, "exams.enter")
    relations = standing.to_subject(subject) if standing and subject else frozenset()
    POLICY.authorise(principal, "exams.enter" if exam else "scores.enter", relations)


@reads.get("/classes/{class_id}/sheets")
async def list_sheets(
    *,
    class_id: Annotated[ClassId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    subject: Annotated[Subject | None, Query()] = None,
    term: Annotated[Term | None, Query()] = None,
) -> SheetList:
    """List those sheets of a class that the asker may read, as they stand in the score book."""
    standing = (await classes.standings(session, principal, [class_id])).get(class_id)
    POLICY.authorise(principal, "scores.read", standing.to_class() if standing else ())
    if standing is None:
        raise nothing_here()
    found = await queries.sheets_of(session, class_id, subject, term)
    return answers.sheet_list(
        (sheet, entered)
        for sheet, entered in found
        if POLICY.allow(principal, "scores.read", standing.to_subject(sheet.subject))
    )


@reads.get("/sheets/{sheet_id}")
async def read_sheet(
    sheet_id: SheetPath, session: SessionDep, principal: PrincipalDep, names: NamesDep
) -> WholeSheet:
    """Read a sheet: a line for each pupil of the class, and for those who left with a score."""
    sheet = await queries.sheet(session, sheet_id)
    if sheet is None:
        POLICY.authorise(principal, "scores.read")
        raise nothing_here()
    standings = await classes.standings(session, principal, [sheet.class_id])
    POLICY.authorise(principal, "scores.read", standings[sheet.class_id].to_subject(sheet.subject))
    cells = await queries.cells_of(session, sheet_id)
    seated = (await classes.seated(session, [sheet.class_id]))[sheet.class_id]
    called = await names.shown(session, {*cells, *seated})
    return answers.whole_sheet(sheet, cells, seated, called)


@reads.get("/pupils/{pupil_id}/scores")
async def read_pupil(
    *,
    pupil_id: Annotated[PupilId, Path()],
    session: SessionDep,
    principal: PrincipalDep,
    names: NamesDep,
    school_year: Annotated[SchoolYear | None, Query()] = None,
    subject: Annotated[Subject | None, Query()] = None,
    term: Annotated[Term | None, Query()] = None,
) -> PupilRow:
    """Read a pupil's row with the full history of each cell, deleted and re-entered ones too.

    A guardian reads the own children's, without the words in which a correction is explained.
    """
    row = await queries.row_of(session, pupil_id, school_year, subject, term)
    enrolled = (await roster.enrolments(session, [pupil_id])).get(pupil_id)
    seat = None
    if enrolled is not None:
        seats = await classes.seats_of(session, [pupil_id], enrolled.school_year)
        seat = seats.get(pupil_id)
    concerned = {sheet.class_id for sheet, _ in row} | ({seat} if seat else set())
    standings = await classes.standings(session, principal, concerned)
    own = await guardians.relations(session, principal, pupil_id)
    readable = [
        (sheet, cell)
        for sheet, cell in row
        if POLICY.allow(
            principal, "scores.read", own | standings[sheet.class_id].to_subject(sheet.subject)
        )
    ]
    at_school = principal.relations_to_school(enrolled.school_id) if enrolled else frozenset()
    relations = at_school.union(own, *(standing.to_class() for standing in standings.values()))
    POLICY.authorise(principal, "scores.read", relations)
    if enrolled is None and not row:
        raise nothing_here()
    history = await queries.history_of(session, pupil_id, [sheet.sheet_id for sheet, _ in readable])
    called = await names.shown(session, [pupil_id])
    # Words may name another child: they stay in the school.
    inside = POLICY.allow(principal, "scores.read", relations - own)
    return answers.pupil_row(pupil_id, called[pupil_id], readable, history, words=inside)
