"""Handlers of several slices, joined."""

from collections.abc import Sequence
from datetime import date

from chassis.clock import new_id
from chassis.consuming.handlers import Handlers, Received
from chassis.consuming.records import Record, Slice
from chassis.database import Session
from contracts import topics
from contracts.admissions import UnitMerged
from contracts.envelope import Tombstone
from edu.testing.sources import record

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
