"""The closes: is what the aggregator shows of a past day what the log said when the day ended?

The log itself says where each day ended (``ioc.periods.v1``). It is read once more from its
beginning, in steps from one of these vectors to the next, and at each the aggregator's dump of
that day is held against the recount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from edu.verify.comparing import Difference, Verdict, compare
from edu.verify.documents import TOPICS, DayEnd
from edu.verify.dump import Dump
from edu.verify.log import Lane, Log
from edu.verify.recount import Recount

RECENT = timedelta(days=7)
"""Of the last days each one is compared; of those before, the ones that closed a period."""


def chosen(ends: dict[date, DayEnd]) -> list[DayEnd]:
    """Give the ends to compare, in the order of the days."""
    latest = max(ends, default=date.min)
    return [end for day, end in sorted(ends.items()) if end.closed or day > latest - RECENT]


def compared(
    ends: list[DayEnd], bootstrap: str, fetch: Callable[[date], Dump]
) -> Iterator[tuple[DayEnd, Verdict]]:
    """Hold the dump of each day to the log below its end."""
    recount = Recount()
    before: dict[Lane, int] = {}
    for end in ends:
        vector = {
            (topic, partition): position
            for topic, partitions in end.positions.items()
            if topic in TOPICS
            for partition, position in partitions.items()
        }
        log = Log(bootstrap, vector, after=before)
        recount.take(log)
        yield end, judged(end, fetch(end.day), recount, log)
        before = vector


def judged(end: DayEnd, dump: Dump, recount: Recount, log: Log) -> Verdict:
    """Compare one close, and the hashes of its cells with those that the log was given."""
    found: list[Difference] = []
    if dump.day != end.day or dump.positions != dict(log.vector):
        found.append(Difference("the day's end", end.day, dump.day))
    # A version that counts more may show more families than the day's end says.
    found += [
        Difference(f"the hash of {family}", said, dump.hashes.get(family))
        for family, said in sorted(end.hashes.items())
        if dump.hashes.get(family) != said
    ]
    if dump.as_of != end.as_of:
        found.append(Difference("the as-of of the sources", end.as_of, dump.as_of))
    verdict = compare(dump, recount, log)
    return Verdict(verdict.compared, (*found, *verdict.differences))
