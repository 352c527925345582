"""The cells, counted again from every record, one value at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias, TypeVar

from edu.verify import values
from edu.verify.documents import (
    ChannelSwitched,
    ClassFact,
    DayEnd,
    Enrolled,
    Fact,
    FeeAssessed,
    FeePaid,
    FeeReversed,
    Lines,
    Linked,
    Merger,
    MessageDelivered,
    MessageFailed,
    Place,
    PupilCell,
    School,
    ScoreEntered,
    Sheet,
    SheetOpened,
    Transferred,
    Unit,
    Unlinked,
    Watermark,
    Withdrawn,
    read,
)
from edu.verify.log import Record
from edu.verify.values import BY_COMMENT, CHANNELS, FEE_KINDS, METHODS, PURPOSES, named

Key: TypeAlias = tuple[tuple[str, str], ...]
"""The dimensions of a cell, sorted by name."""

Cells: TypeAlias = dict[tuple[str, Key, str], int]
"""Family, key and the name of the value → the value; zeros are left out."""

Dated = TypeVar("Dated", Unit, School)


@dataclass(slots=True)
class Recount:
    """Everything that the records say."""

    cells: Cells = field(default_factory=lambda: defaultdict(int))
    records: int = 0
    duplicates: int = 0
    units: dict[str, list[Unit]] = field(default_factory=dict)
    schools: dict[str, list[School]] = field(default_factory=dict)
    mergers: dict[str, Merger] = field(default_factory=dict)
    watermarks: dict[str, list[Watermark]] = field(default_factory=dict)
    ends: dict[date, DayEnd] = field(default_factory=dict)
    sequences: dict[tuple[str, str, int], set[int]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """The numbers seen of each source in each lane."""

    def take(self, records: Iterable[Record]) -> None:
        """Count each record once, however often the log holds it."""
        for record in records:
            self.records += 1
            document = read(record.topic, record.key, record.value)
            if document is None:
                continue
            if document.sequence:
                lane = (document.source, record.topic, record.partition)
                if document.sequence in self.sequences[lane]:
                    self.duplicates += 1
                    continue
                self.sequences[lane].add(document.sequence)
            if document.fact is not None:
                self.count(record.topic, document.fact)

    def count(self, topic: str, fact: Fact) -> None:
        """Count one fact."""
        self._register(fact)
        self._pupils(fact)
        self._scores(fact)
        self._fees(fact)
        self._contacts(fact)
        for school, school_year, term in _reporting(fact):
            key = _key(school=school, stream=topic, school_year=school_year, term=term)
            self._add("reported", key, "events", 1)

    def _register(self, fact: Fact) -> None:
        match fact:
            case Unit():
                _keep(self.units, fact.unit_id, fact)
            case School():
                _keep(self.schools, fact.school_id, fact)
            case Merger():
                known = self.mergers.get(fact.unit_id)
                if known is None or fact.version > known.version:
                    self.mergers[fact.unit_id] = fact
            case Watermark():
                self.watermarks.setdefault(fact.source, []).append(fact)
            case DayEnd():
                self.ends.setdefault(fact.day, fact)

    def _pupils(self, fact: Fact) -> None:
        match fact:
            case Enrolled():
                self._pupil(fact, fact.school_year, 1)
            case Transferred():
                self._pupil(fact.before, fact.school_year, -1)
                self._pupil(fact.after, fact.school_year, 1)
            case Withdrawn():
                self._pupil(fact.before, fact.school_year, -1)

    def _scores(self, fact: Fact) -> None:
        match fact:
            case SheetOpened():
                self._add("scores", _sheet(fact), "due", fact.cells_due - fact.before_cells_due)
            case ScoreEntered():
                self._save(fact)

    def _fees(self, fact: Fact) -> None:
        match fact:
            case FeeAssessed():
                for amount in fact.after:
                    if amount is not None:
                        self._charge(fact, amount, 1)
                for amount in fact.before.value:
                    self._charge(fact, amount, -1)
            case FeePaid():
                self._settle(fact.school_id, fact.lines, 1)
                self._receive(fact, fact.received)
            case FeeReversed():
                self._settle(fact.school_id, fact.lines, -1)
                self._receive(fact, -fact.returned)
            case ChannelSwitched():
                key = _key(school=fact.school_id, school_year=fact.school_year)
                self._add("channels", key, "channels", fact.channels - fact.before_channels)

    def _contacts(self, fact: Fact) -> None:
        match fact:
            case Linked() | Unlinked():
                for school in _schools(fact.before):
                    key = _key(school=school, school_year=fact.school_year)
                    self._add("links", key, "links", -1)
                for school in _schools(_now(fact)):
                    key = _key(school=school, school_year=fact.school_year)
                    self._add("links", key, "links", 1)
            case MessageDelivered() | MessageFailed():
                self._messages(fact)

    def _charge(self, fact: FeeAssessed, amount: int, by: int) -> None:
        key = _key(
            school=fact.school_id,
            school_year=fact.school_year,
            fee_kind=named(fact.kind, FEE_KINDS),
            due_on=str(fact.due_on),
        )
        self._add("charges", key, "billed", by * amount)
        self._add("charges", key, "charges", by)

    def _settle(self, school: str, lines: Lines, by: int) -> None:
        for row, amount in enumerate(lines.amounts):
            key = _key(
                school=school,
                school_year=lines.school_years[row],
                fee_kind=named(lines.kinds[row], FEE_KINDS),
                due_on=str(lines.due_on[row]),
                method=named(lines.methods[row], METHODS),
            )
            self._add("settled", key, "collected", by * amount)
            if by > 0:
                self._add("settled", key, "settlements", 1)

    def _receive(self, fact: FeePaid | FeeReversed, money: int) -> None:
        key = _key(
            school=fact.school_id,
            school_year=fact.school_year,
            method=named(fact.method, METHODS),
        )
        self._add("receipts", key, "received", money)

    def _messages(self, fact: MessageDelivered | MessageFailed) -> None:
        before = fact.were_delivered()
        for row, parts in enumerate(fact.parts):
            if isinstance(fact, MessageDelivered):
                self._message(fact, fact, parts, 1)
            if row in before:
                self._message(fact, before[row], parts, -1)

    def _message(
        self, fact: MessageDelivered | MessageFailed, at: values.Dated, parts: int, by: int
    ) -> None:
        key = _key(
            school=fact.school_id,
            school_year=at.school_year,
            channel=named(fact.channel, CHANNELS),
            purpose=named(fact.purpose, PURPOSES),
            day=str(at.day),
        )
        self._add("messages", key, "delivered", by)
        self._add("messages", key, "parts", by * parts)

    def _pupil(self, cell: PupilCell, school_year: str, by: int) -> None:
        key = _key(
            school=cell.school_id,
            school_year=school_year,
            grade=cell.grade,
            sex=cell.counted_sex(),
            ethnic_minority="yes" if cell.ethnic_minority else "no",
        )
        self._add("pupils", key, "count", by)

    def _save(self, fact: ScoreEntered) -> None:
        key = _sheet(fact)
        for value in fact.before.value:
            self._score(fact, key, value, -1)
            self._add("scores", key, "corrected", 1)
        for entered in fact.after:
            if entered is not None:
                self._score(fact, key, entered, 1)

    def _score(self, fact: ScoreEntered, key: Key, value: int, by: int) -> None:
        self._add("scores", key, "entered", by)
        self._add("scores", key, "sum", by * value)
        self._add("scores", key, "squares", by * value * value)
        tenth = value if fact.subject in BY_COMMENT else value // 10
        self._add("histogram", key, str(tenth), by)

    def _add(self, family: str, key: Key, name: str, by: int) -> None:
        self.cells[family, key, name] += by

    def unbroken(self) -> dict[tuple[str, str, int], int]:
        """Give the number up to which each source's lane has no gap from where the log begins."""
        reached = {}
        for lane, sequences in self.sequences.items():
            last = min(sequences)
            while last + 1 in sequences:
                last += 1
            reached[lane] = last
        return reached


