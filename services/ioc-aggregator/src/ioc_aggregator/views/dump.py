"""One consistent set of everything, so that anybody can recount it from the log.

The state is copied at one moment, then written line by line while the service goes on.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
import numpy as np

from chassis import clock
from ioc_aggregator.engine import Engine
from ioc_aggregator.feed.series import Publication, Series
from ioc_aggregator.measures.facts import DayEnd
from ioc_aggregator.rollups.state import Content, State, combined

_encode = msgspec.json.Encoder().encode
_LINES = 500
"""Lines per piece: a piece is made without letting anybody else run."""


@dataclass(frozen=True, slots=True)
class Dump:
    """All that is dumped, as it was at one moment."""

    header: dict[str, Any]
    content: Content
    series: list[Series]
    as_of: dict[str, datetime]
    entries: list[tuple[str, int, int, int]] = field(default_factory=list)
    """The journal's entries, for whoever wants to know what the loss of one would look like."""

    def pieces(self) -> Iterator[bytes]:
        """Write it as NDJSON."""
        counts = {"cells": 0, "facts": 0, "numbers": 0}
        yield _line({"record": "header", **self.header})
        for topic, partition, first, following in self.entries:
            lane = {"topic": topic, "partition": partition}
            yield _line({"record": "journal", **lane, "first": first, "next": following})
        for kind, lines in (
            ("cells", self._cells),
            ("facts", self._facts),
            ("numbers", self._numbers),
        ):
            yield from _in_pieces(lines, kind, counts)
        yield _line({"record": "end", **counts})

    def _cells(self) -> Iterator[dict[str, Any]]:
        for copy in self.content.copies:
            family = copy.family
            for row, values in enumerate(copy.values):
                used = np.flatnonzero(values)
                if len(used):
                    yield {
                        "record": "cell",
                        "family": family.name,
                        "key": dict(zip(family.dims, copy.keys[row], strict=True)),
                        "values": {family.columns[at]: int(values[at]) for at in used},
                    }

    def _facts(self) -> Iterator[dict[str, Any]]:
        for fact in self.content.facts:
            yield {"record": "fact", "value": fact}

    def _numbers(self) -> Iterator[dict[str, Any]]:
        for series in self.series:
            key, indicator = series.key, series.indicator
            for place, value in np.argwhere(series.counting()):
                shown = series.shown(place, value)
                text = series.values[value]
                sources = (text,) if key.by == "source" else indicator.sources
                yield {
                    "record": "number",
                    "indicator": key.indicator,
                    "version": key.version,
                    "unit_kind": series.borders.places[place].scope,
                    "unit_id": series.borders.places[place].id,
                    "period": key.period,
                    "dims": {key.by: text} if key.by else {},
                    "numerator": shown.numerator,
                    "denominator": shown.denominator,
                    "schools_reported": shown.reported,
                    "schools_expected": shown.expected,
                    "as_of": min(self.as_of[source] for source in sources),
                }


async def take(engine: Engine, entries: Sequence[tuple[str, int, int, int]] = ()) -> Dump:
    """Copy everything, without letting anything happen meanwhile."""
    follower = engine.follower
    # The state may hold a watermark that came after the last look at the applied sequences.
    follower.see_watermarks()
    state = follower.state
    day: date = clock.business_day(clock.now())
    content = state.copy()
    topics = {topic.name for topic in follower.topics}
    positions: dict[str, dict[str, int]] = {}
    for (topic, partition), position in sorted(content.vector.items()):
        if topic in topics:
            positions.setdefault(topic, {})[str(partition)] = position
    applied: dict[str, dict[str, dict[str, int]]] = {}
    for (source, topic, partition), sequence in sorted(follower.applied.sequences.items()):
        by_topic = applied.setdefault(source.removeprefix("urn:edu:"), {})
        by_topic.setdefault(topic, {})[str(partition)] = sequence
    header: dict[str, Any] = {
        "feed": engine.feed.head,
        "day": day,
        "generation": follower.generation,
        "positions": positions,
        "applied": applied,
    }
    series = list(Publication().series(state, day, follower.as_of))
    taken = Dump(header, content, series, dict(follower.as_of), list(entries))
    # From here on the copy is all that is looked at.
    header |= await asyncio.to_thread(_hashed, content)
    return taken


async def take_past(state: State, end: DayEnd, generation: int) -> Dump:
    """Give what stood at the end of a day; how far it was applied then is as the end says it."""
    content = state.copy()
    header: dict[str, Any] = {
        "feed": None,
        "day": end.day,
        "generation": generation,
        "positions": end.positions,
        "applied": {},
        "as_of": end.as_of,
        **await asyncio.to_thread(_hashed, content),
    }
    series = list(Publication().series(state, end.day, end.as_of))
    return Dump(header, content, series, end.as_of)


def _hashed(content: Content) -> dict[str, Any]:
    hashes = content.hashes()
    return {"hash": combined(hashes), "hashes": hashes}


def _in_pieces(
    lines: Callable[[], Iterator[dict[str, Any]]], kind: str, counts: dict[str, int]
) -> Iterator[bytes]:
    piece: list[bytes] = []
    for line in lines():
        counts[kind] += 1
        piece.append(_line(line))
        if len(piece) == _LINES:
            yield b"".join(piece)
            piece = []
    yield b"".join(piece)


def _line(record: dict[str, Any]) -> bytes:
    return _encode(record) + b"\n"
