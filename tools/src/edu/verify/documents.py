"""What a record of the log says, read by rules written down here a second time.

A record counts when everything that a statistic needs of it is well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeAlias

import msgspec

from edu.verify.contact import Linked, MessageDelivered, MessageFailed, Reached, Unlinked
from edu.verify.reporting import OTHERS
from edu.verify.telling import GRADEBOOK, Telling
from edu.verify.values import (
    BY_COMMENT,
    BirthYear,
    Count,
    Data,
    Dated,
    Dong,
    Grade,
    Hundredths,
    Kind,
    Paid,
    SchoolYear,
    Sparse,
    Subject,
    Term,
    Text,
    Uuid,
    Version,
)

MOST_BYTES = 64 * 1024
WATERMARKS = "relay.watermarks.v1"

OWNERS = {
    "admissions.units.v1": "admissions",
    "admissions.schools.v1": "admissions",
    "admissions.school-years.v1": "admissions",
    "admissions.enrolment.v1": "admissions",
    "admissions.applications.v1": "admissions",
    "admissions.quotas.v1": "admissions",
    "admissions.reports.v1": "admissions",
    "gradebook.classes.v1": "gradebook",
    "gradebook.scores.v1": "gradebook",
    "gradebook.attendance.v1": "gradebook",
    "gradebook.results.v1": "gradebook",
    "gradebook.transcripts.v1": "gradebook",
    "gradebook.checkpoints.v1": "gradebook",
    "payments.fees.v1": "payments",
    "payments.channels.v1": "payments",
    "notifications.guardians.v1": "notifications",
    "notifications.messages.v1": "notifications",
    "ioc.periods.v1": "ioc-aggregator",
}
"""Who alone may write to each numbered topic that statistics read."""

TOPICS = (*OWNERS, WATERMARKS)


class Unit(Data, frozen=True):
    """A unit of the administration from a day on."""

    unit_id: Uuid
    version: Version
    code: Text
    name: Text
    kind: str
    parent_id: Uuid | None
    valid_from: date


class Merger(Data, frozen=True):
    """A unit that became part of another."""

    unit_id: Uuid
    version: Version
    into_id: Uuid
    valid_from: date


class School(Data, frozen=True):
    """A school from a day on."""

    school_id: Uuid
    version: Version
    code: Text
    name: Text
    levels: Annotated[list[str], msgspec.Meta(min_length=1)]
    unit_id: Uuid
    valid_from: date
    open: bool


class PupilCell(Data, frozen=True):
    """What selects the cells of a pupil."""

    school_id: Uuid
    grade: Grade
    sex: str
    ethnic_minority: bool
    birth_year: BirthYear
    inclusion: bool

    def counted_sex(self) -> str:
        """Give the sex, or ``other`` for a value that this version does not know."""
        return self.sex if self.sex in ("male", "female") else "other"


class Enrolled(PupilCell, frozen=True):
    """A pupil came."""

    school_year: SchoolYear
    day: date


class Transferred(Data, frozen=True):
    """A pupil changed cells."""

    school_year: SchoolYear
    day: date
    reason_code: str
    before: PupilCell
    after: PupilCell


class Withdrawn(Data, frozen=True):
    """A pupil left."""

    school_year: SchoolYear
    day: date
    reason_code: str
    before: PupilCell


class Sheet(Data, frozen=True):
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


class ScoreEntered(Sheet, frozen=True):
    """A save: the cells' values now, and those that some of them had."""

    after: Annotated[list[Hundredths | None], msgspec.Meta(min_length=1)]
    before: Sparse[Hundredths]

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        self.before.check(len(self.after))
        if self.subject in BY_COMMENT and any(
            v and v > 1 for v in (*self.after, *self.before.value)
        ):
            raise ValueError("a comment is 0 or 1")


class FeeAssessed(Data, frozen=True):
    """What pupils are asked to pay now, and what some of them were asked before."""

    school_id: Uuid
    school_year: SchoolYear
    kind: str
    due_on: date
    after: Annotated[list[Dong | None], msgspec.Meta(min_length=1)]
    before: Sparse[Dong]

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        self.before.check(len(self.after))


class Lines(Data, frozen=True):
    """Parts of a payment that settle parts of charges."""

    kinds: list[str]
    school_years: list[SchoolYear]
    due_on: list[date]
    methods: list[str]
    amounts: list[Paid]

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        columns = (self.kinds, self.school_years, self.due_on, self.methods)
        if any(len(column) != len(self.amounts) for column in columns):
            raise ValueError("lines are no columns")


class FeePaid(Dated, frozen=True):
    """Money came, or credit is used."""

    school_id: Uuid
    method: str
    received: Dong
    lines: Lines


class FeeReversed(Dated, frozen=True):
    """Money went back, or settles no longer what it did."""

    school_id: Uuid
    method: str
    returned: Dong
    lines: Lines


class ChannelSwitched(Dated, frozen=True):
    """How many cashless channels a school has, and had."""

    school_id: Uuid
    channels: Count
    before_channels: Count


class Watermark(Data, frozen=True):
    """How far a source's facts are in Kafka."""

    source: str
    read_at: datetime
    positions: dict[str, dict[int, Count]]


class DayEnd(Data, frozen=True):
    """Where a business day ended."""

    day: date
    ended_at: datetime
    positions: dict[str, dict[int, Count]]
    as_of: dict[str, datetime]
    hashes: dict[str, str]
    closed: list[str]


Fact: TypeAlias = (
    Unit | Merger | School | Enrolled | Transferred | Withdrawn | Telling | SheetOpened
    | ScoreEntered | FeeAssessed | FeePaid | FeeReversed | ChannelSwitched | Linked | Reached
    | Unlinked | MessageDelivered | MessageFailed | Watermark | DayEnd
)  # fmt: skip

TYPES: Mapping[str, type[Fact]] = {
    "edu.admissions.unit-registered.v1": Unit,
    "edu.admissions.unit-merged.v1": Merger,
    "edu.admissions.school-registered.v1": School,
    "edu.admissions.student-enrolled.v1": Enrolled,
    "edu.admissions.student-transferred.v1": Transferred,
    "edu.admissions.student-withdrawn.v1": Withdrawn,
    "edu.gradebook.sheet-opened.v1": SheetOpened,
    "edu.gradebook.score-entered.v1": ScoreEntered,
    "edu.payments.fee-assessed.v1": FeeAssessed,
    "edu.payments.fee-paid.v1": FeePaid,
    "edu.payments.fee-reversed.v1": FeeReversed,
    "edu.payments.payment-channel-enabled.v1": ChannelSwitched,
    "edu.notifications.guardian-linked.v1": Linked,
    "edu.notifications.guardian-unlinked.v1": Unlinked,
    "edu.notifications.guardian-reached.v1": Reached,
    "edu.notifications.message-delivered.v1": MessageDelivered,
    "edu.notifications.message-failed.v1": MessageFailed,
    "edu.relay.watermark.v1": Watermark,
    "edu.ioc.day-ended.v1": DayEnd,
    **GRADEBOOK,
    **OTHERS,
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
