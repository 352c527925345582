"""Background work that must go on: what ends or fails is started again, and health knows."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from chassis.health import Health, Part

Work = Callable[[], Awaitable[None]]

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 15.0
_SETTLED_SECONDS = 60.0
_LOTS = secrets.SystemRandom()
_log = structlog.get_logger("chassis.supervisor")


def backoff(failures: int, share: float) -> float:
    """Return the pause after that many failures in a row; `share` (0 to 1) is the jitter."""
    return share * min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** min(failures, 30))


class Supervisor:
    """Runs named tasks until `stop`; each is a part of `health` under its name."""

    def __init__(
        self,
        health: Health,
        *,
        jitter: Callable[[], float] = _LOTS.random,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`jitter` and `pause` are given by tests that want to know the pauses."""
        self._health = health
        self._jitter = jitter
        self._pause = pause
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Work, *, required: bool = False) -> None:
        """Run `work` from now on. To stop it, it is cancelled: it cleans up in `finally`."""
        part = self._health.part(name, required=required)
        self._tasks[name] = asyncio.create_task(self._keep_running(part, work), name=name)

    async def _keep_running(self, part: Part, work: Work) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            part.ok("running")
            try:
                await work()
            except Exception as error:  # noqa: BLE001 (whatever it is, the work must go on)
                _log.exception("background work failed", work=part.name)
                detail = f"failed: {type(error).__name__}"
            else:
                _log.warning("background work ended", work=part.name)
                detail = "ended by itself"
            failures = 0 if time.monotonic() - started > _SETTLED_SECONDS else failures + 1
            seconds = backoff(failures, self._jitter())
            part.failing(f"{detail}; attempt {failures + 1} in {seconds:.1f} s")
            await self._pause(seconds)

    async def stop(self, *, within: float) -> list[str]:
        """Stop everything, last started first; return the names of what did not stop in time."""
        deadline = time.monotonic() + within
        stuck = []
        for name, task in reversed(self._tasks.items()):
            task.cancel()
            left = max(0.0, deadline - time.monotonic())
            await asyncio.wait({task}, timeout=left)
            if not task.done():
                stuck.append(name)
                continue
            with suppress(asyncio.CancelledError, Exception):
                task.result()
        self._tasks.clear()
        if stuck:
            _log.error("background work did not stop", work=stuck)
        return stuck
