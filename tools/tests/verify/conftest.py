"""A small log of documents as the services' relays render them."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from contracts import envelope
from contracts.event import Event
from edu.verify.log import Record

MOMENT = datetime(2026, 11, 22, 5, tzinfo=UTC)


class Written:
    """Numbers each event in its lane, as a relay does."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._last: dict[tuple[str, int], int] = {}

    def add(self, event: Event, *, partition: int = 0) -> Record:
        """Write one event."""
        lane = (event.TOPIC.name, partition)
        self._last[lane] = self._last.get(lane, 0) + 1
        attributes = envelope.attributes(
            event,
            id=f"{event.NAME}-{len(self.records)}",
            time=MOMENT,
            recordedtime=MOMENT,
            correlationid=None,
            causationid=None,
            traceparent=None,
        )
        value = envelope.render(attributes, event.data_json(), self._last[lane])
        record = Record(*lane, self._last[lane] - 1, event.partition_key().encode(), value)
        self.records.append(record)
        return record


@pytest.fixture
def log() -> Written:
    return Written()


@pytest.fixture
def ids() -> Callable[[int], str]:
    """``ids(7)`` is an id that ends in 7."""
    return lambda number: f"00000000-0000-4000-8000-{number:012d}"
