"""Cases in the calculator's shapes: in few words, and drawn by hypothesis."""

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from gradebook.results import calculator
from gradebook.results.domain import readings
from gradebook.results.domain.primary import COMPETENCES, QUALITIES, TESTED, subjects_of

Json = dict[str, Any]
LEVELS = ["TOT", "KHA", "DAT", "CHUA_DAT"]


def decided(kind: str, case: Json, **chosen: str) -> Any:
    """Give what the calculator answers, as JSON."""
    found = calculator.evaluate(kind, json.dumps(case).encode(), readings.read(chosen))
    return json.loads(msgspec.json.encode(found))


def steady(average: int | str) -> Json:
    """Give a subject whose every assessment is the same."""
    term = {"regular": [average, average], "mid": average, "end": average}
    mode = "comment" if isinstance(average, str) else "scored"
    return {"mode": mode, "periods": 35, "terms": [term, term]}


def a_year(averages: list[int], comments: list[str] | None = None, **other: Any) -> Json:
    """Give a THCS year with these year averages."""
    given: list[int | str] = [*averages, *(["DAT"] * 4 if comments is None else comments)]
    facts = {"conduct": ["TOT", "TOT"], "absences": 0, "summer": None}
    subjects = {f"M{at}": steady(one) for at, one in enumerate(given, 1)}
    return {"level": "THCS", "grade": 8, "subjects": subjects} | facts | other


def a_primary(grade: int = 4, **other: Any) -> Json:
    """Give a primary year in which everything is T and every test 10."""
    tests = [code for code, since in TESTED.items() if grade >= since]
    return {
        "grade": grade,
        "subjects": dict.fromkeys([*subjects_of(grade), "AM_NHAC", "MI_THUAT"], "T"),
        "qualities": dict.fromkeys(QUALITIES, "T"),
        "competences": dict.fromkeys(COMPETENCES, "T"),
        "tests": dict.fromkeys(tests, 10),
        "outstanding_or_progress": False,
        "recognised_by_class": False,
        "supplement": None,
        "principal_promotes": None,
    } | other


MARKS = st.one_of(
    st.integers(0, 100),
    # Where the law decides: around its thresholds.
    st.sampled_from([34, 35, 49, 50, 64, 65, 79, 80, 89, 90]),
)
RATINGS = st.sampled_from(LEVELS)
CHOSEN = st.fixed_dictionaries({key: st.sampled_from(one) for key, one in readings.VALUES.items()})


@st.composite
def subjects(draw: st.DrawFn) -> Json:
    """Draw a subject; now and then an assessment waits, is 0 by rule, is lacking, has a topic."""
    comment = draw(st.integers(0, 3)) == 0
    periods = draw(st.sampled_from([35, 52, 70, 105, 140]))
    cells: st.SearchStrategy[Any]
    if comment:
        cells = st.sampled_from(["DAT"] * 7 + ["CHUA_DAT"])
    else:
        # One pupil's marks in a subject lie together, else no level but Chưa đạt ever came.
        about = draw(MARKS)
        cells = st.one_of(st.just(about), st.integers(max(0, about - 9), min(100, about + 9)))
    rare = draw(st.integers(0, 9)) == 0
    odd = st.sampled_from(["ZERO_BY_RULE", "ZERO_BY_RULE", "PENDING", "EXCUSED"])
    cell = st.one_of(cells, cells, cells, odd) if rare else cells
    plain = 2 if comment or periods <= 35 else 3 if periods <= 70 else 4
    topic = draw(st.booleans())
    reading = draw(st.sampled_from([None, "within", "extra", "band"])) if topic else None

    def term() -> Json:
        count = plain - (1 if rare and draw(st.booleans()) else 0)
        found: Json = {"regular": [draw(cell) for _ in range(count)]}
        found |= {"mid": draw(cell), "end": draw(cell)}
        return found | ({"topic": draw(cell)} if topic else {})

    found = {"mode": "comment" if comment else "scored", "periods": periods}
    return found | {"terms": [term(), term()], "topic_reading": reading}


@st.composite
def years(draw: st.DrawFn) -> Json:
    """Draw a pupil's year."""
    codes = [f"M{at}" for at in range(draw(st.integers(6, 11)))]
    found = {code: draw(subjects()) for code in codes}
    summer = None
    if draw(st.booleans()):
        retests = {
            code: draw(
                st.sampled_from(["DAT", "CHUA_DAT"])
                if one["mode"] == "comment"
                else st.one_of(MARKS, st.just("ZERO_BY_RULE"))
            )
            for code, one in found.items()
            if draw(st.integers(0, 2))
        }
        summer = {"conduct": draw(st.none() | RATINGS), "retests": retests}
    return {
        "level": "THPT",
        "grade": draw(st.integers(10, 12)),
        "subjects": found,
        "conduct": [draw(RATINGS), draw(RATINGS if draw(st.integers(0, 9)) else st.none())],
        "absences": draw(st.sampled_from([0, 44, 45, 46, 60, 3, 3, 3])),
        "summer": summer,
    }


@st.composite
def primaries(draw: st.DrawFn) -> Json:
    """Draw a primary year in which everything is assessed."""
    case = a_primary(draw(st.integers(1, 5)))
    worst = draw(st.integers(0, 2))

    def some(levels: str, codes: Any) -> Json:
        return {code: draw(st.sampled_from("TTTTT" + levels[: worst + 1])) for code in codes}

    def mark() -> int:
        return draw(st.integers(*((9, 10), (5, 10), (0, 10))[worst]))

    case["subjects"] = some("THC", case["subjects"])
    case["qualities"] = some("TDC", case["qualities"])
    case["competences"] = some("TDC", case["competences"])
    case["tests"] = {code: mark() for code in case["tests"]}
    case["outstanding_or_progress"] = draw(st.booleans())
    case["recognised_by_class"] = draw(st.booleans())
    if draw(st.booleans()):
        weak = {part: [c for c, one in case[part].items() if one == "C"] for part in _PARTS}
        case["supplement"] = {
            part: {code: draw(st.sampled_from(better)) for code in weak[part]}
            for part, better in _PARTS.items()
        } | {"tests": {code: mark() for code in case["tests"] if draw(st.booleans())}}
    case["principal_promotes"] = draw(st.sampled_from([None, True, False]))
    return case


_PARTS = {"subjects": "HHHC", "qualities": "DDDC", "competences": "DDDC"}

COMPLETIONS = st.fixed_dictionaries(
    {
        "school_year": st.sampled_from(["2022-2023", "2024-2025", "2025-2026", "2026-2027"]),
        "track": st.sampled_from(["GDPT", "GDTX"]),
        "birth_year": st.integers(2000, 2013),
        "file_complete": st.sampled_from([True, True, True, False]),
        "conduct_year": RATINGS,
        "study_year": RATINGS,
        "absences": st.sampled_from([0, 5, 45, 46]),
        "conduct_after_summer": st.none() | RATINGS,
        "study_after_retest": st.none() | RATINGS,
    }
)
