"""Runs asynchronous work on the event loop that the services run on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from uvicorn.loops.auto import auto_loop_factory

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run ``work`` to its end, as ``serve`` would."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)
