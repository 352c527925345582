"""Reading in bulk counts what live reading counts, or says that it cannot tell."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from contracts import envelope
from contracts.envelope import Envelope
from contracts.event import Event
from contracts.lists import ColumnKind, Subject, Term
from contracts.topics import ATTENDANCE, FEES, MESSAGES, SCORES, Topic
from edu.simulator import fees, letters, rolls
from edu.simulator.documents import Writer
from edu.simulator.people import people
from edu.simulator.province import province
from edu.testing.making import Make
from edu.testing.sources import document
from ioc_aggregator.intake import bulk
from ioc_aggregator.intake.streams import BULKS, FOLDS

SEEDS = range(40)
EVENTS = 60
KINDS = (ColumnKind.REGULAR, ColumnKind.EXAM)


def events(lots: random.Random, make: Make) -> list[Event]:
    """Sheets opened and saved, corrected, emptied; by score and by comment."""

    def one() -> Event:
        if lots.random() < 0.2:
            return make.sheet(lots.randrange(4), due=lots.randrange(50), before=lots.randrange(50))
        comment = lots.random() < 0.3
        kind = lots.choice(KINDS)
        step, most = (1, 1) if comment else (1 if kind is ColumnKind.EXAM else 10, 1000)
        rows = lots.randrange(1, 12)

        def column() -> list[int | None]:
            every = [None, *range(0, most + 1, step)]
            return [lots.choice(every) for _ in range(rows)]

        return make.save(
            lots.randrange(4),
            column(),
            column() if lots.random() < 0.5 else [None] * rows,
            subject=Subject.GDTC if comment else lots.choice((Subject.TOAN, Subject.VAN)),
            term=lots.choice((Term.HK1, Term.HK2)),
            kind=kind,
        )

    return [one() for _ in range(EVENTS)]


def slowly(values: list[bytes]) -> list[Envelope]:
    read = [envelope.decode(value, b"k") for value in values]
    return [one for one in read if isinstance(one, Envelope)]


def both(
    values: list[bytes], cells_of: Callable[..., Any], topic: Topic = SCORES
) -> tuple[Any, Any]:
    """What is counted in bulk (None: it cannot tell), and one by one."""
    reader = BULKS[topic.name]
    read = reader.read(values)
    delta = None if read is None else reader.fold(read)
    slow = FOLDS[topic.name](slowly(values))
    return None if delta is None else cells_of(delta), cells_of(slow.delta)


@pytest.mark.parametrize("seed", SEEDS)
def test_in_bulk_and_one_by_one_count_the_same(
    seed: int, make: Make, cells_of: Callable[..., Any]
) -> None:
    lots = random.Random(seed)
    values = [document(one, sequence=at + 1) for at, one in enumerate(events(lots, make))]
    fast, slow = both(values, cells_of)
    assert fast is not None
    assert fast == slow


FAULTS = {
    "score above ten": (b'"after":[850]', b'"after":[1001]'),
    "negative": (b'"after":[850]', b'"after":[-1]'),
    "no integer": (b'"after":[850]', b'"after":[8.5]'),
    "not even a number": (b'"after":[850]', b'"after":[true]'),
    "nested": (b'"after":[850]', b'"after":[[850]]'),
    "spaces, which are allowed": (b'"after":[850]', b'"after":[ 850 ]'),
    "nothing": (b'"after":[850]', b'"after":[]'),
    "null": (b'"after":[850]', b'"after":null'),
    "missing": (b'"after":[850],', b""),
    "a row that is not there": (b'"before":{"at":[0]', b'"before":{"at":[1]'),
    "a row before the first": (b'"before":{"at":[0]', b'"before":{"at":[-1]'),
    "before in another length": (b'"before":{"at":[0]', b'"before":{"at":[]'),
    "before above ten": (b'"value":[400]', b'"value":[4000]'),
    "before too large for anything": (b'"value":[400]', b'"value":[%d]' % 10**30),
    "unknown grade": (b'"grade":"6"', b'"grade":"13"'),
    "no id": (b'"school_id":"0', b'"school_id":"x'),
    "unknown type": (b"score-entered", b"score-guessed"),
    "unnumbered": (b'"sequence":"00000000000000000001",', b""),
    "number without its zeros": (b'"sequence":"0000000000000000000', b'"sequence":"'),
    "a day that no UTC has": (b'"time":"2026-11-', b'"time":"9999-12-'),
    "a time without an offset": (b'Z","recordedtime"', b'","recordedtime"'),
    "an escaped NUL": (b'"reason_code":null', b'"reason_code":"\\u0000"'),
    "not UTF-8": (b'"reason_code":null', b'"reason_code":"\xff"'),
    "cut off": (b"}}", b"}"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_doubtful_is_left_to_the_way_of_live_reading(
    fault: str, make: Make, cells_of: Callable[..., Any]
) -> None:
    right = document(make.save(2, [850], [400]), at=make.moment)
    wrong = right.replace(*FAULTS[fault])
    assert wrong != right
    fast, slow = both([right, wrong, right], cells_of)
    assert fast is None or fast == slow
    assert both([right, right], cells_of)[0] is not None


@pytest.fixture(scope="module")
def year() -> dict[str, list[bytes]]:
    """The documents of a small province, by topic."""
    found: dict[str, list[bytes]] = {}
    here, tally = province(part=0.002), Counter[tuple[str, str]]()
    writer = Writer(lambda topic, _p, _k, value: found.setdefault(topic, []).append(value), 1)
    rolls.write(writer, here, people(here), tally, lambda _: None)
    letters.write(writer, here, tally, lambda _: None)
    fees.write(writer, here, tally, lambda _: None)
    return found


@pytest.mark.parametrize("topic", [ATTENDANCE, MESSAGES, FEES], ids=lambda one: one.name)
def test_the_other_large_streams_count_the_same_in_bulk(
    topic: Topic, year: dict[str, list[bytes]], cells_of: Callable[..., Any]
) -> None:
    fast, slow = both(year[topic.name], cells_of, topic)
    assert fast is not None
    assert fast == slow
    assert len(fast) > 100


@pytest.mark.parametrize("topic", [ATTENDANCE, MESSAGES, FEES], ids=lambda one: one.name)
@pytest.mark.parametrize(
    "fault", [(b'"20', b'"30'), (b'":[', b'":[["],'), (b"7000-8000", b"7000_8")]
)
def test_a_refused_fact_sends_the_batch_the_way_of_live_reading(
    topic: Topic,
    fault: tuple[bytes, bytes],
    year: dict[str, list[bytes]],
    cells_of: Callable[..., Any],
) -> None:
    right, other = year[topic.name][:2]
    head, data = right.split(b'"data":', 1)
    wrong = head + b'"data":' + data.replace(*fault)
    assert wrong != right
    fast, slow = both([right, wrong, other], cells_of, topic)
    assert fast is None
    assert slow == both([right, other], cells_of, topic)[1]


def test_values_are_read_as_they_stand() -> None:
    columns: list[list[int | None]] = [[0, 10, None, 1000], [7], [None], [999, 9999]]
    read = bulk.integers([msgspec.Raw(msgspec.json.encode(one)) for one in columns])
    assert read is not None
    values, lengths = read
    assert values.tolist() == [bulk.NONE if v is None else v for one in columns for v in one]
    assert lengths.tolist() == [4, 1, 1, 2]
