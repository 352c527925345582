"""`./edu law`: one answer a line in the order of the lines, whatever stands in them."""

import json
from typing import Any

import pytest

from edu import law
from edu.failure import Failure
from edu.home import ROOT
from gradebook.results.queries import OPEN_POINTS, readings

SAMPLES = ROOT / "services" / "gradebook" / "tests" / "results" / "law-samples.jsonl"


def answered(*lines: bytes, why: bool = False) -> list[dict[str, Any]]:
    return [json.loads(one) for one in law.answers(lines, readings({}), why=why)]


def test_a_file_of_samples_is_answered_line_by_line() -> None:
    lines = SAMPLES.read_bytes().splitlines(keepends=True)
    samples = [json.loads(line) for line in lines]
    assert answered(*lines) == [
        {"id": sample["id"], "result": sample["result"]} for sample in samples
    ]


def test_a_result_may_come_with_its_reasons() -> None:
    (line, *_) = SAMPLES.read_bytes().splitlines()
    (answer,) = answered(line, why=True)
    assert set(answer) == {"id", "result", "explanation"}
    assert {"about", "says", "law"} == set(answer["explanation"][0])


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (b"\n", ""),
        (b'{"id": 1', ""),
        (b"[1]\n", ""),
        (b'{"id": "\xff"}', ""),
        (b"[" * 100_000, ""),
        (b'{"id": 1, "kind": "tt58_year", "input": {}}', "/kind"),
        (b'{"id": 1, "kind": 7, "input": {}}', "/kind"),
        (b'{"id": 1, "input": {}}', "/kind"),
        (b'{"id": 1, "kind": "tt22_year"}', "/input"),
        (b'{"id": 1, "kind": "tt22_year", "input": null}', "/input"),
        (b'{"id": 1, "kind": "tt22_study", "input": {"scored": {"A": 1e9}}}', "/input/scored/A"),
        (b'{"id": 1, "kind": "tt22_study", "input": {"scored": {}}}', "/input/comments"),
    ],
)
def test_a_broken_line_is_answered_and_the_next_one_too(line: bytes, at: str) -> None:
    good = b'{"id": 2, "kind": "tt22_study", "input": {"scored": {}, "comments": {}}}'
    broken, fine = answered(line, good)
    assert broken["error"]["at"] == at
    assert broken["error"]["message"]
    assert fine == {"id": 2, "result": {"base": "CHUA_DAT", "result": "CHUA_DAT"}}


@pytest.mark.parametrize("reading", ["art9_3", "art9_3=", "art9_3=both", "art9=removal"])
def test_an_unknown_reading_names_those_that_there_are(reading: str) -> None:
    with pytest.raises(Failure, match=r"removal|art9_3"):
        law.main(["evaluate", "--reading", reading])


def test_the_options_are_shown_each_with_a_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert law.main(["options"]) == 0
    shown = capsys.readouterr().out
    for point in OPEN_POINTS:
        assert f"{point.option} = {' | '.join(point.values)}" in shown


def test_and_for_programs_with_whole_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert law.main(["options", "--json"]) == 0
    for line in capsys.readouterr().out.splitlines():
        shown = json.loads(line)
        case = json.dumps({"id": 0, "kind": shown["kind"], "input": shown["input"]}).encode()
        for value, result in shown["results"].items():
            chosen = readings({shown["option"]: value})
            (answer,) = law.answers([case], chosen)
            assert json.loads(answer)["result"] == result
