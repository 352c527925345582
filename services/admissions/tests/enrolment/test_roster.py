"""Lists of pupils as schools write them: every spelling, every fault, and whatever else comes."""

import csv
import io
import tracemalloc
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admissions import csv_table
from admissions.csv_table import MOST_ROWS
from admissions.enrolment import roster
from admissions.enrolment.domain import Pupil, State
from admissions.enrolment.roster import COLUMNS, Known, Place, Plan
from chassis.errors import Invalid
from chassis.sealing import SealedPerson
from contracts.lists import Grade, Level, Sex

SCHOOL = Place("0198f7a0-0000-7000-8000-000000000001", "THCS Tân Ninh", (Level.THCS,))
DAY = date(2026, 9, 5)
TITLES = [column.title for column in COLUMNS]
GOOD = ["080215000001", "Nguyễn Thị An", "05/09/2015", "Nữ", "Kinh", "6", "80001", "Không"]


def written(*rows: list[str], header: list[str] = TITLES, delimiter: str = ";") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode()


def examine(document: bytes, known: dict[str, Known] | None = None) -> tuple[Plan, list[str]]:
    plan, faults = roster.examine(
        csv_table.read(document, COLUMNS),
        {"80001": SCHOOL},
        known or {},
        school_year="2026-2027",
        day=DAY,
        only_school=None,
    )
    return plan, [f"{fault.row} {fault.column}" for fault in faults]


def with_cell(title: str, cell: str) -> list[str]:
    return [cell if column == title else good for column, good in zip(TITLES, GOOD, strict=True)]


def test_a_row_becomes_a_person_and_a_cell() -> None:
    (entry,) = examine(written(GOOD))[0].new
    assert entry.code == "080215000001"
    assert entry.person == SealedPerson(name="Nguyễn Thị An", birth_date=date(2015, 9, 5))
    assert (entry.cell.grade, entry.cell.sex, entry.cell.birth_year) == (
        Grade.G6,
        Sex.FEMALE,
        2015,
    )


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("above", [b"", "DANH SÁCH HỌC SINH; Trường A, lớp 6\n\n".encode()])
def test_delimiters_marks_and_titles_above_are_understood(
    delimiter: str, mark: bytes, above: bytes
) -> None:
    plan, faults = examine(mark + above + written(GOOD, delimiter=delimiter))
    assert (len(plan.new), faults) == (1, [])


@pytest.mark.parametrize(
    "header",
    [
        [title.upper() for title in TITLES],
        ["Ma dinh danh", "Họ tên", "ngay sinh", "Phái", "dân tộc", "Khối lớp", "mã trường", "X"],
        [
            "pupil_code",
            "full_name",
            "birth_date",
            "sex",
            "ethnic_minority",
            "grade",
            "school_code",
            "inclusion",
        ],
    ],
)
def test_headers_are_known_by_their_words(header: list[str]) -> None:
    assert len(examine(written(GOOD, header=header))[0].new) == 1


