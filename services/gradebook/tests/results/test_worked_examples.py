"""The worked examples of the circulars: averages, levels, years, primary, completion."""

from typing import Any

import pytest

from gradebook.results.domain import conduct
from gradebook.results.domain.words import Rating

from .cases import a_primary, a_year, decided, steady


def a_term(regular: list[Any], mid: Any, end: Any) -> dict[str, Any]:
    return {"regular": regular, "mid": mid, "end": end}


def averages(periods: int, one: dict[str, Any], two: dict[str, Any] | None = None) -> Any:
    case = {"mode": "scored", "periods": periods, "terms": [one, two or one]}
    return decided("tt22_subject", case)


@pytest.mark.parametrize(
    ("periods", "term", "average"),
    [
        pytest.param(140, a_term([80, 90, 70, 100], 75, 80), 81, id="A1"),
        pytest.param(70, a_term([80, 90, 70], 90, 80), 83, id="A2-a-tie-is-rounded-up"),
        pytest.param(70, a_term([60, 65, 70], 63, 65), 65, id="A3-a-tie-at-the-threshold"),
        pytest.param(70, a_term([80, 70, "ZERO_BY_RULE"], 70, 70), 63, id="A7-absent"),
        pytest.param(70, a_term([80, 70, "PENDING"], 70, 70), None, id="A7-still-to-come"),
        pytest.param(70, a_term([80, 70, "EXCUSED"], 70, 70), None, id="make-up-to-come"),
        pytest.param(70, a_term([80, 70], 70, 70), None, id="one-regular-mark-too-few"),
    ],
)
def test_an_average_of_a_term(periods: int, term: dict[str, Any], average: int | None) -> None:
    assert averages(periods, term)["terms"][0] == average


@pytest.mark.parametrize(
    ("one", "two", "year"), [(83, 79, 80), (49, 50, 50)], ids=["A5", "A6-no-re-test"]
)
def test_an_average_of_a_year(one: int, two: int, year: int) -> None:
    found = averages(35, a_term([one, one], one, one), a_term([two, two], two, two))
    assert found == {"terms": [one, two], "year": year}


@pytest.mark.parametrize(
    ("marks", "base", "result"),
    [
        pytest.param([85, 82, 80, 90, 81, 84, 70, 66], "TOT", "TOT", id="A9"),
        pytest.param([85, 82, 80, 90, 81, 79, 70, 66], "KHA", "KHA", id="A10"),
        pytest.param([85, 82, 84, 90, 81, 84, 80, 60], "KHA", "KHA", id="A11"),
        pytest.param([85, 82, 84, 90, 81, 84, 80, 49], "DAT", "KHA", id="A12"),
        pytest.param([85, 82, 84, 90, 81, 79, 70, 49], "DAT", "DAT", id="A14"),
        pytest.param([65, 66, 70, 68, 72, 69, 65, 34], "CHUA_DAT", "DAT", id="A15"),
        pytest.param([85, 82, 84, 90, 81, 84, 49, 48], "DAT", "DAT", id="A17"),
        pytest.param([50, 50, 50, 50, 50, 49, 49, 49], "CHUA_DAT", "CHUA_DAT", id="A21"),
    ],
)
def test_a_level(marks: list[int], base: str, result: str) -> None:
    case = {
        "scored": {f"M{at}": mark for at, mark in enumerate(marks)},
        "comments": dict.fromkeys(("GDTC", "NT", "HDTN", "GDDP"), "DAT"),
    }
    assert decided("tt22_study", case) == {"base": base, "result": result}
    year = decided("tt22_year", a_year(marks))
    assert year["study"]["year"] == {"base": base, "result": result}


def test_a14_is_kha_where_the_low_subject_is_taken_as_good_enough() -> None:
    marks = [85, 82, 84, 90, 81, 79, 70, 49]
    case = {"scored": {f"M{at}": mark for at, mark in enumerate(marks)}, "comments": {}}
    found = decided("tt22_study", case, art9_3="substitution")
    assert found == {"base": "DAT", "result": "KHA"}


def test_one_comment_subject_alone_may_hold_a_level_down() -> None:
    found = decided("tt22_year", a_year([85] * 8, ["DAT", "DAT", "DAT", "CHUA_DAT"]))
    assert found["study"]["year"] == {"base": "DAT", "result": "KHA"}


