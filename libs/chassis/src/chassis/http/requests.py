"""What an endpoint asks for: its transaction, who is asking, and a body without unknown fields."""

from typing import Annotated, cast

from fastapi import Depends
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from chassis.auth.principal import Principal
from chassis.database import Session


class RequestModel(BaseModel):
    """Base of every request body: unknown fields are refused and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


async def _session(request: Request) -> Session:
    return cast("Session", request.state.session)


async def _principal(request: Request) -> Principal:
    return cast("Principal", request.state.principal)


SessionDep = Annotated[Session, Depends(_session)]
"""The one transaction of this request; the chassis commits it."""

PrincipalDep = Annotated[Principal, Depends(_principal)]
"""Who asks; only on routes that are not public."""
