"""What tests of several files share, and which files one worker therefore takes together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

T = TypeVar("T")

TOGETHER = ("tests/browser/test_", "tests/chaos/", "tests/journeys/")
"""What files that share something begin with."""

_ALL = pytest.StashKey[list["Kept[Any]"]]()


class Kept(Generic[T]):
    """Begun by the first test that asks, ended when the next one does not ask for it.

    A suite that idles to the end of the session takes a quarter of a core from all other tests.
    """

    def __init__(
        self, config: pytest.Config, fixture: str, begin: Callable[[], AbstractContextManager[T]]
    ) -> None:
        """``fixture`` names the fixture through which tests ask for it."""
        self._fixture = fixture
        self._begin = begin
        self._open: tuple[AbstractContextManager[T], T] | None = None
        config.stash.setdefault(_ALL, []).append(self)

    def get(self) -> T:
        """Give it, begun if it is not there."""
        if self._open is None:
            manager = self._begin()
            self._open = (manager, manager.__enter__())
        return self._open[1]

    def end(self) -> None:
        """End it, if it was begun."""
        if self._open is not None:
            (manager, _), self._open = self._open, None
            manager.__exit__(None, None, None)

    def asked_by(self, item: pytest.Item | None) -> bool:
        """Tell whether a test wants it."""
        return self._fixture in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what the next test does not want, after what stands on it."""
    for kept in item.config.stash.get(_ALL, []):
        if not kept.asked_by(nextitem):
            kept.end()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give a worker whole files, and all files that share something."""
    from xdist.scheduler import LoadFileScheduling  # noqa: PLC0415 - only where tests run in many

    class Together(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return next((one for one in TOGETHER if nodeid.startswith(one)), None) or str(
                super()._split_scope(nodeid)
            )

    return Together(config, log)
