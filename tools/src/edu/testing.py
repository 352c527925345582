"""The pytest plugin every distribution's tests use: one broker and one database per session."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

INFRASTRUCTURE = frozenset({"infra", "kafka", "postgres", "database"})

Result = TypeVar("Result")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `wire` whatever asks for a broker or a database, so that nobody has to remember it."""
    for item in items:
        if INFRASTRUCTURE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.wire)


async def eventually(
    probe: Callable[[], Awaitable[Result] | Result], *, within: float = 10.0
) -> Result:
    """Ask until the answer is true, and return it; the last answer or error is the failure."""
    deadline = time.monotonic() + within
    while True:
        try:
            outcome = probe()
            answer = await outcome if inspect.isawaitable(outcome) else outcome
        except Exception as error:  # noqa: BLE001 - whatever it is, it may pass before the deadline
            failure: BaseException | None = error
        else:
            if answer:
                return answer
            failure = AssertionError(f"still {answer!r} after {within} s")
        if time.monotonic() >= deadline:
            raise failure
        await asyncio.sleep(0.02)
