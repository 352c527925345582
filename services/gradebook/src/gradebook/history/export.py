"""The history as a file: CSV, or a workbook with the changes and their effects."""

from collections.abc import Iterator
from datetime import datetime

from chassis import clock, spreadsheets
from chassis.spreadsheets import Sheet, Value
from gradebook.history.answers import ColumnAnswer, EffectAnswer, HistoryAnswer

JSON = "application/json"

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


def _place(one: ColumnAnswer) -> tuple[Value, ...]:
    kind = _KINDS.get(one["kind"], one["kind"])
    return one["class_name"], one["subject_name"], one["term"], kind, one["position"]


def _changes(answer: HistoryAnswer) -> Iterator[tuple[Value, ...]]:
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


def _effects(answer: EffectAnswer) -> Iterator[tuple[Value, ...]]:
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
    """Give the changes as a table."""
    return spreadsheets.to_csv(_CHANGES, _changes(answer))


def to_xlsx(changes: HistoryAnswer, effects: EffectAnswer) -> bytes:
    """Give them as a workbook: the true effects first, then every change."""
    return spreadsheets.to_xlsx(
        [
            Sheet("Tác động thật", _EFFECTS, _effects(effects), "C2"),
            Sheet("Mọi thay đổi", _CHANGES, _changes(changes), "C2"),
        ],
        author="EDU",
    )
