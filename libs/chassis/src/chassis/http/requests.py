"""What an endpoint asks for: its transaction, who is asking, and a body without unknown fields."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema
from starlette.requests import Request

from chassis.auth.principal import Principal
from chassis.database import Session
from chassis.http.days import written_as_iso


class RequestModel(BaseModel):
    """Base of every request body: unknown fields are refused and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return written_as_iso(handler(source))


async def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


async def _principal(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


async def _body(request: Request) -> bytes:
    return await request.body()


SessionDep = Annotated[Session, Depends(_session)]
"""The one transaction of this request; the chassis commits it."""

PrincipalDep = Annotated[Principal, Depends(_principal)]
"""Who asks; only on routes that are not public."""

BodyDep = Annotated[bytes, Depends(_body)]
"""The bytes as they came, for a command that reads CSV or the like instead of a `RequestModel`."""
