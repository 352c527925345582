"""The words of the law's tables, with the codes under which they travel."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field


class Rating(StrEnum):
    """Mức: of the study result (Art. 9(2)) and of conduct (Art. 8) alike, the lowest first."""

    rank: int
    vietnamese: str

    def __new__(cls, code: str, rank: int = 0, vietnamese: str = "") -> Self:
        """Keep rank and name beside the code; codes themselves have no order."""
        rating = str.__new__(cls, code)
        rating._value_ = code
        rating.rank = rank
        rating.vietnamese = vietnamese
        return rating

    CHUA_DAT = "CHUA_DAT", 0, "Chưa đạt"
    DAT = "DAT", 1, "Đạt"
    KHA = "KHA", 2, "Khá"
    TOT = "TOT", 3, "Tốt"

    @property
    def passes(self) -> bool:
        """Whether it is Đạt or better, which promotion asks (Art. 12)."""
        return self.rank > 0


class Comment(StrEnum):
    """The result of a subject assessed by comment alone (Art. 5)."""

    DAT = "DAT"
    CHUA_DAT = "CHUA_DAT"

    @property
    def vietnamese(self) -> str:
        """The word of the score book."""
        return "Đạt" if self is Comment.DAT else "Chưa đạt"


class Missing(StrEnum):
    """Why a cell has no mark that somebody gave (Art. 7(3))."""

    PENDING = "PENDING"
    """Not yet assessed."""
    EXCUSED = "EXCUSED"
    """Absent with a reason; the make-up test is to come."""
    ZERO_BY_RULE = "ZERO_BY_RULE"
    """Absent without a reason, or from the make-up test: 0, respectively Chưa đạt."""


Mark = Annotated[int, Field(ge=0, le=100)]
"""A mark or an average in tenths."""

Result = int | Comment | None
"""Of a subject, for a term or the year: tenths, or Đạt and Chưa đạt."""


def as_entered(result: Result) -> str | None:
    """Write a result as marks are entered, an average always with its decimal: 8.3, Đ, CĐ."""
    return _ENTERED[result]


_ENTERED: Mapping[Result, str | None] = {
    None: None,
    Comment.DAT: "Đ",
    Comment.CHUA_DAT: "CĐ",
    **{tenths: f"{tenths // 10}.{tenths % 10}" for tenths in range(101)},
}


class NotACaseError(ValueError):
    """A case that the law does not know; ``path`` leads to the place in its input."""

    def __init__(self, message: str, *path: str | int) -> None:
        """Take what is wrong and how it is mended, in Vietnamese, and where it is."""
        super().__init__(message)
        self.message = message
        self.path = path

    def within(self, *path: str | int) -> "NotACaseError":
        """Say the same of a case that is a part of another."""
        return NotACaseError(self.message, *path, *self.path)
