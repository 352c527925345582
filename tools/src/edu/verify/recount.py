"""The cells, counted again from every record, one value at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias, TypeVar

from edu.verify import values
from edu.verify.contact import (
    Linked,
    MessageDelivered,
    MessageFailed,
    Place,
    Reached,
    Unlinked,
)
from edu.verify.documents import (
    ChannelSwitched,
    DayEnd,
    Enrolled,
    Fact,
    FeeAssessed,
    FeePaid,
    FeeReversed,
    Lines,
    Merger,
    PupilCell,
    School,
    ScoreEntered,
    Sheet,
    SheetOpened,
    Transferred,
    Unit,
    Watermark,
    Withdrawn,
    read,
)
from edu.verify.log import Record
from edu.verify.telling import Telling
from edu.verify.values import (
    BY_COMMENT,
    CHANNELS,
    FEE_KINDS,
    LEVEL_OF,
    METHODS,
    PURPOSES,
    named,
)

Key: TypeAlias = tuple[tuple[str, str], ...]
"""The dimensions of a cell, sorted by name."""

Cells: TypeAlias = dict[tuple[str, Key, str], int]
"""Family, key and the name of the value → the value; zeros are left out."""

Dated = TypeVar("Dated", Unit, School)

LIMITS = (500, 650, 800)
"""The scores at which a correction changes what a pupil is called."""


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
        if isinstance(fact, Telling):
            for family, row, counts in fact.told():
                for name, by in counts.items():
                    self._add(family, _key(**row), name, by)
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
                self._pupil(fact, fact, 1)
                self._move("entered", fact, fact.school_year, 1)
            case Transferred():
                self._pupil(fact.before, fact, -1)
                self._pupil(fact.after, fact, 1)
                self._transfer(fact)
            case Withdrawn():
                self._pupil(fact.before, fact, -1)
                move = "dropped-out" if fact.reason_code == "dropped-out" else "left"
                if fact.reason_code == "registered-in-error":
                    self._move("entered", fact.before, fact.school_year, -1)
                else:
                    self._move(move, fact.before, fact.school_year, 1)

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
            case Linked() | Unlinked() | Reached():
                family, name = (
                    ("reached", "guardians") if isinstance(fact, Reached) else ("links", "links")
                )
                for school in _schools(fact.before):
                    key = _key(school=school, school_year=fact.school_year)
                    self._add(family, key, name, -1)
                for school in _schools(_now(fact)):
                    key = _key(school=school, school_year=fact.school_year)
                    self._add(family, key, name, 1)
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
        before = fact.counted_before()
        now = "delivered" if isinstance(fact, MessageDelivered) else "failed"
        for row, sent in enumerate(zip(fact.parts, fact.costs, strict=True)):
            self._message(fact, (now, str(fact.day)), 1, sent)
            if row in before:
                # What only was in doubt had neither parts nor a price.
                had = sent if before[row][0] == "delivered" else (0, 0)
                self._message(fact, before[row], -1, had)

    def _message(
        self,
        fact: MessageDelivered | MessageFailed,
        counted: tuple[str, str],
        by: int,
        sent: tuple[int, int],
    ) -> None:
        parts, cost = sent
        outcome, day = counted
        year = values.year_of(date.fromisoformat(day))
        key = _key(school=fact.school_id, school_year=year, channel=named(fact.channel, CHANNELS))
        self._add("sendings", key, "cost", by * cost)
        if outcome in ("delivered", "failed"):
            self._add("sendings", key, outcome, by)
        if outcome == "delivered":
            key = (*key, ("purpose", named(fact.purpose, PURPOSES)), ("day", day))
            self._add("messages", key, "delivered", by)
            self._add("messages", key, "parts", by * parts)

    def _pupil(self, cell: PupilCell, fact: Enrolled | Transferred | Withdrawn, by: int) -> None:
        year = fact.school_year
        self._add("pupils", _person(cell, year), "count", by)
        if (fact.day.year, fact.day.month) < (int(year[:4]), 10):
            self._add("pupils_at_start", _person(cell, year), "count", by)
        aged = _key(
            school=cell.school_id,
            school_year=year,
            grade=cell.grade,
            age=str(int(year[:4]) - cell.birth_year),
            inclusion="yes" if cell.inclusion else "no",
        )
        self._add("pupil_ages", aged, "count", by)

    def _transfer(self, fact: Transferred) -> None:
        before, after = fact.before, fact.after
        if fact.reason_code in ("school-reorganised", "corrected"):
            return
        if LEVEL_OF[before.grade] != LEVEL_OF[after.grade]:
            self._move("entered", after, fact.school_year, 1)
        elif before.school_id != after.school_id:
            self._move("transferred-out", before, fact.school_year, 1)
            self._move("transferred-in", after, fact.school_year, 1)

    def _move(self, move: str, cell: PupilCell, year: str, by: int) -> None:
        self._add("moves", (*_person(cell, year), ("move", move)), "pupils", by)

    def _save(self, fact: ScoreEntered) -> None:
        key = _sheet(fact)
        for at, value in zip(fact.before.at, fact.before.value, strict=True):
            self._score(fact, key, value, -1)
            self._add("scores", key, "corrected", 1)
            now = fact.after[at]
            if now is not None and now > value:
                self._add("corrections", key, "raised", 1)
            if now is not None and fact.subject not in BY_COMMENT:
                over = sum(now >= limit for limit in LIMITS)
                crossed = over != sum(value >= limit for limit in LIMITS)
                self._add("corrections", key, "crossed", int(crossed))
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
        self.cells[family, tuple(sorted(key)), name] += by

    def unbroken(self) -> dict[tuple[str, str, int], int]:
        """Give the number up to which each source's lane has no gap from where the log begins."""
        reached = {}
        for lane, sequences in self.sequences.items():
            last = min(sequences)
            while last + 1 in sequences:
                last += 1
            reached[lane] = last
        return reached


def _person(cell: PupilCell, year: str) -> Key:
    return _key(
        school=cell.school_id,
        school_year=year,
        grade=cell.grade,
        sex=cell.counted_sex(),
        ethnic_minority="yes" if cell.ethnic_minority else "no",
    )


def _reporting(fact: Fact) -> set[tuple[str, str, str]]:
    """Give (school, school year, term) of every school that this fact is heard from."""
    match fact:
        case Telling():
            return set(fact.heard())
        case Transferred():
            return {(cell.school_id, fact.school_year, "") for cell in (fact.before, fact.after)}
        case Withdrawn():
            return {(fact.before.school_id, fact.school_year, "")}
        case SheetOpened() | ScoreEntered():
            return {(fact.school_id, fact.school_year, fact.term)}
        case Enrolled() | FeeAssessed() | ChannelSwitched() | MessageDelivered() | MessageFailed():
            return {(fact.school_id, fact.school_year, "")}
        case FeePaid() | FeeReversed():
            years = {fact.school_year, *fact.lines.school_years}
            return {(fact.school_id, school_year, "") for school_year in years}
        case Linked() | Unlinked() | Reached():
            schools = _schools(fact.before) + _schools(_now(fact))
            return {(school, fact.school_year, "") for school in schools}
    return set()


def _now(fact: Linked | Unlinked | Reached) -> Place | None:
    return None if isinstance(fact, Unlinked) else fact.after


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
