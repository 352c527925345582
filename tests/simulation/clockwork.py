"""Virtual time, and processes that die or sleep wherever they happen to stand."""

import asyncio
import selectors
from collections import Counter, defaultdict, deque
from collections.abc import Coroutine
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, Protocol

PROCESS: ContextVar["Process"] = ContextVar("PROCESS")
"""The process that the running code belongs to; whatever it starts or opens belongs to it, too."""


class StandstillError(Exception):
    """Nothing will ever happen again: everybody waits for somebody else."""


class _Leaper(selectors.SelectSelector):
    """Instead of waiting for a moment, goes there."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in which a minute passes as soon as there is nothing left to do in it."""

    def __init__(self) -> None:
        """Start at second 0."""
        self._leaper = _Leaper()
        super().__init__(self._leaper)
        self.set_task_factory(_owned)

    def time(self) -> float:
        return self._leaper.now


def _owned(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> "asyncio.Task[Any]":
    task = asyncio.Task(work, loop=loop, **options)
    context: Context = options.get("context") or copy_context()
    if (process := context.get(PROCESS)) is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
    return task


class Faults:
    """What goes wrong at the next commits and sends of a role; each happens once."""

    def __init__(self, random: Random) -> None:
        """``random`` gives how long everything takes."""
        self.random = random
        self.seen: Counter[str] = Counter()
        """What did happen, for the claim that the simulation has tried it."""
        self._armed: defaultdict[tuple[str, str], deque[tuple[int, str]]] = defaultdict(deque)

    def arm(self, role: str, point: str, action: str, *, skip: int = 0) -> None:
        """Let ``action`` happen at a coming ``point`` of ``role``, after ``skip`` quiet ones."""
        self._armed[role, point].append((skip, action))

    def due(self, role: str, point: str) -> str:
        """Return what happens at this ``point``; the empty text: nothing."""
        armed = self._armed[role, point]
        if not armed:
            return ""
        skip, action = armed.popleft()
        if skip:
            armed.appendleft((skip - 1, action))
            return ""
        self.seen[f"{role} {point} {action}"] += 1
        return action

    def disarm(self) -> None:
        """Let nothing go wrong any more."""
        self._armed.clear()

    async def latency(self, longest: float = 0.03) -> None:
        """Take a while."""
        await asyncio.sleep(self.random.uniform(0.0, longest))


class Connected(Protocol):
    """What the other side of a connection does when it hears nothing more of a process."""

    def cut(self) -> None:
        """The process is dead."""

    def slept(self) -> None:
        """The process has been asleep for long."""


class Process:
    """One life of a process: all its tasks end with it, wherever they stand."""

    def __init__(self, role: str, faults: Faults) -> None:
        """``role`` is what its faults are armed by."""
        self.role = role
        self.faults = faults
        self.dead = asyncio.Event()
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.connections: dict[Connected, None] = {}
        self._awake: asyncio.Event | None = None

    def start(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run ``work`` inside this process."""
        context = copy_context()
        context.run(PROCESS.set, self)
        task = asyncio.get_running_loop().create_task(work, context=context)
        task.add_done_callback(_report)
        return task

    async def gate(self) -> None:
        """Pass only while alive and awake; every step to the outside leads through here."""
        while not self.dead.is_set() and self._awake is not None:
            await self._awake.wait()
        if self.dead.is_set():
            raise asyncio.CancelledError

    @property
    def alive(self) -> bool:
        """Whether nobody has killed it."""
        return not self.dead.is_set()

    def pause(self) -> None:
        """Stop (SIGSTOP): it will go on as if nothing had happened."""
        if self._awake is None:
            self._awake = asyncio.Event()
            for connection in list(self.connections):
                connection.slept()

    def resume(self) -> None:
        """Go on (SIGCONT)."""
        if self._awake is not None:
            self._awake.set()
            self._awake = None

    @property
    def paused(self) -> bool:
        """Whether it sleeps."""
        return self._awake is not None

    def kill(self) -> None:
        """End it at once (SIGKILL): its code runs no further than to the next step outside."""
        if self.dead.is_set():
            return
        self.dead.set()
        self.resume()
        for task in list(self.tasks):
            task.cancel()
        for connection in list(self.connections):
            connection.cut()


def _report(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": repr(error), "exception": error})
