"""Every event is found by its type; what cannot be read says why, and names no value."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.admissions import UnitMerged
from contracts.envelope import Envelope
from contracts.registry import EVENTS, ContractError, known_name, model_for, parse

ID = "019a0000-0000-7000-8000-000000000001"
EVENT = UnitMerged(unit_id=ID, version=2, into_id=ID, valid_from=date(2025, 7, 1))


def envelope_of(data: bytes, type_name: str = EVENT.type_name()) -> Envelope:
    noon = datetime(2026, 11, 22, 5, tzinfo=UTC)
    return Envelope(
        id=ID,
        source="urn:edu:admissions",
        type=type_name,
        subject=ID,
        time=noon,
        recordedtime=noon,
        dataschema=EVENT.dataschema(),
        sequence=1,
        correlationid=None,
        causationid=None,
        traceparent=None,
        data=data,
    )


def reason(data: bytes, type_name: str = EVENT.type_name()) -> ContractError:
    with pytest.raises(ContractError) as raised:
        parse(envelope_of(data, type_name))
    return raised.value


def test_every_event_is_found_by_its_type() -> None:
    assert len({event.type_name() for event in EVENTS}) == len(EVENTS)
    for event in EVENTS:
        assert model_for(event.type_name()) is event
        assert known_name(event.type_name())


def test_an_event_is_read_from_its_envelope() -> None:
    assert parse(envelope_of(EVENT.data_json().encode())) == EVENT


def test_an_unknown_type_is_not_an_unknown_major() -> None:
    assert reason(b"{}", "edu.admissions.unit-merged.v2").reason == "unknown-major"
    for foreign in (
        "edu.admissions.unit-split.v1",
        "admissions.unit-merged.v1",
        "edu.admissions.unit-merged.vx",
        "edu.admissions.unit-merged",
        "com.example.edu.admissions.unit-merged.v1",
        "",
    ):
        assert reason(b"{}", foreign).reason == "unknown-type"


def test_invalid_data_names_the_fields_and_never_their_values() -> None:
    error = reason(EVENT.data_json().replace(ID, "Nguyễn Văn A").encode())
    assert error.reason == "invalid-data"
    assert "unit_id: " in error.detail
    assert "into_id: " in error.detail
    assert "Nguyễn" not in str(error)


@given(st.binary() | st.text().map(str.encode))
def test_no_data_makes_parsing_raise_anything_else(data: bytes) -> None:
    assert reason(data).reason == "invalid-data"


def test_data_that_is_no_object_or_too_deep_is_invalid() -> None:
    for data in (b"[]", b"null", b"[" * 100_000, b'{"unit_id":' + b"[" * 30_000, b"\xff"):
        assert reason(data).reason == "invalid-data"
