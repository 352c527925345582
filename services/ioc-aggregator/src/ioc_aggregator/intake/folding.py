"""What every fold gives back, and the checks that they share."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Generic, Protocol, TypeAlias, TypeVar

import msgspec
import numpy as np

from contracts.checkpoints import HistoryCheckpointed
from contracts.envelope import Envelope
from contracts.lists import Grade, OpenEnum
from ioc_aggregator.measures.cells import Change, Delta, Family, Key
from ioc_aggregator.measures.facts import DayEnd

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""A number of things."""

Value = TypeVar("Value")
Fact = TypeVar("Fact")


class Document(Protocol):
    """What a fold needs of an event, however it was read."""

    @property
    def type(self) -> str:
        """Its type, as CloudEvents names it."""

    @property
    def data(self) -> bytes:
        """The JSON of its data, or what gives its bytes (``msgspec.Raw``)."""


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
    ends: list[DayEnd] = field(default_factory=list)
    """Days that ended: no part of the delta, so that the version before reads every journal."""
    checkpoints: list[HistoryCheckpointed] = field(default_factory=list)
    """What is witnessed and not counted: no part of the delta either."""

    def refuse(self, index: int, detail: str) -> None:
        """Leave the event at ``index`` out."""
        self.refused.append(Refusal(index, "invalid-data", detail))

    def facts(
        self, events: Sequence[Document], decoders: Mapping[str, msgspec.json.Decoder[Fact]]
    ) -> Iterator[tuple[int, Fact]]:
        """Read the events of these types, each with its index; what does not fit is left out."""
        for index, event in enumerate(events):
            if (decoder := decoders.get(event.type)) is None:
                continue
            try:
                fact = decoder.decode(event.data)
            except msgspec.MsgspecError as error:
                self.refuse(index, str(error))
            else:
                yield index, fact


Fold: TypeAlias = Callable[[Sequence[Envelope]], Folded]


class Sums:
    """What a batch adds to the cells of one family, for streams that are read row by row."""

    def __init__(self, family: Family) -> None:
        """Begin with nothing."""
        self._family = family
        self._rows: dict[Key, list[int]] = {}

    def add(self, key: Key, *by: int) -> None:
        """Add to a row: one value for each column."""
        row = self._rows.setdefault(key, [0] * len(self._family.columns))
        for column, value in enumerate(by):
            row[column] += value

    def into(self, delta: Delta) -> None:
        """Write it down."""
        sums = np.array(list(self._rows.values()), dtype=np.int64)
        sums = sums.reshape(len(self._rows), len(self._family.columns))
        delta.changes[self._family.name] = Change.of(list(self._rows), sums)


class Sparse(msgspec.Struct, Generic[Value], gc=False):
    """A column in which the rows ``at`` have a value."""

    at: list[Whole]
    value: list[Value]

    def fault(self, rows: int) -> str | None:
        """Say what is wrong with it beside columns of so many rows, if anything."""
        at = self.at
        if len(at) != len(self.value):
            return "before.at and before.value differ in length"
        if at and (at[-1] >= rows or any(map(int.__ge__, at, at[1:]))):
            return "before.at is not strictly ascending within the rows"
        return None

    def spread(self, rows: int) -> list[Value | None]:
        """Give one value for each row."""
        column: list[Value | None] = [None] * rows
        for at, value in zip(self.at, self.value, strict=True):
            column[at] = value
        return column


class Open(dict[str, str]):
    """The values of an open enumeration; any text that this version does not know is ``other``."""

    def __init__(self, values: type[OpenEnum]) -> None:
        """List them."""
        super().__init__((str(value), str(value)) for value in values)

    def __missing__(self, key: str) -> str:
        return "other"


GRADES = frozenset(str(grade) for grade in Grade)

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SCHOOL_YEAR = re.compile(r"20[0-9]{2}-20[0-9]{2}")

_FIRST_MONTH = 8
"""By law a school year begins in August at the earliest."""


def school_year_of(day: date) -> str:
    """Give the school year of a day, for facts that name no other; calendars come and change."""
    first = day.year if day.month >= _FIRST_MONTH else day.year - 1
    return f"{first}-{first + 1}"


class Places:
    """Looks once in a batch at each school with its year: the same come again and again."""

    def __init__(self) -> None:
        """None was seen yet."""
        self._sound: set[tuple[str, str]] = set()

    def fault(self, school_id: str, school_year: str) -> str | None:
        """Do as :func:`key_fault` does."""
        place = (school_id, school_year)
        if place in self._sound:
            return None
        fault = key_fault(*place)
        if fault is None:
            self._sound.add(place)
        return fault


def key_fault(school_id: str, school_year: str) -> str | None:
    """Say what is wrong with these two parts of a key, if anything.

    Folds call it once per distinct key of a batch; a value that passes can stand in a feed entry.
    """
    if not _ID.fullmatch(school_id):
        return "school_id is not an id"
    if not _SCHOOL_YEAR.fullmatch(school_year):
        return "school_year is not a school year"
    return None
