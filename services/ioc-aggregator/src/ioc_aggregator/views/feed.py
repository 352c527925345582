"""The feed over HTTP: pages after N, and a stream that goes on where it was left."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated

from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chassis.errors import FieldError, Invalid
from chassis.http import QueryRouter
from ioc_aggregator.access import EngineDep, Scope, ScopeDep, scope_of
from ioc_aggregator.engine import Engine
from ioc_aggregator.feed.reader import Reader
from ioc_aggregator.feed.store import Entry
from ioc_aggregator.views import places

router = QueryRouter(prefix="/feed", tags=["feed"])

_PAGE = 500
_HEARTBEAT_SECONDS = 15
_STOP_SECONDS = 1.0
"""How soon a stream sees that the service stops."""

_ASK_AGAIN_SECONDS = 10.0
"""How soon it sees that its reader has signed out."""

_LARGEST = 2**53 - 1
After = Annotated[
    int | None, Query(ge=0, le=_LARGEST, description="The last N that the client has.")
]


@router.get("", public=True, transactional=False)
async def read_feed(
    engine: EngineDep,
    scope: ScopeDep,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=5_000)] = _PAGE,
) -> Response:
    """The entries after N in order. Ask again with ``after`` = ``next``."""
    number = after or 0
    entries = await engine.feed.after(number, limit)
    documents = b",".join(_documents(engine, scope, entries))
    last = entries[-1].number if entries else number
    begin = f'{{"after":{number},"next":{last},"head":{engine.feed.head},"entries":['.encode()
    return Response(begin + documents + b"]}", media_type="application/json")


@router.get("/stream", public=True, transactional=False, response_class=StreamingResponse)
async def stream_feed(
    request: Request,
    engine: EngineDep,
    scope: ScopeDep,
    after: After = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Server-sent events with id N; resumes after ``Last-Event-ID``, else begins now."""
    number = _resume(last_event_id, after, engine.feed)
    first = await engine.feed.after(number, _PAGE)
    stopping: Callable[[], bool] = getattr(request.app.state, "stopping", lambda: False)
    return StreamingResponse(
        _events(engine, number, first, asker=_Asker(request, scope), stopping=stopping),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _documents(engine: Engine, scope: Scope, entries: Sequence[Entry]) -> list[bytes]:
    """Give the events' documents, without the values that this scope may not see."""
    borders = engine.follower.state.borders(places.day_of(None))
    return [
        entry.document(
            full=not entry.hidden
            or (scope.principal is not None and scope.covers_unit(borders, entry.unit_id))
        )
        for entry in entries
    ]


class _Asker:
    """Whoever reads a stream: it outlives tokens and sessions, so these are looked at again."""

    def __init__(self, request: Request, scope: Scope) -> None:
        self.scope = scope
        self._request = request
        self._due = time.monotonic() + _ASK_AGAIN_SECONDS

    async def stays(self) -> bool:
        """Tell whether the request still has the scope that it began with."""
        if self.scope.principal is None or time.monotonic() < self._due:
            return True
        self._due = time.monotonic() + _ASK_AGAIN_SECONDS
        try:
            return await scope_of(self._request) == self.scope
        except Exception:  # noqa: BLE001 (whatever keeps us from knowing, the client asks anew)
            return False


def _resume(last_event_id: str | None, after: int | None, feed: Reader) -> int:
    if not last_event_id:
        return feed.head if after is None else after
    if not (last_event_id.isascii() and last_event_id.isdigit()) or int(last_event_id) > _LARGEST:
        raise Invalid(
            "bad-last-event-id",
            "Last-Event-ID phải là số thứ tự của mục cuối cùng đã nhận.",
            errors=[FieldError("Last-Event-ID", "không phải số", "gửi lại id của mục cuối")],
        )
    return int(last_event_id)


async def _events(
    engine: Engine,
    number: int,
    entries: list[Entry],
    *,
    asker: _Asker,
    stopping: Callable[[], bool],
) -> AsyncIterator[bytes]:
    """Yield entries as they come. A slow client is read for only as fast as it takes."""
    yield b"retry: 2000\n\n"
    silent = 0.0
    while not stopping() and await asker.stays():
        if entries:
            documents = _documents(engine, asker.scope, entries)
            # At once: a round changes hundreds of numbers, and each piece is a packet of its own.
            yield b"".join(
                b"id: %d\nevent: indicator-changed\ndata: %s\n\n" % (entry.number, document)
                for entry, document in zip(entries, documents, strict=True)
            )
            number, silent = entries[-1].number, 0.0
        else:
            await engine.feed.wait(number, within=_STOP_SECONDS)
            silent += _STOP_SECONDS
            if silent >= _HEARTBEAT_SECONDS:
                silent = 0.0
                yield b": still here\n\n"
        entries = await engine.feed.after(number, _PAGE)
