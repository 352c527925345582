"""A database with the tables of delivery and nothing else, and a relay beside it."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from uuid import NAMESPACE_URL, uuid5

import pytest

from chassis.database import Database
from chassis.relay.relay import Relay
from contracts.admissions import UnitRegistered
from contracts.lists import UnitKind
from edu.testing.delivery import with_delivery


def _unit(number: int, *, version: int = 1) -> UnitRegistered:
    """Return one of an endless row of communes."""
    return UnitRegistered(
        unit_id=str(uuid5(NAMESPACE_URL, f"unit/{number}")),
        version=version,
        code=f"{number:05d}",
        name=f"Xã số {number}",
        kind=UnitKind.COMMUNE,
        parent_id=None,
        valid_from=date(2025, 7, 1),
    )


@pytest.fixture
def unit() -> Callable[..., UnitRegistered]:
    """``unit(n)`` is commune number n."""
    return _unit


@pytest.fixture
async def delivery(database: Callable[[str], str]) -> AsyncIterator[Database]:
    async with with_delivery(database("delivery")) as opened:
        yield opened


@pytest.fixture
def relay(delivery: Database, kafka: str) -> Relay:
    made = Relay(service="admissions", url=delivery.url, bootstrap=[kafka])
    delivery.after_emit(made.wake)
    return made
