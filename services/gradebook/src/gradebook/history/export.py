"""The history as a file: CSV, or a workbook with the changes and their effects.

Names and reasons come from people, so a text that a spreadsheet would take for a formula is quoted
(CWE-1236): with an apostrophe in CSV, as text with a quote prefix in a workbook.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from chassis import clock
from gradebook.history.answers import ColumnAnswer, EffectAnswer, HistoryAnswer

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"

_Value = str | int | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMN = ("Lớp", "Môn", "Học kỳ", "Loại cột", "Cột số")
_CHANGES = (
    "Số trong chuỗi",
    *_COLUMN,
    "Mã học sinh",
    "Học sinh",
    "Lần sửa ô",
    "Việc đã làm",
    "Trước",
    "Sau",
    "Điểm trước khi xoá",
    "Sửa từ",
    "Tăng hay giảm",
    "Mã lý do",
    "Lý do",
    "Người sửa",
    "Lúc",
    "Ngày cho điểm",
    "Thiết bị",
    "Địa chỉ",
)
_EFFECTS = (
    "Mã học sinh",
    "Học sinh",
    *_COLUMN,
    "Trước",
    "Sau",
    "Tác động thật",
    "Số thay đổi",
    "Số lần sửa",
    "Người sửa",
    "Từ lúc",
    "Đến lúc",
)
_KINDS = {
    "regular": "ĐĐGtx",
    "special-topic": "chuyên đề",
    "midterm": "ĐĐGgk",
    "endterm": "ĐĐGck",
    "retest": "kiểm tra lại",
    "exam": "kỳ thi",
}
_WHATS = {
    "entered": "nhập",
    "corrected": "sửa",
    "deleted": "xoá",
    "re-entered": "nhập lại sau khi xoá",
    "excused": "vắng có phép",
    "zero-by-rule": "0 điểm theo quy chế",
}
_DIRECTIONS = {"up": "tăng", "down": "giảm"}
_DONE = {
    "raised": "tăng",
    "lowered": "giảm",
    "unchanged": "không đổi",
    "removed": "mất điểm",
}


def _place(one: ColumnAnswer) -> tuple[_Value, ...]:
    kind = _KINDS.get(one["kind"], one["kind"])
    return one["class_name"], one["subject_name"], one["term"], kind, one["position"]


def _changes(answer: HistoryAnswer) -> Iterator[tuple[_Value, ...]]:
    places = {one["sheet_id"]: _place(one) for one in answer["columns"]}
    for save in answer["saves"]:
        for one in save["changes"]:
            yield (
                save["number"],
                *places[save["sheet_id"]],
                one["pupil_id"],
                answer["pupils"][one["pupil_id"]],
                one["version"],
                _WHATS.get(one["what"], one["what"]),
                one["before"],
                one["after"],
                one["value_before_deletion"],
                one["edited"],
                _DIRECTIONS.get(one["direction"] or ""),
                one["reason_code"],
                save["reason"] if one["reason_code"] else None,
                save["by"],
                _local(save["at"]),
                save["day"],
                save["device"],
                save["address"],
            )


def _effects(answer: EffectAnswer) -> Iterator[tuple[_Value, ...]]:
    places = {one["sheet_id"]: _place(one) for one in answer["columns"]}
    for pupil in answer["pupils"]:
        for one in pupil["cells"]:
            yield (
                pupil["pupil_id"],
                pupil["name"],
                *places[one["sheet_id"]],
                one["before"],
                one["after"],
                _DONE[one["effect"]],
                one["changes"],
                one["edits"],
                ", ".join(one["by"]),
                _local(one["first_at"]),
                _local(one["last_at"]),
            )


def _local(at: str) -> str:
    """Write a moment with the province's clock and its offset (RFC 3339)."""
    return datetime.fromisoformat(at).astimezone(clock.BUSINESS_ZONE).isoformat()


def to_csv(answer: HistoryAnswer) -> bytes:
    """Give the changes as a table: semicolons and a byte order mark, as Excel here expects."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_CHANGES)
    for row in _changes(answer):
        writer.writerow([_quoted(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def _quoted(value: _Value) -> str | int:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def to_xlsx(changes: HistoryAnswer, effects: EffectAnswer) -> bytes:
    """Give them as a workbook: the true effects first, then every change."""
    from openpyxl import Workbook  # noqa: PLC0415 - a third of a second, only for who asks
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    book = Workbook(write_only=True)
    book.properties.created = clock.now().astimezone(UTC).replace(tzinfo=None)
    book.properties.creator = "EDU"
    for title, headings, rows in (
        ("Tác động thật", _EFFECTS, _effects(effects)),
        ("Mọi thay đổi", _CHANGES, _changes(changes)),
    ):
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "C2"
        named = [WriteOnlyCell(sheet, heading) for heading in headings]
        for cell in named:
            cell.font = Font(bold=True)
        sheet.append(named)
        for row in rows:
            cells = [WriteOnlyCell(sheet, value) for value in row]
            for cell in cells:
                if isinstance(cell.value, str) and cell.value.startswith(_FORMULA):
                    cell.data_type = "s"
                    cell.quotePrefix = True
            sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
