"""What the routes of payments ask for beside the chassis' own: names, words and money."""

import unicodedata
from typing import Annotated, cast

from fastapi import Depends, Path, Query
from pydantic import AfterValidator, Field, StringConstraints
from starlette.requests import Request

from chassis.errors import NotFound
from chassis.sealing import MasterKeys
from contracts.ids import PupilId, SchoolId, SchoolYear
from payments.register.queries import Names


async def _names(request: Request) -> Names:
    return cast("Names", request.app.state.names)


async def _keys(request: Request) -> MasterKeys:
    return cast("MasterKeys", request.app.state.keys)


KeysDep = Annotated[MasterKeys, Depends(_keys)]
"""Wraps and unwraps the merchants' secrets."""

NamesDep = Annotated[Names, Depends(_names)]
"""Opens the names of pupils."""

PupilPath = Annotated[PupilId, Path()]
SchoolPath = Annotated[SchoolId, Path()]
YearQuery = Annotated[SchoolYear, Query()]
SchoolQuery = Annotated[
    SchoolId | None, Query(description="The school that is owed; where the pupil is, if absent.")
]


def nothing_here() -> NotFound:
    """Say what `Policy` says of what is concealed, so that nobody can tell the two apart."""
    return NotFound("not-found", "Không tìm thấy nội dung này.")


def _tidy(words: str) -> str:
    return " ".join(unicodedata.normalize("NFC", words).split())


Words = Annotated[str, AfterValidator(_tidy)]
"""What a person typed, in one spelling and with single spaces."""

Title = Annotated[Words, StringConstraints(min_length=1, max_length=200)]

Note = Annotated[Words, StringConstraints(min_length=1, max_length=500)]
"""A reason in words; it never leaves payments."""

Price = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""Whole đồng, at least one, at most a milliard: beyond it is a slip of the finger."""
