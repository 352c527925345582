"""The whole suite, started as anybody starts it, in a folder of its own."""

from collections.abc import Iterator, Mapping

import pytest

from edu import down, up
from edu.home import Home


@pytest.fixture(scope="module")
def settings() -> Mapping[str, str]:
    """Return what the services are told besides; a module may have its own."""
    return {}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, settings: Mapping[str, str]) -> Iterator[Home]:
    """Run every service; whoever asks for it is a test of the wire."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setenv("EDU_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
        try:
            up.detached([])
            yield Home.default()
        finally:
            down.main([])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the suite, as the plugin marks what needs a broker."""
    for item in items:
        if "suite" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.wire)
            item.add_marker(pytest.mark.timeout(300))
