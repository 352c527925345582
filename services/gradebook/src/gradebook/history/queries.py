"""Reading the history: all changes of a place, and the chain that they stand in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Select, SmallInteger, and_, bindparam, func, select, text
from sqlmodel import col

from chassis.columns import among, table_of
from chassis.database import Session
from contracts.lists import Subject, Term
from gradebook.history.checkpoints import Checkpoint
from gradebook.history.entries import FIRST, Column, Line, Link
from gradebook.history.merkle import Node
from gradebook.history.tables import ChainCheckpoint
from gradebook.scores.tables import CellChange, ScoreSave, Sheet

MOST_LINES = 20_000
"""The most changes of one answer; whoever wants more asks for less at a time, or for a file."""


class TooManyError(Exception):
    """More changes than an answer holds."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which changes are asked for, of columns that are known already."""

    teacher_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    edited: bool = False
    """Leave out the first entry of each cell, which changes nothing that stood."""

    def holds(self, line: Line) -> bool:
        """Tell whether a change is asked for."""
        return (
            (self.teacher_id is None or line.changed_by == self.teacher_id)
            and (self.since is None or line.changed_at >= self.since)
            and (self.until is None or line.changed_at < self.until)
            and (not self.edited or line.version > 1)
        )


EVERYTHING = Selection()


async def columns_of(
    session: Session, class_ids: Collection[str], subject: Subject | None, term: Term | None
) -> Sequence[Column]:
    """Give the columns of classes."""
    statement = _COLUMNS.where(among(_SHEET.class_id, "class_ids"))
    if subject is not None:
        statement = statement.where(_SHEET.subject == subject)
    if term is not None:
        statement = statement.where(_SHEET.term == term)
    rows = await session.execute(statement, {"class_ids": list(class_ids)})
    return [Column._make(row) for row in rows]


async def cells_of(
    session: Session, sheet_ids: Collection[str], wanted: Selection, *, most: int = MOST_LINES
) -> tuple[Mapping[tuple[str, str], Sequence[Line]], Mapping[tuple[str, str], Link]]:
    """Give every cell with a change that is asked for: all its changes until then, oldest first.

    With them the links by sheet and save. Two statements, both by the leading column of a primary
    key, so that what is read grows with the columns asked for and not with the history.

    Raises:
        TooManyError: they have more than ``most`` changes.

    """
    condition = among(_LINE.sheet_id, "sheet_ids")
    if wanted.until is not None:
        condition &= _LINE.changed_at < wanted.until
    asked = among(_HIT.sheet_id, "sheet_ids")
    narrow = False
    if wanted.teacher_id is not None:
        asked, narrow = asked & (_HIT.changed_by == wanted.teacher_id), True
    if wanted.since is not None:
        asked, narrow = asked & (_HIT.changed_at >= wanted.since), True
    if wanted.edited:
        asked, narrow = asked & (_HIT.version > 1), True
    if narrow:
        if wanted.until is not None:
            asked &= _HIT.changed_at < wanted.until
        hit = select(_HIT.sheet_id, _HIT.pupil_id).where(asked).distinct().cte("hit")
        statement = _LINES.join(
            hit, and_(hit.c.sheet_id == _LINE.sheet_id, hit.c.pupil_id == _LINE.pupil_id)
        )
    else:
        statement = _LINES
    ordered = statement.where(condition).order_by(_LINE.sheet_id, _LINE.pupil_id, _LINE.version)
    parameters = {"sheet_ids": list(sheet_ids)}
    rows = (await session.execute(ordered.limit(most + 1), parameters)).all()
    if len(rows) > most:
        raise TooManyError
    cells: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for row in rows:
        line = Line._make(row)
        cells[line.sheet_id, line.pupil_id].append(line)
    touched = {sheet_id for sheet_id, _ in cells}
    found = await session.execute(_LINKS, {"sheet_ids": list(touched)})
    links = [Link._make(row) for row in found]
    return cells, {(link.sheet_id, link.save_id): link for link in links}


