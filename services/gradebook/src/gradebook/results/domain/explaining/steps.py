"""One step of an explanation, and how numbers and subjects are written in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.lists import Subject
from gradebook.results.domain.words import Comment, Rating, Result

NOTHING_YET = "chưa có kết quả"


@dataclass(frozen=True, slots=True)
class Step:
    """What was found, how, and by which article; in Vietnamese, for pupil and parents."""

    about: str
    says: str
    law: str


def number(tenths: int) -> str:
    """Write 83 as 8,3."""
    return f"{tenths // 10},{tenths % 10}"


def quotient(tenths: int, parts: int) -> str:
    """Write a quotient with two decimals, cut off: 8,25, or 8,11… where it goes on."""
    hundredths, rest = divmod(tenths * 10, parts)
    return f"{hundredths // 100},{hundredths % 100:02}" + ("…" if rest else "")


_CALLED = {
    "TIENG_VIET": Subject.TV,
    "DAO_DUC": Subject.DD,
    "AM_NHAC": Subject.AN,
    "MI_THUAT": Subject.MT,
    "LICH_SU_DIA_LI": Subject.LSDL,
    "KHOA_HOC": Subject.KH,
    "TIN_CONG_NGHE": Subject.THCN,
    "GDKTPL": Subject.KTPL,
}
"""The subjects that the calculator's shapes call otherwise than the suite."""


def called(code: str) -> str:
    """Give a subject's name, if the code is one of the suite's."""
    known = _CALLED.get(code) or Subject._value2member_map_.get(code)
    return known.vietnamese if isinstance(known, Subject) else code


def written(result: Result) -> str:
    """Write a subject's result."""
    if result is None:
        return NOTHING_YET
    return result.vietnamese if isinstance(result, Comment) else number(result)


def rated(rating: Rating | None) -> str:
    """Write a level."""
    return NOTHING_YET if rating is None else rating.vietnamese


def listed(parts: Iterable[str]) -> str:
    """Join with commas."""
    return ", ".join(parts)
