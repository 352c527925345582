"""`./edu chaos [SCENARIO…] [--seed S] [--minutes M] [--short]`: plays faults on real processes.

Each scenario prints one line with its figures and its seed; a report with all of them is written.
As a pytest plugin it keeps only the scenarios that were asked for and prints their lines.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from edu.failure import Failure
from edu.home import ROOT, Home

WHERE = ("tests/chaos", "tests/journeys/test_alone.py")
NAME = re.compile(r"test_(?:f(\d\d)|(exam))_")
ONLY_NAMED = "EXAM"
"""The real examination under fire: minutes by itself, so it plays when it is asked for."""
LINES = pytest.StashKey[list[dict[str, Any]]]()


def main(arguments: list[str]) -> int:
    """Play the scenarios that are named, or all; 1 if one fails or its fault was not seen."""
    parser = argparse.ArgumentParser(prog="./edu chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="F7, for example, or exam")
    parser.add_argument("--seed", type=int, help="of every scenario; by lot if it is not said")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on with new seeds so long")
    parser.add_argument("--short", action="store_true", help="few rounds, as among all tests")
    parsed = parser.parse_args(arguments)
    wanted = [name.upper() for name in parsed.scenarios]
    if unknown := [name for name in wanted if not re.fullmatch(rf"F\d+|{ONLY_NAMED}", name)]:
        raise Failure(f"No scenario is called {unknown[0]}. They are called F1, F2, … and exam.")
    began = time.monotonic()
    seed = secrets.randbelow(1 << 31) if parsed.seed is None else parsed.seed
    played: list[dict[str, Any]] = []
    code = 0
    while not played or time.monotonic() - began < parsed.minutes * 60:
        ended, lines = _play(wanted, seed + len({one["seed"] for one in played}), parsed.short)
        played += lines
        code = max(code, ended)
        if not lines:
            break
    seconds = time.monotonic() - began
    report = _write(played, seconds)
    failed = sum(one["verdict"] == "failed" for one in played)
    not_run = sum(one["verdict"] == "skipped" for one in played)
    print(f"chaos: {len(played)} played, {failed} failed, {not_run} not run, {seconds:.0f} s")
    print(f"report: {report}")
    return 1 if code or failed or not played else 0


def _play(wanted: Sequence[str], seed: int, short: bool) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-P", "-m", "pytest", "-p", "edu.chaos", "-qq", "--no-header"]
    with tempfile.TemporaryDirectory(prefix="edu-chaos-") as folder:
        part = Path(folder) / "lines.json"
        options = [f"--scenarios={','.join(wanted)}", f"--seed={seed}", f"--lines={part}", "-rN"]
        options += ["--short"] if short else []
        done = subprocess.run([*command, *options, *WHERE], cwd=ROOT, check=False)
        return done.returncode, json.loads(part.read_text("utf-8")) if part.exists() else []


def _write(played: list[dict[str, Any]], seconds: float) -> Path:
    home = Home.default()
    home.prepare()
    path = home.folder / "chaos.json"
    content = {"seconds": round(seconds), "scenarios": played}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what `main` was told."""
    group = parser.getgroup("chaos")
    group.addoption("--scenarios", default="", help="only these, separated by commas")
    group.addoption("--seed", type=int, default=None, help="what every scenario draws from")
    group.addoption("--short", action="store_true", help="few rounds, as among all tests")
    group.addoption("--lines", type=Path, default=None, help="where the lines are written")


def pytest_configure(config: pytest.Config) -> None:
    """Begin without a line."""
    config.stash[LINES] = []
    config.pluginmanager.register(_Lines(config), "edu.chaos.lines")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the scenarios that are asked for, in the order of their numbers."""
    wanted = [name for name in config.getoption("--scenarios").split(",") if name]
    found = {name: item for item in items if (name := scenario_of(item.name))}
    if missing := set(wanted) - found.keys():
        raise pytest.UsageError(f"There is no scenario {', '.join(sorted(missing))}.")
    chosen = wanted or found.keys() - {ONLY_NAMED}
    items[:] = [found[name] for name in sorted(chosen, key=lambda name: (len(name), name))]


def scenario_of(test: str) -> str | None:
    """Return the scenario that a test of this name is, such as F7; None if it is none."""
    found = NAME.match(test)
    if found is None:
        return None
    return f"F{int(found[1])}" if found[1] else ONLY_NAMED


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str]:
    """Print no dots: a scenario has a line of its own."""
    broken = report.failed and report.when != "call"
    return "error" if broken else report.outcome, "", ""


class _Lines:
    """Prints each line as soon as its scenario has ended, and keeps it for the report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        lines = [line for name, line in report.user_properties if name == "scenario"]
        seed = self._config.getoption("--seed")
        line = str(lines[-1]) if lines else f"{report.head_line} FAIL seed={seed} before it began"
        print(line, file=sys.__stderr__, flush=True)
        self._config.stash[LINES].append(
            {
                "line": line,
                "seed": seed,
                "verdict": report.outcome,
                "seconds": round(report.duration, 1),
            }
        )

    def pytest_sessionfinish(self) -> None:
        path: Path | None = self._config.getoption("--lines")
        if path is not None:
            path.write_text(json.dumps(self._config.stash[LINES]), "utf-8")
