"""What counts of a record, by the rules that verify writes down for itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from contracts import lists, notifications, payments, topics
from contracts.admissions import UnitRegistered
from contracts.lists import Assessment, UnitKind
from contracts.registry import EVENTS
from edu.verify import documents, values
from edu.verify.log import Record
from edu.verify.recount import Recount

from .conftest import Written


@pytest.fixture
def record(log: Written, ids: Callable[[int], str]) -> Record:
    return log.add(
        UnitRegistered(
            unit_id=ids(1),
            version=1,
            code="80",
            name="Tây Ninh",
            kind=UnitKind.PROVINCE,
            parent_id=None,
            valid_from=date(2025, 7, 1),
        )
    )


def changed(record: Record, **attributes: Any) -> Record:
    assert record.value is not None
    return replace(record, value=json.dumps(json.loads(record.value) | attributes).encode())


def units(*records: Record) -> list[str]:
    recount = Recount()
    recount.take(records)
    assert recount.records == len(records)
    return list(recount.units)


def test_a_document_of_the_topics_owner_counts(record: Record) -> None:
    assert len(units(record)) == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {"source": "urn:edu:gradebook"},
        {"sequence": "00000000000000000000"},
        {"sequence": "1"},
        {"sequence": None},
        {"specversion": "0.3"},
        {"time": "2026-11-22T05:00:00"},
        {"id": ""},
        {"type": "edu.admissions.unit-registered.v2"},
        {"type": "edu.admissions.moon-landed.v1"},
        {"data": {}},
        {"data": None},
        {"note": "\0"},
        {"note": "x" * documents.MOST_BYTES},
    ],
)
def test_anything_else_does_not(record: Record, attributes: dict[str, Any]) -> None:
    assert units(changed(record, **attributes)) == []


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"\xff", b"[" * 60_000])
def test_no_bytes_stop_the_count(record: Record, value: bytes | None) -> None:
    assert units(replace(record, value=value), record) != []


def test_unknown_fields_and_attributes_do_not_matter(record: Record) -> None:
    assert record.value is not None
    data = json.loads(record.value)["data"] | {"motto": "…"}
    assert len(units(changed(record, data=data, motto="…"))) == 1


def test_an_older_version_changes_nothing(record: Record) -> None:
    assert record.value is not None
    data = json.loads(record.value)["data"]
    newer = changed(
        record, data=data | {"version": 3, "name": "C"}, sequence="00000000000000000002"
    )
    older = changed(
        record, data=data | {"version": 2, "name": "B"}, sequence="00000000000000000003"
    )
    recount = Recount()
    recount.take([record, newer, older])
    (history,) = recount.units.values()
    assert [unit.name for unit in history] == ["Tây Ninh", "C"]


def test_the_second_writing_of_the_lists_is_the_same_as_the_first() -> None:
    assert set(get_args(values.Grade)) == set(lists.Grade)
    assert set(get_args(values.Subject)) == set(lists.Subject)
    assert set(get_args(values.Term)) == set(lists.Term)
    assert set(get_args(values.Kind)) == set(lists.ColumnKind)
    assert {s for s in lists.Subject if s.assessment is Assessment.COMMENT} == values.BY_COMMENT
    for names, enumeration in (
        (values.FEE_KINDS, payments.FeeKind),
        (values.METHODS, payments.PaymentMethod),
        (values.CHANNELS, notifications.Channel),
        (values.PURPOSES, notifications.Purpose),
    ):
        assert names | {"other"} == set(enumeration)


def test_every_topic_and_event_of_the_aggregator_is_read() -> None:
    read = {topic.name: topic.owner for topic in topics.CONSUMERS["ioc-aggregator"]}
    assert read == {**documents.OWNERS, documents.WATERMARKS: None}
    assert set(documents.TYPES) == {
        event.type_name()
        for event in EVENTS
        # A calendar and what guardians may see count nothing, and a checkpoint is witnessed.
        if event.TOPIC.name in read
        and event.NAME not in ("school-year-set", "scores-published", "history-checkpointed")
    }