def _reporting(fact: Fact) -> set[tuple[str, str, str]]:
    """Give (school, school year, term) of every school that this fact is heard from."""
    match fact:
        case Enrolled() | ClassFact():
            return {(fact.school_id, fact.school_year, "")}
        case Transferred():
            return {(cell.school_id, fact.school_year, "") for cell in (fact.before, fact.after)}
        case Withdrawn():
            return {(fact.before.school_id, fact.school_year, "")}
        case SheetOpened() | ScoreEntered():
            return {(fact.school_id, fact.school_year, fact.term)}
        case FeeAssessed() | ChannelSwitched() | MessageDelivered() | MessageFailed():
            return {(fact.school_id, fact.school_year, "")}
        case FeePaid() | FeeReversed():
            years = {fact.school_year, *fact.lines.school_years}
            return {(fact.school_id, school_year, "") for school_year in years}
        case Linked() | Unlinked():
            schools = _schools(fact.before) + _schools(_now(fact))
            return {(school, fact.school_year, "") for school in schools}
    return set()


def _now(fact: Linked | Unlinked) -> Place | None:
    return fact.after if isinstance(fact, Linked) else None


def _schools(place: Place | None) -> list[str]:
    return [] if place is None else [place.school_id]


def _sheet(fact: Sheet) -> Key:
    return _key(
        school=fact.school_id,
        school_year=fact.school_year,
        grade=fact.grade,
        subject=fact.subject,
        term=fact.term,
        kind=fact.kind,
    )


def _key(**dims: str) -> Key:
    return tuple(sorted(dims.items()))


def _keep(histories: dict[str, list[Dated]], key: str, fact: Dated) -> None:
    """Keep a newer version; an older one, come again, changes nothing."""
    history = histories.setdefault(key, [])
    if not history or fact.version > history[-1].version:
        history.append(fact)
