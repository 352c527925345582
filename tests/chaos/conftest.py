"""The stage that scenarios share, and the line that each of them leaves behind."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator

import pytest

from edu.chaos import scenario_of

from .scenario import NotRunError, Scenario
from .stage import Stage

SHORT = frozenset({"F2", "F3", "F7"})
"""What plays among all tests; `./edu chaos` plays everything."""

SCENARIO = pytest.StashKey[Scenario]()
FAILED = pytest.StashKey[bool]()
LAST = pytest.StashKey[bool]()


def name_of(item: pytest.Item) -> str | None:
    """Return the scenario that a test is; None, if it is another kind of test."""
    return scenario_of(item.name) if item.path.parent.name == "chaos" else None


def among_all(config: pytest.Config) -> bool:
    """Whether these are all tests, and not `./edu chaos`."""
    return not config.pluginmanager.has_plugin("edu.chaos")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the scenarios; among all tests, leave out those that take long."""
    left_out = []
    for item in items:
        name = name_of(item)
        if name is None:
            continue
        for mark in (pytest.mark.wire, pytest.mark.chaos, pytest.mark.timeout(900)):
            item.add_marker(mark)
        if among_all(config) and name not in SHORT:
            left_out.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class Stages:
    """The stage of the moment; one that a scenario has broken is taken down."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        """Begin without one."""
        self.now: Stage | None = None
        self._folders = folders

    def get(self) -> Stage:
        """Return the stage, built if there is none."""
        if self.now is None:
            self.now = Stage.build(self._folders.mktemp("chaos"))
        return self.now

    def drop(self) -> None:
        """Take it down."""
        if self.now is not None:
            self.now.stack.close()
            self.now = None


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """Give the keeper of the stage."""
    keeper = Stages(tmp_path_factory)
    yield keeper
    keeper.drop()


@pytest.fixture
def stage(stages: Stages, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give the stage; after a failure, and when no scenario follows, it is taken down."""
    yield stages.get()
    if request.node.stash.get(FAILED, True) or request.node.stash[LAST]:
        stages.drop()


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """Give the scenario its seed: the one that was asked for, or one by lot."""
    config = request.config
    seed = config.getoption("--seed", None)
    name = name_of(request.node)
    assert name is not None
    short = among_all(config) or bool(config.getoption("--short"))
    drawn = secrets.randbelow(1 << 31) if seed is None else seed
    made = request.node.stash[SCENARIO] = Scenario(name, drawn, short)
    return made


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Note whether another scenario follows: services that idle take processor time from tests."""
    item.stash[LAST] = nextitem is None or name_of(nextitem) is None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write the scenario's line into its report."""
    report = yield
    scenario = item.stash.get(SCENARIO, None)
    if scenario is None or (call.when != "call" and report.passed):
        return report
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, NotRunError):
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, f"not run: {error}")
    item.stash[FAILED] = report.failed
    line = scenario.line(error)
    report.user_properties.append(("scenario", line))
    report.sections.append(("scenario", line))
    return report
