"""What changes the register: each command loads, lets the domain decide, saves and emits.

The register changes rarely and its rules look at all of it, so its commands take turns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from admissions import csv_table
from admissions.registry import domain, queries
from admissions.registry.domain import School, Tree, Unit
from admissions.registry.importing import SCHOOL_COLUMNS, Entry
from admissions.registry.tables import SchoolCodeRow, SchoolRow, UnitNameRow, UnitRow
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid, NotFound, Problem
from chassis.outbox import emit
from contracts.admissions import SchoolRegistered, UnitMerged, UnitRegistered
from contracts.lists import Level, Ownership, UnitKind

_TURN = 4_302_001
"""The advisory lock of this database for which the register's commands queue."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many were new and how many were known just so."""

    registered: int
    unchanged: int
    ignored_columns: Sequence[str] = ()


async def register_unit(
    session: Session,
    *,
    code: str,
    name: str,
    kind: UnitKind,
    parent_id: str | None,
    valid_from: date,
) -> tuple[Unit, bool]:
    """Register a unit; returns it and whether it is new."""
    tree = await _take_turn(session)
    unit = domain.register(
        tree, code=code, name=name, kind=kind, parent_id=parent_id, valid_from=valid_from
    )
    if unit.id in tree:
        return unit, False
    await _add_units(session, [unit])
    return unit, True


async def rename_unit(
    session: Session,
    unit_id: str,
    *,
    version: int,
    name: str,
    kind: UnitKind | None,
    valid_from: date,
) -> Unit:
    """Give a unit another name, or make a xã a phường."""
    tree = await _take_turn(session)
    unit = domain.rename(
        _found(tree, unit_id), version=version, name=name, kind=kind, valid_from=valid_from
    )
    await _save_unit(session, unit)
    await session.execute(insert(UnitNameRow), [_name_row(unit)])
    await emit(session, _registered(unit))
    return unit


async def merge_units(
    session: Session, versions: Mapping[str, int], *, into_id: str, valid_from: date
) -> list[Unit]:
    """End the units, whose versions were read, and make them part of another."""
    tree = await _take_turn(session)
    into = _found(tree, into_id)
    ended = []
    for unit_id, version in versions.items():
        unit = domain.merge(
            tree, _found(tree, unit_id), into, version=version, valid_from=valid_from
        )
        tree[unit.id] = unit
        ended.append(unit)
        await _save_unit(session, unit)
    await emit(
        session,
        *(
            UnitMerged(
                unit_id=unit.id, version=unit.version, into_id=into_id, valid_from=valid_from
            )
            for unit in ended
        ),
    )
    return ended


async def import_units(
    session: Session,
    entries: Sequence[Entry],
    *,
    province_code: str,
    province_name: str,
    valid_from: date,
) -> Imported:
    """Register the province and its communes as of one day; what is known just so stays."""
    tree = await _take_turn(session)
    first_names = await queries.first_names(session)
    province = domain.unit_id(province_code, valid_from)
    wanted = [("province_code", province_code, province_name, UnitKind.PROVINCE, None)] + [
        (f"đơn vị thứ {number}", entry.code, entry.name, entry.kind, province)
        for number, entry in enumerate(entries, 1)
    ]
    faults: list[FieldError] = []
    added: list[Unit] = []
    listed: set[str] = set()
    for where, code, name, kind, parent_id in wanted:
        unit_id = domain.unit_id(code, valid_from)
        if unit_id in listed:
            faults.append(FieldError(where, f"Mã {code} có hai lần trong tệp.", "Bỏ một dòng."))
        elif unit_id in first_names:
            if first_names[unit_id] != (name, kind):
                what = f"Mã {code} đã đăng ký là {first_names[unit_id][0]}."
                faults.append(FieldError(where, what, "Đổi tên một đơn vị thì dùng lệnh đổi tên."))
        else:
            try:
                unit = domain.register(
                    tree,
                    code=code,
                    name=name,
                    kind=kind,
                    parent_id=parent_id,
                    valid_from=valid_from,
                )
            except Problem as problem:
                faults.append(FieldError(where, problem.detail, "Sửa đơn vị này trong tệp."))
            else:
                tree[unit_id] = unit
                added.append(unit)
        listed.add(unit_id)
    csv_table.refuse_file(faults)
    await _add_units(session, added)
    return Imported(len(added), len(wanted) - len(added))


async def register_school(
    session: Session,
    *,
    code: str,
    name: str,
    levels: Sequence[Level],
    ownership: Ownership,
    unit_id: str,
    valid_from: date,
) -> tuple[School, bool]:
    """Register a school; returns it and whether it is new."""
    tree = await _take_turn(session)
    school = domain.new_school(
        code=code,
        name=name,
        levels=levels,
        ownership=ownership,
        unit_id=unit_id,
        valid_from=valid_from,
    )
    if (known := await queries.school(session, school.id)) is not None:
        return domain.same_school(known, school), False
    await _check_school(session, school, tree)
    await _add_schools(session, [school])
    return school, True


