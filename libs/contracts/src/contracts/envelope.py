"""The document: one event as one CloudEvents 1.0 JSON text in structured mode.

The same bytes stand on Kafka, in parking, in a webhook and in a golden sample. Writing is string
concatenation around texts that are already JSON, so a document rendered again is the same to the
byte. Reading never raises: whatever arrives becomes an :class:`Envelope`, a :class:`Tombstone` or
a :class:`Broken` that says why. Kafka headers are never looked at, so foreign ones cannot matter.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Generic, Literal, TypeVar

import msgspec

from contracts.event import Event

CONTENT_TYPE = "application/cloudevents+json"
"""The value of the only Kafka header, ``content-type``."""

MAX_DOCUMENT = 64 * 1024
"""The most bytes a document may have: what CloudEvents intermediaries must forward."""

_TOGETHER = 32
"""Documents whose text is looked at together."""

SEQUENCE_DIGITS = 20
_LARGEST_SEQUENCE = 2**63 - 1
"""What a database's bigint holds; a reader keeps the last sequence in one."""
_LARGEST = f"{_LARGEST_SEQUENCE:0{SEQUENCE_DIGITS}d}"

_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL: legal JSON that PostgreSQL cannot store, so a reader would never get past it."""

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Sequence = Annotated[str, msgspec.Meta(pattern=rf"^[0-9]{{{SEQUENCE_DIGITS}}}\Z")]


Data = TypeVar("Data")


class Attributes(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What every document of ours says of its event, however it was read."""

    id: _Text
    source: _Text
    type: _Text
    subject: _Text
    time: _Time
    """When it happened."""
    recordedtime: _Time
    """When it was written down."""
    dataschema: _Text
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None


class _Document(Attributes, frozen=True, gc=False, kw_only=True):
    specversion: Literal["1.0"]
    sequence: _Sequence | None = None
    data: msgspec.Raw


class Whole(Attributes, Generic[Data], frozen=True, gc=False, kw_only=True):
    """A document read in one pass, together with many others."""

    specversion: Literal["1.0"]
    sequence: str
    """Not looked at: :func:`quick` says what is a number of ours."""
    data: Data


class Envelope(Attributes, frozen=True, gc=False, kw_only=True):
    """The attributes of a document, in UTC; ``data`` stays the bytes that were sent."""

    sequence: int | None
    """Gapless per source, topic and partition; ``None`` in a document no relay has numbered."""
    data: bytes


class Tombstone(msgspec.Struct, frozen=True, gc=False):
    """A null value with a key: on a compacted topic, what had this key is erased."""

    key: str


class Broken(msgspec.Struct, frozen=True, gc=False):
    """What cannot be read as a document. ``reason`` is a slug, ``detail`` is for people."""

    reason: str
    detail: str


_DECODER = msgspec.json.Decoder(_Document)


