"""Whatever the bytes, decoding answers; what we render is CloudEvents, and always the same."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from hypothesis import example, given
from hypothesis import strategies as st

from contracts import envelope
from contracts.admissions import UnitMerged
from contracts.envelope import Broken, Envelope, Tombstone
from contracts.relay import Watermark

ID = "019a0000-0000-7000-8000-000000000001"
OTHER_ID = "019a0000-0000-7000-8000-000000000002"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
EVENT = UnitMerged(unit_id=ID, version=2, into_id=OTHER_ID, valid_from=date(2025, 7, 1))

moments = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
# An attribute is any text but the empty one, without NUL and without halves of a surrogate pair.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


def attributes_of(**changed: Any) -> str:
    values: dict[str, Any] = {
        "id": ID,
        "time": NOON,
        "recordedtime": NOON,
        "correlationid": None,
        "causationid": None,
        "traceparent": None,
    }
    return envelope.attributes(EVENT, **(values | changed))


def document(**changed: Any) -> dict[str, Any]:
    rendered = envelope.render(attributes_of(), EVENT.data_json(), 7)
    parsed: dict[str, Any] = json.loads(rendered)
    return parsed | changed


def decode(value: Any) -> Any:
    return envelope.decode(json.dumps(value).encode(), b"key")


def broken(value: bytes) -> str:
    answer = envelope.decode(value, b"key")
    assert isinstance(answer, Broken)
    assert answer.detail
    return answer.reason


@given(st.binary(), st.none() | st.binary())
@example(b"", None)
@example(b"null", None)
@example(b"NaN", None)
@example(b"[]", None)
@example(b"\xef\xbb\xbf{}", None)
def test_no_bytes_make_decoding_raise(value: bytes, key: bytes | None) -> None:
    assert isinstance(envelope.decode(value, key), Envelope | Broken)
    assert isinstance(envelope.decode(None, key), Tombstone | Broken)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*document(), "data_base64"]), JSON), st.data())
def test_no_value_of_any_attribute_makes_decoding_raise(
    changes: dict[str, Any], data: st.DataObject
) -> None:
    changed = document() | changes
    for name in data.draw(st.sets(st.sampled_from(sorted(changed)), max_size=2)):
        del changed[name]
    assert isinstance(decode(changed), Envelope | Broken)


@given(st.data())
def test_no_damage_to_a_document_makes_decoding_raise(data: st.DataObject) -> None:
    whole = bytearray(envelope.render(attributes_of(), EVENT.data_json(), 7))
    start = data.draw(st.integers(0, len(whole)))
    whole[start : start + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    assert isinstance(envelope.decode(bytes(whole), None), Envelope | Broken)


@given(
    id=texts,
    time=moments,
    recordedtime=moments,
    correlationid=st.none() | texts,
    causationid=st.none() | texts,
    traceparent=st.none() | texts,
    sequence=st.integers(0, 2**63 - 1),
)
def test_what_is_rendered_is_decoded(sequence: int, **values: Any) -> None:
    rendered = envelope.render(attributes_of(**values), EVENT.data_json(), sequence)
    assert rendered == envelope.render(attributes_of(**values), EVENT.data_json(), sequence)
    answer = envelope.decode(rendered, None)
    assert answer == Envelope(
        source="urn:edu:admissions",
        type="edu.admissions.unit-merged.v1",
        subject=ID,
        dataschema="urn:edu:schema:admissions.unit-merged:1.0",
        sequence=sequence,
        data=EVENT.data_json().encode(),
        **values,
    )


def test_the_sdk_of_cloudevents_reads_what_we_render() -> None:
    values = {"correlationid": "c", "causationid": ID, "traceparent": "00-1-2-01"}
    rendered = envelope.render(attributes_of(**values), EVENT.data_json(), 42)
    read = from_structured_event(
        KafkaMessage({"content-type": envelope.CONTENT_TYPE.encode()}, b"key", rendered)
    )
    assert read.get_specversion() == "1.0"
    assert read.get_id() == ID
    assert read.get_source() == EVENT.source_urn()
    assert read.get_type() == EVENT.type_name()
    assert read.get_subject() == ID
    assert read.get_time() == NOON
    assert read.get_dataschema() == EVENT.dataschema()
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == json.loads(EVENT.data_json())
    extensions = {name: read.get_extension(name) for name in values}
    assert extensions == values
    assert read.get_extension("sequence") == "00000000000000000042"
    assert read.get_extension("recordedtime") == "2026-11-22T05:00:00.000000Z"


def test_a_time_is_written_in_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=7)))
    assert attributes_of(time=there) == attributes_of()


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        attributes_of(time=NOON.replace(tzinfo=None))


def test_the_source_of_a_shared_topic_is_the_service_that_writes() -> None:
    mark = Watermark(source="gradebook", read_at=NOON, positions={})
    assert mark.source_urn() == "urn:edu:gradebook"
    assert mark.SOURCE == "relay"


def test_the_size_does_not_depend_on_the_sequence() -> None:
    sizes = {len(envelope.render("{}", "{}", sequence)) for sequence in (0, 2**63 - 1)}
    assert len(sizes) == 1


def test_foreign_attributes_are_passed_over_and_the_last_of_two_counts() -> None:
    text = json.dumps(document(comexampleothervalue=5, partitionkey=None))
    twice = text[:-1] + f',"id":"{OTHER_ID}"}}'
    answer = envelope.decode(twice.encode(), None)
    assert isinstance(answer, Envelope)
    assert answer.id == OTHER_ID


def test_a_document_that_no_relay_has_numbered_has_no_sequence() -> None:
    changed = document()
    del changed["sequence"]
    assert decode(changed).sequence is None


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"id": None},
        {"time": "2026-11-22T05:00:00"},
        {"time": "yesterday"},
        {"time": "0001-01-01T00:00:00+23:59"},
        {"sequence": 7},
        {"sequence": "7"},
        {"sequence": "0000000000000000007\n"},
        {"sequence": "٠" * 20},
        {"sequence": "9" * 20},
    ],
)
def test_an_attribute_that_is_no_such_attribute_breaks_the_document(changes: Any) -> None:
    answer = decode(document(**changes))
    assert isinstance(answer, Broken)
    assert answer.reason == "not-cloudevents"


def test_each_kind_of_broken_bytes_has_its_reason() -> None:
    assert broken(b"") == "not-json"
    assert broken(b"{") == "not-json"
    assert broken(b'{"id":NaN}') == "not-json"
    assert broken(b"null") == "not-cloudevents"
    assert broken(b"[1]") == "not-cloudevents"
    assert broken(b"{}") == "not-cloudevents"
    assert broken(b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}") == "too-deep"
    assert broken(b" " * (envelope.MAX_DOCUMENT + 1)) == "too-large"
    nan = envelope.render(attributes_of(), '{"x":NaN}', 1)
    assert broken(nan) == "not-json"


def test_what_no_database_can_keep_is_broken() -> None:
    bytes_of_latin_1 = envelope.render(attributes_of(), '{"x":"?"}', 1).replace(b"?", b"\xe9")
    assert broken(bytes_of_latin_1) == "not-utf-8"
    assert broken(json.dumps(document(data={"x": "a\0b"})).encode()) == "nul-character"
    assert broken(json.dumps(document(id="\0")).encode()) == "nul-character"
    assert isinstance(decode(document(data={"x": "the text \\u0000"})), Envelope)


def test_a_null_value_is_a_tombstone_of_its_key() -> None:
    assert envelope.decode(None, ID.encode()) == Tombstone(ID)
    assert envelope.decode(None, None) == envelope.decode(None, b"")
    for key, reason in ((None, "no-key"), (b"\xff", "bad-key"), (b"a\0", "bad-key")):
        answer = envelope.decode(None, key)
        assert isinstance(answer, Broken)
        assert answer.reason == reason


def test_the_largest_document_is_read() -> None:
    size = len(envelope.render(attributes_of(), '{"x":""}', 1))
    data = json.dumps({"x": "x" * (envelope.MAX_DOCUMENT - size)}, separators=(",", ":"))
    rendered = envelope.render(attributes_of(), data, 1)
    assert len(rendered) == envelope.MAX_DOCUMENT
    assert isinstance(envelope.decode(rendered, None), Envelope)


SOUND = envelope.render(attributes_of(correlationid=OTHER_ID), '{"x":"Thắng"}', 7)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"", b""),
        (b'"time":"2026-11-22T05:00:00.000000Z"', b'"time":"2026-11-22T12:00:00+07:00"'),
        (
            b'"recordedtime":"2026-11-22T05:00:00.000000Z"',
            b'"recordedtime":"9999-12-31T23:00:00-07:00"',
        ),
        (b"00000000000000000007", b"07"),
        (b"00000000000000000007", b"99999999999999999999"),
        (b',"sequence":"00000000000000000007"', b""),
        (b'"specversion":"1.0"', b'"specversion":"0.3"'),
        ("ắ".encode(), b"\xe1"),
        ("ắ".encode(), b"\\u0000"),
        (b'"data":{', b'"data":'),
        (b"Th", b"x" * envelope.MAX_DOCUMENT),
    ],
)
def test_what_is_read_together_is_what_each_would_be_read_as(old: bytes, new: bytes) -> None:
    read = envelope.quick(msgspec.Raw)([SOUND, SOUND.replace(old, new, 1)])
    assert (read is None) == (old != new)
    for one in read or ():
        alone = envelope.decode(SOUND, None)
        assert isinstance(alone, Envelope)
        named = {name: getattr(one, name) for name in envelope.Attributes.__struct_fields__}
        assert named == {name: getattr(alone, name) for name in named}
        assert (bytes(one.data), int(one.sequence)) == (alone.data, alone.sequence)
