"""Channels and VietQR codes over HTTP."""

import io

from fastapi import Response

from chassis.auth import Principal
from chassis.database import Session
from chassis.errors import Conflict, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, SessionDep
from contracts.payments import PaymentMethod
from payments.channels import commands, queries
from payments.channels.domain import asked, vietqr
from payments.channels.messages import (
    BankAccount,
    ChannelAnswer,
    ChannelList,
    CodeAnswer,
    Terminal,
)
from payments.fees import queries as fees
from payments.guardians import queries as guardians
from payments.ledger import queries as ledger
from payments.policy import POLICY
from payments.register import queries as register
from payments.requests import KeysDep, PupilPath, SchoolPath, SchoolQuery

changes = CommandRouter(prefix="/v1", tags=["channels"])
reads = QueryRouter(prefix="/v1", tags=["channels"])

SVG = "image/svg+xml"


@changes.put("/schools/{school_id}/channels/bank-transfer")
async def set_bank_account(
    school_id: SchoolPath, body: BankAccount, session: SessionDep, principal: PrincipalDep
) -> ChannelAnswer:
    """Take transfers (VietQR) to this account from now on, or no longer."""
    POLICY.authorise(principal, "channels.set", principal.relations_to_school(school_id))
    channel = await commands.set_channel(
        session,
        school_id,
        PaymentMethod.BANK_TRANSFER,
        enabled=body.enabled,
        details={"bank_bin": body.bank_bin, "account": body.account},
    )
    return ChannelAnswer.of(channel)


@changes.put("/schools/{school_id}/channels/vnpay")
async def set_terminal(
    school_id: SchoolPath,
    body: Terminal,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> ChannelAnswer:
    """Take payments through VNPAY from now on, or no longer."""
    POLICY.authorise(principal, "channels.set", principal.relations_to_school(school_id))
    details = {"terminal": body.terminal, "return_url": body.return_url}
    if body.secret is not None:
        wrapped = keys.wrap(body.secret.encode(), body.terminal)
        details |= {"secret": wrapped.wrapped_key, "key_id": wrapped.key_id}
    channel = await commands.set_channel(
        session, school_id, PaymentMethod.VNPAY, enabled=body.enabled, details=details
    )
    return ChannelAnswer.of(channel)


@reads.get("/schools/{school_id}/channels")
async def list_channels(
    school_id: SchoolPath, session: SessionDep, principal: PrincipalDep
) -> ChannelList:
    """List the cashless channels of a school."""
    POLICY.authorise(principal, "channels.read", principal.relations_to_school(school_id))
    channels = await queries.of_school(session, school_id)
    return ChannelList(channels=[ChannelAnswer.of(channels[one]) for one in sorted(channels)])


@reads.get("/pupils/{pupil_id}/vietqr")
async def read_code(
    *,
    pupil_id: PupilPath,
    session: SessionDep,
    principal: PrincipalDep,
    school_id: SchoolQuery = None,
) -> CodeAnswer:
    """Give the VietQR text by which a pupil pays what is owed to a school now."""
    return await _code(session, principal, pupil_id, school_id)


@reads.get("/pupils/{pupil_id}/vietqr.svg", response_class=Response)
async def draw_code(
    *,
    pupil_id: PupilPath,
    session: SessionDep,
    principal: PrincipalDep,
    school_id: SchoolQuery = None,
) -> Response:
    """Draw that code as an SVG image."""
    import segno  # noqa: PLC0415 - a service that draws no code starts without it

    code = await _code(session, principal, pupil_id, school_id)
    image = io.BytesIO()
    segno.make(code.payload, error="m", micro=False).save(image, kind="svg", scale=4)
    return Response(image.getvalue(), media_type=SVG)


async def _code(
    session: Session, principal: Principal, pupil_id: str, school_id: str | None
) -> CodeAnswer:
    pupil = (await register.pupils(session, [pupil_id])).get(pupil_id)
    school = school_id or (pupil and pupil.school_id)
    relations = await guardians.relations(session, principal, pupil_id, school)
    POLICY.authorise(principal, "accounts.read", relations)
    if pupil is None or school is None:
        raise nothing_here()
    if school != pupil.school_id and not await fees.charges_of(session, school, [pupil_id]):
        raise nothing_here()
    channel = (await queries.of_school(session, school)).get(PaymentMethod.BANK_TRANSFER)
    if channel is None or not channel.enabled:
        raise Conflict("no-bank-account", "Trường chưa mở kênh chuyển khoản.")
    owed = (await ledger.owed_by(session, school, [pupil_id]))[pupil_id]
    amount = asked(owed)
    return CodeAnswer(
        pupil_id=pupil_id,
        school_id=school,
        reference=pupil.reference,
        amount=amount,
        payload=vietqr(
            channel.bank_bin or "",
            channel.account or "",
            amount=amount,
            bill=pupil.reference,
            purpose=pupil.reference,
        ),
    )
