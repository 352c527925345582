"""A database with the tables of delivery, and a few of a test's own; no service's migrations."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import text

from chassis.database import Database
from chassis.migrations import create_delivery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def with_delivery(url: str, *more: str) -> AsyncIterator[Database]:
    """Open the database; the first time, make the tables of delivery and run ``more``."""
    opened = Database(url, application="test")
    async with opened.transaction() as session:
        present = await session.execute(text("SELECT to_regclass('delivery.outbox')"))
        if present.scalar() is None:
            statements: list[str] = []
            create_delivery(statements.append, date(2026, 11, 22))
            for statement in (*statements, *more):
                await session.execute(text(statement))
    yield opened
    await opened.close()
