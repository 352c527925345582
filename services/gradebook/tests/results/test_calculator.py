"""The calculator: samples, open points, explanations, and what it says of a broken case."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from edu.home import ROOT
from gradebook.results import calculator
from gradebook.results.calculator import KINDS, BrokenCaseError
from gradebook.results.domain import readings
from gradebook.results.domain.readings import UnknownReadingError
from gradebook.results.open_points import OPEN_POINTS, OpenPoint

from . import cases
from .cases import a_primary, a_year, decided, steady

SAMPLES = Path(__file__).with_name("law-samples.jsonl")
BESIDE = ROOT.parent / "shared" / "data" / "law-samples.jsonl"
"""Samples that may lie beside a checkout."""


def lines(path: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [one for one in found if one["kind"] in KINDS]


@pytest.mark.parametrize("sample", lines(SAMPLES), ids=lambda one: f"{one['kind']}-{one['id']}")
def test_every_sample_agrees(sample: dict[str, Any]) -> None:
    assert decided(sample["kind"], sample["input"]) == sample["result"]


def test_every_sample_that_lies_beside_agrees() -> None:
    if not BESIDE.exists():
        pytest.skip(f"not run: there is no {BESIDE.name} beside this checkout")
    for sample in lines(BESIDE):
        assert decided(sample["kind"], sample["input"]) == sample["result"], sample["id"]


def test_every_option_has_a_case() -> None:
    assert {one.option for one in OPEN_POINTS} == set(readings.VALUES) == set(readings.POINTS)


@pytest.mark.parametrize("point", OPEN_POINTS, ids=lambda one: one.option)
def test_the_case_of_an_option_depends_on_it(point: OpenPoint) -> None:
    found = point.results()
    assert list(found) == list(point.values)
    assert len({json.dumps(one) for one in found.values()}) > 1
    assert found[point.values[0]] == decided(point.kind, dict(point.input))


@pytest.mark.parametrize("chosen", [{"art9_3": "both"}, {"art9": "removal"}])
def test_an_unknown_reading_is_refused(chosen: dict[str, str]) -> None:
    with pytest.raises(UnknownReadingError):
        readings.read(chosen)


def with_subject(**changes: Any) -> dict[str, Any]:
    case = a_year([80] * 8)
    case["subjects"]["TOAN"] = steady(80) | changes
    return case


TERM = {"regular": [80, 80], "mid": 80, "end": 80}


@pytest.mark.parametrize(
    ("kind", "case", "at"),
    [
        ("tt22_year", [], ""),
        ("tt22_year", a_year([80] * 8) | {"absence": 3}, "/absence"),
        ("tt22_year", a_year([80] * 8, grade=12), "/grade"),
        ("tt22_year", a_year([80] * 8, absences="3"), "/absences"),
        ("tt22_year", a_year([80] * 8, conduct=["TOT", "GIOI"]), "/conduct/1"),
        ("tt22_year", a_year([]) | {"subjects": {}}, "/subjects"),
        ("tt22_year", with_subject(mode="both"), "/subjects/TOAN/mode"),
        ("tt22_year", with_subject(terms=[TERM]), "/subjects/TOAN/terms/1"),
        (
            "tt22_year",
            with_subject(terms=[TERM, TERM | {"regular": [80, 101]}]),
            "/subjects/TOAN/terms/1/regular/1",
        ),
        (
            "tt22_year",
            with_subject(terms=[TERM, TERM | {"mid": 8.5}]),
            "/subjects/TOAN/terms/1/mid",
        ),
        (
            "tt22_year",
            with_subject(terms=[TERM, TERM | {"end": "VANG"}]),
            "/subjects/TOAN/terms/1/end",
        ),
        (
            "tt22_year",
            with_subject(terms=[TERM | {"regular": [80] * 3}, TERM]),
            "/subjects/TOAN/terms/0/regular",
        ),
        (
            "tt22_year",
            a_year([30] * 8, summer={"conduct": None, "retests": {"SU": 60}}),
            "/summer/retests/SU",
        ),
        (
            "tt22_year",
            a_year([30] * 8, summer={"conduct": None, "retests": {"M1": "DAT"}}),
            "/summer/retests/M1",
        ),
        ("tt22_study", {"scored": {"a/b~c": -1}, "comments": {}}, "/scored/a~1b~0c"),
        (
            "tt22_class",
            {"level": "THCS", "grade": 8, "pupils": [a_year([80] * 8), with_subject(periods=0)]},
            "/pupils/1/subjects/TOAN/periods",
        ),
        (
            "tt22_class",
            {"level": "THCS", "grade": 7, "pupils": [a_year([80] * 8)]},
            "/pupils/0/grade",
        ),
        ("tt27_year", a_primary(6), "/grade"),
        ("completion", {}, "/school_year"),
    ],
)
def test_a_broken_case_is_told_where_and_why(kind: str, case: Any, at: str) -> None:
    with pytest.raises(BrokenCaseError) as broken:
        calculator.evaluate(kind, json.dumps(case).encode())
    assert broken.value.at == at
    assert len(broken.value.message) > 10


def why(kind: str, case: Any, **chosen: str) -> dict[str, str]:
    _, steps = calculator.explain(kind, json.dumps(case).encode(), readings.read(chosen))
    assert all(step.law for step in steps)
    return {step.about: step.says for step in steps}


def test_an_average_is_worked_out() -> None:
    term = {"regular": [80, 90, "ZERO_BY_RULE"], "mid": 90, "end": 80}
    case = {"mode": "scored", "periods": 70, "terms": [term, TERM | {"regular": [80, 80]}]}
    said = why("tt22_subject", case)
    assert said["Môn học, học kỳ I"] == (
        "(8,0 + 9,0 + 0,0 + 2 × 9,0 + 3 × 8,0) / 8 = 59,0 / 8 = 7,37… → 7,4 "
        "(1 lần vắng không lý do tính 0 điểm, Điều 7)"
    )
    assert "thiếu 1 lần đánh giá thường xuyên" in said["Môn học, học kỳ II"]


def test_the_condition_that_decided_is_named() -> None:
    said = why("tt22_year", a_year([65, 66, 70, 68, 72, 69, 65, 34], absences=46))
    assert "M8 3,4 dưới 3,5" in said["Học tập cả năm"]
    assert "chỉ do một môn (M8)" in said["Học tập cả năm"]
    assert said["Học tập cả năm"].endswith("(Điều 9(3)) → Đạt")
    assert said["Cuối năm học"].endswith("ở lại lớp vì nghỉ quá 45 buổi")


EXPLAINED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


@EXPLAINED
@given(cases.years(), cases.CHOSEN)
def test_every_result_can_be_explained(case: Any, chosen: dict[str, str]) -> None:
    said = why("tt22_year", case, **chosen)
    found = decided("tt22_year", case, **chosen)
    for code, results in found["subjects"].items():
        if isinstance(results["year"], int) and results["year"] is not None:
            whole, tenth = divmod(results["year"], 10)
            assert said[f"{code}, cả năm"].endswith(f"→ {whole},{tenth}")


@EXPLAINED
@given(cases.primaries(), cases.COMPLETIONS)
def test_so_can_primary_and_completion(case: Any, completion: Any) -> None:
    assert "Xét hoàn thành" in why("tt27_year", case)
    assert "Hoàn thành THCS" in why("completion", completion)
