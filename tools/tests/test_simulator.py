"""The simulator: true to scale, the same bytes from the same seed, as services write them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b

import msgspec
import numpy as np
import pytest

from contracts import envelope, registry
from contracts.attendance import AttendanceMarked
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import ColumnKind, Level
from contracts.notifications import MessageDelivered, MessageFailed, StaffMessageDelivered
from contracts.payments import FeeAssessed, FeePaid, FeeReversed
from contracts.reports import AdoptionReported
from contracts.topics import FEES, partition_for
from edu.bench.recounting import counted, digest
from edu.simulator import letters, marks, published, year
from edu.simulator.admissions import NOWHERE, Examined
from edu.simulator.documents import PUPIL, Writer, made_ids, partitions_of
from edu.simulator.province import SCHOOLS, province
from edu.simulator.register import Tally, school_days
from gradebook.scores.domain.columns import why_not
from ioc_aggregator.intake import scores
from ioc_aggregator.intake.streams import FOLDS
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rollups.state import State

SMALL, LESS_SMALL = 0.002, 0.004
COLUMNS = 40


class Kept(list[tuple[str, int, bytes, bytes]]):
    def take(self, *record: object) -> None:
        self.append(record)  # type: ignore[arg-type]

    def digest(self) -> str:
        found = blake2b()
        for record in self:
            found.update(repr(record).encode())
        return found.hexdigest()


def simulated(seed: int) -> tuple[Kept, marks.Truth, Writer]:
    here = province(seed, SMALL)
    kept = Kept()
    writer = Writer(kept.take, seed)
    year = marks.slots(here, wanted=200_000)
    truth = marks.write(writer, here, year[:: len(year) // COLUMNS], lambda _: None)
    return kept, truth, writer


def read(kept: Kept, writer: Writer) -> list[Event]:
    """Hold every document to what its service would have written; give the events."""
    last: dict[tuple[str, int], int] = {}
    events: list[Event] = []
    for topic, partition, key, value in kept:
        document = envelope.decode(value, key)
        assert isinstance(document, Envelope)
        event = registry.parse(document)
        assert event.TOPIC.name == topic
        assert partition == partition_for(key.decode(), event.TOPIC.partitions)
        assert event.partition_key().encode() == key
        assert document.sequence == last.get((topic, partition), 0) + 1
        last[topic, partition] = document.sequence
        attributes = envelope.attributes(
            event,
            id=document.id,
            time=document.time,
            recordedtime=document.recordedtime,
            correlationid=document.correlationid,
            causationid=document.causationid,
            traceparent=None,
        )
        data = event.data_json()
        moment = f"{document.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
        assert datetime.fromisoformat(moment) == document.time
        assert value == envelope.render(attributes, data, document.sequence)
        events.append(event)
    assert last == dict(writer.last)
    return events


@cache
def happened(seed: int) -> tuple[Kept, Tally, Writer]:
    """Let everything happen but the scores, which take as long as all of it."""
    here = province(seed, LESS_SMALL)
    kept = Kept()
    writer = Writer(kept.take, seed)
    tally: Tally = Counter()
    *streams, last = year.streams(here, 0)
    assert last.title == "scores"
    for stream in streams:
        done: list[int] = []
        stream.write(writer, tally, done.append)
        assert sum(done) == stream.total, stream.title
    return kept, tally, writer


def test_the_province_has_its_published_size() -> None:
    here = province()
    assert (len(here.schools), len(here.rooms), here.pupils) == (1_035, 23_000, 573_364)
    assert len(here.communes) == len({school.commune for school in here.schools}) == 96
    for level, count in SCHOOLS.items():
        of_level = [school for school in here.schools if school.level is level]
        assert len(of_level) == count
        grades = {room.grade for room in here.rooms if room.school.level is level}
        assert {grade.level for grade in grades} == {level}
    taught = {room.school.number for room in here.rooms}
    assert taught == set(range(len(here.schools)))


def test_the_year_has_fifty_million_scores_in_columns_that_the_law_knows() -> None:
    here = province()
    year = marks.slots(here)
    sizes = {slot.grade: sum(r.size for r in here.rooms_of(slot.grade)) for slot in year}
    cells = sum(sizes[slot.grade] for slot in year)
    assert marks.WANTED <= cells < marks.WANTED * 1.001
    assert [slot.day for slot in year] == sorted(slot.day for slot in year)
    assert {slot.grade.level for slot in year} == {Level.TH, Level.THCS, Level.THPT}
    assert all(why_not(slot.column, slot.grade) is None for slot in year)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (simulated(seed)[0].digest() for seed in (7, 7, 8))
    assert first == again != other


def test_every_document_is_what_its_service_would_have_written() -> None:
    kept, truth, writer = simulated(2026)
    assert Counter(map(type, read(kept, writer))) == {
        SheetOpened: truth.opened,
        ScoreEntered: truth.saves + truth.corrections,
    }
    share = truth.corrections / truth.scores
    assert marks.CORRECTED * 0.8 < share < marks.CORRECTED * 1.2


def test_what_is_counted_from_the_documents_is_the_simulators_truth() -> None:
    kept, truth, _ = simulated(2026)
    state = State()
    documents = scores.BULK.read([value for *_, value in kept])
    assert documents is not None
    delta = scores.BULK.fold(documents)
    assert delta is not None
    state.add(delta)
    here = province(2026, SMALL)
    assert digest(counted(state)) == digest(truth.rows(here))
    key, cells = next(truth.rows(here))
    assert digest([(key, [cells[0] + 1, *cells[1:]])]) != digest([(key, cells)])


@pytest.mark.parametrize("kind", [ColumnKind.EXAM, ColumnKind.REGULAR])
def test_papers_have_hundredths_and_columns_tenths(kind: ColumnKind) -> None:
    kept, *_ = simulated(2026)
    values: set[int] = set()
    for *_, value in kept:
        data = msgspec.json.decode(value)["data"]
        if data["kind"] == kind and "after" in data:
            values |= {one for one in data["after"] if one is not None and one > 1}
    assert any(one % 10 for one in values) == (kind is ColumnKind.EXAM)


def test_the_published_years_are_facts_that_every_reader_accepts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(published, "MESSAGES", {published.FIRST: 9_000, published.SECOND: 40_000})
    kept = Kept()
    published.write(Writer(kept.take, 2026), province(), lambda _: None)
    seen: dict[str, int] = {}
    told: dict[tuple[int, str], int] = {}
    staff: Counter[int] = Counter()
    reported: Counter[tuple[str, str]] = Counter()
    for *_, key, value in kept:
        document = envelope.decode(value, key)
        assert isinstance(document, Envelope)
        event = registry.parse(document)
        seen[event.NAME] = seen.get(event.NAME, 0) + 1
        if isinstance(event, MessageDelivered):
            of = (event.day.year - (event.day.month < 8), event.purpose)
            told[of] = told.get(of, 0) + len(event.messages)
        if isinstance(event, StaffMessageDelivered):
            staff[event.day.year - (event.day.month < 8)] += event.messages
        if isinstance(event, AdoptionReported):
            reported[event.school_year, event.system] += event.after.items
    assert told == {
        (published.FIRST, "enrolment"): 8_112,
        (published.FIRST, "scores"): 9_000 - 8_112,
        (published.SECOND, "enrolment"): 37_512,
        (published.SECOND, "scores"): 40_000 - 37_512,
    }
    # Each is registered, and then dissolved: by 2020, or into the new province's register.
    assert seen["school-registered"] == 2 * (published.GENERAL + published.PRESCHOOLS)
    assert staff == published.TO_STAFF
    assert (seen["payment-channel-enabled"], seen["fee-paid"]) == (262, 153)
    # Of the 265 that were linked first, 73 merged; the others are among the 274.
    assert seen["guardian-linked"] == 265 + 274 - (265 - 73)
    assert reported == {
        ("2018-2019", "camera"): 184,
        ("2022-2023", "portal"): 109,
        ("2023-2024", "camera"): 430,
        ("2023-2024", "portal"): 200,
        ("2023-2024", "smart-attendance"): 83,
        ("2023-2024", "ministry-sync"): 0,
    }


def test_partitions_of_many_keys_are_those_of_each() -> None:
    ids = made_ids(PUPIL, 2026, range(500))
    assert partitions_of(ids, 6) == [partition_for(one, 6) for one in ids]


def test_the_years_other_streams_have_the_same_bytes_from_the_same_seed() -> None:
    again = happened.__wrapped__(2026)[0].digest()
    assert happened(2026)[0].digest() == again != happened.__wrapped__(8)[0].digest()


def test_nobody_with_more_points_was_refused_a_seat_that_another_got() -> None:
    them = Examined.drawn(province(2026, 0.1))
    chosen = them.choices[np.arange(len(them.placed)), them.placed.clip(0)]
    placed = them.placed != NOWHERE
    assert {-1, 0, 1, 2} == set(them.placed.tolist())
    taken = np.bincount(chosen[placed], minlength=len(them.seats))
    lowest = [int(them.points[placed & (chosen == at)].min()) for at in range(len(them.schools))]
    assert (taken <= them.seats).all()
    for one, rank in enumerate(them.placed.tolist()):
        before = them.choices[one] if rank == NOWHERE else them.choices[one, :rank]
        for school in before.tolist() if not them.withdrawn[one] else ():
            assert taken[school] == them.seats[school]
            assert lowest[school] >= them.points[one]


def test_the_years_other_documents_are_what_services_would_have_written() -> None:
    kept, tally, writer = happened(2026)
    events = read(kept, writer)
    here = province(2026, LESS_SMALL)
    calls = [event for event in events if isinstance(event, AttendanceMarked)]
    first = sum(not event.before_pupils_due for event in calls)
    # And some corrections: leave that was brought afterwards.
    assert first == len(here.rooms) * len(school_days()) < len(calls) < first * 1.1
    told = [event for event in events if isinstance(event, MessageDelivered | MessageFailed)]
    assert sum(len(e.messages) - len(e.before.at) for e in told) == letters.wanted(here)
    paid = sum(event.received for event in events if isinstance(event, FeePaid))
    returned = sum(event.returned for event in events if isinstance(event, FeeReversed))
    assert returned > 0
    assert paid - returned == tally["receipts", "received"]
    # On the last day those are called who are still enrolled.
    day = school_days()[-1]
    due = sum(event.pupils_due - event.before_pupils_due for event in calls if event.day == day)
    assert due == tally["pupils", "count"] < here.pupils


def test_what_a_pupil_still_owes_is_in_every_payment_and_reversal() -> None:
    owed: Counter[str] = Counter()
    seen: Counter[type] = Counter()
    for topic, _, key, value in happened(2026)[0]:
        if topic != FEES.name:
            continue
        document = envelope.decode(value, key)
        assert isinstance(document, Envelope)
        match event := registry.parse(document):
            case FeeAssessed():
                for row in event.rows():
                    owed[row.pupil] += (row.after or 0) - (row.before or 0)
            case FeePaid():
                owed[event.pupil_id] -= sum(event.lines.amounts)
                assert event.remaining == owed[event.pupil_id]
            case FeeReversed():
                owed[event.pupil_id] += sum(event.lines.amounts)
                assert event.remaining == owed[event.pupil_id]
        seen[type(event)] += 1
    assert all(seen[event] for event in (FeeAssessed, FeePaid, FeeReversed))


def test_what_is_counted_of_the_other_streams_is_what_the_simulator_drew() -> None:
    kept, tally, _ = happened(2026)
    state = State()
    by_topic: dict[str, list[Envelope]] = {}
    for topic, _, key, value in kept:
        document = envelope.decode(value, key)
        assert isinstance(document, Envelope)
        by_topic.setdefault(topic, []).append(document)
    for topic, documents in by_topic.items():
        folded = FOLDS[topic](documents)
        assert not folded.refused
        state.add(folded.delta)
    assert {name: found(state, *name) for name in tally} == dict(tally)
    some = {"attendance", "messages", "charges", "settled", "placements", "seats", "requests"}
    assert some <= {family for family, _ in tally}
    assert all(tally.values())


def found(state: State, family: str, column: str) -> int:
    """Sum a column, of the rows that have the value which the family's name may carry."""
    family, _, value = family.partition(":")
    columns = state.columns[family]
    rows = [at for at, key in enumerate(columns.keys) if not value or value in key]
    where = FAMILIES[family].columns.index(column)
    return int(np.sum(columns.values[rows, where]))
