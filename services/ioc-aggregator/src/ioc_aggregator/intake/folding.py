"""What every fold gives back, and the checks that they share."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from contracts.envelope import Envelope
from contracts.lists import Grade
from ioc_aggregator.measures.cells import Delta


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that cannot be counted: its index in the batch, a slug, and words for people."""

    index: int
    reason: str
    detail: str


@dataclass(slots=True)
class Folded:
    """The delta of a batch, and the events that are not in it."""

    delta: Delta = field(default_factory=Delta)
    refused: list[Refusal] = field(default_factory=list)

    def refuse(self, index: int, detail: str) -> None:
        """Leave the event at ``index`` out."""
        self.refused.append(Refusal(index, "invalid-data", detail))


Fold: TypeAlias = Callable[[Sequence[Envelope]], Folded]

GRADES = frozenset(str(grade) for grade in Grade)

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCHOOL_YEAR = re.compile(r"20[0-9]{2}-20[0-9]{2}")


def key_fault(school_id: str, school_year: str) -> str | None:
    """Say what is wrong with these two parts of a key, if anything.

    Folds call it once per distinct key of a batch; a value that passes can stand in a feed entry.
    """
    if not _ID.fullmatch(school_id):
        return "school_id is not an id"
    if not _SCHOOL_YEAR.fullmatch(school_year):
        return "school_year is not a school year"
    return None
