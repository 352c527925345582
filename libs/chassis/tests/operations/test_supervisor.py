"""Background work goes on whatever happens to it, and stops when told."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from chassis.health import Health, State
from chassis.supervisor import Supervisor, backoff


class Pauses:
    """Counts the pauses instead of making them."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def health() -> Health:
    return Health(service="test", version="1")


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def supervisor(health: Health, pauses: Pauses) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(health, jitter=lambda: 1.0, pause=pauses)
    with structlog.testing.capture_logs():
        yield supervisor
        await supervisor.stop(within=1)


async def test_what_fails_is_started_again_after_growing_pauses(
    supervisor: Supervisor, pauses: Pauses
) -> None:
    sixth = asyncio.Event()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs > 5:
            sixth.set()
            await asyncio.Event().wait()
        raise OSError

    supervisor.start("relay", work)
    await sixth.wait()
    assert pauses.seconds == [0.4, 0.8, 1.6, 3.2, 6.4]


async def test_what_ends_by_itself_is_started_again(supervisor: Supervisor) -> None:
    second = asyncio.Event()
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 2:
            second.set()
            await asyncio.Event().wait()

    supervisor.start("relay", work)
    await second.wait()


async def test_health_knows_what_failed(health: Health) -> None:
    paused = asyncio.Event()

    async def pause(_: float) -> None:
        paused.set()
        await asyncio.Event().wait()

    async def work() -> None:
        raise ConnectionError("10.0.0.1")

    supervisor = Supervisor(health, jitter=lambda: 0.5, pause=pause)
    with structlog.testing.capture_logs():
        supervisor.start("relay", work, required=True)
        await paused.wait()
    ready, report = await health.report()
    assert not ready
    assert report["missing"] == ["relay"]
    await supervisor.stop(within=1)


async def test_stopping_lets_work_clean_up_last_started_first(supervisor: Supervisor) -> None:
    order: list[str] = []
    running = asyncio.Barrier(3)

    def work(name: str) -> object:
        async def run() -> None:
            try:
                await running.wait()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                order.append(name)

        return run

    supervisor.start("relay", work("relay"))  # type: ignore[arg-type]
    supervisor.start("consumer", work("consumer"))  # type: ignore[arg-type]
    await running.wait()
    assert await supervisor.stop(within=5) == []
    assert order == ["consumer", "relay"]


async def test_what_does_not_stop_is_named(supervisor: Supervisor) -> None:
    let_go, running = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        while not let_go.is_set():
            try:
                running.set()
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    supervisor.start("stubborn", work)
    await running.wait()
    assert await supervisor.stop(within=0.01) == ["stubborn"]
    let_go.set()


@given(failures=st.integers(0, 10_000), share=st.floats(0, 1))
def test_a_pause_is_never_long(failures: int, share: float) -> None:
    assert 0 <= backoff(failures, share) <= 15


def test_states_are_words() -> None:
    assert [*State] == ["starting", "ok", "failing"]
