"""Columns, codec and hash: the same cells whatever the order in which they came."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope
from contracts.event import Event
from ioc_aggregator.intake import enrolment, register, scores
from ioc_aggregator.measures.cells import Change, Delta
from ioc_aggregator.measures.families import FAMILIES, PUPILS
from ioc_aggregator.rollups import codec
from ioc_aggregator.rollups.state import Entry, State

Document = Callable[[Event], Envelope]
Cells = dict[tuple[str, ...], int]

keys = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["2025-2026", "2026-2027"]),
    st.sampled_from(["1", "6"]),
    st.sampled_from(["female", "male"]),
    st.sampled_from(["no", "yes"]),
)
counts = st.dictionaries(keys, st.integers(-(2**40), 2**40), max_size=12)


def delta_of(cells: Cells) -> Delta:
    return Delta({PUPILS.name: Change.count(cells)})


@given(st.lists(counts, max_size=5), st.randoms())
def test_the_hash_depends_on_the_cells_alone(parts: list[Cells], random: Any) -> None:
    one, other = State(), State()
    for cells in parts:
        one.add(delta_of(cells))
    random.shuffle(parts)
    for cells in parts:
        other.add(delta_of(cells))
    assert one.hash() == other.hash()
    if parts and parts[0]:
        other.add(delta_of({("a", "2026-2027", "1", "male", "no"): 1}))
        assert one.hash() != other.hash()


@given(st.lists(counts, max_size=5))
def test_a_snapshot_is_the_state(parts: list[Cells]) -> None:
    state, loaded = State(), State()
    for cells in parts:
        state.add(codec.decode(codec.encode(delta_of(cells))))
    for part in state.copy().deltas():
        loaded.add(codec.decode(codec.encode(part)))
    assert loaded.hash() == state.hash()


def test_facts_travel_with_the_cells(make: Any, document: Document) -> None:
    events = [
        make.unit(1),
        make.merge(2, 1, make.calendar().first_day),
        make.school(3, 1),
        make.calendar(),
        make.watermark("gradebook", {"gradebook.scores.v1": {0: 12}}),
    ]
    delta = register.fold([document(event) for event in events]).delta
    assert codec.decode(codec.encode(delta)).facts == delta.facts
    assert len(delta.facts) == len(events)


def test_an_entry_counts_once(make: Any, document: Document) -> None:
    state = State()
    delta = enrolment.fold([document(event) for event in make.enrolments(1, 3)]).delta
    lane = ("admissions.enrolment.v1", 0)
    assert state.apply(Entry(lane, 0, 3, delta))
    assert not state.apply(Entry(lane, 0, 3, delta))
    assert state.columns["pupils"].values.sum() == 3
    assert state.vector == {lane: 3}


def test_columns_grow(make: Any, document: Document) -> None:
    state = State()
    for school in range(2500):
        delta = scores.fold([document(make.save(school, [850]))]).delta
        state.add(delta)
    histogram = state.columns["histogram"]
    assert len(histogram.keys) == 2500
    assert histogram.values[:, 85].sum() == 2500
    assert histogram.values.dtype == np.int32
    mask = histogram.select({"school": [make.id(7), make.id(8), "nobody"]})
    assert mask.sum() == 2
    assert FAMILIES["histogram"].columns[85] == "85"
