"""The numbers of a unit as a file: CSV, a workbook with a sheet for each group, or JSON."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import msgspec

from chassis import clock, spreadsheets
from chassis.spreadsheets import CSV, XLSX, Sheet, Value
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import Group
from ioc_aggregator.views import answers

JSON = "application/json"
KINDS = {"csv": CSV, "xlsx": XLSX, "json": JSON}

_WITHHELD = "ẩn: dưới 5, hoặc để không suy ra ô dưới 5"
_SHEETS = {
    Group.PUPILS: "Trường, lớp, học sinh",
    Group.STAFF: "Đội ngũ",
    Group.SCORES: "Điểm",
    Group.RESULTS: "Kết quả, chuyên cần",
    Group.TRANSCRIPTS: "Học bạ số",
    Group.ADMISSION: "Tuyển sinh",
    Group.CONTACT: "Liên lạc",
    Group.FEES: "Khoản thu",
    Group.ADOPTION: "Chuyển đổi số, kiểm định",
    Group.SYSTEM: "Hệ thống",
}
_HEADINGS = (
    "Mã",
    "Phiên bản",
    "Chỉ tiêu",
    "Định nghĩa",
    "Đơn vị tính",
    "Kỳ",
    "Mã nơi",
    "Nơi",
    "Phân tổ",
    "Tử số là",
    "Tử số",
    "Mẫu số là",
    "Mẫu số",
    "Số trường đã có số liệu (n)",
    "Số trường phải có (N)",
    "Thời điểm số liệu",
    "Ghi chú",
)
_WIDTHS = (8, 9, 28, 60, 12, 14, 12, 28, 20, 24, 14, 24, 14, 14, 14, 22, 30)


@dataclass(frozen=True, slots=True)
class Row:
    """One number with all that it means."""

    indicator: str
    version: int
    name: str
    definition: str
    unit: str
    period: str
    place_code: str
    place: str
    dims: str
    numerator_name: str
    numerator: int | None
    denominator_name: str
    denominator: int | None
    schools_reported: int
    schools_expected: int
    as_of: str
    note: str


_NAMES = [field.name for field in fields(Row)]


def rows(answer: answers.IndicatorsAnswer) -> Iterator[Row]:
    """Give every number of an answer: the unit's, then those of the units below it.

    Where there is no source, one line says so for all of them.
    """
    for item in answer.indicators:
        below = [] if item.as_of is None else item.children
        for place, number in ((answer.unit, item.number), *((one, one) for one in below)):
            yield _row(item, place, number, number)
            for part in number.breakdown:
                yield _row(item, place, number, part)


def _row(
    item: answers.IndicatorAnswer,
    place: answers.Unit,
    number: answers.Number,
    part: answers.Number | answers.Part,
) -> Row:
    indicator = CATALOGUE[item.indicator]
    named = indicator.denominator_name
    dims = part.dims if isinstance(part, answers.Part) else {}
    return Row(
        indicator=item.indicator,
        version=item.version,
        name=item.name.vi,
        definition=indicator.definition.vi,
        unit=item.unit.vi,
        period=item.period,
        place_code=place.code or "",
        place=place.name,
        dims=", ".join(f"{name}: {value}" for name, value in {**item.dims, **dims}.items()),
        numerator_name=indicator.numerator_name.vi,
        numerator=part.numerator,
        denominator_name="" if named is None else named.vi,
        denominator=part.denominator,
        schools_reported=number.schools_reported,
        schools_expected=number.schools_expected,
        as_of="" if item.as_of is None else _local(item.as_of),
        note=_WITHHELD if part.suppressed else "" if item.as_of else "chưa có nguồn",
    )


def _local(moment: datetime) -> str:
    """Write a moment with the province's clock and its offset (RFC 3339)."""
    return moment.astimezone(clock.BUSINESS_ZONE).isoformat(timespec="seconds")


def made(answer: answers.IndicatorsAnswer, form: str) -> bytes:
    """Give an answer as a file of this form: seconds of work where all of a province is in it."""
    found = list(rows(answer))
    if form == "json":
        return to_json(found, answer)
    if form == "csv":
        return spreadsheets.to_csv(_HEADINGS, map(_values, found))
    return to_xlsx(found)


def to_json(found: Sequence[Row], answer: answers.IndicatorsAnswer) -> bytes:
    """Give them as objects, with the N of the feed at which they stand."""
    document = {"feed": answer.feed, "day": answer.day, "view": answer.view, "rows": found}
    return msgspec.json.encode(document)


def _values(row: Row) -> list[Value]:
    return [getattr(row, name) for name in _NAMES]


def to_xlsx(found: Sequence[Row]) -> bytes:
    """Give them as a workbook: a sheet for each group of indicators."""
    by_group: defaultdict[Group, list[list[Value]]] = defaultdict(list)
    for row in found:
        by_group[CATALOGUE[row.indicator].group].append(_values(row))
    sheets = [
        Sheet(_SHEETS.get(group, group.value.title()), _HEADINGS, by_group[group], "D2", _WIDTHS)
        for group in Group
        if group in by_group
    ]
    return spreadsheets.to_xlsx(sheets or [Sheet("Trống", (), (), "A1")], author="IOC-EDU")
