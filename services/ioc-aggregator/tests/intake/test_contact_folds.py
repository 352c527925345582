"""Guardians and messages: each fold equals a naive recount of its events, row by row."""

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
from ioc_aggregator.intake import guardians, messages
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


def only(cells: Cells, *families: str) -> Cells:
    """Keep what this file recounts; `test_recount` holds every family to another recount."""
    return Counter({cell: count for cell, count in cells.items() if cell[0] in families})


GUARDIANS, MESSAGES = topics.GUARDIANS.name, topics.MESSAGES.name
schools = st.sampled_from([ident(1), ident(2)])
days = st.sampled_from([date(2026, 7, 31), date(2026, 8, 1), date(2027, 1, 1)])
link_cells = st.one_of(
    st.none(), st.builds(LinkCell, school_id=schools, grade=st.sampled_from(Grade))
)


@st.composite
def links(draw: st.DrawFn) -> GuardianLinked | GuardianUnlinked:
    common: dict[str, Any] = {
        "guardian_id": ident(3),
        "pupil_id": ident(4),
        "version": 1,
        "day": draw(days),
        "before": draw(link_cells),
    }
    if draw(st.booleans()):
        return GuardianUnlinked(**common, reason_code=UnlinkReason.GUARDIAN_ASKED)
    return GuardianLinked(**common, relation=Relation.MOTHER, after=draw(link_cells))


@st.composite
def outcomes(draw: st.DrawFn) -> MessageDelivered | MessageFailed:
    parts = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6))
    befores = st.one_of(st.none(), st.sampled_from(Outcome))
    before = draw(st.lists(befores, min_size=len(parts), max_size=len(parts)))
    before_days = [None if one is None else draw(st.none() | days) for one in before]
    common: dict[str, Any] = {
        "school_id": draw(schools),
        "channel": draw(st.sampled_from([Channel.SMS, Channel.OTHER])),
        "purpose": draw(st.sampled_from([Purpose.FEES, Purpose.SCORES])),
        "template": "fee-assessed",
        "day": draw(days),
        "messages": tuple(ident(100 + at) for at in range(len(parts))),
        "guardians": (ident(3),) * len(parts),
        "parts": tuple(parts),
        "costs": (320,) * len(parts),
        "before": Sparse[Outcome].of(before),
        "before_days": Sparse[date].of(before_days),
    }
    if draw(st.booleans()):
        return MessageDelivered(**common)
    return MessageFailed(**common, reason_code=FailureReason.BOUNCED)


def year_of(day: date) -> str:
    return "2025-2026" if day < date(2026, 8, 1) else "2026-2027"


def recount(events: Sequence[Event]) -> Cells:
    cells: Cells = Counter()
    for event in events:
        if isinstance(event, GuardianLinked | GuardianUnlinked):
            year = year_of(event.day)
            after = event.after if isinstance(event, GuardianLinked) else None
            for cell, by in ((event.before, -1), (after, 1)):
                if cell is not None:
                    cells["links", (cell.school_id, year), "links"] += by
            for school in {cell.school_id for cell in (event.before, after) if cell}:
                cells["reported", (school, GUARDIANS, year, ""), "events"] += 1
            continue
        assert isinstance(event, MessageDelivered | MessageFailed)
        year = year_of(event.day)
        cells.update(of_messages(event))
        cells["reported", (event.school_id, MESSAGES, year, ""), "events"] += 1
    return without_zeros(cells)


def of_messages(event: MessageDelivered | MessageFailed) -> Cells:
    cells: Cells = Counter()
    now = Outcome.DELIVERED if isinstance(event, MessageDelivered) else Outcome.FAILED
    for row in event.rows():
        for outcome, day, by in ((now, event.day, 1), (row.before, row.before_day, -1)):
            if outcome is None or day is None:
                continue
            place = (event.school_id, year_of(day), str(event.channel))
            if outcome is not Outcome.OTHER:
                cells["sendings", place, str(outcome)] += by
            if by == 1 or outcome is Outcome.DELIVERED:
                cells["sendings", place, "cost"] += by * row.cost
            if outcome is Outcome.DELIVERED:
                key = (*place, str(event.purpose), str(day))
                cells["messages", key, "delivered"] += by
                cells["messages", key, "parts"] += by * row.parts
    return cells


@given(st.lists(links(), max_size=12), st.integers(0, 12))
def test_links_equal_a_recount(
    document: Documents, fold_in_pieces: InPieces, events: list[Event], cut: int
) -> None:
    documents = [document(event) for event in events]
    assert fold_in_pieces(guardians.fold, documents, cut) == recount(events)


