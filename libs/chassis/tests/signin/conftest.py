"""A service that people sign in to, and the development issuer that vouches for them, over HTTP."""

import base64
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from html import unescape
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis.auth import ANY, Policy, Principal, Role, TokenVerifier
from chassis.auth.issuer import generate_key
from chassis.database import Database
from chassis.health import Health
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, create_app
from chassis.migrations import create_signin
from chassis.signin import Signin, SigninSettings
from edu.identity import Grant, Identity
from edu.people import Person
from edu.testing.delivery import with_delivery
from edu.testing.service import served

SERVICE = "gradebook"
SCHOOL = "0199f0a0-0000-7000-8000-0000000000aa"
TEACHER = Person("teacher", "Giáo viên <b>", "Trường & A", "teacher", "0199-teacher", SCHOOL)
OFFICER = Person("officer", "Chuyên viên", "Xã", "department-officer", "0199-officer", unit=SCHOOL)
POLICY = Policy({"notes.write": {Role.TEACHER: ANY}, "notes.read": {Role.TEACHER: ANY}})


class Settings(SigninSettings):
    model_config = SettingsConfigDict(env_prefix="TEST_")
    SERVICE: ClassVar[str] = SERVICE


class Liar(Identity):
    """The development issuer, until a test makes it say something else."""

    def __init__(self, url: str) -> None:
        super().__init__(url, generate_key(), lambda: [TEACHER, OFFICER])
        self.lies: dict[str, Any] = {}
        """Claims that are replaced; None leaves one out."""
        self.sign: Callable[[dict[str, Any]], str] = super().signed
        self.told: dict[str, Any] = {}
        """What the discovery document says besides."""
        self.status: int | None = None
        self.userinfo: dict[str, Any] = {}
        self.forms: list[dict[str, list[str]]] = []
        self.authorizations: list[str | None] = []

    @property
    def application(self) -> Starlette:
        made = super().application
        made.router.routes.append(Route("/userinfo", self.tell))
        return made

    def metadata(self) -> dict[str, Any]:
        return super().metadata() | self.told

    def claims(self, grant: Grant) -> dict[str, Any]:
        changed = super().claims(grant) | self.lies
        return {name: value for name, value in changed.items() if value is not None}

    def signed(self, claims: dict[str, Any]) -> str:
        return self.sign(claims)

    async def token(self, request: Request) -> Response:
        self.forms.append(parse_qs((await request.body()).decode()))
        self.authorizations.append(request.headers.get("authorization"))
        if self.status is not None:
            return JSONResponse({}, self.status)
        return await super().token(request)

    async def tell(self, request: Request) -> Response:
        self.authorizations.append(request.headers.get("authorization"))
        return JSONResponse(self.userinfo)


class Note(RequestModel):
    text: str


def routers() -> tuple[CommandRouter, QueryRouter]:
    commands, queries = CommandRouter(prefix="/v1/notes"), QueryRouter(prefix="/v1/notes")

    @commands.post("")
    async def write(body: Note, principal: PrincipalDep) -> dict[str, str]:
        POLICY.authorise(principal, "notes.write")
        return {"by": principal.subject, "text": body.text}

    @queries.get("", transactional=False)
    async def read(principal: PrincipalDep) -> dict[str, str | None]:
        POLICY.authorise(principal, "notes.read")
        return {"for": principal.subject, "school": principal.school}

    return commands, queries


@dataclass
class Browser:
    """Keeps cookies and follows a redirect only where a test wants to."""

    client: httpx.AsyncClient
    service: str
    identity: Liar
    csrf: str = ""
    seen: list[httpx.Response] = field(default_factory=list)

    async def get(self, address: str) -> httpx.Response:
        answer = await self.client.get(httpx.URL(self.service).join(address))
        self.seen.append(answer)
        return answer

    async def begin(self, query: str = "") -> str:
        """Ask to sign in; return where the browser is sent."""
        answer = await self.get(f"/signin{query}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def choose(self, address: str, person: str = "Giáo viên &lt;b&gt;") -> str:
        """Choose somebody at the provider; return where the browser is sent back to."""
        page = await self.get(address)
        assert page.status_code == 200, page.text
        links = {
            title: link for link, title in re.findall(r'<a href="([^"]+)">([^<]*)</a>', page.text)
        }
        answer = await self.get(str(httpx.URL(address).join(unescape(links[person]))))
        assert answer.status_code == 303
        return answer.headers["location"]

    async def sign_in(self, query: str = "", person: str = "Giáo viên &lt;b&gt;") -> httpx.Response:
        return await self.get(await self.choose(await self.begin(query), person))

    async def session(self) -> Any:
        answer = (await self.get("/session")).json()
        self.csrf = (answer["person"] or {}).get("csrf", "")
        return answer

    async def post(self, path: str, *, csrf: str | None = None, **headers: str) -> httpx.Response:
        if csrf is not None:
            headers["X-CSRF-Token"] = csrf
        return await self.client.post(
            self.service + path, json={"text": "x"}, headers={"Idempotency-Key": "1"} | headers
        )


def parameters(address: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
async def store(database: Callable[[str], str]) -> AsyncIterator[Database]:
    statements: list[str] = []
    create_signin(statements.append)
    async with with_delivery(database("signin"), *statements) as opened:
        yield opened


class Building:
    """Makes services that trust the same provider, and browsers to visit them."""

    def __init__(self, stack: AsyncExitStack, store: Database, identity: Liar) -> None:
        self.identity = identity
        self.store = store
        self._stack = stack

    def application(self, **given: Any) -> FastAPI:
        key = base64.b64encode(bytes(32)).decode()
        whole = {
            "database_url": self.store.url,
            "token_issuer": "urn:test",
            "token_jwks": f"{self.identity.url}/jwks",
            "signin_issuer": self.identity.url,
            "signin_client_id": SERVICE,
            "signin_key": key,
        } | given
        settings = Settings(KAFKA_BOOTSTRAP_SERVERS=("127.0.0.1:9",), **whole)
        signin, health = Signin(settings, self.store), Health(service=SERVICE, version="1")
        signin.watch(health)
        app = create_app(
            title="Notes",
            version="1",
            description="",
            routers=routers(),
            database=self.store,
            verifier=TokenVerifier(
                issuer="urn:test",
                audience="edu",
                jwks=f"{self.identity.url}/jwks",
                allow_development_keys=True,
            ),
            health=health,
        )
        signin.install(app)
        return app

    async def browser(self, app: FastAPI) -> Browser:
        listening = socket.create_server(("127.0.0.1", 0))
        await self._stack.enter_async_context(served(app, listening))
        return await self.another(f"http://127.0.0.1:{listening.getsockname()[1]}")

    async def another(self, service: str) -> Browser:
        client = await self._stack.enter_async_context(httpx.AsyncClient())
        return Browser(client, service, self.identity)


@pytest.fixture
async def building(store: Database) -> AsyncIterator[Building]:
    listening = socket.create_server(("127.0.0.1", 0))
    identity = Liar(f"http://127.0.0.1:{listening.getsockname()[1]}")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(served(identity.application, listening))
        yield Building(stack, store, identity)


@pytest.fixture
async def browser(building: Building) -> Browser:
    return await building.browser(building.application())


@pytest.fixture
def somebody() -> Principal:
    return Principal("0199-teacher", frozenset({Role.TEACHER, Role.PRINCIPAL}), SCHOOL, None)
