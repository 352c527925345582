"""What takes a file of reports: all of it or nothing, and only what changed is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from admissions import csv_table
from admissions.registry import queries
from admissions.reports import domain
from admissions.reports.domain import COLUMNS, Kind, Report
from admissions.reports.tables import ReportRow
from chassis.database import Session
from chassis.outbox import emit
from contracts.event import Event
from contracts.reports import (
    Adopted,
    AdoptionReported,
    PopulationReported,
    Staffing,
    StaffReported,
)

_TURN = 4_302_004
"""The advisory lock of this database for which imports of reports queue."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many cells are reported anew and how many were known just so."""

    reported: int
    unchanged: int
    ignored_columns: Sequence[str]


async def import_reports(
    session: Session, kind: Kind, document: bytes, *, school_year: str, day: date
) -> Imported:
    """Take what a CSV file reports as of a day for a school year.

    Raises:
        Invalid: with every fault of the file.
    """
    table = csv_table.read(document, COLUMNS[kind])
    await session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    places = await _places(session, table.rows, day)
    faults = list(table.faults)
    wanted: dict[tuple[str, str], Report] = {}
    for row in table.rows:
        place = row.values.get("place")
        if place is not None and len(places.get(place, ())) != 1:
            what = (
                f"Mã {place} vừa là trường vừa là đơn vị."
                if place in places
                else f"Không có trường, xã hay tỉnh mã {place} vào ngày {day:%d/%m/%Y}."
            )
            faults.append(row.fault("Mã nơi", what, "Sửa mã theo danh mục đang có hiệu lực."))
            continue
        if place is None or len(row.values) < len(COLUMNS[kind]):
            continue
        found = domain.report(kind, row)
        key = (places[place][0], found.what)
        if key in wanted:
            faults.append(row.fault("Mã nơi", "Nội dung này có hai lần trong tệp.", "Bỏ một dòng."))
        if (title := domain.too_large(found)) is not None:
            faults.append(row.fault(title, "Lớn hơn tổng số.", "Sửa một trong hai số."))
        wanted[key] = found
    csv_table.refuse(faults)
    changed = await _save(session, kind, wanted, school_year=school_year, day=day)
    return Imported(changed, len(wanted) - changed, table.ignored)


async def _places(
    session: Session, rows: Sequence[csv_table.Row], day: date
) -> Mapping[str, list[str]]:
    """Give, by code, the ids of the schools and units that bear it on the day."""
    codes = {row.values["place"] for row in rows if "place" in row.values}
    found: dict[str, list[str]] = {}
    for code, school in (await queries.open_schools(session, codes)).items():
        found.setdefault(code, []).append(school.id)
    for unit in (await queries.tree(session)).values():
        if unit.code in codes and unit.lives_on(day):
            found.setdefault(unit.code, []).append(unit.id)
    return found


async def _save(
    session: Session,
    kind: Kind,
    wanted: Mapping[tuple[str, str], Report],
    *,
    school_year: str,
    day: date,
) -> int:
    """Keep and tell what differs from what was reported before; return how many that are."""
    rows = await session.scalars(
        select(ReportRow).where(
            col(ReportRow.kind) == kind.value, col(ReportRow.school_year) == school_year
        )
    )
    known = {(row.place_id, row.what): (row.version, row.counts) for row in rows}
    events: list[Event] = []
    values: list[dict[str, Any]] = []
    for (place_id, what), report in wanted.items():
        version, before = known.get((place_id, what), (0, None))
        if before == report.counts:
            continue
        common = {
            "place_id": place_id,
            "version": version + 1,
            "school_year": school_year,
            "day": day,
        }
        events.append(_event(report, before, common))
        values.append(
            {
                "place_id": place_id,
                "kind": kind.value,
                "school_year": school_year,
                "what": what,
                "version": version + 1,
                "counts": dict(report.counts),
            }
        )
    if values:
        statement = insert(ReportRow)
        changed = {name: statement.excluded[name] for name in ("version", "counts")}
        keys = ["place_id", "kind", "school_year", "what"]
        await session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed), values
        )
        await emit(session, *events)
    return len(values)


def _event(report: Report, before: Mapping[str, int] | None, common: dict[str, Any]) -> Event:
    match report.kind:
        case Kind.ADOPTION:
            return AdoptionReported(
                **common,
                **report.cell,
                after=Adopted(**report.counts),
                before=None if before is None else Adopted(**before),
            )
        case Kind.STAFF:
            return StaffReported(
                **common,
                **report.cell,
                after=Staffing(**report.counts),
                before=None if before is None else Staffing(**before),
            )
        case Kind.POPULATION:
            return PopulationReported(
                **common,
                **report.cell,
                after=report.counts["persons"],
                before=None if before is None else before["persons"],
            )
