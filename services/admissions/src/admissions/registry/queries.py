"""What is read of the register; the slice's public door."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ARRAY, Text, and_, any_, func, literal, or_, select, tuple_
from sqlmodel import col

from admissions.base import UUID
from admissions.registry.domain import School, Unit
from admissions.registry.tables import SchoolCodeRow, SchoolRow, UnitNameRow, UnitRow
from chassis.database import Session
from contracts.lists import Level, Ownership, UnitKind


def unit_of(row: UnitRow) -> Unit:
    """Return the unit that a row holds."""
    return Unit(**row.model_dump(exclude={"kind"}), kind=UnitKind(row.kind))


def school_of(row: SchoolRow) -> School:
    """Return the school that a row holds."""
    return School(
        **row.model_dump(exclude={"levels", "ownership"}),
        levels=tuple(map(Level, row.levels)),
        ownership=Ownership(row.ownership),
    )


async def tree(session: Session) -> dict[str, Unit]:
    """Return all units: there are hundreds at most."""
    rows = await session.scalars(select(UnitRow))
    return {row.id: unit_of(row) for row in rows}


async def first_names(session: Session) -> dict[str, tuple[str, UnitKind]]:
    """Return the name and kind that each unit was registered with."""
    rows = await session.scalars(select(UnitNameRow).where(col(UnitNameRow.version) == 1))
    return {row.unit_id: (row.name, UnitKind(row.kind)) for row in rows}


async def units(
    session: Session,
    *,
    on: date,
    code: str | None,
    parent_id: str | None,
    after: str | None,
    limit: int,
) -> Sequence[tuple[UnitRow, UnitNameRow]]:
    """Return the units that exist on a day, each with the name it bears then, by code."""
    # The days of a unit's names never go back, so the latest of those that began is the last.
    named = (
        select(col(UnitNameRow.unit_id), func.max(UnitNameRow.version).label("version"))
        .where(col(UnitNameRow.valid_from) <= on)
        .group_by(col(UnitNameRow.unit_id))
        .subquery()
    )
    statement = (
        select(UnitRow, UnitNameRow)
        .join(UnitNameRow, col(UnitNameRow.unit_id) == col(UnitRow.id))
        .join(
            named,
            and_(
                named.c.unit_id == col(UnitNameRow.unit_id),
                named.c.version == col(UnitNameRow.version),
            ),
        )
        .where(
            col(UnitRow.valid_from) <= on,
            or_(col(UnitRow.ended_on).is_(None), col(UnitRow.ended_on) > on),
        )
        .order_by(col(UnitRow.code), col(UnitRow.id))
        .limit(limit)
    )
    if code is not None:
        statement = statement.where(col(UnitRow.code) == code)
    if parent_id is not None:
        statement = statement.where(col(UnitRow.parent_id) == parent_id)
    if after is not None:
        last = (
            select(col(UnitRow.code), col(UnitRow.id))
            .where(col(UnitRow.id) == after)
            .scalar_subquery()
        )
        statement = statement.where(tuple_(col(UnitRow.code), col(UnitRow.id)) > last)
    return [(unit, name) for unit, name in await session.execute(statement)]


async def school(session: Session, school_id: str) -> School | None:
    """Return one school."""
    row = await session.get(SchoolRow, school_id)
    return None if row is None else school_of(row)


async def school_codes(session: Session, school_id: str) -> Sequence[SchoolCodeRow]:
    """Return the codes that a school has had, the first one first."""
    statement = (
        select(SchoolCodeRow)
        .where(col(SchoolCodeRow.school_id) == school_id)
        .order_by(col(SchoolCodeRow.version))
    )
    return (await session.scalars(statement)).all()


async def open_schools(session: Session, codes: Collection[str]) -> dict[str, School]:
    """Return the open schools that have these codes now, by code."""
    wanted = any_(literal(list(codes), ARRAY(Text)))
    rows = await session.scalars(
        select(SchoolRow).where(col(SchoolRow.open), col(SchoolRow.code) == wanted)
    )
    return {row.code: school_of(row) for row in rows}


async def known_schools(session: Session, ids: Collection[str]) -> dict[str, School]:
    """Return those of these schools that are registered, by id."""
    wanted = any_(literal(list(ids), ARRAY(UUID)))
    rows = await session.scalars(select(SchoolRow).where(col(SchoolRow.id) == wanted))
    return {row.id: school_of(row) for row in rows}


async def schools(
    session: Session,
    *,
    code: str | None,
    unit_id: str | None,
    level: Level | None,
    is_open: bool | None,
    after: str | None,
    limit: int,
) -> Sequence[School]:
    """Return schools by code."""
    statement = select(SchoolRow).order_by(col(SchoolRow.code), col(SchoolRow.id)).limit(limit)
    if code is not None:
        statement = statement.where(col(SchoolRow.code) == code)
    if unit_id is not None:
        statement = statement.where(col(SchoolRow.unit_id) == unit_id)
    if level is not None:
        statement = statement.where(literal(level.value) == any_(col(SchoolRow.levels)))
    if is_open is not None:
        statement = statement.where(col(SchoolRow.open) == is_open)
    if after is not None:
        last = (
            select(col(SchoolRow.code), col(SchoolRow.id))
            .where(col(SchoolRow.id) == after)
            .scalar_subquery()
        )
        statement = statement.where(tuple_(col(SchoolRow.code), col(SchoolRow.id)) > last)
    return [school_of(row) for row in await session.scalars(statement)]
