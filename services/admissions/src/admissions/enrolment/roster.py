"""A school's list of pupils (danh sách học sinh) as a CSV file, and all that may be wrong with it.

Pure: whoever calls hands over what the register knows of the schools and codes in the file.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from admissions.csv_table import CellError, Column, Fault, Row, Table
from admissions.enrolment.domain import EARLIEST_BIRTH, Pupil, State, birth_fault, placement_faults
from admissions.text import person_name, plain, tidy
from chassis.sealing import SealedPerson
from contracts.admissions import PupilCell
from contracts.lists import Grade, Level, Sex

Value = TypeVar("Value")

_CODE = re.compile(r"[A-Za-z0-9./_-]{1,32}")
_DATES = (
    re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
)
_DIGITS_OF_PERSONAL_ID = 12
_LONGEST_SCHOOL_CODE = 32
_MONTHS = 12

_FLAGS = dict.fromkeys(("co", "x", "1", "true", "yes", "dung"), True) | dict.fromkeys(
    ("khong", "0", "false", "no", "sai"), False
)
_SEXES = (
    dict.fromkeys(("nam", "male", "m"), Sex.MALE)
    | dict.fromkeys(("nu", "female", "f"), Sex.FEMALE)
    | dict.fromkeys(("khac", "other"), Sex.OTHER)
)
_GRADES = {plain(grade): grade for grade in Grade} | {
    plain(grade.vietnamese): grade for grade in Grade
}
_MAJORITY = ("kinh", "viet", "nguoinuocngoai", "nuocngoai")
# The 53 minorities of QĐ 121-TCTK/PPCĐ (1979) in the spellings in use, plain, without spaces.
_MINORITIES = (
    "tay thai hoa khome khmer muong nung hmong mong dao giarai jarai jrai ngai ede bana xodang"
    " sanchay caolan sanchi coho cham sandiu hre mnong raglai raglay xtieng stieng bruvankieu"
    " vankieu tho giay cotu gietrieng ma khomu co cor taoi choro khang xinhmun hanhi churu lao"
    " lachi laha phula lahu lu lolo chut mang pathen colao cong boy sila pupeo brau odu romam"
)
_ETHNIC = _FLAGS | dict.fromkeys(_MAJORITY, False) | dict.fromkeys(_MINORITIES.split(), True)


def _code(cell: str) -> str:
    if _CODE.fullmatch(cell) is None:
        raise CellError("Mã có ký tự lạ hoặc dài quá 32 ký tự.")
    if cell.isdigit() and len(cell) == _DIGITS_OF_PERSONAL_ID - 1:
        raise CellError(
            "Mã chỉ có 11 chữ số: Excel đã bỏ số 0 ở đầu.",
            "Định dạng cột này là Văn bản rồi nhập lại đủ 12 chữ số.",
        )
    return cell


def _name(cell: str) -> str:
    try:
        return person_name(cell)
    except ValueError as error:
        raise CellError(str(error)) from None


def _date(cell: str) -> date:
    text = cell.removesuffix(" 00:00:00").removesuffix("T00:00:00")
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            parts = {name: int(part) for name, part in found.groupdict().items()}
            if parts["day"] <= _MONTHS < parts["month"]:
                raise CellError("Không có tháng này: có thể ngày và tháng bị đảo chỗ.")
            try:
                day = date(**parts)
            except ValueError:
                break
            if day < EARLIEST_BIRTH:
                raise CellError("Ngày sinh quá xa.")
            return day
    raise CellError("Không phải là ngày có thật.")


def _grade(cell: str) -> Grade:
    words = plain(cell)
    for prefix in ("lop ", "khoi ", "grade "):
        words = words.removeprefix(prefix)
    grade = _GRADES.get(words.lstrip("0"))
    if grade is None:
        raise CellError("Không có khối này.")
    return grade


def _school_code(cell: str) -> str:
    if len(cell) > _LONGEST_SCHOOL_CODE:
        raise CellError(f"Mã dài quá {_LONGEST_SCHOOL_CODE} ký tự.")
    return tidy(cell)


def _one_of(choices: Mapping[str, Value], what: str) -> Callable[[str], Value]:
    def parse(cell: str) -> Value:
        choice = choices.get(plain(cell).replace(" ", ""))
        if choice is None:
            raise CellError(what)
        return choice

    return parse


CODE = Column(
    "code",
    "Mã định danh",
    (
        "ma dinh danh",
        "ma hoc sinh",
        "so dinh danh",
        "ma so dinh danh",
        "so dinh danh ca nhan",
        "ma dinh danh ca nhan",
        "ma dinh danh hoc sinh",
        "pupil code",
        "student code",
        "code",
    ),
    _code,
    "Ghi mã định danh của học sinh, chỉ gồm chữ không dấu, số và . / - _",
)
NAME = Column(
    "name",
    "Họ và tên",
    ("ho va ten", "ho ten", "ho ten hoc sinh", "ten hoc sinh", "full name", "name"),
    _name,
    "Ghi họ và tên như trong giấy khai sinh.",
)
BIRTH_DATE = Column(
    "birth_date",
    "Ngày sinh",
    ("ngay sinh", "ngay thang nam sinh", "birth date", "date of birth"),
    _date,
    "Ghi ngày/tháng/năm, ví dụ 05/09/2015.",
)
SEX = Column(
    "sex",
    "Giới tính",
    ("gioi tinh", "phai", "sex", "gender"),
    _one_of(_SEXES, "Không hiểu giới tính này."),
    "Ghi Nam, Nữ hoặc Khác.",
)
ETHNIC = Column(
    "ethnic_minority",
    "Dân tộc",
    ("dan toc", "dan toc thieu so", "ethnic", "ethnicity", "ethnic minority"),
    _one_of(_ETHNIC, "Không có dân tộc này trong danh mục."),
    "Ghi tên dân tộc như Kinh, Khơ-me; hoặc Có, Không nếu cột chỉ hỏi dân tộc thiểu số.",
)
GRADE = Column(
    "grade",
    "Khối",
    ("khoi", "khoi lop", "khoi hoc", "grade"),
    _grade,
    "Ghi 1 đến 12, hoặc NT, MG3, MG4, MG5.",
)
SCHOOL = Column(
    "school_code",
    "Mã trường",
    ("ma truong", "school code", "school"),
    _school_code,
    "Ghi mã trường hiện nay trong danh mục của Sở.",
)
INCLUSION = Column(
    "inclusion",
    "Học hòa nhập",
    ("hoc hoa nhap", "hoa nhap", "khuyet tat hoc hoa nhap", "khuyet tat", "inclusion"),
    _one_of(_FLAGS, "Không hiểu giá trị này."),
    "Ghi Có hoặc Không; để trống là Không.",
    blank=False,
    optional=True,
)
COLUMNS = (CODE, NAME, BIRTH_DATE, SEX, ETHNIC, GRADE, SCHOOL, INCLUSION)
_TITLES = {"grade": GRADE.title, "birth_date": BIRTH_DATE.title}


@dataclass(frozen=True, slots=True)
class Place:
    """An open school, as far as a pupil's enrolment needs it."""

    id: str
    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has a code already."""

    pupil: Pupil
    person: SealedPerson


@dataclass(frozen=True, slots=True)
class Entry:
    """A pupil to enrol."""

    code: str
    person: SealedPerson
    cell: PupilCell


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file without a fault asks for."""

    new: tuple[Entry, ...]
    again: tuple[tuple[Known, Entry], ...]
    """Withdrawn pupils who come back."""
    unchanged: int


