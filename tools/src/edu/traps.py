"""`./edu test traps`: every known trap of our libraries, each with the test that holds it shut.

A pytest plugin: of the files that tests/traps.toml names it runs only the tests named there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Generator

import pytest

from edu.home import ROOT

TRAPS = tomllib.loads((ROOT / "tests" / "traps.toml").read_text("utf-8"))
TESTS = sorted({test for trap in TRAPS.values() for test in trap["tests"]})
PASSED, FAILED = pytest.StashKey[set[str]](), pytest.StashKey[set[str]]()


def files() -> list[str]:
    """Return the files with the tests of all traps, as far as they exist."""
    names = sorted({test.split("::")[0] for test in TESTS})
    return [name for name in names if (ROOT / name).exists()]


def function(nodeid: str) -> str:
    """Return a test's name without its parameters."""
    return nodeid.split("[", 1)[0]


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing seen."""
    config.stash[PASSED], config.stash[FAILED] = set(), set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep only the tests that hold a trap."""
    items[:] = [item for item in items if function(item.nodeid) in TESTS]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note how each phase of each test ended."""
    report = yield
    if not report.passed:
        item.config.stash[FAILED].add(function(item.nodeid))
    elif report.when == "call":
        item.config.stash[PASSED].add(function(item.nodeid))
    return report


def held_by(config: pytest.Config) -> set[str]:
    """Return the tests that passed, every variant of them."""
    passed, failed = config.stash[PASSED], config.stash[FAILED]
    return {test for test in passed if test not in failed}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line per trap, and how many are not held."""
    config = terminalreporter.config
    held = held_by(config)
    for name, trap in TRAPS.items():
        verdict = "held by" if set(trap["tests"]) <= held else "NOT HELD by"
        tests = ", ".join(test.rsplit("::")[-1] for test in trap["tests"])
        terminalreporter.write_line(f"{name:4} {trap['trap']}: {verdict} {tests}")
    without = sum(not set(trap["tests"]) <= held for trap in TRAPS.values())
    terminalreporter.write_line(f"{len(TRAPS)} traps, {without} without")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail when a test that should hold a trap is not there."""
    if not set(TESTS) <= held_by(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
