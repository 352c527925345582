"""An examination's file goes in by one door and comes out of the other, exactly, whatever happens.

What the file says is computed here a second time, directly and in another way: by fractions.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest

from edu import import_exam, verify
from edu.exam.file import FileRefused
from edu.home import Home
from edu.testing.examination import REAL, directly, make_up

EVERY = 40
"""Of the real file each fortieth candidate: a thousand."""


@pytest.fixture
def exam(tmp_path: Path) -> Callable[..., Path]:
    """``exam(name, candidates)`` writes a file of made-up results; another seed, other results."""
    return lambda name, candidates, seed=1: make_up(tmp_path / name, candidates, seed=seed)


def imported(path: Path) -> dict[str, Any]:
    """Import a file and return its report, the means apart: they are rounded."""
    out = path.with_suffix(".json")
    assert import_exam.main([str(path), "--report", str(out)]) == 0
    subjects = json.loads(out.read_text("utf-8"))["subjects"]
    for found in subjects.values():
        exact = Fraction(found["sum"], 100 * found["count"])
        assert abs(Fraction(found.pop("mean")) - exact) <= Fraction(1, 2_000_000)
    return dict(subjects)


def cells(suite: Home) -> str:
    """Give the hash of every cell that the aggregator holds."""
    run = suite.run()
    assert run is not None
    answer = httpx.get(
        f"{run['services']['ioc-aggregator']['url']}/dump",
        headers={"Authorization": f"Bearer {run['tokens']['auditor']}"},
    )
    header: str = json.loads(answer.text.splitlines()[0])["hash"]
    return header


@pytest.mark.usefixtures("suite")
def test_the_report_is_what_the_file_says_and_the_log_says_the_same(
    exam: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = exam("first.csv", 300)
    assert imported(path) == directly(path)
    capsys.readouterr()
    assert verify.main([]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("records, 0 differ")
    assert verify.main(["--self-test"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 planted, 2 found"


def test_the_same_file_again_changes_nothing_and_another_does_not_mix(
    suite: Home, exam: Callable[..., Path]
) -> None:
    path, other = exam("a.csv", 100), exam("b.csv", 100, seed=2)
    first = imported(path)
    before = cells(suite)
    assert imported(path) == first
    assert cells(suite) == before
    assert imported(other) == directly(other)
    assert imported(path) == first


def test_a_bad_file_is_refused_before_anything_is_sent(
    suite: Home, exam: Callable[..., Path]
) -> None:
    path = exam("bad.csv", 50)
    path.write_text(path.read_text("utf-8").replace("28000050,28,", "28000001,28,1", 1), "utf-8")
    before = cells(suite)
    with pytest.raises(FileRefused, match="row 51, column SBD"):
        import_exam.main([str(path)])
    assert cells(suite) == before


def begun(path: Path) -> subprocess.Popen[bytes]:
    """Begin to import in a process of its own, and return when a tenth is saved."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "edu", "import-exam", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    assert b"scores saved" in process.stderr.readline()
    return process


@pytest.mark.chaos
def test_a_run_that_was_killed_and_a_service_that_died_lose_and_double_nothing(
    suite: Home, exam: Callable[..., Path]
) -> None:
    path = exam("killed.csv", 1000, seed=3)
    first = begun(path)
    first.kill()
    first.communicate()
    again = begun(path)
    run = suite.run()
    assert run is not None
    gradebook = next(one["pid"] for one in run["processes"] if one["name"] == "gradebook")
    os.kill(gradebook, signal.SIGKILL)
    again.communicate()
    assert again.returncode == 0
    assert imported(path) == directly(path)


@pytest.mark.usefixtures("suite")
def test_real_results_come_out_as_they_went_in(tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip(f"not run: {REAL.name} is not beside this checkout")
    header, *rows = REAL.read_text("utf-8-sig").splitlines(keepends=True)
    path = tmp_path / "real.csv"
    path.write_text(header + "".join(rows[::EVERY]), "utf-8")
    assert imported(path) == directly(path)
