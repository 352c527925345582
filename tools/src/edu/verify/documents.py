"""What a record of the log says, read by rules written down here a second time.

Nothing of contracts is imported: were a list or a rule wrong there, reader and checker would be
wrong together. A record counts when everything that a statistic needs of it is well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

MOST_BYTES = 64 * 1024
WATERMARKS = "relay.watermarks.v1"

OWNERS = {
    "admissions.units.v1": "admissions",
    "admissions.schools.v1": "admissions",
    "admissions.school-years.v1": "admissions",
    "admissions.enrolment.v1": "admissions",
    "gradebook.classes.v1": "gradebook",
    "gradebook.scores.v1": "gradebook",
}
"""Who alone may write to each numbered topic that statistics read."""

TOPICS = (*OWNERS, WATERMARKS)

Uuid = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"),
]
SchoolYear = Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-20[0-9]{2}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Version = Annotated[int, msgspec.Meta(ge=1)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Hundredths = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Grade = Literal[
    "NT", "MG3", "MG4", "MG5", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"
]  # fmt: skip
Subject = Literal[
    "TOAN", "VAN", "NN1", "NN2", "TDT", "LSDL", "CN", "TIN", "GDTC", "NT", "AN", "MT", "HDTN",
    "GDDP", "TV", "DD", "TNXH", "KH", "THCN", "GDCD", "KHTN", "SU", "DIA", "KTPL", "LI", "HOA",
    "SINH", "GDQPAN", "T_ANH", "T_NGA", "T_PHAP", "T_TRUNG", "T_DUC", "T_NHAT", "T_HAN", "CNCN",
    "CNNN",
]  # fmt: skip
Term = Literal["HK1", "HK2", "CN", "HE"]
Kind = Literal["regular", "special-topic", "midterm", "endterm", "retest", "exam"]
BY_COMMENT = frozenset({"GDTC", "NT", "AN", "MT", "HDTN", "GDDP", "DD", "TNXH"})
"""The subjects whose only values are Đạt (1) and Chưa đạt (0)."""


class _Data(msgspec.Struct, frozen=True):
    pass


class Unit(_Data, frozen=True):
    """A unit of the administration from a day on."""

    unit_id: Uuid
    version: Version
    code: Text
    name: Text
    kind: str
    parent_id: Uuid | None
    valid_from: date


class Merger(_Data, frozen=True):
    """A unit that became part of another."""

    unit_id: Uuid
    version: Version
    into_id: Uuid
    valid_from: date


class School(_Data, frozen=True):
    """A school from a day on."""

    school_id: Uuid
    version: Version
    code: Text
    name: Text
    levels: Annotated[list[str], msgspec.Meta(min_length=1)]
    unit_id: Uuid
    valid_from: date
    open: bool


class PupilCell(_Data, frozen=True):
    """What selects the cells of a pupil."""

    school_id: Uuid
    grade: Grade
    sex: str
    ethnic_minority: bool

    def counted_sex(self) -> str:
        """Give the sex, or ``other`` for a value that this version does not know."""
        return self.sex if self.sex in ("male", "female") else "other"


class Enrolled(PupilCell, frozen=True):
    """A pupil came."""

    school_year: SchoolYear


class Transferred(_Data, frozen=True):
    """A pupil changed cells."""

    school_year: SchoolYear
    before: PupilCell
    after: PupilCell


class Withdrawn(_Data, frozen=True):
    """A pupil left."""

    school_year: SchoolYear
    before: PupilCell


class ClassFact(_Data, frozen=True):
    """Anything about a class: only that a school reported is counted."""

    school_id: Uuid
    school_year: SchoolYear


class Sheet(_Data, frozen=True):
    """What selects the cells of a score."""

    school_id: Uuid
    school_year: SchoolYear
    grade: Grade
    subject: Subject
    term: Term
    kind: Kind


class SheetOpened(Sheet, frozen=True):
    """A column waits for scores."""

    cells_due: Count
    before_cells_due: Count


class _Sparse(_Data, frozen=True):
    at: list[Annotated[int, msgspec.Meta(ge=0)]]
    value: list[Hundredths]


class ScoreEntered(Sheet, frozen=True):
    """A save: the cells' values now, and those that some of them had."""

    after: Annotated[list[Hundredths | None], msgspec.Meta(min_length=1)]
    before: _Sparse

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        at = self.before.at
        if len(at) != len(self.before.value):
            raise ValueError("before is no column")
        if at != sorted(set(at)) or (at and at[-1] >= len(self.after)):
            raise ValueError("before names rows that are not there")
        if self.subject in BY_COMMENT and any(
            v and v > 1 for v in (*self.after, *self.before.value)
        ):
            raise ValueError("a comment is 0 or 1")


