"""What each service's relay says about itself."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from contracts import topics
from contracts.event import Event
from contracts.ids import Count, Moment


class Watermark(Event):
    """Every fact that ``source`` had written at ``read_at`` is in Kafka, up to ``positions``."""

    NAME: ClassVar[str] = "watermark"
    TOPIC: ClassVar[topics.Topic] = topics.WATERMARKS
    KEY: ClassVar[str] = "source"
    SUBJECT: ClassVar[str] = "source"

    source: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    """The service whose relay says it."""
    read_at: Moment
    """When the relay last read an outbox of which every row is acknowledged."""
    positions: dict[str, dict[int, Count]]
    """The last acknowledged sequence of each partition of each topic."""

    def source_urn(self) -> str:
        """Give the service itself: the topic is shared, so it has no owner to name."""
        return f"urn:edu:{self.source}"
