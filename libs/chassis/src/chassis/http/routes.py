"""The life of a request. A command is one transaction; a query reads one snapshot.

A command: authenticate → Idempotency-Key → body within its limit → transaction → key row → endpoint
→ stored answer → commit → answer. Nothing is answered before it is committed, and a problem
(status ≥ 400) rolls back and is not stored, so the same key may be tried again.

A route whose endpoint never asked the policy is not answered at all: forgetting `authorise` is a
defect that shows at the first call, not a hole. Only ``public=True`` routes need none.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, TypeVar, cast

import structlog
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from chassis import context
from chassis.auth.asking import asked_by
from chassis.auth.policy import Decisions, current_decisions
from chassis.database import Session
from chassis.errors import Problem, Unauthorized
from chassis.http import idempotency, parameters
from chassis.http.bodies import BodyReader, nul_character
from chassis.http.deadlocks import enduring
from chassis.http.limits import BODY_LIMIT, with_limited_body

Answer = Callable[[Request], Coroutine[Any, Any, Response]]
EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])

_ANONYMOUS = "anonymous"
_log = structlog.get_logger("chassis.http")


class Transactions(Protocol):
    """What the routes need of ``app.state.database``; `chassis.database.Database` has it."""

    def transaction(self) -> AbstractAsyncContextManager[Session]:
        """Commit at the end of the block, roll back if it raises."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Session]:
        """Read one snapshot."""
        ...


class _RolledBack(Exception):  # noqa: N818 (a signal to the transaction, not an error)
    def __init__(self, response: Response) -> None:
        self.response = response