async def change_school(session: Session, wanted: School) -> School:
    """Replace what is known of a school from a day on; ``wanted.version`` is the one read."""
    tree = await _take_turn(session)
    present = await queries.school(session, wanted.id)
    if present is None:
        raise NotFound("school-unknown", "Không có trường này.")
    school = domain.change_school(present, wanted)
    if school == present:
        return present
    await _check_school(session, school, tree)
    await session.execute(
        update(SchoolRow).where(col(SchoolRow.id) == school.id).values(asdict(school))
    )
    if school.code != present.code:
        await session.execute(insert(SchoolCodeRow), [_code_row(school)])
    await emit(session, _school_registered(school))
    return school


async def import_schools(session: Session, document: bytes, *, valid_from: date) -> Imported:
    """Register the schools of a CSV file; what is known just so stays."""
    table = csv_table.read(document, SCHOOL_COLUMNS)
    tree = await _take_turn(session)
    communes = {
        unit.code: unit.id
        for unit in tree.values()
        if unit.kind in domain.COMMUNE_KINDS and unit.lives_on(valid_from)
    }
    codes = {row.values["code"] for row in table.rows if "code" in row.values}
    present = await queries.open_schools(session, codes)
    was_registered = await queries.known_schools(
        session, {domain.school_id(code, valid_from) for code in codes}
    )
    faults = list(table.faults)
    new: dict[str, School] = {}
    seen: set[str] = set()
    for row in table.rows:
        commune = row.values.get("commune")
        if commune is not None and commune not in communes:
            what = f"Không có xã, phường mã {commune} vào ngày {valid_from:%d/%m/%Y}."
            faults.append(row.fault("Mã xã", what, "Sửa mã theo danh mục đang có hiệu lực."))
        if (code := row.values.get("code")) in seen:
            faults.append(row.fault("Mã trường", "Mã này có hai lần trong tệp.", "Bỏ một dòng."))
        if code is not None:
            seen.add(code)
        if commune not in communes or len(row.values) < len(SCHOOL_COLUMNS):
            continue
        fields: dict[str, Any] = {**row.values, "unit_id": communes[row.values["commune"]]}
        fields.pop("commune")
        school = domain.new_school(**fields, valid_from=valid_from)
        known = present.get(school.code) or was_registered.get(school.id)
        if known is None:
            new[school.code] = school
        elif known != replace(school, version=known.version):
            what = "Mã này đã đăng ký với thông tin hoặc ngày khác."
            faults.append(row.fault("Mã trường", what, "Dùng lệnh sửa thông tin trường."))
    csv_table.refuse(faults)
    await _add_schools(session, list(new.values()))
    return Imported(len(new), len(table.rows) - len(new), table.ignored)


async def _take_turn(session: Session) -> dict[str, Unit]:
    """Wait until no other command changes the register, and return the tree."""
    await session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    return await queries.tree(session)


def _found(tree: Tree, unit_id: str) -> Unit:
    unit = tree.get(unit_id)
    if unit is None:
        raise NotFound("unit-unknown", "Không có đơn vị hành chính này.")
    return unit


async def _add_units(session: Session, units: Sequence[Unit]) -> None:
    if not units:
        return
    await session.execute(insert(UnitRow), [asdict(unit) for unit in units])
    await session.execute(insert(UnitNameRow), [_name_row(unit) for unit in units])
    await emit(session, *map(_registered, units))


async def _save_unit(session: Session, unit: Unit) -> None:
    await session.execute(update(UnitRow).where(col(UnitRow.id) == unit.id).values(asdict(unit)))


async def _add_schools(session: Session, schools: Sequence[School]) -> None:
    if not schools:
        return
    await session.execute(insert(SchoolRow), [asdict(school) for school in schools])
    await session.execute(insert(SchoolCodeRow), [_code_row(school) for school in schools])
    await emit(session, *map(_school_registered, schools))


async def _check_school(session: Session, school: School, tree: Tree) -> None:
    if (fault := domain.check_commune(school, tree)) is not None:
        raise Invalid("rule-broken", fault.what, errors=[fault])
    holder = (await queries.open_schools(session, [school.code])).get(school.code)
    if school.open and holder is not None and holder.id != school.id:
        raise Conflict(
            "school-code-in-use",
            f"Mã {school.code} đang là mã của {holder.name}.",
            school_id=holder.id,
        )


def _name_row(unit: Unit) -> dict[str, object]:
    return {
        "unit_id": unit.id,
        "version": unit.version,
        "name": unit.name,
        "kind": unit.kind,
        "valid_from": unit.named_from,
    }


def _code_row(school: School) -> dict[str, object]:
    return {
        "school_id": school.id,
        "version": school.version,
        "code": school.code,
        "valid_from": school.valid_from,
    }


def _registered(unit: Unit) -> UnitRegistered:
    return UnitRegistered(
        unit_id=unit.id,
        version=unit.version,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        parent_id=unit.parent_id,
        valid_from=unit.named_from,
    )


def _school_registered(school: School) -> SchoolRegistered:
    return SchoolRegistered(
        school_id=school.id,
        version=school.version,
        code=school.code,
        name=school.name,
        levels=school.levels,
        ownership=school.ownership,
        unit_id=school.unit_id,
        valid_from=school.valid_from,
        open=school.open,
    )
