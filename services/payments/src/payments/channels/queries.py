"""What other slices may know of channels."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlmodel import col

from chassis.database import Session
from contracts.payments import PaymentMethod
from payments.channels.tables import Channel


async def of_school(session: Session, school_id: str) -> Mapping[PaymentMethod, Channel]:
    """Give the channels that a school ever had."""
    statement = select(Channel).where(col(Channel.school_id) == school_id)
    return {one.channel: one for one in await session.scalars(statement)}


async def hold(session: Session, school_id: str) -> Mapping[PaymentMethod, Channel]:
    """Give them; nobody else sets one of this school until the transaction ends."""
    # A lock on the rows would not hold back who adds the first one.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(school_id, 0))))
    return await of_school(session, school_id)


async def terminal(session: Session, code: str | None) -> Channel | None:
    """Give the channel of a merchant's code, switched off or not: money may still come."""
    if code is None:
        return None
    statement = select(Channel).where(col(Channel.terminal) == code)
    return (await session.scalars(statement)).one_or_none()
