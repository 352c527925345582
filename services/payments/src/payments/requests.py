"""What the routes of payments ask for beside the chassis' own: names, words and money."""

from typing import Annotated, cast

from fastapi import Depends, Path, Query
from pydantic import Field, StringConstraints
from starlette.requests import Request

from chassis.http import Words
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

Title = Annotated[Words, StringConstraints(min_length=1, max_length=200)]

Note = Annotated[Words, StringConstraints(min_length=1, max_length=500)]
"""A reason in words; it never leaves payments."""

Price = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""Whole đồng, at least one, at most a milliard: beyond it is a slip of the finger."""
