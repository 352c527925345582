"""A result file is taken whole or refused with every fault named."""

from pathlib import Path

import pytest

from edu.exam.file import FileRefused, read
from edu.failure import Failure

HEADER = "STT,SBD,MA_TINH,TOAN,VAN,LI,T_ANH,A00,D01\n"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "exam.csv"


def faults(path: Path, text: str | bytes) -> list[str]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FileRefused) as refused:
        read(path)
    return [str(fault) for fault in refused.value.faults]


def test_scores_become_hundredths_and_empty_cells_nothing(written: Path) -> None:
    written.write_text(
        HEADER + "1,28000001,28,6.5,8.25,,10,21,\n2,28000002,28,0,,0.05,10.00,,\n", "utf-8"
    )
    file = read(written)
    assert file.subjects == ("TOAN", "VAN", "LI", "T_ANH")
    assert [(one.number, one.scores) for one in file.candidates] == [
        ("28000001", {"TOAN": 650, "VAN": 825, "T_ANH": 1000}),
        ("28000002", {"TOAN": 0, "LI": 5, "T_ANH": 1000}),
    ]
    assert file.scores == 6


@pytest.mark.parametrize("lead", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_spreadsheets_ways_of_writing_csv_are_read(written: Path, lead: str, end: str) -> None:
    text = f'{lead}TOAN, SBD{end}"6.5",01{end},{end}9 ,02{end}'
    written.write_bytes(text.encode())
    assert [(one.number, one.scores) for one in read(written).candidates] == [
        ("01", {"TOAN": 650}),
        ("02", {"TOAN": 900}),
    ]


def test_another_byte_is_another_file(written: Path) -> None:
    written.write_text("SBD,TOAN\n1,6.5\n")
    first = read(written).digest
    written.write_text("SBD,TOAN\n1,6.50\n")
    assert read(written).digest != first


@pytest.mark.parametrize(
    "score", ["10.1", "11", "-1", "6,5", "6.555", "6.", ".5", "1e1", "nan", "٦", "06", "6.5 7"]
)
def test_what_is_no_score_is_named_with_row_and_column(written: Path, score: str) -> None:
    text = f'SBD,TOAN\n1,5\n2,"{score}"\n'
    (found,) = faults(written, text)
    assert found.startswith(f"row 3, column TOAN: {score!r} is no score. Write a number from 0 to")


def test_every_fault_of_the_file_is_named_at_once(written: Path) -> None:
    text = HEADER + "1,28,28,x,,,,,\n2,28,28,5,5,5,5,,\n3,,28,5,5,5,99,,\n4,29,28,5\n"
    found = faults(written, text)
    assert [fault.partition(":")[0] for fault in found] == [
        "row 2, column TOAN",
        "row 3, column SBD",
        "row 4, column SBD",
        "row 4, column T_ANH",
        "row 5",
    ]
    assert "stands in row 2 already" in found[1]


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("SBD,TOAN,TOÁN", "row 1, column TOÁN: the column 'TOÁN' is not known"),
        ("SBD,TOAN,TOAN", "row 1, column TOAN: the column stands twice"),
        ("TOAN,VAN", "row 1, column SBD: the column is missing"),
        ("SBD,A00", "row 1: no column is a subject"),
        ("SBD,,TOAN", "row 1, column number 2: the column has no name"),
        ("SBD;TOAN;VAN", "row 1: the columns are separated by semicolons"),
        ("SBD,GDTC,TOAN", "row 1, column GDTC: the column 'GDTC' is not known"),
    ],
)
def test_a_wrong_header_is_named(written: Path, header: str, named: str) -> None:
    assert faults(written, header + "\n1,2,3\n")[0].startswith(named)


def test_what_is_no_text_and_no_csv_is_refused_with_its_row(written: Path) -> None:
    assert faults(written, b"SBD,TOAN\n1,5\n2,\xff\n")[0].startswith("row 3: the text is not UTF-8")
    assert faults(written, 'SBD,TOAN\n1,"5"x\n')[0].startswith("row 2: ")
    assert faults(written, "")[0].startswith("row 1: the file is empty")
    assert faults(written, "SBD,TOAN\n")[0].startswith("row 2: there is no candidate")


def test_a_long_list_of_faults_is_cut_and_counted(written: Path) -> None:
    written.write_text("SBD,TOAN\n" + "".join(f"{n},x\n" for n in range(80)))
    with pytest.raises(FileRefused) as refused:
        read(written)
    assert str(refused.value).endswith("… and 30 more")


def test_a_file_that_is_not_there_is_one_clear_line(written: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        read(written)
