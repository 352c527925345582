"""The outermost layer of a service's HTTP: what every request gets, whatever its route.

It binds correlation id and trace context, turns an escaped error into a problem, and leaves one log
line and one measurement, both under the route's template, never under the path that was asked.
"""

import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import context, metrics, telemetry
from chassis.clock import new_id
from chassis.context import Causation
from chassis.http.problems import problem_of, render

CORRELATION_HEADER = "X-Correlation-ID"
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
_CLIENT_WENT_AWAY = 499
_FIRST_SERVER_ERROR = 500
_log = structlog.get_logger("chassis.http")


class Edge:
    """Pure ASGI middleware; put it outside everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        causation = _causation(Headers(scope=scope))
        exchange = _Exchange(scope, send, str(causation.correlation_id))
        with (
            context.bind(causation),
            structlog.contextvars.bound_contextvars(correlation_id=causation.correlation_id),
        ):
            try:
                await self._app(scope, receive, exchange.send)
            except Exception as error:
                if exchange.status is not None:
                    raise  # half an answer is out: only the server can close the connection
                problem = problem_of(error)
                if problem.status >= _FIRST_SERVER_ERROR:
                    _log.exception("request failed", route=exchange.route)
                await render(problem)(scope, receive, exchange.send)
            finally:
                exchange.report()


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send, correlation_id: str) -> None:
        self.scope = scope
        self.status: int | None = None
        self._send = send
        self._correlation_id = correlation_id
        self._started = time.perf_counter()
        self._seconds: float | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._seconds = time.perf_counter() - self._started
            headers = MutableHeaders(scope=message)
            headers[CORRELATION_HEADER] = self._correlation_id
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Cache-Control", "no-cache" if "ETag" in headers else "no-store")
        await self._send(message)

    @property
    def route(self) -> str:
        """The template of the route; one word for all paths that have none."""
        return getattr(self.scope.get("route"), "path", "unmatched")

    def report(self) -> None:
        """Measure until the first byte of the answer: a stream may go on for hours."""
        status = _CLIENT_WENT_AWAY if self.status is None else self.status
        seconds = time.perf_counter() - self._started if self._seconds is None else self._seconds
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        metrics.HTTP_REQUEST_DURATION.labels(method, self.route, str(status)).observe(seconds)
        if self.scope["path"] not in _QUIET:
            _log.info(
                "request",
                method=method,
                route=self.route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _causation(headers: Headers) -> Causation:
    """Take the caller's ids where they are well formed, else begin new ones."""
    request_id = new_id()
    correlation_id = headers.get(CORRELATION_HEADER, "")
    if not _CORRELATION.fullmatch(correlation_id):
        correlation_id = request_id
    # With telemetry on, the span of this request already continues the caller's trace.
    given = telemetry.current_traceparent() or headers.get("traceparent")
    traceparent = context.well_formed(given)
    if traceparent is None:
        trace_id = request_id.replace("-", "")
        traceparent = f"00-{trace_id}-{trace_id[16:]}-00"
    return Causation(correlation_id, request_id, traceparent)
