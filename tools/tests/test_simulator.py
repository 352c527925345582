"""The simulator: true to scale, the same bytes from the same seed, as services write them."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b

import msgspec
import pytest

from contracts import envelope, registry
from contracts.envelope import Envelope
from contracts.gradebook import ScoreEntered, SheetOpened
from contracts.lists import ColumnKind, Level
from contracts.notifications import MessageDelivered
from contracts.topics import partition_for
from edu.bench.recounting import counted, digest
from edu.simulator import marks, published
from edu.simulator.documents import Writer
from edu.simulator.province import SCHOOLS, province
from gradebook.scores.domain.columns import why_not
from ioc_aggregator.intake import scores
from ioc_aggregator.rollups.state import State

SMALL = 0.002
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
    last: dict[tuple[str, int], int] = {}
    seen: dict[type, int] = {}
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
        seen[type(event)] = seen.get(type(event), 0) + 1
    assert last == dict(writer.last)
    assert seen == {
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
    for *_, key, value in kept:
        document = envelope.decode(value, key)
        assert isinstance(document, Envelope)
        event = registry.parse(document)
        seen[event.NAME] = seen.get(event.NAME, 0) + 1
        if isinstance(event, MessageDelivered):
            of = (event.day.year - (event.day.month < 8), event.purpose)
            told[of] = told.get(of, 0) + len(event.messages)
    assert told == {
        (published.FIRST, "enrolment"): 8_112,
        (published.FIRST, "scores"): 9_000 - 8_112,
        (published.SECOND, "enrolment"): 37_512,
        (published.SECOND, "scores"): 40_000 - 37_512,
    }
    schools = published.GENERAL + published.CLOSED + published.PRESCHOOLS
    assert seen["school-registered"] == schools
    assert (seen["payment-channel-enabled"], seen["fee-paid"]) == (262, 153)
    # Of the 265 that were linked first, 73 merged; the others are among the 274.
    assert seen["guardian-linked"] == 265 + 274 - (265 - 73)
