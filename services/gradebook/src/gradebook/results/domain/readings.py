"""Where the law leaves a point open: the options of a rule set, the default first.

A school year's reading is data: who reads a point otherwise names the value, changes nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args, get_type_hints

TopicReading = Literal["within", "extra", "band"]


@dataclass(frozen=True, slots=True)
class Readings:
    """How each open point is read."""

    art9_3: Literal["removal", "substitution"] = "removal"
    both_failed: Literal["ministry", "sequential"] = "ministry"
    retest: Literal["replace", "best_of"] = "replace"
    comment_missing: Literal["wait", "literal"] = "wait"
    title: Literal["literal", "promoted_only"] = "literal"
    topic: TopicReading = "within"
    """For a case that does not say it itself."""
    primary_completion: Literal["results_only", "principal"] = "results_only"


DEFAULT = Readings()

VALUES: Mapping[str, tuple[str, ...]] = {
    name: get_args(kind) for name, kind in get_type_hints(Readings).items()
}
"""What each option may be, the default first."""

POINTS: Mapping[str, str] = {
    "art9_3": "TT 22/2021 Điều 9(3): môn thấp duy nhất được bỏ ra, hay coi như đủ mức",
    "both_failed": "TT 22/2021 Điều 12–14: rèn luyện và học tập cùng Chưa đạt: ở lại lớp, hay "
    "rèn luyện hè rồi kiểm tra lại",
    "retest": "TT 22/2021 Điều 14: kết quả kiểm tra lại thấp hơn kết quả cũ",
    "comment_missing": "TT 22/2021 Điều 9(1)a: môn nhận xét còn thiếu lần đánh giá: chưa có kết "
    "quả, hay Chưa đạt",
    "title": "TT 22/2021 Điều 15: danh hiệu của học sinh ở lại lớp vì nghỉ quá 45 buổi",
    "topic": "TT 22/2021 Điều 6: cụm chuyên đề là một trong các điểm thường xuyên, thêm một "
    "điểm, hay tính vào số tiết của môn",
    "primary_completion": "TT 27/2020 Điều 11: lớp 5 được lên lớp theo quyết định của hiệu trưởng",
}
"""The open point, in a person's words."""


class UnknownReadingError(ValueError):
    """No such option, or no such value of it."""


def read(chosen: Mapping[str, str]) -> Readings:
    """Give the readings with these options chosen and all others at their default.

    Raises:
        UnknownReadingError: an option or a value that there is not.

    """
    for option, value in chosen.items():
        if option not in VALUES:
            raise UnknownReadingError(f"{option}: no such option; there are {', '.join(VALUES)}")
        if value not in VALUES[option]:
            raise UnknownReadingError(f"{option}={value}: choose {' or '.join(VALUES[option])}")
    return replace(DEFAULT, **chosen)  # type: ignore[arg-type] # each value was looked up above


def chosen(readings: Readings) -> Mapping[str, str]:
    """Give the options that are not at their default."""
    return {
        one.name: str(value)
        for one in fields(Readings)
        if (value := getattr(readings, one.name)) != one.default
    }