def examine(
    table: Table,
    places: Mapping[str, Place],
    known: Mapping[str, Known],
    *,
    school_year: str,
    day: date,
    only_school: str | None,
) -> tuple[Plan, list[Fault]]:
    """Return what the file asks for, and every fault of it; with a fault the plan is void.

    ``only_school`` is the one school whose pupils the person who asks may enrol.
    """
    faults = list(table.faults)
    first_rows: dict[str, int] = {}
    new: list[Entry] = []
    again: list[tuple[Known, Entry]] = []
    unchanged = 0
    for row in table.rows:
        faults += _row_faults(row, places, school_year, day, only_school)
        code = row.values.get("code")
        if code in first_rows:
            what = f"Trùng với dòng {first_rows[code]}."
            faults.append(row.fault(CODE.title, what, "Mỗi học sinh một dòng: bỏ dòng thừa."))
        elif code is not None:
            first_rows[code] = row.number
        place = places.get(row.values.get("school_code", ""))
        if place is None or len(row.values) < len(COLUMNS):
            continue
        entry = _entry(row, place)
        present = known.get(entry.code)
        if present is None:
            new.append(entry)
        elif present.pupil.state is State.WITHDRAWN:
            if day < present.pupil.since:
                what = f"Học sinh thôi học ngày {present.pupil.since:%d/%m/%Y}."
                faults.append(row.fault(CODE.title, what, "Ghi danh lại từ ngày đó trở đi."))
            again.append((present, entry))
        elif others := list(_differences(present, entry, school_year)):
            what = f"Đã ghi danh với thông tin khác: {', '.join(others)}."
            how = "Chuyển trường hoặc sửa thông tin thì dùng lệnh chuyển; nếu mã sai thì sửa mã."
            faults.append(row.fault(CODE.title, what, how))
        else:
            unchanged += 1
    return Plan(tuple(new), tuple(again), unchanged), faults


def _row_faults(
    row: Row, places: Mapping[str, Place], school_year: str, day: date, only_school: str | None
) -> Iterable[Fault]:
    values = row.values
    born: date | None = values.get("birth_date")
    if born is not None and (fault := birth_fault(born, day)) is not None:
        yield row.fault(BIRTH_DATE.title, fault.what, fault.how)
    if "school_code" not in values:
        return
    place = places.get(values["school_code"])
    if place is None:
        what = f"Không có trường nào đang hoạt động mang mã {values['school_code']}."
        yield row.fault(SCHOOL.title, what, SCHOOL.hint)
        return
    if only_school is not None and place.id != only_school:
        what = f"{place.name} không phải trường của tài khoản này."
        yield row.fault(SCHOOL.title, what, "Chỉ ghi danh được vào trường mình.")
    if born is not None and "grade" in values:
        for fault in placement_faults(values["grade"], place.levels, school_year, born):
            yield row.fault(_TITLES[fault.where], fault.what, fault.how)


def _entry(row: Row, place: Place) -> Entry:
    values = row.values
    return Entry(
        values["code"],
        SealedPerson(name=values["name"], birth_date=values["birth_date"]),
        PupilCell(
            school_id=place.id,
            grade=values["grade"],
            sex=values["sex"],
            ethnic_minority=values["ethnic_minority"],
            birth_year=values["birth_date"].year,
            inclusion=values["inclusion"],
        ),
    )


def _differences(known: Known, entry: Entry, school_year: str) -> Iterable[str]:
    """Name the columns in which a file and the register disagree about one code."""
    present, wanted = known.pupil.cell, entry.cell
    if known.pupil.school_year != school_year:
        yield "năm học"
    if present.school_id != wanted.school_id:
        yield "trường"
    if known.person.name != entry.person.name:
        yield "họ và tên"
    if known.person.birth_date != entry.person.birth_date:
        yield "ngày sinh"
    for column in (GRADE, SEX, ETHNIC, INCLUSION):
        if getattr(present, column.field) != getattr(wanted, column.field):
            yield column.title.lower()
