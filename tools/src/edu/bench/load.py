"""Commands at a steady rate: each begins at its own moment, however long those before it take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from edu.progress import Advance


async def steadily(
    rate: float, count: int, command: Callable[[int], Awaitable[None]], more: Advance
) -> None:
    """Begin ``count`` commands at ``rate`` per second and wait for all of them.

    A server that stalls is not asked less (an open loop): what waits meanwhile counts as waiting.
    """
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            group.create_task(_one(command, number, more))


async def _one(command: Callable[[int], Awaitable[None]], number: int, more: Advance) -> None:
    await command(number)
    more(1)