@lru_cache(maxsize=8)
def _timestamp(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def attributes(
    event: Event,
    *,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    time: datetime,
    recordedtime: datetime,
    correlationid: str | None,
    causationid: str | None,
    traceparent: str | None,
) -> str:
    """Give the JSON object of all attributes except the sequence and the data."""
    values = {
        "specversion": "1.0",
        "id": id,
        "source": event.source_urn(),
        "type": event.type_name(),
        "subject": event.aggregate_id(),
        "time": _timestamp(time),
        "recordedtime": _timestamp(recordedtime),
        "dataschema": event.dataschema(),
        "correlationid": correlationid,
        "causationid": causationid,
        "traceparent": traceparent,
    }
    present = {name: value for name, value in values.items() if value is not None}
    return msgspec.json.encode(present).decode()


def render(attributes: str, data: str, sequence: int) -> bytes:
    """Give the document's bytes: the same for the same arguments, in every process and version.

    The sequence always has twenty digits, so the document's size does not depend on it.
    """
    return (
        f'{attributes[:-1]},"sequence":"{sequence:0{SEQUENCE_DIGITS}d}",'
        f'"datacontenttype":"application/json","data":{data}}}'
    ).encode()


def decode(value: bytes | None, key: bytes | None) -> Envelope | Tombstone | Broken:
    """Read a record's value, and its key where there is no value. Never raises."""
    if value is None:
        return _tombstone(key)
    if len(value) > MAX_DOCUMENT:
        return Broken("too-large", f"{len(value)} bytes, at most {MAX_DOCUMENT} are read")
    if b"\\" in value and _NUL_ESCAPE.search(value):
        return Broken("nul-character", "a text holds the character NUL, which no database keeps")
    try:
        # msgspec passes over the bytes of the data without looking at their encoding.
        value.decode()
        return _envelope(_DECODER.decode(value))
    except UnicodeDecodeError as error:
        return Broken("not-utf-8", f"{error.reason} at byte {error.start}")
    except RecursionError:
        return Broken("too-deep", "the document is nested too deeply to be read")
    except (msgspec.ValidationError, OverflowError) as error:
        return Broken("not-cloudevents", str(error))
    except msgspec.DecodeError as error:
        return Broken("not-json", str(error))


def _envelope(document: _Document) -> Envelope:
    sequence = None if document.sequence is None else int(document.sequence)
    if sequence is not None and sequence > _LARGEST_SEQUENCE:
        raise OverflowError("sequence is larger than any relay gives")
    return Envelope(
        id=document.id,
        source=document.source,
        type=document.type,
        subject=document.subject,
        # A time on the first or last day of the calendar may not exist in UTC: OverflowError.
        time=_in_utc(document.time),
        recordedtime=_in_utc(document.recordedtime),
        dataschema=document.dataschema,
        sequence=sequence,
        correlationid=document.correlationid,
        causationid=document.causationid,
        traceparent=document.traceparent,
        data=bytes(document.data),
    )


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _tombstone(key: bytes | None) -> Tombstone | Broken:
    if not key:
        return Broken("no-key", "a record without value needs a key to say what is erased")
    try:
        text = key.decode()
    except UnicodeDecodeError as error:
        return Broken("bad-key", f"{error.reason} at byte {error.start}")
    if "\0" in text:
        return Broken("bad-key", "the key holds the character NUL")
    return Tombstone(text)


def quick(data: type[Data]) -> Callable[[Sequence[bytes]], list[Whole[Data]] | None]:
    """Give a reader of many documents at once, whose data have the shape ``data``.

    It gives None where :func:`decode` might say anything but an :class:`Envelope` of one of them,
    or where one has other data; then each has to be read by itself. What it gives, ``decode``
    would have given, in about half of the time.
    """
    decode_whole = msgspec.json.Decoder(Whole[data]).decode  # type: ignore[valid-type]

    def read(values: Sequence[bytes]) -> list[Whole[Data]] | None:
        try:
            if not _are_plain(values):
                return None
            documents: list[Whole[Data]] = [decode_whole(value) for value in values]
        except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
            return None
        return documents if _are_ours(documents) else None

    return read


def _are_plain(values: Sequence[bytes]) -> bool:
    """Tell whether none is too large or has an escape; raises where one is not UTF-8.

    A few together, which stay in the processor's cache: all of them would be copied through memory
    that is new each time, for several times as long.
    """
    for begin in range(0, len(values), _TOGETHER):
        some = values[begin : begin + _TOGETHER]
        text = b"".join(some)
        if b"\\" in text or (len(text) > MAX_DOCUMENT and max(map(len, some)) > MAX_DOCUMENT):
            return False
        if not text.isascii():
            # Each document begins with a letter of ASCII, or it is none: so no character that is
            # cut off at the end of one can go on in the next.
            text.decode()
    return True


def _are_ours(documents: Sequence[Whole[Data]]) -> bool:
    """Tell whether all are numbered, and their times in UTC, as every relay writes them."""
    sequences = [one.sequence for one in documents]
    zones = [one.time.tzinfo for one in documents] + [one.recordedtime.tzinfo for one in documents]
    return (
        set(map(len, sequences)) == {SEQUENCE_DIGITS}
        and "".join(sequences).isdecimal()
        and max(sequences) <= _LARGEST
        and zones.count(UTC) == len(zones)
    )
