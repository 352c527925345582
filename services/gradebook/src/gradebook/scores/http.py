"""Score sheets over HTTP: parse, authorise, do, answer."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, NamedTuple

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid, Problem, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from chassis.http.group_commit import TogetherDep
from contracts.ids import ClassId, PupilId, SchoolYear, SheetId
from contracts.lists import ColumnKind, Subject, Term
from gradebook.books import queries as books
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
    (saved,) = await _take(session, [commands.Order(actor, device, saves)])
    if isinstance(saved, Problem):
        raise saved
    return SavedAnswers(sheets=saved)


@changes.put("/sheets/{sheet_id}/cells", grouped=True, response_model=SavedAnswer)
async def save_cells(
    sheet_id: SheetPath,
    body: SaveBody,
    actor: ActorDep,
    device: DeviceDep,
    together: TogetherDep,
) -> Response:
    """Save cells of a sheet: enter, correct, empty or excuse them; all of them, or none."""
    return await together(_take_columns, commands.Order(actor, device, [_save(sheet_id, body)]))


def _save(sheet_id: str, body: SaveBody, where: str = "") -> Save:
    return Save(
        sheet_id=sheet_id,
        entries=[Entry(one.pupil_id, one.score, one.state, one.version) for one in body.cells],
        day=body.day,
        reason=Reason(body.reason_code, body.reason),
        where=where,
    )


async def _take_columns(
    session: Session, orders: Sequence[commands.Order]
) -> list[SavedAnswer | Problem]:
    """Take what many people save, a column each; one after another where it is the same one."""
    outcomes: dict[commands.Order, SavedAnswer | Problem] = {}
    left = list(orders)
    while left:
        apart = {order.saves[0].sheet_id: order for order in reversed(left)}.values()
        for order, saved in zip(apart, await _take(session, list(apart)), strict=True):
            outcomes[order] = saved if isinstance(saved, Problem) else saved[0]
        left = [order for order in left if order not in outcomes]
    return [outcomes[order] for order in orders]


async def _take(
    session: Session, orders: Sequence[commands.Order]
) -> list[list[SavedAnswer] | Problem]:
    """Take each order, or say why it is refused; no two of them are about the same sheet."""
    held = await sheets.hold(session, {one.sheet_id for order in orders for one in order.saves})
    moment = now()
    may = _May(
        held,
        await classes.standings_of(
            session,
            [
                (order.actor, held[one.sheet_id].class_id)
                for order in orders
                for one in order.saves
                if one.sheet_id in held
            ],
        ),
        await books.standings(session, held.values(), moment),
    )
    outcomes: dict[commands.Order, list[SavedAnswer] | Problem] = {}
    for order in orders:
        try:
            order.request.run(may.save, order)
        except Problem as problem:
            outcomes[order] = problem
    taken = [order for order in orders if order not in outcomes]
    stamp = commands.Stamp(moment, business_day(moment))
    for order, saved in zip(taken, await commands.save(session, taken, held, stamp), strict=True):
        outcomes[order] = (
            saved if isinstance(saved, Problem) else [answers.saved(one) for one in saved]
        )
    return [outcomes[order] for order in orders]


class _May(NamedTuple):
    """All that decides who may save what."""

    held: sheets.Held
    standings: Mapping[tuple[Principal, str], classes.Standing]
    columns: Mapping[str, books.Standing]

    def save(self, order: commands.Order) -> None:
        """Let an order go on.

        Raises:
            NotFound, Forbidden: it is nobody's of this person's.
            Conflict: a column may not be written now.
        """
        for one in order.saves:
            sheet = self.held.get(one.sheet_id)
            if sheet is None:
                _authorise_entry(order.actor, None, None, None)
                raise nothing_here()
            standing = self.standings.get((order.actor, sheet.class_id))
            _authorise_entry(order.actor, sheet.kind, sheet.subject, standing)
        books.check_open(
            self.columns,
            [one.sheet_id for one in order.saves],
            [one.where + "cells" for one in order.saves],
        )


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
    found = [
        (sheet, entered)
        for sheet, entered in await queries.sheets_of(session, class_id, subject, term)
        if POLICY.allow(principal, "scores.read", standing.to_subject(sheet.subject))
    ]
    return answers.sheet_list(
        found, await books.standings(session, [sheet for sheet, _ in found], now())
    )


@reads.get("/sheets/{sheet_id}")
async def read_sheet(
    sheet_id: SheetPath, session: SessionDep, principal: PrincipalDep, names: NamesDep
) -> WholeSheet:
    """Read a sheet: a line for each pupil of the class, and for those who left with a score.

    With it, whether it may be written now and until when, and whether guardians see it.
    """
    sheet = await queries.sheet(session, sheet_id)
    if sheet is None:
        POLICY.authorise(principal, "scores.read")
        raise nothing_here()
    standings = await classes.standings(session, principal, [sheet.class_id])
    POLICY.authorise(principal, "scores.read", standings[sheet.class_id].to_subject(sheet.subject))
    cells = await queries.cells_of(session, sheet_id)
    seated = (await classes.seated(session, [sheet.class_id]))[sheet.class_id]
    called = await names.shown(session, {*cells, *seated})
    standing = await books.standings(session, [sheet], now())
    return answers.whole_sheet(sheet, standing[sheet_id], cells, seated, called)


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

    A guardian reads what is published of the own children's, without the words in which a
    correction is explained.
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
    shown = await books.published(session, [sheet.sheet_id for sheet, _ in row]) if own else ()
    readable = [
        (sheet, cell)
        for sheet, cell in row
        if POLICY.allow(
            principal,
            "scores.read",
            standings[sheet.class_id].to_subject(sheet.subject)
            | (own if sheet.sheet_id in shown else frozenset()),
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
