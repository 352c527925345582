"""What the aggregator's tests share: events in few words, and an engine that is fed with them."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
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
from contracts.admissions import (
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    TermDates,
    UnitMerged,
    UnitRegistered,
)
from contracts.columns import Sparse
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import (
    ColumnKind,
    Grade,
    Level,
    Ownership,
    Sex,
    Subject,
    Term,
    UnitKind,
)
from contracts.notifications import (
    Channel,
    GuardianLinked,
    LinkCell,
    MessageDelivered,
    Outcome,
    Purpose,
    Relation,
)
from contracts.payments import (
    FeeAssessed,
    FeeKind,
    FeePaid,
    FeeReversed,
    Lines,
    PaymentChannelEnabled,
    PaymentMethod,
    ReversalReason,
    SettledLine,
)
from contracts.relay import Watermark
from ioc_aggregator.app import SERVICE
from ioc_aggregator.engine import Engine
from ioc_aggregator.intake.folding import Fold
from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.views import feed as feed_http
from ioc_aggregator.views import http as views_http

MOMENT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

TOKEN = re.compile(r"(?P<role>[a-z-]+)(;school=(?P<school>[^;]+))?(;unit=(?P<unit>[^;]+))?")


class Make:
    """Makes events; what a test does not name has a harmless value."""

    year = "2026-2027"

    @staticmethod
    def id(number: int) -> str:
        """Give a readable id."""
        return f"00000000-0000-7000-8000-{number:012d}"

    def unit(
        self,
        number: int,
        name: str = "Xã",
        *,
        code: str = "25459",
        parent: int | None = None,
        version: int = 1,
        valid_from: date = date(2025, 7, 1),
    ) -> UnitRegistered:
        """A commune, or a province where there is no parent."""
        return UnitRegistered(
            unit_id=self.id(number),
            version=version,
            code=code,
            name=name,
            kind=UnitKind.PROVINCE if parent is None else UnitKind.COMMUNE,
            parent_id=None if parent is None else self.id(parent),
            valid_from=valid_from,
        )

    def merge(self, number: int, into: int, day: date) -> UnitMerged:
        """A unit becomes part of another."""
        return UnitMerged(unit_id=self.id(number), version=9, into_id=self.id(into), valid_from=day)

    def school(
        self,
        number: int,
        unit: int,
        *,
        version: int = 1,
        levels: tuple[Level, ...] = (Level.THCS,),
        valid_from: date = date(2020, 1, 1),
        is_open: bool = True,
    ) -> SchoolRegistered:
        """A school in a commune."""
        return SchoolRegistered(
            school_id=self.id(number),
            version=version,
            code=f"T{number}",
            name=f"Trường {number}",
            levels=levels,
            ownership=Ownership.PUBLIC,
            unit_id=self.id(unit),
            valid_from=valid_from,
            open=is_open,
        )

    def calendar(self) -> SchoolYearSet:
        """The school year that all events of these tests belong to."""
        first, last = date(2026, 9, 5), date(2027, 5, 31)
        return SchoolYearSet(
            school_year=self.year,
            version=1,
            first_day=first,
            last_day=last,
            terms=(TermDates(term=Term.HK1, first_day=first, last_day=date(2027, 1, 15)),),
            holidays=(),
        )

    def enrolments(
        self, school: int, count: int, *, sex: Sex = Sex.FEMALE, grade: Grade = Grade.G6
    ) -> list[StudentEnrolled]:
        """Pupils of one school, grade and sex."""
        return [
            StudentEnrolled(
                pupil_id=self.id(5000 + at),
                version=1,
                school_id=self.id(school),
                grade=grade,
                school_year=self.year,
                sex=sex,
                ethnic_minority=False,
                birth_year=2015,
                inclusion=False,
                day=date(2026, 9, 5),
                sealed="AAAA",
            )
            for at in range(count)
        ]

    def sheet(self, school: int, *, due: int = 40, before: int = 0) -> SheetOpened:
        """A column of Toán in grade 6."""
        return SheetOpened(**self._sheet(school), cells_due=due, before_cells_due=before)

    def save(
        self,
        school: int,
        after: Sequence[int | None],
        before: Sequence[int | None] = (),
        **sheet: Any,
    ) -> ScoreEntered:
        """A save of that column."""
        return ScoreEntered(
            **(self._sheet(school) | sheet),
            entered_by=self.id(7),
            day=date(2026, 10, 1),
            pupils=tuple(self.id(6000 + at) for at in range(len(after))),
            after=tuple(after),
            before=Sparse[int].of(before),
            state=Sparse.of([]),
            before_state=Sparse.of([]),
            reason_code=None,
        )

    def assess(
        self,
        school: int,
        after: Sequence[int | None],
        before: Sequence[int | None] = (),
        *,
        due_on: date = date(2026, 11, 30),
        kind: FeeKind = FeeKind.BOARDING_MEALS,
    ) -> FeeAssessed:
        """Pupils of a school are asked to pay."""
        rows = range(len(after))
        return FeeAssessed(
            school_id=self.id(school),
            school_year=self.year,
            fee_item_id=self.id(3),
            name="Tiền ăn",
            kind=kind,
            mandatory=True,
            on_behalf=False,
            period="2026-11",
            due_on=due_on,
            day=date(2026, 11, 1),
            charges=tuple(self.id(7000 + at) for at in rows),
            pupils=tuple(self.id(5000 + at) for at in rows),
            after=tuple(after),
            before=Sparse[int].of(before),
            reason_code=None,
        )

    def pay(
        self,
        school: int,
        amount: int,
        *,
        due_on: date = date(2026, 11, 30),
        kind: FeeKind = FeeKind.BOARDING_MEALS,
        method: PaymentMethod = PaymentMethod.CASH,
        day: date = date(2026, 11, 10),
    ) -> FeePaid:
        """A payment settles a part of one charge."""
        line = SettledLine(self.id(7000), self.id(3), kind, self.year, due_on, method, amount)
        return FeePaid(
            payment_id=self.id(4),
            school_id=self.id(school),
            pupil_id=self.id(5000),
            method=method,
            day=day,
            received=amount,
            prepaid=0,
            lines=Lines.of([line]),
            remaining=0,
        )

    def reverse(self, paid: FeePaid) -> FeeReversed:
        """The payment is taken back."""
        both = paid.model_dump(exclude={"received", "lines"})
        reason = ReversalReason.ENTRY_ERROR
        return FeeReversed(**both, lines=paid.lines, returned=paid.received, reason_code=reason)

    def channels(
        self, school: int, before: int, now: int, *, day: date = date(2026, 9, 10)
    ) -> PaymentChannelEnabled:
        """A school switches a cashless channel on or off."""
        return PaymentChannelEnabled(
            school_id=self.id(school),
            channel=PaymentMethod.VNPAY,
            version=1,
            enabled=now > before,
            day=day,
            channels=now,
            before_channels=before,
        )

    def link(
        self, before: int | None, after: int | None, *, day: date = date(2026, 9, 10)
    ) -> GuardianLinked:
        """A guardian's link moves from one school to another, or from or to none."""
        cells = [
            None if school is None else LinkCell(school_id=self.id(school), grade=Grade.G6)
            for school in (before, after)
        ]
        return GuardianLinked(
            guardian_id=self.id(8000),
            pupil_id=self.id(5000),
            version=1,
            relation=Relation.MOTHER,
            day=day,
            before=cells[0],
            after=cells[1],
        )

    def delivered(
        self,
        school: int,
        parts: Sequence[int],
        *,
        channel: Channel = Channel.SMS,
        day: date = date(2026, 11, 10),
    ) -> MessageDelivered:
        """Messages reached guardians."""
        rows = range(len(parts))
        return MessageDelivered(
            school_id=self.id(school),
            channel=channel,
            purpose=Purpose.FEES,
            template="fee-assessed",
            day=day,
            messages=tuple(self.id(9000 + at) for at in rows),
            guardians=tuple(self.id(8000 + at) for at in rows),
            parts=tuple(parts),
            costs=(320,) * len(parts),
            before=Sparse[Outcome].of([]),
        )

    def watermark(
        self, source: str, positions: dict[str, dict[int, int]], *, seconds: float = 0
    ) -> Watermark:
        """A watermark, ``seconds`` after the moment of the tests."""
        read_at = MOMENT + timedelta(seconds=seconds)
        return Watermark(source=source, read_at=read_at, positions=positions)

    def _sheet(self, school: int) -> dict[str, Any]:
        return {
            "sheet_id": self.id(5),
            "school_id": self.id(school),
            "class_id": self.id(6),
            "school_year": self.year,
            "grade": Grade.G6,
            "subject": Subject.TOAN,
            "term": Term.HK1,
            "kind": ColumnKind.REGULAR,
            "position": 1,
        }


def document_of(event: Event, sequence: int = 1) -> Envelope:
    """Write and read an event, as the relay and the consumer do."""
    attributes = envelope.attributes(
        event,
        id=clock.new_id(),
        time=MOMENT,
        recordedtime=MOMENT,
        correlationid=None,
        causationid=None,
        traceparent=None,
    )
    decoded = envelope.decode(envelope.render(attributes, event.data_json(), sequence), b"key")
    assert isinstance(decoded, Envelope)
    return decoded


@pytest.fixture(scope="session")
def document() -> Callable[[Event], Envelope]:
    return document_of


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
            part.records.append(Record(position, document_of(event, position + 1), b"k", b"v"))
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
        return (clock.now() - MOMENT).total_seconds()

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


@pytest.fixture
def app(store: Database, engine: Engine) -> FastAPI:
    application = create_app(
        title=SERVICE.title,
        version="1",
        description=SERVICE.description,
        routers=(views_http.router, feed_http.router),
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
