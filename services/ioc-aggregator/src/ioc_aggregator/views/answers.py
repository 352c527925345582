"""The shapes of the answers, as OpenAPI shows them. Every number is an integer."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ioc_aggregator.access import View
from ioc_aggregator.rollups.freshness import Freshness


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class Words(Answer):
    """A text for people."""

    vi: str
    en: str


class Unit(Answer):
    """A place: the whole, a commune, a school, or what is not declared yet."""

    unit_id: str
    kind: str
    code: str | None
    name: str
    declared: bool
    parent_id: str | None


class Age(Answer):
    """How old a number is: no number comes without it."""

    as_of: datetime | None
    """Every fact of the sources up to then is counted."""
    state: Freshness
    stale_since: datetime | None
    sources: list[str]


class Part(Answer):
    """One number of a breakdown."""

    dims: dict[str, str]
    numerator: int | None
    denominator: int | None
    suppressed: bool


class Number(Answer):
    """A number with its completeness; null where it is withheld or has no as-of."""

    numerator: int | None
    denominator: int | None
    suppressed: bool
    schools_reported: int
    """n"""
    schools_expected: int
    """N"""
    breakdown: list[Part]


class Child(Number, Unit):
    """The number of a place one level below."""


class IndicatorUnit(Words):
    """What the number counts."""

    code: str


class IndicatorAnswer(Age):
    """One indicator for a place and for the places below it."""

    indicator: str
    version: int
    name: Words
    unit: IndicatorUnit
    period: str
    ended: date | None
    """The day at whose end it stood so; null: now."""
    closed: date | None
    """The day with which the period closed; what moved since then says ``/restatements``."""
    dims: dict[str, str]
    number: Number
    children: list[Child]


class IndicatorsAnswer(Answer):
    """The numbers of a place. Go on with ``/feed?after=<feed>`` and nothing is missed."""

    feed: int
    day: date
    view: View
    period: str
    unit: Unit
    path: list[Unit]
    indicators: list[IndicatorAnswer]


class CatalogueEntry(Answer):
    """What an indicator means."""

    indicator: str
    version: int
    name: Words
    definition: Words
    unit: IndicatorUnit
    numerator: Words
    denominator: Words | None
    group: str
    """Which indicators a page shows together."""
    dims: list[str]
    fine_dims: list[str]
    """What only those who see small numbers may break it down by, or filter."""
    published: list[list[str]]
    periods: list[str]
    sources: list[str]
    streams: list[str]
    levels: list[str]
    events: list[str]
    """The types of the events that it counts; none where it counts schools of the register."""
    draft: bool
    """True while a service does not emit one of these events yet: then there is no number."""
    headline: bool
    """Whether it stands on the first page."""
    legal_basis: str


class CatalogueAnswer(Answer):
    """Every indicator."""

    indicators: list[CatalogueEntry]


class Ratio(Answer):
    """An exact quotient of integers."""

    numerator: int
    denominator: int


class Band(Answer):
    """How many scores there are from one tenth up to another."""

    begin: int
    end: int
    """The first tenth that is not in it any more; 101 where it holds the tens."""
    count: int


class Spread(Answer):
    """What the sums and bins say; only where none of them is withheld."""

    mean: Ratio
    """In hundredths."""
    variance: Ratio
    """Of all scores, in hundredths squared."""
    median: int
    """The tenth in which the middle score lies; of two in the middle the lower one's."""
    bands: list[Band]


class HistogramAnswer(Age):
    """How the scores of a subject spread, for a place."""

    feed: int
    day: date
    view: View
    unit: Unit
    subject: str
    assessment: Literal["score", "comment"]
    school_year: str | None
    grade: str | None
    term: str | None
    kind: str | None
    schools_reported: int
    schools_expected: int
    suppressed: bool
    count: int | None
    sum: int | None
    """In hundredths; in a comment subject the number of Đạt."""
    squares: int | None
    counts: list[int | None]
    """101 bins: k/10 ≤ score < (k+1)/10. In a comment subject 0 is Chưa đạt, 1 is Đạt."""
    spread: Spread | None
    """Null in a comment subject, where nobody has a score, and where anything is withheld."""
    ended: date | None
    """The day at whose end it stood so; null: now."""


class UnitRow(Answer):
    """A unit of the administration on a day; ``merged_into`` once it has ended."""

    unit_id: str
    kind: str
    code: str
    name: str
    parent_id: str | None
    valid_from: date
    merged_into: str | None


class SchoolRow(Answer):
    """A school on a day, in the commune of that day."""

    school_id: str
    code: str | None
    name: str
    levels: list[str]
    ownership: str | None
    unit_id: str
    open: bool
    declared: bool


class TermRow(Answer):
    """The days of a term."""

    term: str
    first_day: date
    last_day: date


class SchoolYearRow(Answer):
    """The calendar of a school year."""

    school_year: str
    first_day: date
    last_day: date
    terms: list[TermRow]


class UnitsAnswer(Answer):
    """The names: units, schools and periods."""

    day: date
    root: str
    units: list[UnitRow]
    schools: list[SchoolRow]
    school_years: list[SchoolYearRow]
    periods: list[str]
    period: str


class EndRow(Answer):
    """The end of a business day, and the periods that closed with it."""

    day: date
    ended_at: datetime
    as_of: dict[str, datetime]
    """How far each source had been counted."""
    hashes: dict[str, str]
    """Of each family of cells."""
    closed: list[str]


class PeriodsAnswer(Answer):
    """Every past day whose numbers can be seen again."""

    today: date
    days: list[EndRow]


class Value(Answer):
    """A number; null where the public may not see it."""

    numerator: int | None
    denominator: int | None
    suppressed: bool


class SchoolRestated(Unit):
    """What a school's later facts did to its number."""

    before: Value
    after: Value
    streams: list[str]
    """In which streams it was heard."""


class Restatement(Answer):
    """One day on which the number of a closed period moved."""

    day: date | None
    """Null: today, since the last day's end."""
    ended_at: datetime | None
    before: Value
    after: Value
    schools: list[SchoolRestated]
    """Whose facts they were; only for who sees the unit in full."""


class RestatementsAnswer(Answer):
    """A closed number, what it is now, and every step from the one to the other."""

    indicator: str
    version: int
    period: str
    unit: Unit
    closed: EndRow
    then: Value
    now: Value
    restatements: list[Restatement]


class Missing(Unit):
    """A school that should report and has not."""

    since: date
    """The period's first day, or the school's own if that is later."""
    last_heard: date | None
    """The last past day with a fact of these streams, of whatever period; null: none is known."""


class CompletenessAnswer(Age):
    """n and N of a number, and who is missing."""

    indicator: str
    period: str
    unit: Unit
    schools_reported: int
    schools_expected: int
    missing: list[Missing]


class Behind(Answer):
    """A partition of which the source has sent more than is counted."""

    topic: str
    partition: int
    applied: int
    due: int


class SourceAnswer(Answer):
    """How far one source is counted."""

    source: str
    state: Freshness
    as_of: datetime | None
    watermark: datetime | None
    stale_since: datetime | None
    behind: list[Behind]


class FreshnessAnswer(Answer):
    """How far every source is counted."""

    now: datetime
    stale_after_seconds: int
    sources: list[SourceAnswer]
