"""VNPAY over HTTP: asking for payment with a token, reports without one but signed."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request

from chassis.database import Database
from chassis.errors import nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep
from chassis.sealing import MasterKeys
from contracts.ids import SchoolId
from payments.fees import queries as fees
from payments.guardians import queries as guardians
from payments.policy import POLICY
from payments.register import queries as register
from payments.requests import KeysDep, Price, PupilPath
from payments.vnpay import commands, queries
from payments.vnpay.domain import Reply, RequestState

changes = CommandRouter(prefix="/v1", tags=["vnpay"])
reads = QueryRouter(prefix="/v1", tags=["vnpay"])
reports = APIRouter(prefix="/v1", tags=["vnpay"])
"""VNPAY calls with GET, no token and no key of ours: none of the chassis' routes is for it."""

_log = structlog.get_logger("payments.vnpay")


class Asked(RequestModel):
    """What to ask for: an amount, or all that is owed."""

    school_id: SchoolId
    amount: Price | None = None


class PageAnswer(BaseModel):
    """Where the payer goes; the request is open until VNPAY reports."""

    reference: str
    amount: int
    url: str
    expires_at: datetime


class RequestAnswer(BaseModel):
    """What became of a request for payment."""

    reference: str
    school_id: str
    pupil_id: str
    amount: int
    state: RequestState
    payment_id: str | None
    requested_at: datetime


class ReplyAnswer(BaseModel):
    """What VNPAY reads."""

    code: Annotated[Reply, Field(serialization_alias="RspCode")]
    message: Annotated[str, Field(serialization_alias="Message")]


@changes.post("/pupils/{pupil_id}/vnpay-requests", status_code=HTTPStatus.CREATED)
async def ask(
    *,
    pupil_id: PupilPath,
    body: Asked,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
    request: Request,
) -> PageAnswer:
    """Make the address at which VNPAY takes the money."""
    pupil = (await register.pupils(session, [pupil_id])).get(pupil_id)
    relations = await guardians.relations(session, principal, pupil_id, body.school_id)
    POLICY.authorise(principal, "payments.request", relations)
    if pupil is None or (
        pupil.school_id != body.school_id
        and not await fees.charges_of(session, body.school_id, [pupil_id])
    ):
        raise nothing_here()
    page = await commands.ask(
        session,
        pupil,
        body.school_id,
        amount=body.amount,
        pay_url=request.app.state.settings.vnpay_pay_url,
        keys=keys,
        address=request.client.host if request.client else "127.0.0.1",
        by=principal.subject,
    )
    return PageAnswer(
        reference=page.request.reference,
        amount=page.request.amount,
        url=page.url,
        expires_at=page.expires_at,
    )


@reads.get("/vnpay-requests/{reference}")
async def read_request(
    reference: Annotated[str, Path(), StringConstraints(pattern=r"^HP[0-9A-Z]{13}$")],
    session: SessionDep,
    principal: PrincipalDep,
) -> RequestAnswer:
    """Read what became of a request: the only answer to whether it is paid."""
    found = await queries.request(session, reference)
    relations = principal.relations_to_school(found.school_id) if found else ()
    POLICY.authorise(principal, "payments.read", relations)
    if found is None:
        raise nothing_here()
    return RequestAnswer(**found.model_dump(include=set(RequestAnswer.model_fields)))


@reports.get("/vnpay/ipn")
async def hear(request: Request) -> ReplyAnswer:
    """Take VNPAY's report. Always 200: what went wrong stands in RspCode, and 99 comes again."""
    database: Database = request.app.state.database
    keys: MasterKeys = request.app.state.keys
    try:
        async with request.app.state.felt(), database.transaction() as session:
            reply = await commands.hear(session, request.url.query, keys)
    except Exception:  # noqa: BLE001 - VNPAY is answered 99 and comes again
        _log.exception("a report of VNPAY could not be taken")
        reply = Reply.OUR_FAULT
    return ReplyAnswer(code=reply, message=reply.message)
