"""For each option of the rule set one case whose result depends on how the law is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gradebook.results import calculator
from gradebook.results.domain import readings
from gradebook.results.domain.primary import COMPETENCES, QUALITIES, TESTED, subjects_of


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """An option, and a case that shows it: ``input`` in the shape of its kind."""

    option: str
    point: str
    kind: str
    input: Mapping[str, Any]

    @property
    def values(self) -> tuple[str, ...]:
        """What the option may be, the default first."""
        return readings.VALUES[self.option]

    def results(self) -> Mapping[str, Any]:
        """Give the case's result under each value, as it travels."""
        raw = msgspec.json.encode(self.input)
        return {
            value: msgspec.json.decode(
                msgspec.json.encode(
                    calculator.evaluate(self.kind, raw, readings.read({self.option: value}))
                )
            )
            for value in self.values
        }


def _scored(average: int) -> Mapping[str, Any]:
    term = {"regular": [average] * 2, "mid": average, "end": average}
    return {"mode": "scored", "periods": 35, "terms": [term, term]}


def _year(averages: list[int], **other: Any) -> Mapping[str, Any]:
    """Give a year of subjects whose every mark is their average."""
    subjects = {f"M{at}": _scored(average) for at, average in enumerate(averages, 1)}
    facts = {"conduct": ["TOT", "TOT"], "absences": 0, "summer": None}
    return {"level": "THCS", "grade": 8, "subjects": subjects} | facts | other


_TERM = {"regular": ["DAT", "DAT"], "mid": "DAT", "end": "DAT"}
_WITH_TOPIC = {"regular": [80, 70], "topic": 100, "mid": 80, "end": 80}
_BELOW_FIVE = [70, 70, 70, 70, 70, 70, 40, 30]

_CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    # Left out, the 4.9 leaves five averages of 8.0; taken as good enough, it is the sixth.
    "art9_3": (
        "tt22_study",
        {
            "scored": {
                f"M{at}": average for at, average in enumerate([85, 82, 84, 90, 81, 79, 70, 49], 1)
            },
            "comments": {},
        },
    ),
    "both_failed": (
        "tt22_year",
        _year(
            _BELOW_FIVE,
            conduct=["TOT", "CHUA_DAT"],
            summer={"conduct": "DAT", "retests": {"M7": 60, "M8": 60}},
        ),
    ),
    # 3.0 and 4.0 again: 3.0 becomes 2.0, and Art. 9(3) cannot raise what two subjects hold down.
    "retest": ("tt22_year", _year(_BELOW_FIVE, summer={"conduct": None, "retests": {"M7": 20}})),
    "comment_missing": (
        "tt22_subject",
        {"mode": "comment", "periods": 70, "terms": [_TERM, _TERM | {"end": "PENDING"}]},
    ),
    "title": ("tt22_year", _year([95] * 8, absences=46)),
    # Among the three regular marks of 70 periods; a fourth; or one of the four of 105 periods.
    "topic": (
        "tt22_subject",
        {"mode": "scored", "periods": 70, "terms": [_WITH_TOPIC, _WITH_TOPIC]},
    ),
    "primary_completion": (
        "tt27_year",
        {
            "grade": 5,
            "subjects": dict.fromkeys(sorted(subjects_of(5)), "H"),
            "qualities": dict.fromkeys(sorted(QUALITIES), "D"),
            "competences": dict.fromkeys(sorted(COMPETENCES), "D"),
            "tests": dict.fromkeys(sorted(TESTED), 6) | {"TOAN": 4},
            "supplement": {"tests": {"TOAN": 4}},
            "principal_promotes": True,
        },
    ),
}

OPEN_POINTS = tuple(
    OpenPoint(option, readings.POINTS[option], kind, case)
    for option, (kind, case) in _CASES.items()
)