@pytest.mark.parametrize(
    ("title", "cell", "field", "value"),
    [
        ("Ngày sinh", "5-9-2015", "birth_year", 2015),
        ("Ngày sinh", "2015-09-05", "birth_year", 2015),
        ("Ngày sinh", "05.09.2015", "birth_year", 2015),
        ("Ngày sinh", "2015-09-05 00:00:00", "birth_year", 2015),
        ("Giới tính", "NAM", "sex", Sex.MALE),
        ("Giới tính", "female", "sex", Sex.FEMALE),
        ("Dân tộc", "Khơ-me", "ethnic_minority", True),
        ("Dân tộc", "H'Mông", "ethnic_minority", True),
        ("Dân tộc", "Ê đê", "ethnic_minority", True),
        ("Dân tộc", "kinh", "ethnic_minority", False),
        ("Dân tộc", "false", "ethnic_minority", False),
        ("Khối", "Lớp 9", "grade", Grade.G9),
        ("Khối", "07", "grade", Grade.G7),
        ("Học hòa nhập", "x", "inclusion", True),
        ("Học hòa nhập", "", "inclusion", False),
    ],
)
def test_cells_are_read_as_schools_write_them(
    title: str, cell: str, field: str, value: object
) -> None:
    (entry,) = examine(written(with_cell(title, cell)))[0].new
    assert getattr(entry.cell, field) == value


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("Mã định danh", ""),
        ("Mã định danh", "80215000001"),
        ("Mã định danh", "8,02E+11"),
        ("Mã định danh", "1" * 33),
        ("Họ và tên", "12"),
        ("Họ và tên", "\u200b"),
        ("Họ và tên", "a" * 101),
        ("Ngày sinh", "31/02/2015"),
        ("Ngày sinh", "09/25/2015"),
        ("Ngày sinh", "5/9/15"),
        ("Ngày sinh", "42252"),
        ("Ngày sinh", "06/09/2026"),
        ("Ngày sinh", "05/09/0015"),
        ("Ngày sinh", "05/09/1985"),
        ("Giới tính", "?"),
        ("Dân tộc", "Kihn"),
        ("Khối", "13"),
        ("Khối", "6.0"),
        ("Khối", "5"),
        ("Mã trường", "80002"),
        ("Mã trường", "8" * 33),
        ("Học hòa nhập", "có lẽ"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(title: str, cell: str) -> None:
    other = ["080215000009", *GOOD[1:]]
    assert set(examine(written(other, with_cell(title, cell)))[1]) == {f"3 {title}"}


def test_a_code_twice_is_a_fault_of_the_later_row() -> None:
    assert examine(written(GOOD, GOOD))[1] == ["3 Mã định danh"]


def test_what_is_known_is_unchanged_back_or_in_conflict() -> None:
    (entry,) = examine(written(GOOD))[0].new
    pupil = Pupil(SCHOOL.id, 1, State.ENROLLED, "2026-2027", DAY, entry.cell)
    same = Known(pupil, entry.person)
    assert examine(written(GOOD), {entry.code: same})[0] == Plan((), (), 1)
    left = Known(Pupil(SCHOOL.id, 2, State.WITHDRAWN, "2026-2027", DAY, entry.cell), entry.person)
    assert examine(written(GOOD), {entry.code: left})[0] == Plan((), ((left, entry),), 0)
    other = Known(pupil, SealedPerson(name="Khác", birth_date=entry.person.birth_date))
    assert examine(written(GOOD), {entry.code: other})[1] == ["2 Mã định danh"]
    earlier = Known(Pupil(SCHOOL.id, 1, State.ENROLLED, "2025-2026", DAY, entry.cell), entry.person)
    assert examine(written(GOOD), {entry.code: earlier})[1] == ["2 Mã định danh"]


def test_a_file_has_at_most_so_many_rows() -> None:
    header = ";".join(TITLES) + "\n"
    with pytest.raises(Invalid, match="hơn"):
        csv_table.read((header + "x\n" * (MOST_ROWS + 1)).encode(), COLUMNS)
    assert len(csv_table.read((header + "x\n" * MOST_ROWS).encode(), COLUMNS).rows) == MOST_ROWS


@pytest.mark.parametrize("piece", [b"x", b";", b'"', b'"a\n";', b"\r", b";\n"])
def test_a_file_of_one_thing_over_and_over_is_given_up_early(piece: bytes) -> None:
    document = piece * (10 * 1024 * 1024 // len(piece))
    tracemalloc.start()
    try:
        with pytest.raises(Invalid):
            csv_table.read(document, COLUMNS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.5 * len(document)  # once as text, and little more


def test_lines_within_quotes_belong_to_their_cell() -> None:
    plan, faults = examine(written(with_cell("Họ và tên", "Nguyễn\r\nThị\u2028 An"), GOOD[:1]))
    assert [entry.person.name for entry in plan.new] == ["Nguyễn Thị An"]
    # The next row is the third of the spreadsheet, though the fifth line of the file.
    assert {fault.split()[0] for fault in faults} == {"3"}


CELLS = st.one_of(st.sampled_from([*GOOD, "", "x", '"', "Lớp 6", "31/02/2015"]), st.text())


@given(st.lists(st.lists(CELLS, max_size=10), max_size=6), st.sampled_from(";,\t"))
def test_any_table_is_planned_or_faulted_row_by_row(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([TITLES, *rows])
    try:
        document = text.getvalue().encode()
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    try:
        table = csv_table.read(document, COLUMNS)
    except Invalid:
        return
    plan, faults = roster.examine(
        table, {"80001": SCHOOL}, {}, school_year="2026-2027", day=DAY, only_school=None
    )
    wrong = {fault.row for fault in faults}
    assert all(2 <= row <= len(rows) + 1 + text.getvalue().count("\n") for row in wrong)
    assert len({row.number for row in table.rows} - wrong) <= len(plan.new) <= len(table.rows)
    assert {fault.column for fault in faults} <= {*TITLES, "cuối"}


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(document: bytes) -> None:
    for text in (document, written(GOOD) + document, document + written(GOOD)):
        try:
            csv_table.read(text, COLUMNS)
        except Invalid as refused:
            assert refused.errors  # noqa: PT017 - either outcome is right, each has its shape