async def of_saves(
    session: Session, links: Sequence[Link]
) -> tuple[Mapping[str, Column], Mapping[str, Sequence[Line]]]:
    """Give the columns by sheet, and the lines by save."""
    sheet_ids = list({link.sheet_id for link in links})
    save_ids = [link.save_id for link in links]
    columns = await session.execute(
        _COLUMNS.where(among(_SHEET.sheet_id, "sheet_ids")), {"sheet_ids": sheet_ids}
    )
    rows = await session.execute(
        _LINES.where(among(_LINE.sheet_id, "sheet_ids"), among(_LINE.save_id, "save_ids")),
        {"sheet_ids": sheet_ids, "save_ids": save_ids},
    )
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for row in rows:
        line = Line._make(row)
        lines[line.save_id or ""].append(line)
    return {row.sheet_id: Column._make(row) for row in columns}, lines


async def head(session: Session) -> tuple[int, bytes]:
    """Give how long the chain is, and the hash of its last link."""
    last = (await session.execute(_HEAD)).one_or_none()
    return (0, FIRST) if last is None else (last.number, last.hash)


async def links_after(session: Session, number: int, limit: int) -> Sequence[Link]:
    """Give the links that follow one in the chain."""
    statement = _CHAIN.where(_SAVE.number > number).limit(limit)
    return [Link._make(row) for row in await session.execute(statement)]


async def hashes(session: Session, numbers: Collection[int]) -> Mapping[int, bytes]:
    """Give the hashes of links by number; 0 stands before the first."""
    rows = await session.execute(_HASHES, {"numbers": list(numbers)})
    return {0: FIRST, **dict(rows.all())}


async def nodes(session: Session, wanted: Iterable[Node]) -> Mapping[Node, bytes]:
    """Give nodes of the tree that are complete."""
    asked = set(wanted)
    inner = [node for node in asked if node[0]]
    found: dict[Node, bytes] = {}
    if inner:
        levels, places = zip(*inner, strict=True)
        rows = await session.execute(_NODES, {"levels": list(levels), "places": list(places)})
        found = {(level, place): value for level, place, value in rows}
    leaves = await hashes(session, [place + 1 for level, place in asked if not level])
    return found | {(0, number - 1): value for number, value in leaves.items() if number}


async def checkpoint(session: Session) -> Checkpoint | None:
    """Give the newest checkpoint."""
    row = (
        await session.execute(_CHECKPOINTS.order_by(col(ChainCheckpoint.size).desc()).limit(1))
    ).one_or_none()
    return None if row is None else Checkpoint._make(row)


async def checkpoints(session: Session, after: int, limit: int) -> Sequence[Checkpoint]:
    """Give the checkpoints over more links than this, the smallest first."""
    size = col(ChainCheckpoint.size)
    statement = _CHECKPOINTS.where(size > after).order_by(size).limit(limit)
    return [Checkpoint._make(row) for row in await session.execute(statement)]


async def waiting(session: Session) -> int:
    """Give how many saves have no place in the chain yet."""
    return int(await session.scalar(_WAITING) or 0)


_LINE = table_of(CellChange).c
_HIT = table_of(CellChange).alias("asked").c
_SAVE = table_of(ScoreSave).c
_SHEET = table_of(Sheet).c
_COLUMNS: Select[tuple[object, ...]] = select(*(_SHEET[name] for name in Column._fields))
_LINES: Select[tuple[object, ...]] = select(*(_LINE[name] for name in Line._fields))
_LINK: Select[tuple[object, ...]] = select(*(_SAVE[name] for name in Link._fields))
_LINKS = _LINK.where(among(_SAVE.sheet_id, "sheet_ids"))
_CHAIN = _LINK.order_by(_SAVE.number)
_HEAD = (
    select(_SAVE.number, _SAVE.hash)
    .where(_SAVE.number.is_not(None))
    .order_by(_SAVE.number.desc())
    .limit(1)
)
_HASHES = text("SELECT number, hash FROM score_save WHERE number = ANY(:numbers)").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger))
)
_NODES = text(
    "SELECT level, place, hash FROM unnest(:levels, :places) AS v (level, place) "
    "JOIN chain_node USING (level, place)"
).bindparams(
    bindparam("levels", type_=ARRAY(SmallInteger)), bindparam("places", type_=ARRAY(BigInteger))
)
_CHECKPOINTS: Select[tuple[object, ...]] = select(
    *(table_of(ChainCheckpoint).c[name] for name in Checkpoint._fields)
)
_WAITING = select(func.count()).select_from(table_of(ScoreSave)).where(_SAVE.number.is_(None))
