"""The only place that reads the clock or makes an id; everything else is given both."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from uuid_utils import uuid7

BUSINESS_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """Return this moment, aware, in UTC. Never used to order or deduplicate facts."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one allowed place


def business_day(moment: datetime) -> date:
    """Return the school day (Asia/Ho_Chi_Minh) on which ``moment`` falls."""
    return moment.astimezone(BUSINESS_ZONE).date()


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562) in lower case: unique, and close to creation order."""
    return str(uuid7())
