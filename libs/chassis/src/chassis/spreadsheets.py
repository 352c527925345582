"""Tables as files, for people with a spreadsheet: CSV, and workbooks of Office Open XML.

Names and reasons come from people, so a text that a spreadsheet would take for a formula is quoted
(CWE-1236): with an apostrophe in CSV, as text with a quote prefix in a workbook.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import NamedTuple, TypeAlias

from chassis import clock

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Value: TypeAlias = str | int | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Sheet(NamedTuple):
    """A table of a workbook."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Value]]
    corner: str
    """The first cell that scrolls; headings, and columns left of it, stay."""
    widths: Sequence[int] = ()
    """Of the columns, in characters."""


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a table with semicolons and a byte order mark, as Excel here expects."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow([_quoted(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def _quoted(value: Value) -> str | int:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def to_xlsx(sheets: Sequence[Sheet], *, author: str) -> bytes:
    """Write a workbook. The same tables give the same bytes but for when it was made."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - a tenth of a second, only for who asks

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        created = clock.now().astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"author": author, "created": created})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        quoted = book.add_format({"quote_prefix": True})
        for one in sheets:
            sheet = book.add_worksheet(one.title)
            sheet.freeze_panes(one.corner)
            for column, width in enumerate(one.widths):
                sheet.set_column(column, column, width)
            sheet.write_row(0, 0, one.headings, heading)
            for line, row in enumerate(one.rows, start=1):
                for column, value in enumerate(row):
                    if isinstance(value, int):
                        sheet.write_number(line, column, value)
                    elif value:
                        outside = quoted if value.startswith(_FORMULA) else None
                        sheet.write_string(line, column, value, outside)
    return content.getvalue()
