"""A small service over HTTP: one command and one query of every kind, and who may call them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import httpx
import pytest
import structlog
from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from chassis.auth import ANY, Policy, Principal, Role
from chassis.clock import new_id
from chassis.database import Database, Session
from chassis.errors import Conflict, Problem, Unauthorized
from chassis.health import Health, Part
from chassis.http import (
    BodyDep,
    CommandRouter,
    Day,
    PrincipalDep,
    QueryRouter,
    RequestModel,
    SessionDep,
    create_app,
)
from chassis.http.group_commit import TogetherDep
from chassis.outbox import EventTooLargeError
from edu.testing.delivery import with_delivery

POLICY = Policy({"notes.write": {Role.TEACHER: ANY}, "notes.read": {Role.TEACHER: ANY}})


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Cell(RequestModel):
    value: Annotated[int, Field(ge=0, le=1000)]


class Note(RequestModel):
    """A body with a field of every kind that services use."""

    text: Annotated[str, Field(min_length=1, max_length=200)]
    day: date | None = None
    seen: datetime | None = None
    """The moment of the last look."""
    colour: Colour = Colour.RED
    cells: Annotated[list[Cell], Field(max_length=60)] = Field(default_factory=list)


class Shade(BaseModel):
    colour: Colour = Colour.RED
    day: Day | None = None


async def _shade(shade: Annotated[Shade, Query()]) -> Shade:
    return shade


class Kept(RequestModel):
    id: str
    text: str
    notes: int


class NoDatabase:
    """For what must be refused before a transaction opens."""

    def transaction(self) -> AbstractAsyncContextManager[Session]:
        raise AssertionError("a transaction was opened")

    reading = transaction


class NamesAreTokens:
    """The token is the subject; a teacher, unless it says "guardian"."""

    async def verify(self, token: str) -> Principal:
        if token == "expired":
            raise Unauthorized("token-invalid", "…")
        role = Role.GUARDIAN if token.startswith("guardian") else Role.TEACHER
        return Principal(token, frozenset({role}))

    async def look(self, part: Part) -> None:
        part.ok()


@dataclass
class Notes:
    """The service, and what its tests steer."""

    runs: int = 0
    before_answer: list[Callable[[], object]] = field(default_factory=list)
    both: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(2))
    groups: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, session: Session, wanted: Note) -> Kept:
        self.runs += 1
        await session.execute(
            text("INSERT INTO note (id, text) VALUES (:id, :text)"),
            {"id": new_id(), "text": wanted.text},
        )
        for action in self.before_answer:
            action()
        count = (await session.execute(text("SELECT count(*) FROM note"))).scalar_one()
        return Kept(id=new_id(), text=wanted.text, notes=count)

    async def write_together(
        self, session: Session, orders: Sequence[tuple[Principal, Note, Context]]
    ) -> list[BaseModel | Problem]:
        """Write all of a group behind the gate; refuse one and break on another text."""
        self.groups.append(len(orders))
        await self.gate.wait()
        done: list[BaseModel | Problem] = []
        for principal, wanted, request in orders:
            try:
                request.run(POLICY.authorise, principal, "notes.write")
                if wanted.text == "refused":
                    raise Conflict("note-changed", "Ghi chú đã đổi.")
                done.append(await self.write(session, wanted))
            except Problem as problem:
                done.append(problem)
            if wanted.text == "broken":
                raise RuntimeError
        return done


def routes(  # noqa: C901 (a list of small endpoints)
    notes: Notes,
) -> tuple[CommandRouter, QueryRouter, QueryRouter]:
    commands = CommandRouter(prefix="/v1/notes", tags=["notes"])
    queries = QueryRouter(prefix="/v1/notes", tags=["notes"])
    memory = QueryRouter(prefix="/v1/memory")

    @commands.post("", status_code=201)
    async def write(body: Note, session: SessionDep, principal: PrincipalDep) -> Kept:
        POLICY.authorise(principal, "notes.write")
        return await notes.write(session, body)

    @commands.put("/{shelf}/first")
    async def replace(shelf: str, body: Note, session: SessionDep, principal: PrincipalDep) -> Kept:
        POLICY.authorise(principal, "notes.write")
        return await notes.write(session, Note(text=f"{shelf}: {body.text}"))

    @commands.put("/together", grouped=True)
    async def together(body: Note, principal: PrincipalDep, together: TogetherDep) -> Response:
        return await together(notes.write_together, (principal, body, copy_context()))

    @commands.post("/clash")
    async def clash(body: Note, session: SessionDep, principal: PrincipalDep) -> Kept:
        POLICY.authorise(principal, "notes.write")
        await notes.write(session, body)
        raise Conflict("note-changed", "Ghi chú đã đổi.", seen=notes.runs)

    @commands.post("/answer-409")
    async def answer_409(body: Note, session: SessionDep, principal: PrincipalDep) -> Response:
        POLICY.authorise(principal, "notes.write")
        await notes.write(session, body)
        return JSONResponse({"no": True}, 409)

    @commands.post("/cross/{first}/{second}")
    async def cross(
        first: str, second: str, session: SessionDep, principal: PrincipalDep
    ) -> dict[str, int]:
        POLICY.authorise(principal, "notes.write")
        notes.runs += 1
        append = text("UPDATE note SET text = text || '+' WHERE id = :id")
        await session.execute(append, {"id": first})
        if notes.runs <= 2:
            await notes.both.wait()
        await session.execute(append, {"id": second})
        return {"runs": notes.runs}

    @commands.post("/forgotten")
    async def forgotten(body: Note, session: SessionDep, principal: PrincipalDep) -> Kept:
        assert principal.subject
        return await notes.write(session, body)

    @commands.post("/broken")
    async def broken(body: Note, session: SessionDep, principal: PrincipalDep) -> Kept:
        POLICY.authorise(principal, "notes.write")
        await notes.write(session, body)
        raise RuntimeError(f"cannot keep {body.text}")

    @commands.post("/import", body_limit=4096)
    async def take(body: BodyDep, principal: PrincipalDep) -> dict[str, int]:
        POLICY.authorise(principal, "notes.write")
        return {"bytes": len(body)}

    @commands.post("/open", public=True)
    async def anybody(body: Note, session: SessionDep) -> Kept:
        return await notes.write(session, body)

    @queries.get("")
    async def count(session: SessionDep, principal: PrincipalDep) -> dict[str, int]:
        POLICY.authorise(principal, "notes.read")
        return {"notes": (await session.execute(text("SELECT count(*) FROM note"))).scalar_one()}

    @queries.get("/sneaky")
    async def sneaky(session: SessionDep, principal: PrincipalDep) -> dict[str, int]:
        POLICY.authorise(principal, "notes.read")
        await notes.write(session, Note(text="written by a query"))
        return {}

    @queries.get("/by-number/{number}")
    async def by_number(
        number: int, session: SessionDep, principal: PrincipalDep
    ) -> dict[str, int]:
        POLICY.authorise(principal, "notes.read")
        return {
            "got": (await session.execute(text("SELECT :n ::bigint"), {"n": number})).scalar_one()
        }

    @memory.get("/free", public=True, transactional=False)
    async def free(
        shade: Annotated[Shade, Depends(_shade)], after: Annotated[int, Query(ge=0)] = 0
    ) -> dict[str, int]:
        assert shade
        return {"after": after}

    @memory.get("/mine", transactional=False)
    async def mine(principal: PrincipalDep) -> dict[str, str]:
        POLICY.authorise(principal, "notes.read")
        return {"subject": principal.subject}

    @memory.get("/forgotten", transactional=False)
    async def unasked(principal: PrincipalDep) -> dict[str, str]:
        return {"subject": principal.subject}

    @memory.get("/broken", public=True, transactional=False)
    async def fails(kind: str = "") -> dict[str, str]:
        if kind == "away":
            raise ConnectionRefusedError("5432")
        if kind == "event":
            raise EventTooLargeError
        raise RuntimeError("Nguyễn Văn A")

    return commands, queries, memory


def application(notes: Notes, database: Database | NoDatabase) -> FastAPI:
    return create_app(
        title="Notes",
        version="1.0.0",
        description="",
        routers=routes(notes),
        database=database,
        verifier=NamesAreTokens(),
        health=Health(service="notes", version="1.0.0"),
    )


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://notes",
        headers={"Authorization": "Bearer teacher-1"},
    )


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def refusing(notes: Notes) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service whose database must not be touched."""
    async with client_of(application(notes, NoDatabase())) as client:
        yield client


@pytest.fixture
async def opened(database: Callable[[str], str]) -> AsyncIterator[Database]:
    note = "CREATE TABLE note (id text PRIMARY KEY, text text NOT NULL)"
    async with with_delivery(database("http"), note) as opened:
        yield opened


@pytest.fixture
async def client(notes: Notes, opened: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service over a real database."""
    async with client_of(application(notes, opened)) as client:
        yield client
