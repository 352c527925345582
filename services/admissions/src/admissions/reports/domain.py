"""What a file of reports holds: its columns, its cells, and what must be true of a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from admissions.csv_table import CellError, Column, Row
from admissions.text import plain, tidy
from contracts.lists import OpenEnum, Subject
from contracts.reports import Adoption, StaffRole

Choice = TypeVar("Choice", bound=OpenEnum)

_MOST = 10**9
_OLDEST = 25


class Kind(StrEnum):
    """The files that can be sent."""

    ADOPTION = "adoption"
    STAFF = "staff"
    POPULATION = "population"


def _words(names: Mapping[str, Choice]) -> Callable[[str], Choice]:
    known = {plain(words): choice for words, choice in names.items()}
    known |= {plain(str(choice)): choice for choice in names.values()}

    def read(cell: str) -> Choice:
        found = known.get(plain(cell))
        if found is None:
            raise CellError("Không có giá trị này trong danh mục.")
        return found

    return read


SYSTEMS = {
    "Điểm trường": Adoption.SITE,
    "Chuẩn quốc gia": Adoption.NATIONAL_STANDARD,
    "Điểm danh thông minh": Adoption.SMART_ATTENDANCE,
    "Camera": Adoption.CAMERA,
    "Cổng thông tin": Adoption.PORTAL,
    "Giáo án điện tử": Adoption.LESSON_PLANS,
    "Thời khoá biểu": Adoption.TIMETABLE,
    "Đồng bộ Bộ": Adoption.MINISTRY_SYNC,
    "Đăng nhập lỗi": Adoption.LOGIN,
    "Phản hồi chậm": Adoption.RESPONSE,
    "Hàng đợi": Adoption.QUEUE,
    "Phản ánh chưa xử lý": Adoption.COMPLAINT,
    "Phản ánh đúng hạn": Adoption.COMPLAINT_ON_TIME,
    "Yêu cầu dữ liệu cá nhân": Adoption.PRIVACY_REQUEST,
}
"""What a school's file calls each system."""

ROLES = {
    "Giáo viên": StaffRole.TEACHER,
    "Cán bộ quản lý": StaffRole.MANAGER,
    "Nhân viên": StaffRole.EMPLOYEE,
}


def _count(cell: str) -> int:
    digits = cell.replace(".", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > _MOST:
        raise CellError("Không phải số nguyên không âm.")
    return int(digits)


def _age(cell: str) -> int:
    age = _count(cell)
    if age > _OLDEST:
        raise CellError("Tuổi ngoài khoảng 0 đến 25.")
    return age


def _subject(cell: str) -> Subject:
    try:
        return Subject(tidy(cell).upper())
    except ValueError:
        raise CellError("Không có mã môn này.") from None


def _place(cell: str) -> str:
    return tidy(cell)


_PLACE = Column(
    "place",
    "Mã nơi",
    ("ma noi", "ma truong", "ma xa", "place", "school code", "commune code"),
    _place,
    "Ghi mã trường, mã xã (5 chữ số) hoặc mã tỉnh (2 chữ số).",
)


def _number(field: str, title: str, *headers: str, optional: bool = False) -> Column:
    names = (plain(title), *headers)
    hint = "Ghi một số nguyên, ví dụ 12."
    if optional:
        return Column(field, title, names, _count, hint, blank=0, optional=True)
    return Column(field, title, names, _count, hint)


COLUMNS: Mapping[Kind, Sequence[Column]] = {
    Kind.ADOPTION: (
        _PLACE,
        Column(
            "system",
            "Nội dung",
            ("noi dung", "he thong", "system"),
            _words(SYSTEMS),
            f"Ghi một trong: {', '.join(SYSTEMS)}.",
        ),
        _number("items", "Số lượng", "items"),
        _number("users", "Người dùng", "users", optional=True),
        _number("out_of", "Trên tổng số", "out of", optional=True),
    ),
    Kind.STAFF: (
        _PLACE,
        Column(
            "role",
            "Vị trí",
            ("vi tri", "role"),
            _words(ROLES),
            f"Ghi một trong: {', '.join(ROLES)}.",
        ),
        Column(
            "subject",
            "Mã môn",
            ("ma mon", "mon", "subject"),
            _subject,
            "Ghi mã môn như TOAN, VAN; để trống nếu không phân môn.",
            blank=None,
            optional=True,
        ),
        _number("staff", "Tổng số", "staff"),
        _number("women", "Nữ", "women", optional=True),
        _number("qualified", "Đạt chuẩn", "qualified", optional=True),
        _number("certified", "Có chứng thư số", "certified", optional=True),
        _number("norm", "Định mức", "norm", optional=True),
    ),
    Kind.POPULATION: (
        _PLACE,
        Column("age", "Tuổi", ("tuoi", "age"), _age, "Ghi số tuổi từ 0 đến 25."),
        _number("persons", "Dân số", "persons"),
    ),
}

_CELL: Mapping[Kind, tuple[str, ...]] = {
    Kind.ADOPTION: ("system",),
    Kind.STAFF: ("role", "subject"),
    Kind.POPULATION: ("age",),
}
_PARTS = {"women": "Nữ", "qualified": "Đạt chuẩn", "certified": "Có chứng thư số"}


@dataclass(frozen=True, slots=True)
class Report:
    """One good row."""

    kind: Kind
    place: str
    cell: Mapping[str, Any]
    """What it is about."""
    counts: Mapping[str, int]

    @property
    def what(self) -> str:
        """Tell the cell from the place's others of the kind."""
        return "/".join("" if value is None else str(value) for value in self.cell.values())


def report(kind: Kind, row: Row) -> Report:
    """Give what a row without faults reports."""
    cell = {name: row.values[name] for name in _CELL[kind]}
    counts = {
        name: value for name, value in row.values.items() if name not in cell and name != "place"
    }
    return Report(kind, row.values["place"], cell, counts)


def too_large(found: Report) -> str | None:
    """Give the title of a column that counts more than all staff of the row, if any."""
    if found.kind is not Kind.STAFF:
        return None
    return next(
        (title for name, title in _PARTS.items() if found.counts[name] > found.counts["staff"]),
        None,
    )