class Watermark(_Data, frozen=True):
    """How far a source's facts are in Kafka."""

    source: str
    read_at: datetime
    positions: dict[str, dict[int, Count]]


Fact: TypeAlias = (
    Unit | Merger | School | Enrolled | Transferred | Withdrawn | ClassFact | SheetOpened
    | ScoreEntered | Watermark
)  # fmt: skip

TYPES: Mapping[str, type[Fact]] = {
    "edu.admissions.unit-registered.v1": Unit,
    "edu.admissions.unit-merged.v1": Merger,
    "edu.admissions.school-registered.v1": School,
    "edu.admissions.student-enrolled.v1": Enrolled,
    "edu.admissions.student-transferred.v1": Transferred,
    "edu.admissions.student-withdrawn.v1": Withdrawn,
    "edu.gradebook.class-opened.v1": ClassFact,
    "edu.gradebook.pupil-placed.v1": ClassFact,
    "edu.gradebook.teaching-assigned.v1": ClassFact,
    "edu.gradebook.sheet-opened.v1": SheetOpened,
    "edu.gradebook.score-entered.v1": ScoreEntered,
    "edu.relay.watermark.v1": Watermark,
}
_SEQUENCE = re.compile(r"[0-9]{20}")


@dataclass(frozen=True, slots=True)
class Document:
    """A record that is a document of the topic's owner; ``fact`` is None where nothing counts."""

    source: str
    sequence: int
    fact: Fact | None


def read(topic: str, key: bytes | None, value: bytes | None) -> Document | None:
    """Read a record; None if it is no numbered document of whoever may write to its topic."""
    if value is None or len(value) > MOST_BYTES:
        return None
    try:
        document = msgspec.json.decode(value.decode())
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(document, dict) or (b"\\u0000" in value and _holds_nul(document)):
        return None
    source, sequence = document.get("source"), document.get("sequence")
    owner = OWNERS.get(topic) or (key or b"").decode(errors="replace")
    if source != f"urn:edu:{owner}" or not _is_document(document):
        return None
    if topic == WATERMARKS:
        return Document(owner, 0, _fact(document))
    if not isinstance(sequence, str) or not _SEQUENCE.fullmatch(sequence) or not int(sequence):
        return None
    return Document(owner, int(sequence), _fact(document))


def _is_document(document: Mapping[str, Any]) -> bool:
    """Tell whether the attributes are there that a document of ours has."""
    texts = ("id", "source", "type", "subject", "dataschema")
    times = ("time", "recordedtime")
    return (
        document.get("specversion") == "1.0"
        and all(isinstance(document.get(name), str) and document[name] for name in texts)
        and all(_is_moment(document.get(name)) for name in times)
        and "data" in document
    )


def _is_moment(value: object) -> bool:
    try:
        return msgspec.convert(value, datetime, strict=True).tzinfo is not None
    except msgspec.ValidationError:
        return False


def _fact(document: Mapping[str, Any]) -> Fact | None:
    kind = TYPES.get(document["type"])
    if kind is None:
        return None
    try:
        return msgspec.convert(document["data"], kind, str_keys=True)
    except msgspec.ValidationError:
        return None


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_holds_nul, value))
