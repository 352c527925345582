"""What the aggregator's tests share: an engine that is fed, and the service over HTTP."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis import clock
from chassis.auth import Principal, Role
from chassis.consuming.records import Record, Rejected, Slice
from chassis.database import Database
from chassis.errors import Unauthorized
from chassis.health import Health, Part
from chassis.http import create_app
from contracts import envelope
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.lists import (
    Grade,
    Level,
    Sex,
)
from edu.testing.making import Make
from edu.testing.sources import document as document_of
from ioc_aggregator.app import SERVICE
from ioc_aggregator.engine import Engine
from ioc_aggregator.intake.folding import Fold
from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rollups import ends
from ioc_aggregator.views import feed as feed_http
from ioc_aggregator.views import http as views_http
from ioc_aggregator.views import witness as witness_http

TOKEN = re.compile(r"(?P<role>[a-z-]+)(;school=(?P<school>[^;]+))?(;unit=(?P<unit>[^;]+))?")


def _read(event: Event, sequence: int = 1) -> Envelope:
    """Write and read an event, as the relay and the consumer do."""
    decoded = envelope.decode(document_of(event, at=Make.moment, sequence=sequence), b"key")
    assert isinstance(decoded, Envelope)
    return decoded


@pytest.fixture(scope="session")
def document() -> Callable[..., Envelope]:
    return _read


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()


class CrashError(Exception):
    """The test let the process die before its transaction was committed."""


_APPLIED = text(
    "INSERT INTO delivery.source_sequence VALUES (:source, :topic, :partition, :last) "
    "ON CONFLICT (source, topic, partition) DO UPDATE SET last = excluded.last"
)


def _applied(part: Slice) -> dict[str, Any]:
    return {
        "source": f"urn:edu:{part.topic.owner}",
        "topic": part.topic.name,
        "partition": part.partition,
        "last": part.next,
    }


class Log:
    """Applies events as the chassis does: position, effect and sequences in one transaction."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self.engine = engine
        self.positions: dict[str, int] = {}
        self._database = database

    async def append(self, *events: Event, dies: bool = False) -> list[Rejected]:
        """Apply events as one poll of partition 0 of their topics."""
        slices: dict[str, Slice] = {}
        positions = dict(self.positions)
        for event in events:
            name = event.TOPIC.name
            position = positions.get(name, 0)
            positions[name] = position + 1
            part = slices.setdefault(name, Slice(event.TOPIC, 0, position, position))
            part.next = position + 1
            part.records.append(Record(position, _read(event, position + 1), b"k", b"v"))
        rejected = await self.apply(list(slices.values()), dies=dies)
        if not dies:
            self.positions = positions
        return rejected

    async def apply(self, slices: list[Slice], *, dies: bool = False) -> list[Rejected]:
        """Apply slices; where the process dies nothing is written."""
        with suppress(CrashError):
            async with self._database.transaction() as session:
                rejected = await self.engine.projector.project(session, slices, careful=False)
                for part in slices:
                    await session.execute(_APPLIED, _applied(part))
                if dies:
                    raise CrashError
            self.engine.projector.committed()
            return list(rejected)
        return []

    @staticmethod
    def age() -> float:
        """Give the seconds from the moment of the tests to now, for watermarks that are fresh."""
        return (clock.now() - Make.moment).total_seconds()

    async def reach(self, *sources: str, seconds: float = 0) -> None:
        """Let the sources say that all they have sent is what was appended."""
        await self.append(
            *(
                Make().watermark(
                    source,
                    {
                        topic: {0: last}
                        for topic, last in self.positions.items()
                        if topic.startswith(source)
                    },
                    seconds=seconds,
                )
                for source in sources
            )
        )
        await self.engine.turn()


@pytest.fixture
async def store(database: Callable[[str], str]) -> AsyncIterator[Database]:
    """Give the aggregator's database, empty."""
    opened = Database(database("ioc-aggregator"), application="test")
    yield opened
    await opened.close()


@pytest.fixture
def engine(store: Database) -> Engine:
    return Engine(store, writes_feed=True, feed_kept=1_000)


@pytest.fixture
def log(store: Database, engine: Engine) -> Log:
    return Log(store, engine)


class Trusting:
    """Reads ``teacher;school=…;unit=…`` as a token; the real verifier has its own tests."""

    async def verify(self, token: str) -> Principal:
        found = TOKEN.fullmatch(token)
        if found is None or found["role"] not in set(Role):
            raise Unauthorized("token-invalid", "Phiên đăng nhập không hợp lệ.")
        roles = frozenset({Role(found["role"])})
        return Principal("somebody", roles, school=found["school"], unit=found["unit"])

    async def look(self, part: Part) -> None:
        part.ok("trusting")


