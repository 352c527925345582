"""The checker finds what it is there for, and a line says how a scenario ended."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.topics import SCORES
from edu.testing.making import Make
from edu.testing.sources import document
from edu.verify.log import Record

from .checker import Checker, Findings, ViolationError
from .scenario import FaultNotSeenError, NotRunError, Scenario


def judged(*documents: bytes) -> Findings:
    """Judge a log of one partition."""
    stage: Any = SimpleNamespace(late=set())  # nothing else of it is looked at
    checker = Checker(stage)
    seen: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    known: dict[tuple[str, int, int], bytes] = {}
    for offset, value in enumerate(documents):
        checker._judge(Record(SCORES.name, 0, offset, b"key", value), seen, known)
    return checker.findings


def numbered(sequence: int) -> bytes:
    return document(Make().save(1, [800]), sequence=sequence)


def test_the_same_document_again_is_a_repeat_and_no_fault() -> None:
    first, second = numbered(1), numbered(2)
    assert judged(first, second, first, second).repeats == 2


def test_a_number_that_is_left_out_is_a_fault() -> None:
    with pytest.raises(ViolationError, match=r"I3.*3 follows 1"):
        judged(numbered(1), numbered(3))


def test_a_number_that_stands_for_two_documents_is_a_fault() -> None:
    with pytest.raises(ViolationError, match=r"I3.*two documents"):
        judged(numbered(1), numbered(1))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (None, "F7 pass seed=5 fenced=3 took=1.50s"),
        (FaultNotSeenError("nobody slept"), "F7 fault not seen seed=5 fenced=3 took=1.50s (nob"),
        (NotRunError("no groups"), "F7 not run seed=5 fenced=3 took=1.50s (no groups)"),
        (ViolationError("I4: 2 differ"), "F7 FAIL seed=5 fenced=3 took=1.50s I4: 2 differ"),
    ],
)
def test_a_line_says_how_it_ended(error: Exception | None, line: str) -> None:
    scenario = Scenario("F7", 5, short=False)
    scenario.report(fenced=3, took=1.499)
    assert scenario.line(error).startswith(line)


def test_a_fault_that_did_not_happen_is_a_failure() -> None:
    with pytest.raises(FaultNotSeenError):
        Scenario("F7", 5, short=False).saw(0, "nobody slept")
