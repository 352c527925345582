"""Judging many documents at once: only where judging each would let all of them pass."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from chassis.consuming.decisions import Interval, SourceState, fork
from chassis.consuming.judging import all_next
from contracts import topics
from contracts.admissions import UnitRegistered
from contracts.envelope import quick
from contracts.topics import Topic
from edu.testing import sources
from edu.testing.making import Make

SOURCE = "urn:edu:gradebook"
READ = quick(msgspec.Raw)


def judged(last: int | None, values: Sequence[bytes], topic: Topic = topics.SCORES) -> int | None:
    """The last sequence afterwards; None where each has to be judged."""
    state = SourceState(last, (Interval(2, 3),))
    progress = fork({SOURCE: state})
    documents = READ(values)
    assert documents is not None
    if not all_next(progress, topic, documents):
        assert (progress.sources, progress.touched) == ({SOURCE: state}, set())
        return None
    assert progress.sources[SOURCE].gaps == state.gaps
    assert progress.touched == {SOURCE}
    return progress.sources[SOURCE].last


def saves(*sequences: int) -> list[bytes]:
    return [sources.document(Make().save(1, [850]), sequence=number) for number in sequences]


@pytest.mark.parametrize(
    ("last", "sequences", "found"),
    [
        (4, (5, 6, 7), 7),
        (None, (1, 2), 2),
        (4, (4, 5), None),
        (4, (6, 7), None),
        (4, (5, 7), None),
        (4, (5, 5, 6), None),
        (4, (6, 5), None),
        (4, (5, 5, 7), None),
        (4, (5, 7, 6, 8), None),
        (None, (2, 3), None),
    ],
)
def test_only_the_next_numbers_pass_together(
    last: int | None, sequences: tuple[int, ...], found: int | None
) -> None:
    assert judged(last, saves(*sequences)) == found


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"urn:edu:gradebook", b"urn:edu:somebody_"),
        (b"score-entered.v1", b"score-entered.v9"),
        (b"score-entered.v1", b"score-guessed.v1"),
    ],
)
def test_a_foreign_source_or_an_unknown_kind_does_not(right: bytes, wrong: bytes) -> None:
    values = saves(5, 6)
    values[1] = values[1].replace(right, wrong, 1)
    assert judged(4, values) is None


def test_nothing_of_a_compacted_topic_does(unit: Callable[..., UnitRegistered]) -> None:
    value = sources.document(unit(1), sequence=5)
    assert judged(4, [value], topics.UNITS) is None
