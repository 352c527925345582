"""The recount and the folds say the same of fees and messages, of broken facts too."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import envelope
from contracts.columns import Sparse
from contracts.event import Event
from contracts.lists import Grade
from contracts.notifications import (
    Channel,
    FailureReason,
    GuardianLinked,
    GuardianUnlinked,
    LinkCell,
    MessageDelivered,
    MessageFailed,
    Outcome,
    Purpose,
    Relation,
    UnlinkReason,
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
from edu.verify.log import Record
from edu.verify.recount import Cells, Recount
from ioc_aggregator.intake.streams import FOLDS
from ioc_aggregator.rollups.state import State

from .conftest import Written

IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(4)]
ids = st.sampled_from(IDS)
years = st.sampled_from(["2025-2026", "2026-2027"])
days = st.dates(date(2026, 7, 25), date(2026, 8, 5))
dues = st.dates(date(2026, 9, 1), date(2026, 9, 3))
kinds, methods = st.sampled_from(FeeKind), st.sampled_from(PaymentMethod)
maybe_dong = st.none() | st.integers(0, 10**12)
cells = st.none() | st.builds(LinkCell, school_id=ids, grade=st.just(Grade.G1))


@st.composite
def assessed(draw: st.DrawFn) -> FeeAssessed:
    column = st.lists(maybe_dong, min_size=4, max_size=4)
    return FeeAssessed(
        school_id=draw(ids),
        school_year=draw(years),
        fee_item_id=IDS[0],
        name="Nước uống",
        kind=draw(kinds),
        mandatory=True,
        on_behalf=False,
        period="2026-09",
        due_on=draw(dues),
        day=draw(days),
        charges=tuple(IDS),
        pupils=tuple(IDS),
        after=tuple(draw(column)),
        before=Sparse[int].of(draw(column)),
        reason_code=None,
    )


@st.composite
def moved(draw: st.DrawFn) -> FeePaid | FeeReversed:
    method = draw(methods)
    line = st.builds(
        SettledLine, ids, ids, kinds, years, dues, st.just(method), st.integers(1, 10**6)
    )
    lines = draw(st.lists(line, max_size=3))
    money = draw(st.integers(0, 10**6))
    common: dict[str, Any] = {
        "payment_id": IDS[0],
        "school_id": draw(ids),
        "pupil_id": IDS[0],
        "method": method,
        "day": draw(days),
        "lines": Lines.of(lines),
        "remaining": 0,
    }
    prepaid = money - sum(one.amount for one in lines)
    if draw(st.booleans()):
        return FeePaid(**common, received=money, prepaid=prepaid)
    reason = ReversalReason.REFUNDED
    return FeeReversed(**common, returned=money, prepaid=-prepaid, reason_code=reason)


@st.composite
def told(draw: st.DrawFn) -> MessageDelivered | MessageFailed:
    outcomes = st.lists(st.none() | st.sampled_from(Outcome), min_size=4, max_size=4)
    before = draw(outcomes)
    before_days = [None if one is None else draw(st.none() | days) for one in before]
    common: dict[str, Any] = {
        "school_id": draw(ids),
        "channel": draw(st.sampled_from(Channel)),
        "purpose": draw(st.sampled_from(Purpose)),
        "template": "score-saved",
        "day": draw(days),
        "messages": tuple(IDS),
        "guardians": tuple(IDS),
        "parts": tuple(draw(st.lists(st.integers(0, 100), min_size=4, max_size=4))),
        "costs": (0, 0, 0, 0),
        "before": Sparse[Outcome].of(before),
        "before_days": Sparse[date].of(before_days),
    }
    if draw(st.booleans()):
        return MessageDelivered(**common)
    return MessageFailed(**common, reason_code=FailureReason.BOUNCED)


events: st.SearchStrategy[Event] = st.one_of(
    assessed(),
    moved(),
    told(),
    st.builds(
        PaymentChannelEnabled,
        school_id=ids,
        channel=st.just(PaymentMethod.VNPAY),
        version=st.just(1),
        enabled=st.booleans(),
        day=days,
        channels=st.integers(0, 3),
        before_channels=st.integers(0, 3),
    ),
    st.builds(
        GuardianLinked,
        guardian_id=ids,
        pupil_id=ids,
        version=st.just(1),
        relation=st.just(Relation.FATHER),
        day=days,
        after=cells,
        before=cells,
    ),
    st.builds(
        GuardianUnlinked,
        guardian_id=ids,
        pupil_id=ids,
        version=st.just(2),
        day=days,
        reason_code=st.just(UnlinkReason.GUARDIAN_ASKED),
        before=cells,
    ),
)


def counted(records: Sequence[Record]) -> tuple[Cells, Cells]:
    """Give the recount's cells and the aggregator's."""
    state, recount = State(), Recount()
    recount.take(records)
    for record in records:
        document = envelope.decode(record.value, record.key)
        assert isinstance(document, envelope.Envelope)
        state.add(FOLDS[record.topic]([document]).delta)
    theirs = {
        (name, tuple(sorted(zip(columns.family.dims, key, strict=True))), column): int(value)
        for name, columns in state.columns.items()
        for key, values in zip(columns.keys, columns.values, strict=True)
        for column, value in zip(columns.family.columns, values, strict=True)
        if value
    }
    return {cell: value for cell, value in recount.cells.items() if value}, theirs


@given(st.lists(events, max_size=10))
def test_both_count_the_same(sent: list[Event]) -> None:
    log = Written()
    for event in sent:
        log.add(event)
    ours, theirs = counted(log.records)
    assert ours == theirs


NONSENSE: list[Any] = [
    None,
    -1,
    0,
    1.5,
    True,
    "",
    "x",
    "1999-12-31",
    "2099-08-01",
    [],
    {},
    2**53,
    "barter",
]


@given(events, st.data())
def test_both_refuse_the_same(event: Event, data: st.DataObject) -> None:
    """One value of a fact is not what it should be, anywhere in it."""
    record = Written().add(event)
    assert record.value is not None
    document = json.loads(record.value)
    place: Any = document["data"]
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not (place[key] and isinstance(place[key], dict | list) and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(st.sampled_from(NONSENSE))
    ours, theirs = counted([replace(record, value=json.dumps(document).encode())])
    assert ours == theirs