class Wall:
    """The clock of a test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    def midnight(self) -> None:
        """Go on to just after the next midnight of the province."""
        self.now = ends.midnight(clock.business_day(self.now)).astimezone(UTC)
        self.now += timedelta(seconds=10)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(clock, "now", lambda: wall.now)
    return wall


@pytest.fixture
def days(wall: Wall, log: Any) -> Callable[..., Any]:
    """Live through days, each with its events; give their hashes.

    ``log.whole`` then has all that was appended, watermarks too.
    """
    log.whole = []
    append = log.append

    async def keep(*events: Event) -> Any:
        log.whole += events
        return await append(*events)

    async def live(
        *days: list[Event], sources: tuple[str, ...] = ("admissions", "gradebook")
    ) -> list[str]:
        log.append = keep
        await log.engine.projector.load()
        hashes = []
        for events in days:
            await log.append(*events)
            await log.reach(*sources, seconds=log.age())
            hashes.append(log.engine.follower.state.hash())
            wall.midnight()
            await log.reach(*sources, seconds=log.age())
        log.append = append
        return hashes

    return live


@pytest.fixture
def two_schools(make: Any) -> list[Event]:
    """A commune with two schools, and thirty pupils in the first of them."""
    return [
        make.unit(1, "Tây Ninh"),
        make.unit(2, "Xã Hai", parent=1),
        make.school(11, 2),
        make.school(12, 2),
        make.calendar(),
        *make.enrolments(11, 30),
    ]


@pytest.fixture
def app(store: Database, engine: Engine) -> FastAPI:
    application = create_app(
        title=SERVICE.title,
        version="1",
        description=SERVICE.description,
        routers=(views_http.router, feed_http.router, witness_http.router),
        database=store,
        verifier=Trusting(),
        health=Health(service=SERVICE.name, version="1"),
    )
    application.state.engine = engine
    return application


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ioc") as opened:
        yield opened


@pytest.fixture
async def province(log: Any, make: Any) -> Any:
    """Two communes, three schools, pupils and scores; everything up to date."""
    await log.append(
        make.unit(1, "Tây Ninh", code="80"),
        make.unit(2, "Xã Hai", parent=1, code="25459"),
        make.unit(3, "Xã Ba", parent=1, code="25480"),
        make.calendar(),
        make.school(11, 2),
        make.school(12, 2),
        make.school(13, 3),
        make.school(14, 3, levels=(Level.MN,)),
        *make.enrolments(11, 3),
        *make.enrolments(12, 20, sex=Sex.MALE),
        *make.enrolments(13, 30, grade=Grade.G7),
        *make.enrolments(77, 8),
    )
    await log.append(
        make.sheet(11),
        make.save(11, [850, 400, 0, 1000]),
        make.save(11, [500], [400]),
        make.save(13, [*range(0, 400, 10)]),
    )
    await log.reach("admissions", "gradebook", seconds=log.age())
    return log


Cells: TypeAlias = Counter[tuple[str, tuple[str, ...], str]]


def _cells_of(delta: Delta) -> Cells:
    cells: Cells = Counter()
    for name, change in delta.changes.items():
        columns = FAMILIES[name].columns
        for at, column, by in zip(change.at, change.column, change.by, strict=True):
            cell = (name, change.keys[at], columns[column])
            assert cell not in cells, "a cell stands twice"
            assert by != 0
            cells[cell] = int(by)
    return cells


def _fold_in_pieces(fold: Fold, documents: Sequence[Envelope], cut: int) -> Cells:
    total: Cells = Counter()
    for part in (documents[:cut], documents[cut:]):
        folded = fold(part)
        assert folded.refused == []
        for cell, by in _cells_of(folded.delta).items():
            total[cell] += by
    return Counter({cell: count for cell, count in total.items() if count})


@pytest.fixture(scope="session")
def cells_of() -> Callable[[Delta], Cells]:
    """``cells_of(delta)`` writes a delta cell by cell."""
    return _cells_of


@pytest.fixture(scope="session")
def fold_in_pieces() -> Callable[[Fold, Sequence[Envelope], int], Cells]:
    """``fold_in_pieces(fold, documents, cut)`` adds up what the two parts give."""
    return _fold_in_pieces
