"""Which view a request gets: the public one, or with a token of the right role the full one."""

from enum import StrEnum
from typing import Annotated, cast

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from chassis.auth import Verifier
from chassis.errors import Unavailable
from ioc_aggregator.engine import Engine
from ioc_aggregator.policy import POLICY, READ_IN_FULL


class View(StrEnum):
    """What may be seen."""

    PUBLIC = "public"
    FULL = "full"


_BEARER = HTTPBearer(
    auto_error=False, description="Optional. Officers, services and auditors see small cells too."
)


async def _view(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
) -> View:
    if bearer is None:
        return View.PUBLIC
    verifier: Verifier = request.app.state.verifier
    principal = await verifier.verify(bearer.credentials)
    return View.FULL if POLICY.allow(principal, READ_IN_FULL) else View.PUBLIC


async def _engine(request: Request) -> Engine:
    engine = cast("Engine", request.app.state.engine)
    if not engine.follower.loaded:
        raise Unavailable("loading", "Hệ thống đang nạp số liệu, xin thử lại sau giây lát.")
    return engine


ViewDep = Annotated[View, Depends(_view)]
"""The view of this request. A token that is not valid is refused, not taken for none."""

EngineDep = Annotated[Engine, Depends(_engine)]
"""The memory to answer from, once it was loaded."""
