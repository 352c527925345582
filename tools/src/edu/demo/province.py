"""The demo's province: twenty schools, four thousand pupils, their guardians; always the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from uuid import UUID, uuid5

from edu.demo.people import Guardian, Person, guardian, person

SEED = 2026
NAMES = UUID("5f3e2c9a-8f0b-5c1d-9b57-2d1c6a0e7f44")
CODE = "80MAU"
PUPILS_A_CLASS = 40
HEARD_SCHOOLS = frozenset(range(9, 17))
AGREED_EVERY = 8
"""Of which schools, and how many of the guardians there, have agreed to letters on paper."""
EMPTY_SHARE = 0.06
"""The cells that nobody has entered yet."""

SCHOOL_NAMES = {
    "TH": (
        "Tiểu học Kim Đồng", "Tiểu học Võ Thị Sáu", "Tiểu học Lê Văn Tám", "Tiểu học Hoa Sen",
        "Tiểu học Bình Minh", "Tiểu học Vàm Cỏ", "Tiểu học Đồng Khởi", "Tiểu học Trần Quốc Toản",
    ),
    "THCS": (
        "THCS Nguyễn Trãi", "THCS Trần Hưng Đạo", "THCS Lý Thường Kiệt", "THCS Nguyễn Du",
        "THCS Phan Bội Châu", "THCS Lê Lợi", "THCS Chu Văn An", "THCS Nguyễn Huệ",
    ),
    "THPT": (
        "THPT Quang Trung", "THPT Nguyễn Đình Chiểu", "THPT Lê Quý Đôn", "THPT Hùng Vương",
    ),
}  # fmt: skip
CLASSES = {
    "TH": (("1", "1A"), ("2", "2A"), ("3", "3A"), ("4", "4A"), ("5", "5A")),
    "THCS": (("6", "6A1"), ("6", "6A2"), ("7", "7A1"), ("8", "8A1"), ("9", "9A1")),
    "THPT": (("10", "10A1"), ("10", "10A2"), ("11", "11A1"), ("12", "12A1"), ("12", "12A2")),
}
MIDTERMS_IN_PRIMARY = ("4", "5")
_SIX_IN_GRADE_1 = 6


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a class's score book."""

    subject: str
    kind: str
    position: int


BY_SCORE = tuple(
    Column(subject, "regular", position)
    for subject in ("TOAN", "VAN", "NN1")
    for position in (1, 2)
)
BY_COMMENT = Column("GDTC", "regular", 1)
PRIMARY = (Column("TOAN", "midterm", 1), Column("TV", "midterm", 1))


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil before anybody has an id for them."""

    code: str
    person: Person
    birth_date: str
    guardian: Guardian


@dataclass(frozen=True, slots=True)
class Room:
    """A class with its pupils and the columns that are opened for it."""

    class_id: str
    grade: str
    name: str
    pupils: tuple[Pupil, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class School:
    """A school; ``commune`` counts through those that the demo plays in."""

    number: int
    code: str
    name: str
    level: str
    commune: int
    rooms: tuple[Room, ...]

    def teacher(self, subject: str) -> str:
        """Give the id of who teaches a subject here."""
        return named("teacher", self.code, subject)

    @property
    def subjects(self) -> list[str]:
        """The subjects that have a column here."""
        return sorted({column.subject for room in self.rooms for column in room.columns})

    @property
    def cells(self) -> int:
        """The cells that are due here."""
        return sum(len(room.columns) * len(room.pupils) for room in self.rooms)

    @property
    def pupils(self) -> int:
        """How many learn here."""
        return sum(len(room.pupils) for room in self.rooms)

    @property
    def met(self) -> Room:
        """The class at whose meeting the school has met the guardians, and collects a fee."""
        return self.rooms[0]

    @property
    def families(self) -> int:
        """How many pupils that class has."""
        return len(self.met.pupils)

    @property
    def heard(self) -> Sequence[Pupil]:
        """The pupils of that class whose guardians have agreed, on paper, to be written to."""
        return self.met.pupils[::AGREED_EVERY] if self.number in HEARD_SCHOOLS else ()


def named(*words: object) -> str:
    """Give the id of what these words name in the demo's province: always the same."""
    return str(uuid5(NAMES, "/".join(map(str, words))))


def province(first_year: int, communes: int) -> list[School]:
    """Draw the province for the school year that begins in ``first_year``."""
    lots = Random(SEED)
    numbers = count()
    levels = [level for level, names in SCHOOL_NAMES.items() for _ in names]
    names = [name for names in SCHOOL_NAMES.values() for name in names]
    return [
        School(
            number=number,
            code=f"{CODE}{number:02d}",
            name=f"Trường {name}",
            level=level,
            commune=(number - 1) % communes,
            rooms=tuple(_rooms(lots, numbers, number, level, first_year)),
        )
        for number, (level, name) in enumerate(zip(levels, names, strict=True), 1)
    ]


def some(schools: Sequence[School], *, rooms: int) -> list[School]:
    """Leave each school its first classes only, as they were: a province for a test."""
    return [replace(school, rooms=school.rooms[:rooms]) for school in schools]


def _rooms(
    lots: Random, numbers: Iterator[int], school: int, level: str, first_year: int
) -> Iterator[Room]:
    code = f"{CODE}{school:02d}"
    for grade, title in CLASSES[level]:
        pupils = tuple(
            _pupil(
                lots,
                next(numbers),
                f"{code}-{grade}{title[-1]}-{seat:02d}",
                first_year - int(grade),
            )
            for seat in range(1, PUPILS_A_CLASS + 1)
        )
        columns = _columns(level, grade)
        yield Room(named("class", code, title), grade, title, pupils, columns)


def _pupil(lots: Random, number: int, code: str, year: int) -> Pupil:
    born = year + 1 - _SIX_IN_GRADE_1
    birth_date = f"{born}-{lots.randint(1, 12):02d}-{lots.randint(1, 28):02d}"
    own = guardian(Random(f"{SEED}/{code}"), number * 2 + 1)
    return Pupil(code, person(lots, number * 2), birth_date, own)


def _columns(level: str, grade: str) -> tuple[Column, ...]:
    if level == "TH":
        return PRIMARY if grade in MIDTERMS_IN_PRIMARY else ()
    return (*BY_SCORE, BY_COMMENT)


def scores(room: Room, column: Column) -> Sequence[str | None]:
    """Draw a column: one text per pupil, None where nothing is entered yet."""
    lots = Random(f"{SEED}/{room.class_id}/{column}")

    def draw() -> str | None:
        if lots.random() < EMPTY_SHARE:
            return None
        if column == BY_COMMENT:
            return "Đ" if lots.random() < 0.97 else "CĐ"  # noqa: PLR2004 - nearly everybody passes
        tenths = min(100, max(5, round(lots.gauss(71, 15))))
        return str(tenths // 10) if column in PRIMARY else f"{tenths // 10}.{tenths % 10}"

    return [draw() for _ in room.pupils]


def roll(school: School) -> str:
    """Write the school's list of pupils as schools do."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";")
    rows.writerow(
        ("Mã định danh", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Khối", "Mã trường")
    )
    for room in school.rooms:
        for pupil in room.pupils:
            sex = "Nữ" if pupil.person.sex == "female" else "Nam"
            rows.writerow(
                (
                    pupil.code,
                    pupil.person.name,
                    pupil.birth_date,
                    sex,
                    pupil.person.ethnic,
                    room.grade,
                    school.code,
                )
            )
    return text.getvalue()