TOT = [85, 82, 84, 90, 81, 84, 80, 80]
KHA = [70] * 8


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(
            a_year([90] * 6 + [80] * 2, conduct=["KHA", "TOT"]),
            {"conduct_year": "TOT", "title": "XUAT_SAC", "year_end": "promoted"},
            id="A23",
        ),
        pytest.param(
            a_year([90] * 5 + [80] * 3), {"title": "GIOI", "year_end": "promoted"}, id="A24"
        ),
        pytest.param(
            a_year(KHA, absences=46), {"year_end": "retained", "final": "retained"}, id="A26"
        ),
        pytest.param(
            a_year(KHA, absences=45), {"year_end": "promoted", "final": "promoted"}, id="A27"
        ),
        pytest.param(
            a_year(KHA, conduct=["KHA", "CHUA_DAT"]),
            {"conduct_year": "CHUA_DAT", "year_end": "summer_training", "final": "pending"},
            id="A29-before-the-summer",
        ),
        pytest.param(
            a_year(KHA, conduct=["KHA", "CHUA_DAT"], summer={"conduct": "DAT", "retests": {}}),
            {"year_end": "summer_training", "final": "promoted"},
            id="A29-after-it",
        ),
        pytest.param(
            a_year([95] * 8, absences=46), {"title": "XUAT_SAC"}, id="title-by-the-letter"
        ),
        pytest.param(
            a_year([70] * 6 + [40, 30], conduct=["TOT", "CHUA_DAT"]),
            {"year_end": "retained", "retest_subjects": [], "after_summer": None},
            id="both-failed",
        ),
    ],
)
def test_a_year_ends(case: dict[str, Any], expected: dict[str, Any]) -> None:
    found = decided("tt22_year", case)
    assert {key: found[key] for key in expected} == expected


def test_a31_theory_instead_of_practice_counts_as_any_assessment() -> None:
    """Art. 10: who is exempted from practice is assessed on theory, as often as all others."""
    case = a_year(TOT)
    case["subjects"]["GDTC"] = steady("DAT")
    found = decided("tt22_year", case)
    assert found["subjects"]["GDTC"] == {"terms": ["DAT", "DAT"], "year": "DAT"}
    assert found["study"]["year"]["result"] == "TOT"


def test_a_re_test_replaces_the_result_and_art_9_3_is_asked_again() -> None:
    case = a_year(
        [65, 66, 70, 68, 72, 69, 40, 34],
        summer={"conduct": None, "retests": {"M7": 65}},
    )
    found = decided("tt22_year", case)
    assert (found["year_end"], found["retest_subjects"]) == ("retest", ["M7", "M8"])
    after = found["after_summer"]
    assert after["study"] == {"base": "CHUA_DAT", "result": "DAT"}
    assert (after["subjects"]["M7"], after["outcome"]) == (65, "promoted")


@pytest.mark.parametrize(
    ("promotes", "end"), [(True, "promoted"), (False, "retained"), (None, "incomplete")]
)
def test_the_principal_decides_for_a_disabled_pupil_with_a_plan(
    promotes: bool | None, end: str
) -> None:
    case = a_year([30] * 8, individual_plan={"principal_promotes": promotes}, absences=60)
    assert decided("tt22_year", case)["year_end"] == end


def test_a_waiting_mark_gives_no_result_anywhere() -> None:
    case = a_year(TOT)
    case["subjects"]["M1"]["terms"][1] = a_term([80, "PENDING"], 80, 80)
    found = decided("tt22_year", case)
    assert found["subjects"]["M1"] == {"terms": [85, None], "year": None}
    assert found["study"]["year"] == {"base": None, "result": None}
    assert (found["year_end"], found["title"], found["final"]) == ("incomplete", None, "pending")


@pytest.mark.parametrize(
    ("first", "years"),
    [
        ("TOT", ["CHUA_DAT", "KHA", "KHA", "TOT"]),
        ("KHA", ["CHUA_DAT", "DAT", "KHA", "TOT"]),
        ("DAT", ["CHUA_DAT", "DAT", "KHA", "KHA"]),
        ("CHUA_DAT", ["CHUA_DAT", "DAT", "DAT", "KHA"]),
    ],
)
def test_conduct(first: str, years: list[str]) -> None:
    assert [conduct.year(Rating(first), second) for second in Rating] == years


TESTS = ("TIENG_VIET", "TOAN", "NN1", "TIN_CONG_NGHE", "LICH_SU_DIA_LI", "KHOA_HOC")


