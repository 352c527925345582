"""Columns, codec and hash: the same cells whatever the order in which they came."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import Envelope
from contracts.event import Event
from ioc_aggregator.intake import enrolment, register, scores
from ioc_aggregator.intake.streams import FOLDS
from ioc_aggregator.measures.cells import Change, Delta
from ioc_aggregator.measures.families import FAMILIES, PUPILS
from ioc_aggregator.rollups import codec
from ioc_aggregator.rollups import state as rollups_state
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


BEFORE_FEES = (
    "eAGtUT1PwzAQjfvBxIiYGRi6pHIq0XRlQ0IqS/cqJNdiNbEt50PqzNI1UWAnWGnTtX8Aif4J/g02ScTAAhJPuud7J9n3"
    "fJc9ljzmxA/zpyz9uMQNTH2atqaJJi1rWFaGjsjI0mqER2NTkd0UXsZNUi4gcHxoVEFZnX1da2lQhi4TEObP/9ZWzu6u"
    "p03T15vb1udWwDL2HdGa6BsaSvUN1On2st7xbKAKHRVIhTwxjM3pubETwJmIwMvzPzo8LIXjwT1jq2H9x2HSevkxs2+f"
    "7WC0M9RNNzJac5AxJdFW05x4v9kOtrYJiJAwiqTLPCgmWFIngGr2XqwvpoQ+yBWh3o4LlhDqQsUdAVS//rZPHJ9484Vg"
    "wV5t9crEtomtT+eYqP0="
)
"""A part of a snapshot, written when only pupils, scores and what was reported were counted."""


def test_what_was_written_before_is_read_and_the_new_families_are_empty(make: Any) -> None:
    state = State()
    state.add(codec.decode(base64.b64decode(BEFORE_FEES)))
    counted = {name: columns.values.sum() for name, columns in state.columns.items()}
    assert {name: int(count) for name, count in counted.items() if count} == {
        "pupils": 40,
        "scores": 40 + 2 + 1 + 1700 + 1445000,
        "reported": 3,
    }
    assert state.register.units.keys() == {make.id(1)}
    assert state.columns.keys() == FAMILIES.keys()


def test_what_a_newer_version_counts_outlives_an_older_one(
    make: Any, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = State()
    for event in (*make.enrolments(11, 3), make.link(None, 11), make.assess(11, [500_000] * 3)):
        newer.add(codec.decode(codec.encode(FOLDS[event.TOPIC.name]([document(event)]).delta)))
    with monkeypatch.context() as patch:
        known = {name: FAMILIES[name] for name in ("pupils", "scores", "histogram", "reported")}
        patch.setattr(codec, "FAMILIES", known)
        patch.setattr(rollups_state, "FAMILIES", known)
        older = State()
        for part in newer.copy().deltas():
            older.add(codec.decode(codec.encode(part)))
        assert older.columns.keys() == known.keys()
        written = [codec.encode(part) for part in older.copy().deltas()]
    again = State()
    for blob in written:
        again.add(codec.decode(blob))
    assert again.hash() == newer.hash()


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
