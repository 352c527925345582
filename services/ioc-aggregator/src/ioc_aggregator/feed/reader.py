"""Reading the feed: the recent entries from memory, older ones from the database.

A client is only a number: it asks for what comes after it. However slow it is, it costs no memory
beyond one page.
"""

import asyncio
from collections import deque

from chassis.database import Database, Session
from chassis.errors import Gone
from ioc_aggregator.feed import store
from ioc_aggregator.feed.store import Entry

_RECENT = 10_000
"""Entries kept in memory, a few minutes of a busy evening; about ten megabytes."""

_PAGE = 500


class Reader:
    """What one process knows of the feed."""

    def __init__(self, database: Database) -> None:
        """Begin at the head found by the first :meth:`refresh`."""
        self.head = 0
        self._database = database
        self._recent: deque[Entry] = deque(maxlen=_RECENT)
        self._known = False
        self._moved = asyncio.Event()

    async def refresh(self, session: Session) -> None:
        """Read the entries written since, and wake who waits for them."""
        if not self._known:
            self.head, self._known = await store.head(session), True
        while entries := await store.page(session, self.head, _PAGE):
            self._recent.extend(entries)
            self.head = entries[-1].number
            self._moved.set()
            self._moved = asyncio.Event()
            if len(entries) < _PAGE:
                break

    async def after(self, number: int, limit: int) -> list[Entry]:
        """Give up to ``limit`` entries after ``number``.

        Raises:
            Gone: some of them were trimmed.
        """
        if number >= self.head:
            return []
        if self._recent and self._recent[0].number <= number + 1:
            begin = number + 1 - self._recent[0].number
            return [self._recent[at] for at in range(begin, min(begin + limit, len(self._recent)))]
        async with self._database.reading() as session:
            start = await store.start(session)
            if number < start:
                raise Gone(
                    "feed-trimmed",
                    "Các mục cũ của dòng thay đổi không còn; hãy đọc lại toàn bộ rồi đi tiếp.",
                    snapshot="/indicators",
                    oldest=start + 1,
                )
            return await store.page(session, number, limit)

    async def wait(self, number: int, *, within: float) -> None:
        """Return when there is an entry after ``number``, or after ``within`` seconds."""
        if number < self.head:
            return
        try:
            await asyncio.wait_for(self._moved.wait(), within)
        except TimeoutError:
            return
