"""What other slices may know of channels."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import col

from chassis.database import Session
from chassis.sealing import WrappedKey
from contracts.payments import PaymentMethod
from payments.channels.tables import Channel


class Terminal(NamedTuple):
    """A school's contract with VNPAY; the secret opens for this code alone."""

    school_id: str
    code: str
    secret: WrappedKey
    return_url: str
    enabled: bool


async def of_school(session: Session, school_id: str) -> Mapping[PaymentMethod, Channel]:
    """Give the channels that a school ever had."""
    statement = select(Channel).where(col(Channel.school_id) == school_id)
    return {one.channel: one for one in await session.scalars(statement)}


async def hold(session: Session, school_id: str) -> Mapping[PaymentMethod, Channel]:
    """Give them; nobody else sets one of this school until the transaction ends."""
    # A lock on the rows would not hold back who adds the first one.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(school_id, 0))))
    return await of_school(session, school_id)


async def terminal(session: Session, code: str | None) -> Terminal | None:
    """Give the terminal of a merchant's code, switched off or not: money may still come."""
    if code is None:  # it would find every channel that has no terminal
        return None
    statement = select(Channel).where(col(Channel.terminal) == code)
    return _terminal((await session.scalars(statement)).one_or_none())


async def terminal_of(session: Session, school_id: str) -> Terminal | None:
    """Give a school's terminal, if it ever had one."""
    return _terminal((await of_school(session, school_id)).get(PaymentMethod.VNPAY))


def _terminal(row: Channel | None) -> Terminal | None:
    if row is None or None in (row.terminal, row.secret, row.key_id, row.return_url):
        return None
    return Terminal(
        row.school_id,
        str(row.terminal),
        WrappedKey(str(row.secret), str(row.key_id)),
        str(row.return_url),
        row.enabled,
    )
