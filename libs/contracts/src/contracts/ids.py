"""Identifiers and small constrained values that events share.

Every pattern is part of the frozen schemas: changing one is a new major version of each event
that uses it.
"""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

_UUID = StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")

UnitId = Annotated[str, _UUID]
"""A unit of the administration: the province or one of its communes."""

SchoolId = Annotated[str, _UUID]
PupilId = Annotated[str, _UUID]
ClassId = Annotated[str, _UUID]
SheetId = Annotated[str, _UUID]

FeeItemId = Annotated[str, _UUID]
"""A khoản thu: what a school collects in a school year, and why it may."""

ChargeId = Annotated[str, _UUID]
"""What one pupil owes for one fee item and period."""

PaymentId = Annotated[str, _UUID]

GuardianId = Annotated[str, _UUID]
"""A guardian; the identity provider's subject, where guardians sign in."""

ApplicationId = Annotated[str, _UUID]
"""One application for admission, or request for a place."""

TranscriptId = Annotated[str, _UUID]
"""One pupil's digital transcript (học bạ số) of one school year."""

MessageId = Annotated[str, _UUID]
"""One message to one guardian about one event."""

PersonId = Annotated[str, _UUID]
"""Whoever acts: a teacher, principal or officer, as named by the identity provider's subject."""

DeviceId = Annotated[str, _UUID]
"""A device at which pupils check in (điểm danh thông minh)."""

PlaceId = Annotated[str, _UUID]
"""Where a number is counted: a unit's id or a school's."""


@lru_cache  # a hundred years are valid, and each event has one
def _two_years_in_a_row(year: str) -> str:
    first, _, second = year.partition("-")
    if int(second) != int(first) + 1:
        raise ValueError("a school year is two years in a row")
    return year


SchoolYear = Annotated[
    str,
    StringConstraints(pattern=r"^20[0-9]{2}-20[0-9]{2}$"),
    AfterValidator(_two_years_in_a_row),
]
"""Năm học, such as ``2026-2027``."""

CommuneCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
"""Mã đơn vị hành chính cấp xã (QĐ 19/2025/QĐ-TTg). Codes are reused over time: never join on it."""

UnitCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,5}$")]
"""A province's two digits or a commune's five; a district's three before 1 July 2025."""

SchoolCode = Annotated[str, StringConstraints(min_length=1, max_length=32)]
"""The ministry's code of a school, an opaque text that was issued anew more than once."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""The name of a unit, school, class or holiday; never of a person."""

Sealed = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", min_length=4, max_length=2048)
]
"""Base64 of bytes encrypted under the pupil's own key."""

Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""The aggregate's version; a fact with a lower one than the reader has changes nothing."""

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""A number of things, no larger than every JSON reader can hold exactly."""

Dong = Annotated[int, Field(ge=0, le=10**12)]
"""Money, in whole đồng."""

Amount = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
"""A sum, of no more digits than every JSON reader can hold exactly."""

Moment = AwareDatetime
"""A point in time with its offset, written in UTC."""
