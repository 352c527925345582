"""The suite's public HTTP, as a patient client uses it: the same key until there is an answer.

A command that was not answered (the service died, the line broke, it was busy) is sent again with
the same Idempotency-Key, so it happens once however often it is sent. Addresses and tokens are read
from the run file again each time: a suite that was restarted may be somewhere else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx
import stamina
import stamina.instrumentation

from edu.failure import Failure
from edu.home import Home

LATEST_FACT_SECONDS = 300.0
"""How long a fact may take from one service to another before we say that it does not come."""

_ANSWER_SECONDS = 120.0
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})

Parameters = Mapping[str, str | int | list[str]]


_FACT_SECONDS = 1.0


class NotAnsweredError(Exception):
    """Nothing was decided: ask again."""


class NotYetError(NotAnsweredError):
    """A fact of another service has not arrived: asking often only keeps it away longer."""


def _pause(error: Exception) -> bool | float:
    """Tell whether to ask again; for what has its own time, after how many seconds."""
    return _FACT_SECONDS if isinstance(error, NotYetError) else isinstance(error, NotAnsweredError)


class Refused(Failure):
    """The service decided, and the answer is no."""

    def __init__(self, status: int, problem: Mapping[str, Any], asked: str) -> None:
        """Keep the problem; its detail is for people."""
        self.status = status
        self.problem = problem
        self.slug = str(problem.get("type", "")).rpartition(":")[2]
        errors = [
            f"\n  {error.get('where')}: {error.get('what')} {error.get('how')}"
            for error in problem.get("errors", [])[:10]
        ]
        detail = problem.get("detail") or problem.get("title") or problem
        super().__init__(f"{asked} was refused with {status}: {detail}{''.join(errors)}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of whom, and as whom."""

    service: str
    method: str
    path: str
    options: Mapping[str, Any]
    role: str | None
    token: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.service}{self.path}"


class Suite:
    """The running suite of one home; use it as an asynchronous context."""

    def __init__(self, home: Home, *, connections: int = 16) -> None:
        """At most so many requests are under way at a time."""
        self._home = home
        self._places = asyncio.Semaphore(connections)
        self._client = httpx.AsyncClient(
            timeout=_ANSWER_SECONDS, limits=httpx.Limits(max_keepalive_connections=connections)
        )
        stamina.instrumentation.set_on_retry_hooks([])  # repeating is our daily work, no event
        self._run = self._read_run()
        self.answered: dict[str, datetime] = {}
        """By service, a moment on its own clock after its latest answer to a command."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    def _read_run(self) -> dict[str, Any]:
        run = self._home.run()
        if run is None:
            raise Failure("Nothing runs here: start it with `./edu up`.")
        return run

    def url(self, service: str) -> str:
        """Return where a service is."""
        try:
            found: str = self._run["services"][service]["url"]
        except KeyError:
            raise Failure(f"{service} does not run here: `./edu up {service}`.") from None
        return found

    @property
    def letterbox(self) -> str | None:
        """Where webhooks of this suite may be sent to; None if nothing arrives here."""
        found: str | None = self._run["letterbox"]["url"]
        return found

    async def query(
        self,
        service: str,
        path: str,
        *,
        role: str | None = None,
        token: str | None = None,
        params: Parameters | None = None,
    ) -> Any:
        """Read; without role or token as the public does."""
        options = {"params": dict(params or {})}
        return await self._answered(Request(service, "GET", path, options, role, token))

    async def command(
        self,
        service: str,
        method: str,
        path: str,
        *,
        key: str,
        body: object = None,
        content: bytes | None = None,
        params: Parameters | None = None,
        role: str = "department-officer",
        token: str | None = None,
        waits_for: Collection[str] = frozenset(),
    ) -> Any:
        """Send a command until it is answered.

        ``waits_for`` names the refusals that pass when a fact of another service has arrived.

        Raises:
            Refused: the answer is no, and it will stay so.
        """
        headers = {"Idempotency-Key": key}
        options: dict[str, Any] = {"params": dict(params or {}), "headers": headers}
        if content is None:
            options["json"] = body
        else:
            options["content"] = content
            headers["Content-Type"] = "text/csv; charset=utf-8"
        return await self._answered(Request(service, method, path, options, role, token), waits_for)

    async def _answered(self, request: Request, waits_for: Collection[str] = ()) -> Any:
        began = time.monotonic()
        async for attempt in stamina.retry_context(
            on=_pause,
            attempts=None,
            timeout=None,
            wait_initial=0.05,
            wait_max=2.0,
            wait_jitter=0.1,
        ):
            with attempt:
                if attempt.num > 1:
                    self._run = self._home.run() or self._run
                try:
                    return await self._once(request)
                except Refused as refused:
                    waited = time.monotonic() - began
                    if refused.slug not in waits_for or waited > LATEST_FACT_SECONDS:
                        raise
                    raise NotYetError(str(request)) from refused
        raise AssertionError("retrying ends by an answer or an exception")

    async def _once(self, request: Request) -> Any:
        bearer = request.token or (self._run["tokens"][request.role] if request.role else None)
        headers = dict(request.options.get("headers", {}))
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        url = self.url(request.service) + request.path
        try:
            async with self._places:
                answer = await self._client.request(
                    request.method, url, **{**request.options, "headers": headers}
                )
        except httpx.TransportError as error:
            raise NotAnsweredError(repr(error)) from error
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code in _BUSY:
            raise NotAnsweredError(answer.text)
        if answer.is_success:
            if request.method != "GET":
                sent = parsedate_to_datetime(answer.headers["Date"])
                # It is cut to whole seconds.
                self.answered[request.service] = sent + timedelta(seconds=1)
            return answer.json()
        try:
            problem = answer.json()
        except ValueError:
            problem = {"detail": answer.text}
        raise Refused(answer.status_code, problem, str(request))
