"""Lists and values of documents, written down a second time.

Nothing of contracts is imported: were a list or a rule wrong there, reader and checker would be
wrong together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Generic, Literal, TypeVar

import msgspec

Uuid = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"),
]
SchoolYear = Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-20[0-9]{2}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Version = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Hundredths = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Dong = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Paid = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Parts = Annotated[int, msgspec.Meta(ge=0, le=100)]
Position = Annotated[int, msgspec.Meta(ge=0)]
Grade = Literal[
    "NT", "MG3", "MG4", "MG5", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"
]  # fmt: skip
Subject = Literal[
    "TOAN", "VAN", "NN1", "NN2", "TDT", "LSDL", "CN", "TIN", "GDTC", "NT", "AN", "MT", "HDTN",
    "GDDP", "TV", "DD", "TNXH", "KH", "THCN", "GDCD", "KHTN", "SU", "DIA", "KTPL", "LI", "HOA",
    "SINH", "GDQPAN", "T_ANH", "T_NGA", "T_PHAP", "T_TRUNG", "T_DUC", "T_NHAT", "T_HAN", "CNCN",
    "CNNN",
]  # fmt: skip
Term = Literal["HK1", "HK2", "CN", "HE"]
Kind = Literal["regular", "special-topic", "midterm", "endterm", "retest", "exam"]
BY_COMMENT = frozenset({"GDTC", "NT", "AN", "MT", "HDTN", "GDDP", "DD", "TNXH"})
"""The subjects whose only values are Đạt (1) and Chưa đạt (0)."""
LEVEL_OF: Mapping[str, str] = {
    **dict.fromkeys(("NT", "MG3", "MG4", "MG5"), "MN"),
    **dict.fromkeys(map(str, range(1, 6)), "TH"),
    **dict.fromkeys(map(str, range(6, 10)), "THCS"),
    **dict.fromkeys(map(str, range(10, 13)), "THPT"),
}
FEE_KINDS = frozenset(
    {
        "tuition", "boarding-meals", "boarding-care", "second-session", "drinking-water", "hygiene",
        "materials", "contact-book", "student-card", "uniform", "transport", "extracurricular",
        "health-insurance", "accident-insurance",
    }
)  # fmt: skip
BirthYear = Annotated[int, msgspec.Meta(ge=1900, le=2999)]
METHODS = frozenset({"cash", "bank-transfer", "vnpay"})
CHANNELS = frozenset({"email", "sms", "zalo", "push"})
PURPOSES = frozenset({"scores", "fees", "enrolment", "attendance"})


def named(value: str, names: frozenset[str]) -> str:
    """Give a value of an open list, or ``other`` for one that this version does not know."""
    return value if value in names else "other"


def year_of(day: date) -> str:
    """Give the school year of a day: it begins with August.

    Raises:
        ValueError: no school year of ours has this day.
    """
    if not date(2000, 8, 1) <= day < date(2099, 8, 1):
        raise ValueError("a day of another century")
    ends = day.year + (day.month > 7)  # noqa: PLR2004 - July
    return f"{ends - 1}-{ends}"


class Data(msgspec.Struct, frozen=True):
    """A part of a document: only what statistics need of it."""


Value = TypeVar("Value")


class Sparse(Data, Generic[Value], frozen=True):
    """A column in which the rows ``at`` have a value."""

    at: list[Position]
    value: list[Value]

    def check(self, rows: int) -> None:
        """Refuse what does not fit beside columns of so many rows."""
        if len(self.at) != len(self.value):
            raise ValueError("before is no column")
        if self.at != sorted(set(self.at)) or (self.at and self.at[-1] >= rows):
            raise ValueError("before names rows that are not there")


class Dated(Data, frozen=True):
    """A fact that says only on which day it was."""

    day: date

    def __post_init__(self) -> None:
        """Refuse a day that no school year of ours has."""
        year_of(self.day)

    @property
    def school_year(self) -> str:
        """The school year of the day."""
        return year_of(self.day)
