"""Fees: each fold equals a naive recount of its events, row by row."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import topics
from contracts.columns import Sparse
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.payments import (
    ChargeReason,
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
from ioc_aggregator.intake import channels, fees
from ioc_aggregator.intake.folding import Fold
from ioc_aggregator.measures.cells import Delta

Cells = Counter[tuple[str, tuple[str, ...], str]]
Documents = Callable[[Event], Envelope]
InPieces = Callable[[Fold, Sequence[Envelope], int], Cells]
CellsOf = Callable[[Delta], Cells]


def ident(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"


def without_zeros(cells: Cells) -> Cells:
    return Counter({cell: count for cell, count in cells.items() if count})


FEES, CHANNELS = topics.FEES.name, topics.PAYMENT_CHANNELS.name
schools = st.sampled_from([ident(1), ident(2)])
years = st.sampled_from(["2025-2026", "2026-2027"])
kinds = st.sampled_from([FeeKind.TUITION, FeeKind.OTHER])
due = st.sampled_from([date(2026, 9, 30), date(2026, 10, 31)])
days = st.sampled_from([date(2026, 7, 31), date(2026, 8, 1), date(2027, 1, 1)])
amounts = st.integers(0, 10**12)


@st.composite
def assessments(draw: st.DrawFn) -> FeeAssessed:
    after = draw(st.lists(st.one_of(st.none(), amounts), min_size=1, max_size=5))
    before = st.lists(st.one_of(st.none(), amounts), min_size=len(after), max_size=len(after))
    return FeeAssessed(
        school_id=draw(schools),
        school_year=draw(years),
        fee_item_id=ident(3),
        name="Học phí",
        kind=draw(kinds),
        mandatory=True,
        on_behalf=False,
        period="2026-10",
        due_on=draw(due),
        day=draw(days),
        charges=tuple(ident(100 + at) for at in range(len(after))),
        pupils=tuple(ident(200 + at) for at in range(len(after))),
        after=tuple(after),
        before=Sparse[int].of(draw(before)),
        reason_code=ChargeReason.PRICE_CHANGED,
    )


@st.composite
def movements(draw: st.DrawFn) -> FeePaid | FeeReversed:
    method = draw(st.sampled_from([PaymentMethod.CASH, PaymentMethod.VNPAY]))
    lines = [
        SettledLine(
            ident(100 + at),
            ident(3),
            draw(kinds),
            draw(years),
            draw(due),
            method,
            draw(st.integers(1, 10**9)),
        )
        for at in range(draw(st.integers(0, 3)))
    ]
    settled = sum(line.amount for line in lines)
    common: dict[str, Any] = {
        "payment_id": ident(4),
        "school_id": draw(schools),
        "pupil_id": ident(200),
        "method": method,
        "day": draw(days),
        "lines": Lines.of(lines),
        "remaining": 0,
    }
    prepaid = draw(st.integers(0, 10**9))
    if draw(st.booleans()):
        prepaid = draw(st.sampled_from([prepaid, -settled]))
        return FeePaid(**common, received=settled + prepaid, prepaid=prepaid)
    prepaid = draw(st.sampled_from([-prepaid, settled]))
    return FeeReversed(
        **common,
        returned=settled - prepaid,
        prepaid=prepaid,
        reason_code=ReversalReason.ENTRY_ERROR,
    )


def recount(events: Sequence[Event]) -> Cells:
    cells: Cells = Counter()
    for event in events:
        if isinstance(event, FeeAssessed):
            key = (event.school_id, event.school_year, str(event.kind), str(event.due_on))
            for row in event.rows():
                for sign, amount in ((1, row.after), (-1, row.before)):
                    if amount is not None:
                        cells["charges", key, "billed"] += sign * amount
                        cells["charges", key, "charges"] += sign
            touched = {event.school_year}
        else:
            assert isinstance(event, FeePaid | FeeReversed)
            is_paid = isinstance(event, FeePaid)
            of_the_day = "2025-2026" if event.day < date(2026, 8, 1) else "2026-2027"
            for line in event.lines.rows():
                cell = (event.school_id, line.school_year, str(line.kind), str(line.due_on))
                settled = (*cell, str(line.method))
                cells["settled", settled, "collected"] += line.amount if is_paid else -line.amount
                cells["settled", settled, "settlements"] += is_paid
            money = event.received if isinstance(event, FeePaid) else -event.returned
            received = (event.school_id, of_the_day, str(event.method))
            cells["receipts", received, "received"] += money
            touched = {of_the_day, *(line.school_year for line in event.lines.rows())}
        for year in touched:
            cells["reported", (event.school_id, FEES, year, ""), "events"] += 1
    return without_zeros(cells)


@given(st.lists(st.one_of(assessments(), movements()), max_size=10), st.integers(0, 10))
def test_fees_equal_a_recount(
    document: Documents, fold_in_pieces: InPieces, events: list[Event], cut: int
) -> None:
    documents = [document(event) for event in events]
    assert fold_in_pieces(fees.fold, documents, cut) == recount(events)


@given(assessments(), movements())
def test_what_is_taken_back_leaves_nothing_but_that_it_was(
    document: Documents, cells_of: CellsOf, assessed: FeeAssessed, moved: FeePaid | FeeReversed
) -> None:
    """Cancelled and reversed, no đồng is left: only how often money settled something."""
    first = assessed.model_copy(update={"before": Sparse[int].of([])})
    nothing = (None,) * len(assessed.after)
    cancelled = assessed.model_copy(
        update={"after": nothing, "before": Sparse[int].of(assessed.after)}
    )
    both: dict[str, Any] = {
        name: getattr(moved, name)
        for name in ("payment_id", "school_id", "pupil_id", "method", "day", "lines", "remaining")
    }
    money = sum(moved.lines.amounts)
    paid = FeePaid(**both, received=money, prepaid=0)
    reason = ReversalReason.REFUNDED
    back = FeeReversed(**both, returned=money, prepaid=0, reason_code=reason)
    folded = fees.fold([document(event) for event in (first, cancelled, paid, back)])
    left = {(family, name) for family, _, name in cells_of(folded.delta)}
    assert left <= {("settled", "settlements"), ("reported", "events")}


def test_a_school_has_as_many_channels_as_were_switched_on(
    document: Documents, fold_in_pieces: InPieces
) -> None:
    def switched(school: int, day: date, before: int, now: int) -> PaymentChannelEnabled:
        return PaymentChannelEnabled(
            school_id=ident(school),
            channel=PaymentMethod.VNPAY,
            version=1,
            enabled=now > before,
            day=day,
            channels=now,
            before_channels=before,
        )

    events = [
        switched(1, date(2026, 7, 31), 0, 1),
        switched(1, date(2026, 8, 1), 1, 2),
        switched(1, date(2026, 9, 1), 2, 1),
        switched(2, date(2026, 9, 1), 0, 1),
        switched(2, date(2026, 9, 2), 1, 0),
    ]
    cells = fold_in_pieces(channels.fold, [document(event) for event in events], 2)
    assert cells == {
        ("channels", (ident(1), "2025-2026"), "channels"): 1,
        ("reported", (ident(1), CHANNELS, "2025-2026", ""), "events"): 1,
        ("reported", (ident(1), CHANNELS, "2026-2027", ""), "events"): 2,
        ("reported", (ident(2), CHANNELS, "2026-2027", ""), "events"): 2,
    }


ASSESSED: dict[str, Any] = {
    "school_id": ident(1),
    "school_year": "2026-2027",
    "kind": "tuition",
    "due_on": "2026-10-31",
    "after": [570000, None],
    "before": {"at": [0], "value": [660000]},
}
LINES: dict[str, Any] = {
    "kinds": ["tuition"],
    "school_years": ["2026-2027"],
    "due_on": ["2026-10-31"],
    "methods": ["vnpay"],
    "amounts": [570000],
}
PAID: dict[str, Any] = {
    "school_id": ident(1),
    "method": "vnpay",
    "day": "2026-10-02",
    "received": 570000,
    "lines": LINES,
}
SWITCHED: dict[str, Any] = {
    "school_id": ident(1),
    "day": "2026-10-02",
    "channels": 1,
    "before_channels": 0,
}


WRONG: list[tuple[type[Event], dict[str, Any], dict[str, Any]]] = [
    (FeeAssessed, ASSESSED, {"school_id": "not-an-id"}),
    (FeeAssessed, ASSESSED, {"school_year": "2026"}),
    (FeeAssessed, ASSESSED, {"due_on": "31/10/2026"}),
    (FeeAssessed, ASSESSED, {"due_on": None}),
    (FeeAssessed, ASSESSED, {"after": []}),
    (FeeAssessed, ASSESSED, {"after": [-1]}),
    (FeeAssessed, ASSESSED, {"after": [10**12 + 1]}),
    (FeeAssessed, ASSESSED, {"after": [570000.5]}),
    (FeeAssessed, ASSESSED, {"before": {"at": [2], "value": [1]}}),
    (FeeAssessed, ASSESSED, {"before": {"at": [0], "value": []}}),
    (FeeAssessed, ASSESSED, {"before": {"at": [1, 0], "value": [1, 1]}}),
    (FeePaid, PAID, {"school_id": ""}),
    (FeePaid, PAID, {"day": "1999-01-01"}),
    (FeePaid, PAID, {"received": -1}),
    (FeePaid, PAID, {"received": None}),
    (FeePaid, PAID, {"lines": LINES | {"amounts": []}}),
    (FeePaid, PAID, {"lines": LINES | {"amounts": [0]}}),
    (FeePaid, PAID, {"lines": LINES | {"school_years": ["26-27"]}}),
    (FeePaid, PAID, {"lines": LINES | {"due_on": ["soon"]}}),
    (PaymentChannelEnabled, SWITCHED, {"school_id": "x"}),
    (PaymentChannelEnabled, SWITCHED, {"day": None}),
    (PaymentChannelEnabled, SWITCHED, {"channels": -1}),
]


@pytest.mark.parametrize(("kind", "good", "wrong"), WRONG)
def test_a_fact_that_breaks_a_rule_is_refused_and_the_others_count(
    document: Documents,
    cells_of: CellsOf,
    kind: type[Event],
    good: dict[str, Any],
    wrong: dict[str, Any],
) -> None:
    fold = channels.fold if kind is PaymentChannelEnabled else fees.fold
    made = document(any_assessment())
    right, broken = (
        msgspec.structs.replace(made, type=kind.type_name(), data=msgspec.json.encode(data))
        for data in (good, good | wrong)
    )
    folded = fold([right, broken, right])
    assert [refusal.index for refusal in folded.refused] == [1]
    assert cells_of(folded.delta) == cells_of(fold([right, right]).delta) != {}


def test_values_that_a_newer_writer_knows_count_as_other(
    document: Documents, cells_of: CellsOf
) -> None:
    newer = PAID | {"method": "barter", "lines": LINES | {"kinds": ["stars"], "methods": ["song"]}}
    made = document(any_assessment())
    folded = fees.fold(
        [msgspec.structs.replace(made, type=FeePaid.type_name(), data=msgspec.json.encode(newer))]
    )
    keys = {cell[0]: cell[1] for cell in cells_of(folded.delta)}
    assert keys["settled"] == (ident(1), "2026-2027", "other", "2026-10-31", "other")
    assert keys["receipts"] == (ident(1), "2026-2027", "other")


def any_assessment() -> FeeAssessed:
    return FeeAssessed(
        school_id=ident(1),
        school_year="2026-2027",
        fee_item_id=ident(3),
        name="Học phí",
        kind=FeeKind.TUITION,
        mandatory=True,
        on_behalf=False,
        period="2026-10",
        due_on=date(2026, 10, 31),
        day=date(2026, 10, 1),
        charges=(ident(100),),
        pupils=(ident(200),),
        after=(570000,),
        before=Sparse[int].of([]),
        reason_code=None,
    )
