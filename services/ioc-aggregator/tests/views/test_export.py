"""The files: the same numbers as /indicators, whoever asks, and no text that a sheet would run."""

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from ioc_aggregator.indicators.catalogue import CATALOGUE

OFFICER = {"Authorization": "Bearer department-officer"}
EVIL = ('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")


def table(content: bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


async def export(client: httpx.AsyncClient, form: str, **query: str) -> httpx.Response:
    headers = OFFICER if query.pop("full", "") else {}
    answer = await client.get("/export", params={"format": form, **query}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert f".{form}" in answer.headers["content-disposition"]
    return answer


@pytest.mark.usefixtures("province")
@pytest.mark.parametrize("full", ["", "yes"])
async def test_every_form_says_what_the_page_says(client: httpx.AsyncClient, full: str) -> None:
    query: dict[str, Any] = {"by": "grade"}
    headers = OFFICER if full else {}
    everything = query | {"indicator": list(CATALOGUE)}
    shown = (await client.get("/indicators", params=everything, headers=headers)).json()
    wanted = [
        (item["indicator"], place["name"], part["numerator"], part["denominator"], item["as_of"])
        for item in shown["indicators"]
        for place, number in (
            (shown["unit"], item["number"]),
            *((child, child) for child in item["children"] if item["as_of"]),
        )
        for part in (number, *number["breakdown"])
    ]
    rows = (await export(client, "json", full=full, **query)).json()["rows"]
    assert [
        (row["indicator"], row["place"], row["numerator"], row["denominator"]) for row in rows
    ] == [one[:4] for one in wanted]
    assert any(row["numerator"] is None and "dưới 5" in row["note"] for row in rows) != bool(full)
    written = table((await export(client, "csv", full=full, **query)).content)
    assert [(row["Mã"], row["Nơi"], row["Tử số"], row["Mẫu số"]) for row in written] == [
        (code, place, *("" if part is None else str(part) for part in parts))
        for code, place, *parts in (one[:4] for one in wanted)
    ]
    book = load_workbook(io.BytesIO((await export(client, "xlsx", full=full, **query)).content))
    groups = dict.fromkeys(CATALOGUE[one[0]].group for one in wanted)
    assert len(book.sheetnames) == len(groups)
    cells = [row for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sorted(map(str, ((row[0], row[7], row[10], row[12]) for row in cells))) == sorted(
        map(str, (one[:4] for one in wanted))
    )


@pytest.mark.usefixtures("province")
async def test_each_row_says_what_its_number_means(client: httpx.AsyncClient) -> None:
    book = load_workbook(io.BytesIO((await export(client, "xlsx", full="yes")).content))
    sheet = book["Điểm"]
    headings = [cell.value for cell in sheet[1]]
    rows = [dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(2, values_only=True)]
    first = next(row for row in rows if row["Mã"] == "N26")
    progress = CATALOGUE["N26"]
    assert first["Định nghĩa"] == progress.definition.vi
    assert (first["Tử số là"], first["Tử số"]) == (progress.numerator_name.vi, 44)
    assert first["Mẫu số"] == 40
    assert str(first["Thời điểm số liệu"]).endswith("+07:00")
    assert (first["Số trường đã có số liệu (n)"], first["Số trường phải có (N)"]) == (2, 3)


@pytest.mark.parametrize("evil", EVIL)
async def test_a_name_is_never_a_formula(
    client: httpx.AsyncClient, log: Any, make: Any, evil: str
) -> None:
    """A17 of the reliability catalogue: a school may be called anything."""
    await log.append(
        make.unit(1, "Tây Ninh"),
        make.unit(2, evil, parent=1),
        make.school(11, 2),
        *make.enrolments(11, 30),
    )
    await log.reach("admissions", seconds=log.age())
    written = table((await export(client, "csv", indicator="N04")).content)
    assert [row["Nơi"] for row in written] == ["Tây Ninh", f"'{evil}"]
    content = (await export(client, "xlsx", indicator="N04")).content
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    cell = sheet.cell(3, 8)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert unescape(str(cell.value)) == evil
    assert all(one.data_type != "f" for row in sheet.iter_rows() for one in row)


@pytest.mark.usefixtures("province")
async def test_an_unknown_form_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/export", params={"format": "ods"})
    assert answer.status_code == 422