@given(st.lists(outcomes(), max_size=12), st.integers(0, 12))
def test_messages_equal_a_recount(
    document: Documents, fold_in_pieces: InPieces, events: list[Event], cut: int
) -> None:
    documents = [document(event) for event in events]
    counted = fold_in_pieces(messages.fold, documents, cut)
    assert only(counted, "messages", "sendings", "reported") == recount(events)


TOLD: dict[str, Any] = {
    "school_id": ident(1),
    "channel": "sms",
    "purpose": "fees",
    "day": "2026-10-02",
    "parts": [2, 1],
    "before": {"at": [], "value": []},
}


MESSAGE = ("messages", "delivered")


def told(document: Documents, **data: Any) -> Any:
    made = document(
        GuardianUnlinked(
            guardian_id=ident(3),
            pupil_id=ident(4),
            version=1,
            day=date(2026, 10, 2),
            reason_code=UnlinkReason.OTHER,
            before=None,
        )
    )
    table = TOLD | data
    table["costs"] = [320] * len(table["parts"])
    return msgspec.structs.replace(
        made, type=MessageDelivered.type_name(), data=msgspec.json.encode(table)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"school_id": "x"},
        {"channel": None},
        {"day": "2026-13-01"},
        {"parts": []},
        {"parts": [101]},
        {"parts": [1.5]},
        {"before": {"at": [2], "value": ["failed"]}},
        {"before": {"at": [0], "value": []}},
        {"before": None},
        {"before_days": {"at": [0], "value": ["2026-10-01"]}},
        {"before": {"at": [0], "value": ["failed"]}, "before_days": {"at": [0], "value": ["?"]}},
        {
            "before": {"at": [0], "value": ["failed"]},
            "before_days": {"at": [0], "value": ["1999-10-01"]},
        },
    ],
)
def test_a_fact_that_breaks_a_rule_is_refused_and_the_others_count(
    document: Documents, cells_of: CellsOf, wrong: dict[str, Any]
) -> None:
    right, broken = told(document), told(document, **wrong)
    folded = messages.fold([right, broken, right])
    assert [refusal.index for refusal in folded.refused] == [1]
    assert cells_of(folded.delta) == cells_of(messages.fold([right, right]).delta) != {}


def test_what_came_back_later_goes_out_of_the_day_on_which_it_counted(
    document: Documents, cells_of: CellsOf
) -> None:
    delivered = told(document, day="2026-10-02", parts=[2, 1])
    back = {"day": "2026-10-05", "parts": [2], "before": {"at": [0], "value": ["delivered"]}}
    bounced = told(document, **back, before_days={"at": [0], "value": ["2026-10-02"]})
    # Written by 1.0, which did not say it: the day of the bounce is all that is known.
    older = told(document, **back)
    bounced, older = (
        msgspec.structs.replace(one, type=MessageFailed.type_name()) for one in (bounced, older)
    )

    def a_day(*facts: Any) -> dict[str, int]:
        cells = without_zeros(cells_of(messages.fold(facts).delta))
        return {key[-1]: count for (_, key, name), count in cells.items() if name == "parts"}

    assert a_day(delivered, bounced) == {"2026-10-02": 1}
    assert a_day(delivered, older) == {"2026-10-02": 3, "2026-10-05": -2}


def test_what_was_in_doubt_costs_from_when_it_is_delivered(
    document: Documents, cells_of: CellsOf
) -> None:
    """A letter of two parts at 320 đồng that nobody answered for, and of which a receipt came."""
    doubtful = msgspec.structs.replace(told(document, parts=[0]), type=MessageFailed.type_name())
    free = msgspec.json.encode(msgspec.json.decode(doubtful.data) | {"costs": [0]})
    doubtful = msgspec.structs.replace(doubtful, data=free)
    late = told(document, parts=[2], before={"at": [0], "value": ["failed"]})
    cells = without_zeros(cells_of(messages.fold([doubtful, late]).delta))
    sent = {name: count for (family, _, name), count in cells.items() if family == "sendings"}
    assert sent == {"delivered": 1, "cost": 320}


def test_values_that_a_newer_writer_knows_count_as_other(
    document: Documents, cells_of: CellsOf
) -> None:
    folded = messages.fold([told(document, channel="pigeon", purpose="poetry")])
    [key] = [key for family, key, name in cells_of(folded.delta) if (family, name) == MESSAGE]
    assert key == (ident(1), "2026-2027", "other", "other", "2026-10-02")
