"""What the routes of notifications ask for beside the chassis' own: who opens what, and paths."""

from typing import Annotated, cast

from fastapi import Depends, Path, Query
from starlette.requests import Request

from chassis.sealing import MasterKeys
from contracts.ids import ClassId, GuardianId, MessageId, PupilId, SchoolId
from notifications.register.queries import Names

WebhookId = MessageId
"""Webhooks are no part of any event, but their ids look like all others."""


async def _names(request: Request) -> Names:
    return cast("Names", request.app.state.names)


async def _keys(request: Request) -> MasterKeys:
    return cast("MasterKeys", request.app.state.keys)


NamesDep = Annotated[Names, Depends(_names)]
"""Opens the names of pupils."""

KeysDep = Annotated[MasterKeys, Depends(_keys)]
"""Wraps and unwraps the keys of guardians and the secrets of subscribers."""

GuardianPath = Annotated[GuardianId, Path()]
PupilPath = Annotated[PupilId, Path()]
ClassPath = Annotated[ClassId, Path()]
SchoolPath = Annotated[SchoolId, Path()]
MessagePath = Annotated[MessageId, Path()]
WebhookPath = Annotated[WebhookId, Path()]

Limit = Annotated[int, Query(ge=1, le=200)]
"""The most rows of one page."""
