"""What came out at the other end: each letter and each webhook call, held against what was played.

The counts are the letterbox's own; nothing that notifications say of themselves is believed.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from edu.demo.playing import Story
from edu.failure import Failure
from edu.letterbox import Letterbox

LONGEST_STANDSTILL = 60.0
ROUND = 0.5
DELIVERED = "message-delivered"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What lies in the letterbox of what was played."""

    letters: Counter[str]
    """By address."""
    twice: Counter[str]
    """Letters that came again though their sender does not say so, by address."""
    calls: Counter[str]
    """By the name of an event."""
    delivered: int
    """How many messages those events say were delivered."""

    @classmethod
    def read(cls, letterbox: Letterbox, story: Story) -> Arrived:
        """Look into the letterbox; what is not the story's may have come from anybody."""
        ours = story.letters
        letters = [one for one in letterbox.letters() if one.to in ours]
        first = Counter({one.message_id: one.to for one in letters}.values())
        schools = {one.school_id for one in story.schools}
        calls: Counter[str] = Counter()
        delivered = 0
        for document in letterbox.documents():
            data = document["data"]
            if data["school_id"] in schools:
                name = document["type"].split(".")[2]
                calls[name] += 1
                delivered += len(data["messages"]) if name == DELIVERED else 0
        twice = Counter(one.to for one in letters if not one.repeat) - first
        return cls(first, twice, calls, delivered)

    def differences(self, story: Story) -> list[str]:
        """Say what is not as it has to be."""
        expected, letters = story.letters, self.letters
        facts = Counter({name: n for name, n in self.calls.items() if name != DELIVERED})
        return [
            f"{name}: {there} of {wanted}"
            for name, there, wanted in (
                ("letters", letters.total(), expected.total()),
                ("addresses with another number of letters", _unlike(letters, expected), 0),
                ("letters that came twice", self.twice.total(), 0),
                ("messages told as delivered", self.delivered, expected.total()),
                *(
                    (name, facts[name], wanted)
                    for name, wanted in sorted(story.stage.facts.items())
                ),
            )
            if there != wanted
        ]


async def arrived(
    letterbox: Letterbox, story: Story, more: Callable[[int], None] = lambda _count: None
) -> Arrived:
    """Wait until everything has arrived; ``more`` is told how much more has.

    Raises:
        Failure: something is missing and nothing has come for a minute, or something is too much.
    """
    before, moved = 0, time.monotonic()
    while True:
        found = await asyncio.to_thread(Arrived.read, letterbox, story)
        differences = found.differences(story)
        count = found.letters.total() + sum(found.calls[name] for name in story.stage.facts)
        more(count - before)
        if not differences:
            return found
        if count != before:
            before, moved = count, time.monotonic()
        elif time.monotonic() - moved > LONGEST_STANDSTILL:
            raise Failure(f"Not everything arrived as it was sent: {'; '.join(differences)}.")
        await asyncio.sleep(ROUND)


def _unlike(one: Counter[str], other: Counter[str]) -> int:
    return sum(one[address] != other[address] for address in one | other)
