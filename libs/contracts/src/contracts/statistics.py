"""What the aggregator publishes: the change of one number of IOC-EDU, and the end of each day."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts import topics
from contracts.event import Event
from contracts.ids import Amount, Count, Moment, PlaceId, Version
from contracts.lists import MeasureUnit, Scope

Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class IndicatorChanged(Event):
    """One number has this value now; absolute, so that the last one alone is enough."""

    NAME: ClassVar[str] = "indicator-changed"
    MINOR: ClassVar[int] = 1
    TOPIC: ClassVar[topics.Topic] = topics.INDICATORS
    KEY: ClassVar[str] = "cell"
    SUBJECT: ClassVar[str] = "cell"

    number: Annotated[int, Field(ge=1, le=2**53 - 1)]
    """N: this entry's place in the feed."""
    indicator: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}[0-9]{2,4}$")]
    version: Version
    """The version of the indicator's definition."""
    unit_kind: Scope
    unit_id: PlaceId
    period: Code
    """A school year, a term of one (``2026-2027/HK1``) or a day."""
    dims: dict[str, Code]
    numerator: Amount | None
    """Null where the number is withheld (a cell under five pupils) or retracted."""
    denominator: Amount | None
    """Null where the number is no ratio."""
    unit: MeasureUnit
    as_of: Moment | None
    """The number counts every fact up to then; null while a source has never been seen."""
    schools_reported: Count
    """n: the schools with a fact of the indicator's sources in the period."""
    schools_expected: Count
    """N: the open schools to whose level the indicator applies."""
    retracted: bool
    """True once the number no longer exists."""

    @property
    def cell(self) -> str:
        """Which number this is: the key under which only its latest value is kept."""
        dims = ",".join(f"{name}={value}" for name, value in sorted(self.dims.items()))
        return f"{self.indicator}/{self.unit_kind}/{self.unit_id}/{self.period}/{dims}"


class DayEnded(Event):
    """All that was counted of a business day when it ended; later facts belong to later days.

    Whoever counts the streams up to ``positions`` gets the same cells, and so the same closes.
    """

    NAME: ClassVar[str] = "day-ended"
    TOPIC: ClassVar[topics.Topic] = topics.PERIODS
    KEY: ClassVar[str] = "day"
    SUBJECT: ClassVar[str] = "day"

    day: date
    """The business day (Asia/Ho_Chi_Minh)."""
    ended_at: Moment
    """When it was ended: once every source had reached its midnight, or was waited for in vain."""
    positions: dict[str, dict[int, Count]]
    """Of each partition of each topic the first offset that does not count for the day."""
    as_of: dict[str, Moment]
    """How far each source was counted: its latest watermark applied in full."""
    hashes: dict[str, Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]]
    """Of each family of cells BLAKE2b-256 over its non-zero cells in the order of their keys.

    By family, so that a version that counts more still finds those of this day unchanged.
    """
    closed: tuple[Code, ...]
    """The periods that end with it: a week (``2026-W46``), a month, a term, a school year."""
