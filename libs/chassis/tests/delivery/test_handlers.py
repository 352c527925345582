"""Handlers of several slices, joined."""

from collections.abc import Sequence
from datetime import date

import pytest
from msgspec import structs
from structlog.typing import EventDict

from chassis import context
from chassis.clock import new_id
from chassis.consuming.handlers import Handlers, Received
from chassis.consuming.records import Record, Slice
from chassis.database import Session
from chassis.logging import add_causation
from contracts import topics
from contracts.admissions import UnitMerged
from contracts.envelope import Envelope, Tombstone
from contracts.event import Event
from contracts.gradebook import ScoreEntered, SheetOpened
from edu.testing.making import Make
from edu.testing.sources import document, record

FACT = UnitMerged(unit_id=new_id(), version=2, into_id=new_id(), valid_from=date(2025, 7, 1))


async def test_all_slices_react_in_the_order_in_which_they_were_joined() -> None:
    first, second = Handlers(), Handlers()
    seen: list[tuple[str, object]] = []

    @first.on(UnitMerged)
    async def copy(_: Session, received: Sequence[Received[UnitMerged]]) -> None:
        seen.extend(("copy", one.event) for one in received)

    @second.on(UnitMerged)
    async def keep(_: Session, received: Sequence[Received[UnitMerged]]) -> None:
        seen.extend(("keep", one.document) for one in received)

    @first.on_tombstone(topics.UNITS)
    async def forget(_: Session, keys: Sequence[str]) -> None:
        seen.append(("forget", tuple(keys)))

    @second.on_tombstone(topics.UNITS)
    async def erase(_: Session, keys: Sequence[str]) -> None:
        seen.append(("erase", tuple(keys)))

    came = record(FACT)
    gone = Record(1, Tombstone("a unit"), b"a unit", None)
    part = Slice(topics.UNITS, 0, 0, 2, [came, gone])
    both = Handlers(first, second)
    assert await both.project(Session(), [part], careful=False) == []
    assert seen == [
        ("copy", FACT),
        ("keep", came.value),
        ("forget", ("a unit",)),
        ("erase", ("a unit",)),
    ]
    assert both.topics == (topics.UNITS,)


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("given", "trace"), [(TRACE, TRACE.split("-")[1]), (None, None), ("x", None), ("", None)]
)
async def test_the_trace_goes_on_where_it_can_be_read(given: str | None, trace: str | None) -> None:
    lines: list[EventDict] = []
    handlers = Handlers()

    @handlers.on(UnitMerged)
    async def keep(_: Session, __: Sequence[Received[UnitMerged]]) -> None:
        lines.append(add_causation(None, "", {}))

    came = record(FACT)
    assert isinstance(came.event, Envelope)
    event = structs.replace(came.event, traceparent=given)
    part = Slice(topics.UNITS, 0, 0, 1, [structs.replace(came, event=event)])
    assert await handlers.project(Session(), [part], careful=False) == []
    assert [line.get("trace_id") for line in lines] == [trace]


@pytest.fixture
def values() -> list[bytes]:
    make = Make()
    facts = (make.sheet(1), make.save(1, [850]), make.save(2, [None, 700]), make.sheet(2))
    return [document(fact, sequence=at + 1) for at, fact in enumerate(facts)]


@pytest.mark.parametrize(
    ("kinds", "count"), [((SheetOpened, ScoreEntered), 4), ((ScoreEntered,), 2)]
)
async def test_handlers_get_the_same_together_as_one_by_one(
    kinds: tuple[type[Event], ...], count: int, values: list[bytes]
) -> None:
    handlers = Handlers()
    calls: list[list[tuple[object, ...]]] = []

    @handlers.on(*kinds)
    async def keep(_: Session, received: Sequence[Received[Event]]) -> None:
        assert context.current().causation_id == received[0].envelope.id
        calls.append([(r.event, r.envelope.id, r.envelope.time, r.document) for r in received])

    read = handlers.prepare(topics.SCORES, values)
    assert read is not None
    together = Slice(topics.SCORES, 0, 0, 4, prepared=[read.make()])
    alone = Slice(topics.SCORES, 0, 0, 4, [record(value) for value in values])
    for part in (together, alone):
        assert await handlers.project(Session(), [part], careful=False) == []
    first, second = calls
    assert first == second
    assert len(first) == count


def test_a_slice_with_a_record_that_is_no_event_is_left(values: list[bytes]) -> None:
    handlers = Handlers()
    handlers.on(ScoreEntered)(_nothing)
    values[1] = values[1].replace(b'"after":[850]', b'"after":[851]')
    read = handlers.prepare(topics.SCORES, values)
    assert read is not None
    assert read.make() is None


def test_a_slice_of_a_compacted_topic_is_left(values: list[bytes]) -> None:
    assert Handlers().prepare(topics.SUBJECT_KEYS, values) is None


async def _nothing(_: Session, __: Sequence[Received[ScoreEntered]]) -> None:
    pass
