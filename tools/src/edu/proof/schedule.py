"""In which order a log holds what was sent: everything several times, some of it late."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from edu.proof.year import Document
from edu.verify.log import Lane

LATE = 0.04
"""The share of the events whose first delivery comes after others that follow it."""
LATENESS = (2, 400)
REPEATED_WITHIN = 600
"""Places by which late deliveries and repetitions stand behind where they belong."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Deliveries in their order, by the place of the document."""

    deliveries: list[int]
    resends: int
    """First deliveries that come into a gap: a later number of their lane came before them."""

    @property
    def repeats(self) -> int:
        """How many deliveries are of what came before."""
        return len(self.deliveries) - len(set(self.deliveries))


def scheduled(
    documents: Sequence[Document],
    lots: random.Random,
    *,
    times: int,
    of: float = 1.0,
    late: float = LATE,
) -> Schedule:
    """Let documents come ``times``, or once if by lot they are none ``of`` those.

    The first of a lane comes before all others of it, because a reader who is new takes where a log
    begins for its beginning.
    """
    begun: set[Lane] = set()
    due: list[tuple[float, int]] = []
    for at, document in enumerate(documents):
        moment = at + lots.random()
        if document.lane in begun and lots.random() < late:
            moment += lots.uniform(*LATENESS)
        begun.add(document.lane)
        due.append((moment, at))
        for _ in range(times - 1 if lots.random() < of else 0):
            moment += lots.uniform(0.0, REPEATED_WITHIN)
            due.append((moment, at))
    order = [at for _, at in sorted(due)]
    return Schedule(order, _resends(documents, order))


def _resends(documents: Sequence[Document], order: Sequence[int]) -> int:
    """Count what comes for the first time after a higher number of its lane."""
    seen: set[int] = set()
    last: defaultdict[Lane, int] = defaultdict(int)
    resends = 0
    for at in order:
        if at in seen:
            continue
        seen.add(at)
        document = documents[at]
        resends += document.sequence < last[document.lane]
        last[document.lane] = max(last[document.lane], document.sequence)
    return resends
