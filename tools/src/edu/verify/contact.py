"""Facts of contact between school and home, written down a second time."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from edu.verify.values import Data, Dated, Dong, Parts, Sparse, Uuid


class Place(Data, frozen=True):
    """Where a guardian's pupil studies."""

    school_id: Uuid


class Linked(Dated, frozen=True):
    """A guardian's link counts here now, and counted there before."""

    before: Place | None
    after: Place | None


class Reached(Dated, frozen=True):
    """A guardian was reached within the month, and counts here."""

    before: Place | None
    after: Place | None


class Unlinked(Dated, frozen=True):
    """A guardian's link no longer counts."""

    before: Place | None


class _Told(Dated, frozen=True):
    school_id: Uuid
    channel: str
    purpose: str
    parts: Annotated[list[Parts], msgspec.Meta(min_length=1)]
    costs: list[Dong]
    before: Sparse[str]
    before_days: Sparse[date] = msgspec.field(default_factory=lambda: Sparse([], []))

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        super().__post_init__()
        if len(self.costs) != len(self.parts):
            raise ValueError("a cost for each message")
        self.before.check(len(self.parts))
        self.before_days.check(len(self.parts))
        for day in self.before_days.value:
            Dated(day)
        if set(self.before_days.at) - set(self.before.at):
            raise ValueError("a day of an outcome that is not there")

    def counted_before(self) -> dict[int, tuple[str, str]]:
        """Give, by row, what the message counted as until now, and on which day."""
        days = dict(zip(self.before_days.at, self.before_days.value, strict=True))
        before = zip(self.before.at, self.before.value, strict=True)
        return {row: (outcome, str(days.get(row, self.day))) for row, outcome in before}


class MessageDelivered(_Told, frozen=True):
    """Messages reached their guardians."""


class MessageFailed(_Told, frozen=True):
    """Messages did not."""
