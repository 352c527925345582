"""Is the process alive, can it keep its promise, and if not: what is missing and what mends it.

A part is *required* when the service's HTTP promise needs it. Kafka is not required of a service
that only takes commands: it shows here, and readiness stays (else one broker outage would take all
services away at once).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import JSONResponse

_PROBE_SECONDS = 2.0
_UNAVAILABLE = 503


class State(StrEnum):
    """What a part last said of itself."""

    STARTING = "starting"
    OK = "ok"
    FAILING = "failing"


@dataclass(slots=True)
class Part:
    """One thing that can fail; its owner reports, `/readyz` shows."""

    name: str
    required: bool
    silent_after: float | None = None
    state: State = State.STARTING
    detail: str = ""
    mend: str = ""
    reported: float = field(default_factory=time.monotonic)

    def ok(self, detail: str = "") -> None:
        """Report that all is well, for now."""
        self._report(State.OK, detail, "")

    def failing(self, detail: str, *, mend: str = "") -> None:
        """Report what is wrong, and the command that mends it."""
        self._report(State.FAILING, detail, mend)

    def _report(self, state: State, detail: str, mend: str) -> None:
        self.state, self.detail, self.mend = state, detail, mend
        self.reported = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last report."""
        return time.monotonic() - self.reported

    def show(self) -> dict[str, object]:
        """Return what `/readyz` says of this part."""
        state, detail = self.state, self.detail
        if self.silent_after is not None and self.age > self.silent_after:
            state, detail = State.FAILING, f"no sign of life for {self.age:.0f} s"
        shown: dict[str, object] = {
            "name": self.name,
            "state": state,
            "required": self.required,
            "age_seconds": round(self.age, 1),
        }
        if detail:
            shown["detail"] = detail
        if self.mend:
            shown["mend"] = self.mend
        return shown


Probe = Callable[[Part], Awaitable[None]]
"""Looks at its part and reports to it; asked at every `/readyz`, at most two seconds long."""


class Health:
    """All parts of one process."""

    def __init__(self, *, service: str, version: str) -> None:
        self._service = service
        self._version = version
        self._parts: dict[str, Part] = {}
        self._probes: list[tuple[Part, Probe]] = []
        self._given_up: str | None = None
        self.draining = False

    def part(self, name: str, *, required: bool, silent_after: float | None = None) -> Part:
        """Add a part that reports by itself; `silent_after` seconds without a report it fails."""
        part = self._parts[name] = Part(name, required, silent_after)
        return part

    def probe(self, name: str, look: Probe, *, required: bool) -> Part:
        """Add a part that is looked at when somebody asks."""
        part = self.part(name, required=required)
        self._probes.append((part, look))
        return part

    def give_up(self, reason: str) -> None:
        """Make `/livez` fail: only a new process helps."""
        self._given_up = reason

    async def report(self) -> tuple[bool, dict[str, object]]:
        """Return whether the process is ready, and every part with its state."""
        await asyncio.gather(*(_look(part, look) for part, look in self._probes))
        parts = [part.show() for part in self._parts.values()]
        missing = [part["name"] for part in parts if part["required"] and part["state"] != State.OK]
        ready = not missing and not self.draining
        return ready, {
            "ready": ready,
            "draining": self.draining,
            "missing": missing,
            "service": self._service,
            "version": self._version,
            "parts": parts,
        }

    async def readyz(self, _: Request) -> JSONResponse:
        """Answer `GET /readyz`."""
        ready, report = await self.report()
        return JSONResponse(report, 200 if ready else _UNAVAILABLE)

    async def livez(self, _: Request) -> JSONResponse:
        """Answer `GET /livez`: that it answers shows that the event loop turns."""
        if self._given_up is not None:
            return JSONResponse({"alive": False, "detail": self._given_up}, _UNAVAILABLE)
        return JSONResponse({"alive": True})


async def _look(part: Part, look: Probe) -> None:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await look(part)
    except TimeoutError:
        part.failing(f"no answer within {_PROBE_SECONDS:.0f} s", mend=part.mend)
    except Exception as error:  # noqa: BLE001 (whatever it is, the part is what fails)
        part.failing(type(error).__name__, mend=part.mend)
