"""What everybody who acts on the day shares: whom to ask, as whom, and what has to come of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edu.client import Refused, Suite
from edu.demo.province import named
from edu.progress import Advance

if TYPE_CHECKING:
    from edu.demo.playing import Day

DONE_OTHERWISE = frozenset(
    {
        "cells-changed", "version-conflict", "sheet-already-open", "guardian-exists",
        "preferences-changed", "payment-already-recorded", "nothing-owed", "payment-reversed",
    }
)  # fmt: skip
"""Refusals that say that somebody has been here since: the demo leaves it at that."""

Mint = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Stage:
    """``mint`` makes a token; ``done`` is told how much is through."""

    suite: Suite
    day: Day
    mint: Mint
    done: Advance
    told: Counter[str] = field(default_factory=Counter)
    """By a pupil's code: of how much there is to tell the guardian."""
    facts: Counter[str] = field(default_factory=Counter)
    """By the name of an event of payments: how many there are to tell whoever subscribed."""

    async def command(
        self,
        service: str,
        method: str,
        path: str,
        body: object,
        *,
        token: str | None = None,
        waits_for: Collection[str] = frozenset(),
    ) -> Any:
        """Give a command; the same one always has the same key."""
        content = json.dumps(body, sort_keys=True)
        return await self.suite.command(
            service,
            method,
            path,
            key=named(method, path, content),
            body=body,
            token=token,
            waits_for=waits_for,
        )


async def tolerant(command: Awaitable[Any]) -> Any:
    """Wait for a command that may find itself done otherwise; then there is no answer."""
    try:
        return await command
    except Refused as refused:
        if refused.slug not in DONE_OTHERWISE:
            raise
    return None
