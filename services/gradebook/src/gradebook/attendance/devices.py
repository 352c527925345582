"""Devices at which pupils check in: registering them, and telling their signature.

A device signs as Standard Webhooks says, with a secret of its own that lies wrapped under the
master key.
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from standardwebhooks import Webhook, WebhookVerificationError

from chassis.clock import new_id
from chassis.columns import table_of
from chassis.database import Session
from chassis.rewrapping import rewrap
from chassis.sealing import MasterKeys, WrappedKey
from gradebook.attendance.tables import Device

_SECRET_BYTES = 32


class Known(NamedTuple):
    """A device."""

    device_id: str
    school_id: str
    name: str
    registered_at: datetime
    secret: WrappedKey


async def find(session: Session, device_id: str) -> Known | None:
    """Give a device."""
    row = await session.get(Device, device_id)
    return None if row is None else _known(row)


async def register(
    session: Session, keys: MasterKeys, school_id: str, name: str, moment: datetime
) -> Known:
    """Register a device of a school with its first secret."""
    device_id = new_id()
    secret = _new_secret(keys, device_id)
    row = {"device_id": device_id, "school_id": school_id, "name": name, "registered_at": moment}
    await session.execute(insert(table_of(Device)), row | _columns(secret))
    return Known(device_id, school_id, name, moment, secret)


async def rotate(session: Session, keys: MasterKeys, device_id: str) -> None:
    """Make a new secret; the one before is worth nothing from now on."""
    table = table_of(Device)
    statement = update(table).where(table.c.device_id == device_id)
    await session.execute(statement.values(_columns(_new_secret(keys, device_id))))


async def remove(session: Session, device_id: str) -> None:
    """Take a device out of use."""
    await session.execute(delete(table_of(Device)).where(table_of(Device).c.device_id == device_id))


async def rewrap_secrets(session: Session, keys: MasterKeys) -> int:
    """Wrap some devices' secrets under a new master key; they verify as before."""
    return len(await rewrap(session, Device, keys, owner="device_id"))


def open_secret(device: Known, keys: MasterKeys) -> str:
    """Give a device's secret as Standard Webhooks writes it."""
    key = keys.unwrap(device.secret, device.device_id)
    return f"whsec_{base64.b64encode(key).decode()}"


def is_signed(secret: str, content: bytes, headers: Mapping[str, str]) -> bool:
    """Tell whether these bytes were signed with this secret, less than five minutes ago."""
    try:
        Webhook(secret).verify(content, dict(headers))
    except WebhookVerificationError:
        return False
    return True


def _known(row: Device) -> Known:
    secret = WrappedKey(row.wrapped_key, row.key_id)
    return Known(row.device_id, row.school_id, row.name, row.registered_at, secret)


def _new_secret(keys: MasterKeys, device_id: str) -> WrappedKey:
    return keys.wrap(secrets.token_bytes(_SECRET_BYTES), device_id)


def _columns(secret: WrappedKey) -> dict[str, str]:
    return {"wrapped_key": secret.wrapped_key, "key_id": secret.key_id}
