"""Facts that replace one another: few, small, each with the version of its aggregate.

They travel in the journal beside the cells, so whoever follows the journal knows the names and
borders too.
"""

from datetime import date, datetime
from typing import TypeAlias

import msgspec


class UnitFact(msgspec.Struct, frozen=True, tag="unit", omit_defaults=True):
    """A unit of the administration under this name and parent, from a day on."""

    unit_id: str
    version: int
    code: str
    name: str
    kind: str
    parent_id: str | None
    valid_from: date


class MergeFact(msgspec.Struct, frozen=True, tag="merge"):
    """A unit that ended on a day and became part of another."""

    unit_id: str
    version: int
    into_id: str
    valid_from: date


class SchoolFact(msgspec.Struct, frozen=True, tag="school"):
    """A school as it is from a day on."""

    school_id: str
    version: int
    code: str
    name: str
    levels: tuple[str, ...]
    ownership: str
    unit_id: str
    valid_from: date
    open: bool


class TermDays(msgspec.Struct, frozen=True):
    """The first and last day of a term."""

    term: str
    first_day: date
    last_day: date


class SchoolYearFact(msgspec.Struct, frozen=True, tag="school-year"):
    """The calendar of a school year."""

    school_year: str
    version: int
    first_day: date
    last_day: date
    terms: tuple[TermDays, ...]


class WatermarkFact(msgspec.Struct, frozen=True, tag="watermark"):
    """All that a source had written at ``read_at`` is in Kafka, up to these sequences."""

    source: str
    read_at: datetime
    positions: dict[str, dict[int, int]]


class DayEnd(msgspec.Struct, frozen=True):
    """Where a business day ended; no fact of a state, but what divides one from the next."""

    day: date
    ended_at: datetime
    positions: dict[str, dict[int, int]]
    """Of each partition of each topic the first offset that does not count for the day."""
    as_of: dict[str, datetime]
    hashes: dict[str, str]
    """Of each family of cells that was counted then."""
    closed: tuple[str, ...]


Fact: TypeAlias = UnitFact | MergeFact | SchoolFact | SchoolYearFact | WatermarkFact
