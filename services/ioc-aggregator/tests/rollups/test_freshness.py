"""As-of: the latest watermark that is applied in full."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts import topics
from ioc_aggregator.measures.facts import WatermarkFact
from ioc_aggregator.rollups import freshness
from ioc_aggregator.rollups.freshness import Applied, Freshness
from ioc_aggregator.rollups.register import Register

START = datetime(2026, 11, 20, tzinfo=UTC)
READ = (topics.SCORES, topics.CLASSES)


def mark(seconds: int, **positions: int) -> WatermarkFact:
    by_topic = {"scores": topics.SCORES.name, "classes": topics.CLASSES.name, "other": "x.v1"}
    return WatermarkFact(
        "gradebook",
        START + timedelta(seconds=seconds),
        {by_topic[name]: {0: last} for name, last in positions.items()},
    )


def applied(scores: int, classes: int = 0) -> Applied:
    source = "urn:edu:gradebook"
    return Applied(
        {(source, topics.SCORES.name, 0): scores, (source, topics.CLASSES.name, 0): classes}
    )


@pytest.mark.parametrize(
    ("scores", "classes", "expected"),
    [(0, 0, None), (3, 0, None), (3, 1, 0), (4, 1, 0), (5, 1, 5), (9, 9, 10)],
)
def test_the_latest_watermark_applied_in_full_counts(
    scores: int, classes: int, expected: int | None
) -> None:
    marks = [mark(0, scores=3, classes=1), mark(5, scores=5, classes=1), mark(10, scores=9)]
    found = freshness.reached(marks, applied(scores, classes), READ)
    assert (found and (found.read_at - START).total_seconds()) == expected


def test_topics_that_are_not_read_do_not_matter() -> None:
    assert applied(0).covers(mark(0, other=7), READ)
    assert applied(2).behind(mark(0, scores=5), READ) == [(topics.SCORES.name, 0, 2, 5)]


def test_reached_watermarks_are_forgotten_and_time_never_turns() -> None:
    register = Register()
    for seconds in (0, 5, 3, 10):
        register.apply(mark(seconds, scores=seconds))
    assert [m.read_at.second for m in register.watermarks["gradebook"]] == [0, 5, 10]
    register.forget_watermarks({"gradebook": register.watermarks["gradebook"][1]})
    assert [m.read_at.second for m in register.watermarks["gradebook"]] == [5, 10]


def test_a_source_that_never_reaches_keeps_few_watermarks() -> None:
    register = Register()
    for seconds in range(20_000):
        register.apply(mark(seconds, scores=seconds + 1))
    marks = register.watermarks["gradebook"]
    assert len(marks) <= 8192
    assert marks[0].positions[topics.SCORES.name][0] == 1
    assert marks[-1].positions[topics.SCORES.name][0] == 20_000


def test_the_judgement_in_one_word() -> None:
    now = START + timedelta(seconds=10)
    assert freshness.judge(START, now, known=True) is Freshness.FRESH
    assert freshness.judge(START, now + timedelta(seconds=1), known=True) is Freshness.STALE
    assert freshness.judge(None, now, known=True) is Freshness.LOADING
    assert freshness.judge(None, now, known=False) is Freshness.NO_SOURCE