def marked(*marks: float | str) -> dict[str, Any]:
    return dict(zip(TESTS, marks, strict=True))


ALL_H: dict[str, Any] = {
    "subjects": dict.fromkeys(a_primary()["subjects"], "H"),
    "qualities": dict.fromkeys(a_primary()["qualities"], "D"),
    "competences": dict.fromkeys(a_primary()["competences"], "D"),
}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(
            a_primary(tests=marked(10, 9, 9, 10, 9, 9)),
            {"result": "HTXS", "title": "HS_XUAT_SAC"},
            id="B1",
        ),
        pytest.param(
            a_primary(tests=marked(9, 8, 9, 10, 9, 9)), {"result": "HTT", "title": None}, id="B2"
        ),
        pytest.param(a_primary(tests=marked(9, 6, 5, 9, 9, 9), **ALL_H), {"result": "HT"}, id="B4"),
        pytest.param(
            a_primary(tests=marked(9, 4, 9, 9, 9, 9)),
            {"result": "CHT", "outcome": "support"},
            id="B5",
        ),
        pytest.param(
            a_primary(tests=marked(9, 8.5, 9, 9, 9, 9)),
            {"result": None, "outcome": "rejected", "errors": ["tests.TOAN: not_an_integer"]},
            id="B7",
        ),
        pytest.param(
            a_primary(tests=marked(9, 9.0, "9.0", 9, 9, 9)), {"result": "HTXS"}, id="9.0-is-9"
        ),
        pytest.param(
            a_primary(tests=marked(11, -1, 9, 9, 9, 9), subjects={"TOAN": "X"}),
            {
                "outcome": "rejected",
                "errors": [
                    "subjects.TOAN: unknown_level",
                    "tests.TIENG_VIET: out_of_range",
                    "tests.TOAN: out_of_range",
                ],
            },
            id="everything-that-is-wrong-is-named",
        ),
        pytest.param(
            a_primary(qualities={"NHAN_AI": "T"}),
            {"result": None, "outcome": "incomplete", "primary_completed": False},
            id="four-qualities-are-not-assessed",
        ),
        pytest.param(
            a_primary(tests={"TOAN": 10}), {"result": None, "outcome": "incomplete"}, id="no-test"
        ),
    ],
)
def test_a_primary_year(case: dict[str, Any], expected: dict[str, Any]) -> None:
    found = decided("tt27_year", case)
    assert {key: found[key] for key in expected} == expected


def grade_9(**facts: Any) -> dict[str, Any]:
    known = {"school_year": "2026-2027", "track": "GDPT", "birth_year": 2012}
    known |= {"file_complete": True, "conduct_year": "KHA", "study_year": "DAT", "absences": 0}
    return known | {"conduct_after_summer": None, "study_after_retest": None} | facts


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({"absences": 45}, ("confirmed", 1, []), id="C1"),
        pytest.param(
            {"absences": 46, "study_year": "CHUA_DAT", "study_after_retest": "DAT"},
            ("not_completed", None, ["absences"]),
            id="C3",
        ),
        pytest.param({"conduct_year": "CHUA_DAT"}, ("waiting_summer", None, []), id="C4-in-June"),
        pytest.param(
            {"conduct_year": "CHUA_DAT", "conduct_after_summer": "DAT"},
            ("confirmed", 2, []),
            id="C4-in-August",
        ),
        pytest.param(
            {"school_year": "2024-2025", "birth_year": 2003, "file_complete": False},
            ("not_completed", None, ["age", "file"]),
            id="the-old-rule-asks-age-and-file",
        ),
        pytest.param(
            {"birth_year": 2003, "file_complete": False},
            ("confirmed", 1, []),
            id="the-new-does-not",
        ),
    ],
)
def test_completion(facts: dict[str, Any], expected: tuple[Any, ...]) -> None:
    found = decided("completion", grade_9(**facts))
    assert (found["status"], found["round"], found["reasons"]) == expected


def test_c2_one_low_subject_does_not_hold_completion_up() -> None:
    year = decided("tt22_year", a_year([65, 66, 70, 68, 72, 69, 65, 34], grade=9))
    facts = {"study_year": year["study"]["year"]["result"], "conduct_year": year["conduct_year"]}
    assert decided("completion", grade_9(**facts))["status"] == "confirmed"
