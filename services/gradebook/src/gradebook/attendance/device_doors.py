"""Devices over HTTP: a school keeps them, and they send what they saw.

No token of a person opens the intake. What comes unsigned, signed by another secret or more than
five minutes ago is refused, and told nothing of what exists.
"""

from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Header, Path
from starlette.requests import Request

from chassis.auth import Principal
from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import Unauthorized, nothing_here
from chassis.http import BodyDep, CommandRouter, PrincipalDep, QueryRouter, SessionDep
from chassis.sealing import MasterKeys
from contracts.ids import DeviceId, SchoolId
from gradebook.attendance import checking_in, devices, queries
from gradebook.attendance.checking_in import CheckIn, Close
from gradebook.attendance.commands import Stamp
from gradebook.attendance.messages import (
    CheckInsAnswer,
    CheckInsBody,
    DeviceAnswer,
    DeviceList,
    IgnoredAnswer,
    NewDevice,
    SecretAnswer,
)
from gradebook.policy import POLICY

changes = CommandRouter(prefix="/v1", tags=["devices"])
reads = QueryRouter(prefix="/v1", tags=["devices"])

_MESSAGE_BYTES = 128 * 1024


async def _keys(request: Request) -> MasterKeys:
    return cast("MasterKeys", request.app.state.keys)


KeysDep = Annotated[MasterKeys, Depends(_keys)]
DevicePath = Annotated[DeviceId, Path()]


@changes.post("/schools/{school_id}/devices", status_code=HTTPStatus.CREATED)
async def register_device(
    school_id: Annotated[SchoolId, Path()],
    body: NewDevice,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> DeviceAnswer:
    """Register a device of a school. Its secret is read apart, for answers are kept a month."""
    POLICY.authorise(principal, "devices.keep", principal.relations_to_school(school_id))
    return _answer(await devices.register(session, keys, school_id, body.name, now()))


@reads.get("/schools/{school_id}/devices")
async def list_devices(
    school_id: Annotated[SchoolId, Path()], session: SessionDep, principal: PrincipalDep
) -> DeviceList:
    """List the devices of a school."""
    POLICY.authorise(principal, "devices.keep", principal.relations_to_school(school_id))
    found = await queries.devices_of(session, school_id)
    return DeviceList(devices=[DeviceAnswer(**one._asdict()) for one in found])


@reads.get("/devices/{device_id}/secret")
async def read_secret(
    device_id: DevicePath, session: SessionDep, principal: PrincipalDep, keys: KeysDep
) -> SecretAnswer:
    """Read a device's secret, to be put into the device."""
    device = await _find(session, principal, device_id)
    return SecretAnswer(device_id=device_id, secret=devices.open_secret(device, keys))


@changes.post("/devices/{device_id}/rotate")
async def rotate_secret(
    device_id: DevicePath, session: SessionDep, principal: PrincipalDep, keys: KeysDep
) -> DeviceAnswer:
    """Make a new secret; the one before is worth nothing from now on."""
    device = await _find(session, principal, device_id)
    await devices.rotate(session, keys, device_id)
    return _answer(device)


@changes.delete("/devices/{device_id}")
async def remove_device(
    device_id: DevicePath, session: SessionDep, principal: PrincipalDep
) -> DeviceAnswer:
    """Take a device out of use; what it saw stays."""
    device = await _find(session, principal, device_id)
    await devices.remove(session, device_id)
    return _answer(device)


@changes.post(
    "/devices/{device_id}/check-ins",
    public=True,
    key_header="webhook-id",
    body_limit=_MESSAGE_BYTES,
)
async def take_check_ins(
    *,
    device_id: DevicePath,
    body: CheckInsBody,
    content: BodyDep,
    webhook_id: Annotated[str, Header(include_in_schema=False)] = "",
    webhook_timestamp: Annotated[str, Header()] = "",
    webhook_signature: Annotated[str, Header()] = "",
    session: SessionDep,
    keys: KeysDep,
) -> CheckInsAnswer:
    """Take what a device saw, signed as Standard Webhooks says; sent again it changes nothing.

    A pupil's first check-in for a session stands: before noon the morning's, then the afternoon's.
    `close` ends a session: the roll of every class of which somebody checked in, and which nobody
    has called, is called of it; who did not check in is absent without leave. A check-in after a
    roll-call that found the pupil absent makes them late.
    """
    device = await devices.find(session, device_id)
    signed = {
        "webhook-id": webhook_id,
        "webhook-timestamp": webhook_timestamp,
        "webhook-signature": webhook_signature,
    }
    if device is None or not devices.is_signed(devices.open_secret(device, keys), content, signed):
        raise Unauthorized(
            "signature-invalid",
            "Chữ ký không đúng, hoặc đồng hồ của thiết bị lệch quá 5 phút. Kiểm tra mã bí mật và "
            "giờ của thiết bị rồi gửi lại.",
        )
    moment, over = now(), body.close
    close = None if over is None else Close(over.day, over.session, over.late_after)
    outcome = await checking_in.take(
        session,
        device,
        [CheckIn(one.pupil_id, one.at) for one in body.check_ins],
        close,
        Stamp(None, moment, business_day(moment)),
    )
    return CheckInsAnswer(
        taken=outcome.taken,
        ignored=[IgnoredAnswer(row=row, why=why) for row, why in outcome.ignored],
        called=outcome.called,
        corrected=outcome.corrected,
    )


async def _find(session: Session, principal: Principal, device_id: str) -> devices.Known:
    device = await devices.find(session, device_id)
    relations = principal.relations_to_school(device.school_id) if device else ()
    POLICY.authorise(principal, "devices.keep", relations)
    if device is None:
        raise nothing_here()
    return device


def _answer(device: devices.Known) -> DeviceAnswer:
    return DeviceAnswer(
        device_id=device.device_id,
        school_id=device.school_id,
        name=device.name,
        registered_at=device.registered_at,
    )
