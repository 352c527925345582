"""How far each source is counted, and where something is still to come."""

from datetime import datetime

from chassis import clock
from contracts.topics import PERIODS
from ioc_aggregator.engine import Engine
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.rollups.freshness import STALE_AFTER
from ioc_aggregator.views import answers, places


def answer(engine: Engine) -> answers.FreshnessAnswer:
    """Answer for every source that an indicator needs or that writes a stream we read."""
    now = clock.now()
    needed = {source for indicator in CATALOGUE.values() for source in indicator.sources}
    read = {topic.owner for topic in engine.follower.topics if topic is not PERIODS}
    heard = {source for source in engine.follower.state.register.watermarks if source in read}
    return answers.FreshnessAnswer(
        now=now,
        stale_after_seconds=int(STALE_AFTER.total_seconds()),
        sources=[_source(engine, source, now) for source in sorted(needed | heard)],
    )


def _source(engine: Engine, source: str, now: datetime) -> answers.SourceAnswer:
    follower = engine.follower
    marks = follower.state.register.watermarks.get(source)
    age = places.age(engine.history.now(), (source,), now)
    behind = follower.applied.behind(marks[-1], follower.topics) if marks else []
    return answers.SourceAnswer(
        source=source,
        state=age.state,
        as_of=age.as_of,
        watermark=marks[-1].read_at if marks else None,
        stale_since=age.stale_since,
        behind=[
            answers.Behind(topic=topic, partition=partition, applied=applied, due=due)
            for topic, partition, applied, due in behind
        ],
    )
