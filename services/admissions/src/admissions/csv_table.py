"""A CSV file as schools write it becomes rows of values, or the list of all its faults.

UTF-8 with or without a byte order mark; semicolons (what Excel writes in Viet Nam), commas or tabs.
The header is found by its words, with or without tone marks, in the first rows: a title above it
is common. What a cell holds is not repeated in a fault, unless a parser does so on purpose: it may
be a name, and answers end up in other people's logs.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from admissions.text import plain, tidy
from chassis.errors import FieldError, Invalid

MOST_ROWS = 10_000
_HEADER_WITHIN = 10
_DELIMITERS = (";", ",", "\t")
_LONGEST_CELL = 1000
_LONGEST_ROW = 100_000
_MOST_HEADERS = 200
_LINE = re.compile(rf"[^\r\n]{{1,{_LONGEST_ROW}}}+(?:\r\n|\r|\n)?|\r\n|\r|\n")


class CellError(Exception):
    """A cell does not hold what its column needs; ``how`` is the column's hint unless given."""

    def __init__(self, what: str, how: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.how = how


class _Required:
    """Stands for the value of an empty cell in a column that must be filled."""


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its field, its title as faults name it, its headers, how a cell is read."""

    field: str
    title: str
    headers: tuple[str, ...]
    """In plain words, as `plain` gives them; English ones too."""
    parse: Callable[[str], Any]
    hint: str
    """How a cell is filled rightly."""
    blank: object = REQUIRED
    """The value of an empty cell, and of all cells where ``optional`` and absent."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one row, by its number as a spreadsheet shows it, and column."""

    row: int
    column: str
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its number, and the values of its good cells by field."""

    number: int
    values: Mapping[str, Any]

    def fault(self, column: str, what: str, how: str) -> Fault:
        """Return a fault in this row."""
        return Fault(self.number, column, what, how)


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: all rows, and what is wrong with single cells of them."""

    rows: Sequence[Row]
    faults: Sequence[Fault]
    ignored: Sequence[str]
    """Headers of columns that nobody asked for."""


def refuse(faults: Iterable[Fault]) -> None:
    """Refuse the file as a whole if it has any fault, and name every one from the top down.

    Raises:
        Invalid: with every fault.
    """
    ordered = sorted(faults, key=lambda fault: fault.row)
    refuse_file(
        [
            FieldError(f"dòng {fault.row}, cột {fault.column}", fault.what, fault.how)
            for fault in ordered
        ]
    )


def refuse_file(errors: Sequence[FieldError]) -> None:
    """Refuse a file of another form in the same words if it has any fault."""
    if errors:
        raise Invalid(
            "file-refused",
            f"Tệp có {len(errors)} lỗi nên chưa ghi gì. Hãy sửa hết rồi gửi lại.",
            errors=errors,
        )


def read(document: bytes, columns: Sequence[Column]) -> Table:
    """Read the file.

    Raises:
        Invalid: it cannot be read as such a table at all.
    """
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(
            f"Tệp không theo mã UTF-8 (byte thứ {error.start + 1}).",
            "Trong Excel chọn Lưu thành → CSV UTF-8 (phân tách bằng dấu phẩy).",
        ) from None
    return _read(text, columns)


def _read(text: str, columns: Sequence[Column]) -> Table:
    delimiter, header_number, header = _find_header(text, columns)
    places, ignored = _match(header_number, header, columns)
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, cells in islice(_numbered(text, delimiter), header_number, None):
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            raise _unreadable(f"Tệp có hơn {MOST_ROWS} dòng.", "Chia thành nhiều tệp.")
        values, found = _parse(number, cells, places, columns)
        if any(cell.strip() for cell in cells[len(header) :]):
            found.append(
                Fault(number, "cuối", "Dòng có nhiều ô hơn tiêu đề.", "Kiểm tra dấu phân cách.")
            )
        faults += found
        rows.append(Row(number, values))
    if not rows:
        raise _unreadable("Tệp không có dòng dữ liệu nào.", "Thêm dòng dưới tiêu đề.")
    return Table(rows, faults, ignored)


def _numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number that a spreadsheet gives it.

    Line by line, ends kept, so that one inside quotes stays in its cell. A row is bounded before it
    is read: a file of nothing but separators would cost minutes and ten times its size.
    """
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        for line in _LINE.finditer(text):
            length += line.end() - line.start()
            if length > _LONGEST_ROW:
                raise _unreadable(
                    f"Tệp có dòng dài hơn {_LONGEST_ROW} ký tự.", "Kiểm tra dấu ngoặc kép."
                )
            yield line[0]

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            length = 0
            yield number, cells
    except csv.Error:
        raise _unreadable(
            f"Tệp không phải CSV hợp lệ ở dòng văn bản {reader.line_num}.",
            "Kiểm tra dấu ngoặc kép chưa đóng.",
        ) from None


def _find_header(text: str, columns: Sequence[Column]) -> tuple[str, int, list[str]]:
    """Return the delimiter under which some early row has the most known headers, and that row."""
    known = {header for column in columns for header in column.headers}
    best: tuple[int, str, int, list[str]] = (1, "", 0, [])
    for delimiter in _DELIMITERS:
        with suppress(Invalid):  # what one delimiter makes no sense of, another may read
            for number, cells in islice(_numbered(text, delimiter), _HEADER_WITHIN):
                headers = islice(cells, _MOST_HEADERS)
                score = sum(plain(cell[:_LONGEST_CELL]) in known for cell in headers)
                if score > best[0]:
                    best = (score, delimiter, number, cells)
    if not best[1]:
        names = ", ".join(column.title for column in columns if not column.optional)
        raise _unreadable(
            f"Không thấy dòng tiêu đề trong {_HEADER_WITHIN} dòng đầu.",
            f"Dòng tiêu đề cần các cột: {names}.",
        )
    return best[1:]


def _match(
    number: int, header: Sequence[str], columns: Sequence[Column]
) -> tuple[dict[str, int], list[str]]:
    """Return where each column stands; refuse a header with a column missing or doubled."""
    places: dict[str, int] = {}
    ignored: list[str] = []
    faults: list[Fault] = []
    by_header = {name: column for column in columns for name in column.headers}
    for place, cell in enumerate(header[:_MOST_HEADERS]):
        column = by_header.get(plain(cell[:_LONGEST_CELL]))
        if column is None:
            if cell.strip():
                ignored.append(tidy(cell)[:100])
        elif column.field in places:
            faults.append(Fault(number, column.title, "Cột này có hai lần.", "Bỏ một cột."))
        else:
            places[column.field] = place
    faults += [
        Fault(number, column.title, "Thiếu cột này.", f"Thêm cột có tiêu đề “{column.title}”.")
        for column in columns
        if not column.optional and column.field not in places
    ]
    refuse(faults)
    return places, ignored


def _parse(
    number: int, cells: Sequence[str], places: Mapping[str, int], columns: Sequence[Column]
) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column in columns:
        place = places.get(column.field)
        cell = cells[place].strip() if place is not None and place < len(cells) else ""
        try:
            values[column.field] = _value(column, cell)
        except CellError as error:
            faults.append(Fault(number, column.title, error.what, error.how or column.hint))
    return values, faults


def _value(column: Column, cell: str) -> object:
    if len(cell) > _LONGEST_CELL:
        raise CellError("Ô quá dài.", f"Nhập nhiều nhất {_LONGEST_CELL} ký tự.")
    if cell:
        return column.parse(cell)
    if column.blank is REQUIRED:
        raise CellError("Ô này trống.")
    return column.blank


def _unreadable(what: str, how: str) -> Invalid:
    return Invalid("file-unreadable", what, errors=[FieldError("tệp", what, how)])
