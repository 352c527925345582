"""`/signin`, `/signin/callback`, `/signout`, `/session`: how a browser becomes somebody.

A request that a session authenticates may change something only with the session's CSRF token in
`X-CSRF-Token`: a page of somebody else can send the cookie, but cannot read the token. Requests
with a bearer token need none.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from chassis.auth.principal import Principal, Role
from chassis.database import Database
from chassis.errors import Forbidden, Malformed, NotFound
from chassis.health import Health, Part
from chassis.http.problems import problem_of
from chassis.http.routes import QueryRouter
from chassis.signin.addresses import Address, local
from chassis.signin.attempts import LIFETIME, Attempt, Attempts
from chassis.signin.pages import HEADERS, problem_page
from chassis.signin.sessions import Sessions
from chassis.signin.settings import SigninSettings, decode_key

if TYPE_CHECKING:
    from chassis.signin.provider import Provider

CSRF_HEADER = "X-CSRF-Token"
_SEE_OTHER = 303
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_log = structlog.get_logger("chassis.audit")


class Person(BaseModel):
    """Who is signed in."""

    model_config = ConfigDict(frozen=True)

    subject: str
    roles: list[Role]
    school: str | None
    unit: str | None
    csrf: str
    """To be sent as `X-CSRF-Token` with every request that changes something."""
    ends: datetime
    """When the session ends, if nobody does anything."""


class SessionAnswer(BaseModel):
    """Whether people can sign in here, and who has."""

    model_config = ConfigDict(frozen=True)

    available: bool
    """False where no identity provider is set: then everything is as the public sees it."""
    person: Person | None


@dataclass(frozen=True, slots=True)
class _Means:
    """What signing in needs, where it is set."""

    provider: "Provider"
    attempts: Attempts
    sessions: Sessions
    csrf_key: bytes


class Signin:
    """The door of one service; `chassis.auth.asked_by` asks it who stands behind a cookie."""

    def __init__(self, settings: SigninSettings, database: Database) -> None:
        self._service = settings.SERVICE
        self._url = settings.signin_url
        self._means = _means(settings, database)

    def watch(self, health: Health) -> None:
        """Show in `/readyz` whether the provider is there; nothing else depends on it."""

        async def look(part: Part) -> None:
            if self._means is None:
                part.ok("no identity provider is set: everybody sees what the public sees")
            else:
                await self._means.provider.look(part)

        health.probe("sign-in", look, required=False)

    def install(self, app: FastAPI) -> None:
        """Serve the addresses of the door, and answer for its sessions."""
        app.state.signin = self
        for path, answer, method in (
            ("/signin", self._as_page(self._begin), "GET"),
            ("/signin/callback", self._as_page(self._come_back), "GET"),
            ("/signout", self._sign_out, "POST"),
        ):
            app.add_api_route(path, answer, methods=[method], include_in_schema=False)
        router = QueryRouter(tags=["session"])
        router.get("/session", public=True, transactional=False)(self._read_session)
        app.include_router(router)

    async def principal(self, request: Request) -> Principal | None:
        """Return who signed in with the browser that asks.

        Raises:
            Forbidden: it asks for a change without the session's CSRF token.
        """
        secret = self._secret(request)
        if self._means is None or secret is None:
            return None
        changes = request.method not in _HARMLESS
        standing = await self._means.sessions.find(secret, seen=changes)
        if standing is None:
            return None
        if changes:
            self._check_csrf(self._means, request, secret)
        return standing.principal

    async def _begin(self, request: Request) -> Response:
        """Send the browser to the provider."""
        means, address = self._required(), self._address(request)
        attempt = Attempt.begin(local(request.query_params.get("next"), otherwise=address.home))
        url = await means.provider.authorization_url(attempt, callback=address.callback)
        response = RedirectResponse(url, _SEE_OTHER, headers=HEADERS)
        sealed = means.attempts.seal(attempt)
        self._keep(response, address, "attempt", sealed, seconds=int(LIFETIME.total_seconds()))
        return response

    async def _come_back(self, request: Request) -> Response:
        """Take the provider's answer; it ends the attempt, whatever it is."""
        means, address, query = self._required(), self._address(request), request.query_params
        attempt = means.attempts.open(request.cookies.get(self._cookie(address, "attempt")))
        if attempt is None or not _same(query.get("state", ""), attempt.state):
            raise Malformed(
                "signin-over",
                "Lần đăng nhập này đã kết thúc, đã quá mười phút, "
                "hoặc được mở từ trình duyệt khác.",
                title="Hãy đăng nhập lại từ đầu",
            )
        code = query.get("code", "")
        if not code:
            _log.warning("sign-in declined", reason=query.get("error", "")[:64])
            raise Forbidden(
                "signin-declined",
                "Hệ thống đăng nhập không xác nhận tài khoản: bạn đã dừng lại, hoặc tài khoản chưa "
                "được phép dùng trang này.",
                title="Đăng nhập không thành công",
            )
        principal = await means.provider.principal(
            attempt, code=code, issuer=query.get("iss"), callback=address.callback
        )
        secret = await means.sessions.begin(principal, instead_of=self._secret(request))
        _log.info("signed in", actor=principal.subject, roles=sorted(principal.roles))
        response = RedirectResponse(attempt.next, _SEE_OTHER, headers=HEADERS)
        self._keep(response, address, "session", secret)
        self._forget(response, address, "attempt")
        return response

    async def _sign_out(self, request: Request) -> Response:
        """End the session here, and say where it ends at the provider."""
        means, address, secret = self._required(), self._address(request), self._secret(request)
        next_address = None
        if secret is not None and (standing := await means.sessions.find(secret)) is not None:
            self._check_csrf(means, request, secret)
            await means.sessions.end(secret)
            _log.info("signed out", actor=standing.principal.subject)
            next_address = await means.provider.logout_url(home=f"{address.base}/")
        response = JSONResponse({"next": next_address})
        self._forget(response, address, "session")
        return response

    async def _read_session(self, request: Request, response: Response) -> SessionAnswer:
        """Say who is signed in. A page asks this when it opens and while a person uses it."""
        means, secret = self._means, self._secret(request)
        if means is None or secret is None:
            return SessionAnswer(available=means is not None, person=None)
        standing = await means.sessions.find(secret, seen=True)
        if standing is None:
            self._forget(response, self._address(request), "session")
            return SessionAnswer(available=True, person=None)
        principal = standing.principal
        person = Person(
            subject=principal.subject,
            roles=sorted(principal.roles),
            school=principal.school,
            unit=principal.unit,
            csrf=_csrf(means, secret),
            ends=standing.ends,
        )
        return SessionAnswer(available=True, person=person)

    def _as_page(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Show problems to the person who is looking, and never send the browser on by itself."""

        async def page(request: Request) -> Response:
            try:
                return await answer(request)
            except Exception as error:
                problem = problem_of(error)
                if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
            address = self._address(request)
            again = None
            if self._means is not None:
                sealed = request.cookies.get(self._cookie(address, "attempt"))
                attempt = self._means.attempts.open(sealed)
                wanted = attempt.next if attempt else request.query_params.get("next")
                again = local(wanted, otherwise=address.home)
            response = problem_page(problem, home=address.home, again=again)
            self._forget(response, address, "attempt")
            return response

        return page

    def _required(self) -> _Means:
        if self._means is None:
            raise NotFound(
                "signin-not-set",
                "Nơi đây chưa nối với hệ thống đăng nhập nào; mọi người xem trang công khai.",
                title="Chưa có đăng nhập",
            )
        return self._means

    def _address(self, request: Request) -> Address:
        return Address((self._url or str(request.base_url)).rstrip("/"))

    def _cookie(self, address: Address, name: str) -> str:
        return address.cookie(self._service, name)

    def _secret(self, request: Request) -> str | None:
        return request.cookies.get(self._cookie(self._address(request), "session"))

    def _keep(
        self,
        response: Response,
        address: Address,
        name: str,
        value: str,
        *,
        seconds: int | None = None,
    ) -> None:
        """Let the browser keep something; without `seconds` until it is closed."""
        response.set_cookie(
            self._cookie(address, name),
            value,
            max_age=seconds,
            path="/",
            secure=address.secure,
            httponly=True,
            samesite="lax",
        )

    def _forget(self, response: Response, address: Address, name: str) -> None:
        self._keep(response, address, name, "", seconds=0)

    def _check_csrf(self, means: _Means, request: Request, secret: str) -> None:
        if not _same(request.headers.get(CSRF_HEADER, ""), _csrf(means, secret)):
            _log.warning("request without CSRF token refused", method=request.method)
            raise Forbidden(
                "csrf-token-invalid",
                f"Thiếu header {CSRF_HEADER} của phiên đăng nhập này. Hãy tải lại trang.",
            )


def _means(settings: SigninSettings, database: Database) -> _Means | None:
    """Return what signing in needs; None where it is not set."""
    if settings.signin_issuer is None or settings.signin_key is None:
        return None
    from chassis.signin.provider import Provider  # noqa: PLC0415 - loads Authlib, for few services

    key = decode_key(settings.signin_key.get_secret_value())
    secret = settings.signin_client_secret
    provider = Provider(
        issuer=settings.signin_issuer,
        client_id=str(settings.signin_client_id),
        client_secret=None if secret is None else secret.get_secret_value(),
        scope=settings.signin_scope,
        production=settings.environment == "production",
    )
    csrf_key = hmac.digest(key, b"csrf", hashlib.sha256)
    return _Means(provider, Attempts(key), Sessions(database), csrf_key)


def _csrf(means: _Means, secret: str) -> str:
    """Return the CSRF token of a session: only we can make it, and only from its secret."""
    return urlsafe_b64encode(hmac.digest(means.csrf_key, secret.encode(), hashlib.sha256)).decode()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
