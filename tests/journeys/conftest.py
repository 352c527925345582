"""The whole suite, started as anybody starts it, in a folder of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from edu import down, up
from edu.home import Home
from edu.testing.kept import Kept

_HERE = Path(__file__).parent


@contextmanager
def running(folder: Path, settings: Mapping[str, str]) -> Iterator[Home]:
    """Run every service, told these settings besides."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setenv("EDU_HOME", str(folder))
        patch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        try:
            up.detached([])
            yield Home.default()
        finally:
            down.main([])


@pytest.fixture(scope="session")
def shared_suite(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept[Home]]:
    """Keep one suite for all journeys that follow each other."""
    kept = Kept(pytestconfig, "shared_suite", lambda: running(tmp_path_factory.mktemp("home"), {}))
    yield kept
    kept.end()


@pytest.fixture
def suite(shared_suite: Kept[Home]) -> Home:
    """Return a running suite, in which others may have been before; whoever asks is a wire test."""
    return shared_suite.get()


@pytest.fixture(scope="module")
def suite_told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    """Run a suite of its own for a module, told the module's `settings` besides."""
    with running(tmp_path_factory.mktemp("home"), request.getfixturevalue("settings")) as home:
        yield home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a suite, as the plugin marks what needs a broker; who share one come first.

    They follow each other then, and it starts once.
    """
    here = [at for at, item in enumerate(items) if item.path.parent == _HERE]
    journeys = sorted((items[at] for at in here), key=lambda item: not _asks(item, "shared_suite"))
    for at, item in zip(here, journeys, strict=True):
        items[at] = item
        if _asks(item, "shared_suite") or _asks(item, "suite_told"):
            item.add_marker(pytest.mark.wire)
            item.add_marker(pytest.mark.timeout(300))


def _asks(item: pytest.Item, fixture: str) -> bool:
    return fixture in getattr(item, "fixturenames", ())
