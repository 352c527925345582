"""How people write a mark, and the integer that it is: hundredths, or Đạt 1 and Chưa đạt 0.

No float is ever made: 8.25 written, stored, summed and shown is the integer 825 all the way.
"""

import re
import unicodedata
from enum import Enum
from functools import cache, lru_cache

from contracts.lists import Assessment, ColumnKind, Grade, Level, Subject

_LARGEST = 1000
_TEXTS = 4096
"""So many ways of writing marks are remembered: a sheet has 40 of the same few."""
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,3})(?:[.,]([0-9]{1,8}))?")
_COMMENTS = {"đ": 1, "đạt": 1, "cđ": 0, "chưa đạt": 0}
_LOOKALIKES = str.maketrans("ÐðƉ", "ĐđĐ")
"""Old Vietnamese fonts wrote đ with the Icelandic or African letter."""


class Scale(Enum):
    """The marks that a column admits; the value names them to a person."""

    COMMENT = "Đ (đạt) hoặc CĐ (chưa đạt)"
    WHOLE = "số nguyên từ 0 đến 10, ví dụ 8"
    TENTHS = "số từ 0 đến 10, nhiều nhất một chữ số thập phân, ví dụ 8,5"
    HUNDREDTHS = "số từ 0 đến 10, nhiều nhất hai chữ số thập phân, ví dụ 8,25"


_STEP = {Scale.WHOLE: 100, Scale.TENTHS: 10, Scale.HUNDREDTHS: 1}


class NotAMarkError(ValueError):
    """The text is no mark of this scale; the message says why, to the person who typed it."""


def scale_of(subject: Subject, kind: ColumnKind, grade: Grade) -> Scale:
    """Give the scale of a column (TT 22/2021 Art. 5; TT 27/2020 Art. 7 for primary)."""
    if subject.assessment is Assessment.COMMENT:
        return Scale.COMMENT
    if kind is ColumnKind.EXAM:
        return Scale.HUNDREDTHS
    return Scale.WHOLE if grade.level is Level.TH else Scale.TENTHS


@lru_cache(maxsize=_TEXTS)
def read(text: str, scale: Scale) -> int:
    """Give the mark that ``text`` is.

    Raises:
        NotAMarkError: it is none.

    """
    text = unicodedata.normalize("NFC", text).strip().translate(_LOOKALIKES)
    if scale is Scale.COMMENT:
        mark = _COMMENTS.get(" ".join(text.casefold().split()))
        if mark is None:
            raise NotAMarkError(f"“{text}” không phải kết quả của môn đánh giá bằng nhận xét.")
        return mark
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise NotAMarkError(f"“{text}” không phải là điểm.")
    whole, decimals = number[1], (number[2] or "").rstrip("0")
    if int(whole) > _LARGEST // 100 or (int(whole) == _LARGEST // 100 and decimals):
        raise NotAMarkError(f"“{text}” lớn hơn 10.")
    if len(decimals) > len("25") or int(decimals.ljust(2, "0")) % _STEP[scale]:
        raise NotAMarkError(f"“{text}” có quá nhiều chữ số thập phân.")
    return int(whole) * 100 + int(decimals.ljust(2, "0"))


def write(mark: int, scale: Scale) -> str:
    """Give the text of a mark: ``8.5``, ``8.25``, ``10``, ``Đ``, ``CĐ``."""
    if scale is Scale.COMMENT:
        return "Đ" if mark else "CĐ"
    whole, hundredths = divmod(mark, 100)
    return f"{whole}.{hundredths:02}".rstrip("0").rstrip(".")


class Texts(dict[int | None, str | None]):
    """Marks of a scale as people write them, each written once; of no mark there is no text."""

    def __init__(self, scale: Scale) -> None:
        """Begin with none."""
        super().__init__({None: None})
        self._scale = scale

    def __missing__(self, mark: int) -> str:
        self[mark] = text = write(mark, self._scale)
        return text


texts_of = cache(Texts)
