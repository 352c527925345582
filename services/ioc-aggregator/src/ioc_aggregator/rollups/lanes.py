"""What a member of the group must know that only folds: where each lane stands, and no cell."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from chassis.database import Session
from contracts.topics import Topic
from ioc_aggregator.rollups import journal
from ioc_aggregator.rollups.state import Entry, Lane


class Known(Protocol):
    """What whoever writes the journal knows of it."""

    @property
    def generation(self) -> int:
        """The generation that everybody answers from."""

    @property
    def vector(self) -> Mapping[Lane, int]:
        """Where each lane stands, as far as this process has heard: never further than it does."""

    async def refresh(self, session: Session) -> None:
        """Read whatever was committed since."""

    def take(self, entries: Sequence[Entry]) -> None:
        """Learn what this process has just committed."""


class Lanes:
    """:class:`Known` of a member: a few hundred integers, whatever the statistics hold."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        """Know nothing before :meth:`refresh`."""
        self.generation = 0
        self.vector: dict[Lane, int] = {}
        self._topics = list(topics)

    async def refresh(self, session: Session) -> None:
        """Read where the live generation stands."""
        self.generation = await journal.live_generation(session)
        self.vector = await journal.vector(session, self.generation, self._topics)

    def take(self, entries: Sequence[Entry]) -> None:
        """Move over what was committed."""
        for entry in entries:
            self.vector[entry.lane] = entry.next
