"""A transaction that PostgreSQL ended so that another could go on is simply done again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

R = TypeVar("R")

_SQLSTATES = frozenset({"40001", "40P01"})
_ENDURED = 2
_log = structlog.get_logger("chassis.http")


async def enduring(transact: Callable[[], Awaitable[R]], *, of: str) -> R:
    """Run a transaction, and again after a deadlock; the third one in a row is raised."""
    for _ in range(_ENDURED):
        try:
            return await transact()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _SQLSTATES:
                raise
            _log.warning("deadlock, command runs again", route=of)
    return await transact()
