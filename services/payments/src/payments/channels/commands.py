"""Setting a school's cashless channels."""

from collections.abc import Mapping
from typing import Any

from chassis.clock import business_day, now
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit
from chassis.rewrapping import rewrap
from chassis.sealing import MasterKeys
from contracts.payments import PaymentChannelEnabled, PaymentMethod
from payments.channels import queries
from payments.channels.tables import Channel
from payments.register import queries as register


async def set_channel(
    session: Session,
    school_id: str,
    channel: PaymentMethod,
    *,
    enabled: bool,
    details: Mapping[str, Any],
) -> Channel:
    """Take money through a channel from now on, or no longer; details stay when it is switched off.

    Raises:
        Conflict: the school is not known yet, or another one has this terminal.
        Invalid: a new terminal has no secret.
    """
    school = await register.school(session, school_id)
    if school is None:
        raise Conflict(
            "school-unknown",
            "Chưa nhận được trường này từ danh bạ. Nếu vừa khai báo, gửi lại sau ít giây.",
        )
    channels = await queries.hold(session, school_id)
    owner = await queries.terminal(session, details.get("terminal"))
    if owner is not None and owner.school_id != school_id:
        raise Conflict("terminal-taken", "Mã website (TmnCode) này là của trường khác.")
    before = sum(one.enabled for one in channels.values())
    row = channels.get(channel)
    was_enabled = row is not None and row.enabled
    if row is None:
        row = Channel(
            school_id=school_id,
            channel=channel,
            version=0,
            enabled=enabled,
            bank_bin=None,
            account=None,
            terminal=None,
            secret=None,
            key_id=None,
            return_url=None,
        )
        session.add(row)
    if channel is PaymentMethod.VNPAY and "secret" not in details:
        _check_secret(row, details["terminal"])
    for name, value in details.items():
        setattr(row, name, value)
    row.enabled = enabled
    if was_enabled is enabled:
        await session.flush()
        return row
    row.version += 1
    await emit(
        session,
        PaymentChannelEnabled(
            school_id=school_id,
            channel=channel,
            version=row.version,
            enabled=enabled,
            day=business_day(now()),
            channels=before + enabled - was_enabled,
            before_channels=before,
        ),
    )
    return row


async def rewrap_secrets(session: Session, keys: MasterKeys) -> int:
    """Wrap some merchants' secrets under a new master key."""
    return len(await rewrap(session, Channel, keys, owner="terminal", box="secret"))


def _check_secret(row: Channel, terminal: str) -> None:
    """A secret is wrapped for its terminal and opens for no other."""
    if row.secret is None or row.terminal != terminal:
        raise Invalid(
            "secret-needed",
            "Cần chuỗi bí mật của VNPAY.",
            errors=[FieldError("secret", "Chưa có chuỗi bí mật cho mã này.", "Nhập chuỗi bí mật.")],
        )