class ChassisRoute(APIRoute):
    """Authenticates, and refuses to answer when the endpoint took no decision."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        public: bool = False,
        body_limit: int = BODY_LIMIT,
        key_header: str = idempotency.HEADER,
        transactional: bool = True,
        grouped: bool = False,
        **options: Any,
    ) -> None:
        """Keep what FastAPI has no place for; a test may read these."""
        self.public = public
        self.body_limit = body_limit
        self.key_header = key_header
        self.transactional = transactional
        self.grouped = grouped
        super().__init__(path, endpoint, **options)
        self.body_reader = BodyReader(self)
        self._parameters = parameters.names(self.dependant)

    def get_route_handler(self) -> Answer:
        """Put the life of this kind of request around FastAPI's own handler."""
        call_endpoint = super().get_route_handler()

        async def decided(request: Request) -> Response:
            response = await call_endpoint(request)
            if isinstance(response, idempotency.Replayed):
                return response  # decided when it was answered first
            if not self.public and not decisions_of(request).taken:
                _log.error("endpoint took no authorisation decision", route=self.path)
                raise Problem("undecided", "Hệ thống chưa kiểm tra quyền cho việc này.")
            return response

        async def handle(request: Request) -> Response:
            if "\x00" in request.url.path or "%00" in request.url.query:
                raise nul_character()
            parameters.refuse_unknown(request, self._parameters)
            actor = await self._authenticate(request)
            token = current_decisions.set(request.state.decisions)
            try:
                with context.bind(replace(context.current(), actor=actor)):
                    return await self.live(request, decided, actor)
            finally:
                current_decisions.reset(token)

        return handle

    async def live(self, request: Request, answer: Answer, actor: str) -> Response:
        """Answer in the way of this kind of route."""
        raise NotImplementedError

    async def _authenticate(self, request: Request) -> str:
        request.state.decisions = Decisions()
        if self.public:
            return _ANONYMOUS
        principal = await asked_by(request)
        if principal is None:
            raise Unauthorized(
                "token-missing",
                "Cần đăng nhập: thiếu header Authorization: Bearer.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        request.state.principal = principal
        return principal.subject


def decisions_of(request: Request) -> Decisions:
    """Return what this request's endpoint has decided so far."""
    return cast("Decisions", request.state.decisions)


class CommandRoute(ChassisRoute):
    """Changes something: one transaction, answered once per Idempotency-Key."""

    async def live(self, request: Request, answer: Answer, actor: str) -> Response:
        """Run the command, or repeat its stored answer."""
        key = idempotency.read_key(request, self.key_header)
        request = await with_limited_body(request, self.body_limit)
        body = await request.body()
        request = await self.body_reader.read(request)
        claim = idempotency.Claim(
            # Who is not known by a token is told apart by the address: one key is one sender's.
            idempotency.Identity(
                request.url.path if self.public else actor,
                f"{request.method} {self.path_format}",
                key,
            ),
            idempotency.fingerprint(request, body),
        )
        if self.grouped:
            request.state.claim = claim
            return await answer(request)
        return await enduring(partial(_transact, request, claim, answer), of=self.path)


async def _transact(request: Request, claim: idempotency.Claim, answer: Answer) -> Response:
    database: Transactions = request.app.state.database
    try:
        async with request.app.state.felt(), database.transaction() as session:
            request.state.session = session
            return await _once(session, claim, partial(answer, request))
    except _RolledBack as refused:
        return refused.response


async def _once(
    session: Session, claim: idempotency.Claim, answer: Callable[[], Awaitable[Response]]
) -> Response:
    for before in (await idempotency.take(session, [claim])).values():
        if isinstance(before, Problem):
            raise before
        return before
    response = await answer()
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise _RolledBack(response)
    await idempotency.store(session, {claim.identity: response})
    return response


class QueryRoute(ChassisRoute):
    """Changes nothing: one read-only snapshot."""

    async def live(self, request: Request, answer: Answer, actor: str) -> Response:  # noqa: ARG002
        """Answer from one snapshot, or from memory when the router needs no database."""
        if not self.transactional:
            return await answer(request)
        database: Transactions = request.app.state.database
        async with request.app.state.felt(), database.reading() as session:
            request.state.session = session
            return await answer(request)


class CommandRouter(APIRouter):
    """The commands of one slice; its methods are `APIRouter`'s, with options more.

    ``public=True`` needs no token and no decision; `body_limit` raises the limit for an import. A
    POST may take its key from another header, where a standard has one: ``webhook-id``. A PUT that
    is ``grouped`` opens no transaction: the endpoint joins one (`chassis.http.group_commit`).
    """

    def post(
        self,
        path: str,
        *,
        public: bool = False,
        body_limit: int = BODY_LIMIT,
        key_header: str = idempotency.HEADER,
        **options: Any,
    ) -> Callable[[EndpointT], EndpointT]:
        """Register a command under POST."""
        route = partial(CommandRoute, public=public, body_limit=body_limit, key_header=key_header)
        return _registration(self, "POST", path, route, options)

    def put(
        self,
        path: str,
        *,
        public: bool = False,
        body_limit: int = BODY_LIMIT,
        grouped: bool = False,
        **options: Any,
    ) -> Callable[[EndpointT], EndpointT]:
        """Register a command under PUT."""
        route = partial(CommandRoute, public=public, body_limit=body_limit, grouped=grouped)
        return _registration(self, "PUT", path, route, options)

    def patch(
        self, path: str, *, public: bool = False, body_limit: int = BODY_LIMIT, **options: Any
    ) -> Callable[[EndpointT], EndpointT]:
        """Register a command under PATCH."""
        return self._command("PATCH", path, public, body_limit, options)

    def delete(
        self, path: str, *, public: bool = False, body_limit: int = BODY_LIMIT, **options: Any
    ) -> Callable[[EndpointT], EndpointT]:
        """Register a command under DELETE."""
        return self._command("DELETE", path, public, body_limit, options)

    def _command(
        self, method: str, path: str, public: bool, body_limit: int, options: dict[str, Any]
    ) -> Callable[[EndpointT], EndpointT]:
        route = partial(CommandRoute, public=public, body_limit=body_limit)
        return _registration(self, method, path, route, options)


class QueryRouter(APIRouter):
    """The queries of one slice. ``transactional=False`` for what is answered from memory."""

    def get(
        self, path: str, *, public: bool = False, transactional: bool = True, **options: Any
    ) -> Callable[[EndpointT], EndpointT]:
        """Register a query under GET."""
        route = partial(QueryRoute, public=public, transactional=transactional)
        return _registration(self, "GET", path, route, options)


def _registration(
    router: APIRouter,
    method: str,
    path: str,
    route: Callable[..., ChassisRoute],
    options: dict[str, Any],
) -> Callable[[EndpointT], EndpointT]:
    def register(endpoint: EndpointT) -> EndpointT:
        router.add_api_route(
            path,
            endpoint,
            methods=[method],
            route_class_override=cast("type[APIRoute]", route),
            **options,
        )
        return endpoint

    return register
