"""What pydantic found, said in Vietnamese: where it is, what is wrong, how to put it right.

The input itself is never repeated: it may be a name, and answers end up in logs of others.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.errors import FieldError

MOST_ERRORS = 100
"""So many faults are listed; nobody reads more, and a body could hold a million."""

_PARTS = {
    "path": "đường dẫn",
    "query": "tham số",
    "header": "header",
    "cookie": "cookie",
}

_WORDING = {
    "missing": ("Thiếu thông tin bắt buộc.", "Bổ sung trường này."),
    "extra_forbidden": (
        "Trường này không có trong API.",
        "Bỏ trường này hoặc sửa lại tên cho đúng.",
    ),
    "json_invalid": ("Không phải JSON hợp lệ.", "Sửa lỗi cú pháp JSON rồi gửi lại."),
    "string_type": ("Phải là chuỗi ký tự.", "Đặt giá trị trong dấu ngoặc kép."),
    "string_unicode": ("Chuỗi không phải Unicode hợp lệ.", "Gửi chuỗi theo mã UTF-8."),
    "string_too_short": ("Chuỗi quá ngắn.", "Nhập ít nhất {min_length} ký tự."),
    "string_too_long": ("Chuỗi quá dài.", "Nhập nhiều nhất {max_length} ký tự."),
    "string_pattern_mismatch": ("Không đúng định dạng.", "Viết theo mẫu {pattern}."),
    "int_type": ("Phải là số nguyên.", "Viết số nguyên, không có dấu ngoặc kép."),
    "int_parsing": ("Phải là số nguyên.", "Viết số nguyên, ví dụ 850."),
    "int_from_float": ("Phải là số nguyên.", "Bỏ phần thập phân."),
    "int_parsing_size": ("Số quá lớn.", "Viết một số nhỏ hơn."),
    "bool_type": ("Phải là đúng hoặc sai.", "Viết true hoặc false."),
    "bool_parsing": ("Phải là đúng hoặc sai.", "Viết true hoặc false."),
    "float_type": ("Phải là số.", "Viết một con số."),
    "float_parsing": ("Phải là số.", "Viết một con số."),
    "finite_number": ("Phải là số hữu hạn.", "Viết một con số."),
    "decimal_parsing": ("Phải là số thập phân.", "Viết số, ví dụ 8.5."),
    "greater_than": ("Giá trị quá nhỏ.", "Viết số lớn hơn {gt}."),
    "greater_than_equal": ("Giá trị quá nhỏ.", "Viết số từ {ge} trở lên."),
    "less_than": ("Giá trị quá lớn.", "Viết số nhỏ hơn {lt}."),
    "less_than_equal": ("Giá trị quá lớn.", "Viết số từ {le} trở xuống."),
    "multiple_of": ("Giá trị không đúng bước.", "Viết bội số của {multiple_of}."),
    "enum": ("Giá trị không có trong danh mục.", "Chọn một trong: {expected}."),
    "literal_error": ("Giá trị không có trong danh mục.", "Chọn một trong: {expected}."),
    "none_required": ("Phải để trống.", "Viết null."),
    "date_type": ("Phải là ngày.", "Viết ngày theo mẫu 2026-09-05."),
    "date_parsing": ("Phải là ngày.", "Viết ngày theo mẫu 2026-09-05."),
    "date_from_datetime_parsing": ("Phải là ngày.", "Viết ngày theo mẫu 2026-09-05."),
    "date_from_datetime_inexact": ("Phải là ngày, không kèm giờ.", "Viết theo mẫu 2026-09-05."),
    "datetime_type": ("Phải là thời điểm.", "Viết theo mẫu 2026-09-05T07:30:00+07:00."),
    "datetime_parsing": ("Phải là thời điểm.", "Viết theo mẫu 2026-09-05T07:30:00+07:00."),
    "datetime_from_date_parsing": (
        "Phải là thời điểm.",
        "Viết theo mẫu 2026-09-05T07:30:00+07:00.",
    ),
    "timezone_aware": ("Thiếu múi giờ.", "Viết theo mẫu 2026-09-05T07:30:00+07:00."),
    "uuid_type": ("Phải là mã UUID.", "Viết đúng mã UUID gồm 36 ký tự."),
    "uuid_parsing": ("Phải là mã UUID.", "Viết đúng mã UUID gồm 36 ký tự."),
    "list_type": ("Phải là danh sách.", "Đặt các giá trị trong [ ]."),
    "tuple_type": ("Phải là danh sách.", "Đặt các giá trị trong [ ]."),
    "dict_type": ("Phải là một đối tượng JSON.", "Đặt các trường trong {{ }}."),
    "model_type": ("Phải là một đối tượng JSON.", "Đặt các trường trong {{ }}."),
    "model_attributes_type": ("Phải là một đối tượng JSON.", "Đặt các trường trong {{ }}."),
    "too_short": ("Danh sách quá ngắn.", "Gửi ít nhất {min_length} phần tử."),
    "too_long": ("Danh sách quá dài.", "Gửi nhiều nhất {max_length} phần tử."),
    "union_tag_invalid": ("Loại không có trong danh mục.", "Chọn một trong: {expected_tags}."),
    "union_tag_not_found": ("Thiếu trường cho biết loại.", "Bổ sung trường {discriminator}."),
}

_JSON_PLACE = re.compile(r"at line (\d+) column (\d+)")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_READ_THE_PAGE = "Xem mô tả của trường này ở trang /docs."


def describe(errors: Sequence[Mapping[str, Any]]) -> Iterable[FieldError]:
    """Say pydantic's `errors` so that the person who typed the input can act on them."""
    return (_describe(error) for error in errors[:MOST_ERRORS])


def _describe(error: Mapping[str, Any]) -> FieldError:
    kind, context = str(error["type"]), error.get("ctx", {})
    where = _where(error["loc"])
    if kind == "value_error":
        # A validator of ours: its message is already Vietnamese and made for this person.
        return FieldError(where, str(context.get("error", error["msg"])), _READ_THE_PAGE)
    if kind == "json_invalid" and (place := _JSON_PLACE.search(str(context.get("error", "")))):
        where += f", dòng {place[1]}, cột {place[2]}"
    what, how = _WORDING.get(kind, (str(error["msg"]), _READ_THE_PAGE))
    return FieldError(where, what, how.format_map(_Blank(context)))


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"


def shown(name: str) -> str:
    """Give a name that a client made up, if it looks like one of ours; it may be anything."""
    return name if _NAME.fullmatch(name) else "(tên lạ)"


def _where(location: Sequence[str | int]) -> str:
    """Write ("body", "cells", 3, "value") as ``cells[3].value``."""
    part, *steps = location or ("body",)
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{shown(step)}" if path else shown(step)
    if part == "body":
        return path or "nội dung gửi lên"
    return f"{_PARTS.get(str(part), part)} {path}".strip()
