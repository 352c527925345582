"""What everybody who acts on the day shares: when, whom to ask, as whom, and what came of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from edu.client import Refused, Suite
from edu.demo.province import Column, Pupil, Room, School, named
from edu.progress import Advance

DONE_OTHERWISE = frozenset(
    {
        "cells-changed", "version-conflict", "sheet-already-open", "guardian-exists",
        "preferences-changed", "payment-already-recorded", "nothing-owed", "payment-reversed",
        "roll-call-changed", "roll-call-invalid",
    }
)  # fmt: skip
"""Refusals that say that somebody has been here since: the demo leaves it at that."""

Mint = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Day:
    """When it is played."""

    school_year: str
    first_day: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open column, its room, and its cells as they were saved."""

    sheet_id: str
    room: Room
    column: Column
    cells: Sequence[tuple[Pupil, str | None]]


class Played:
    """What one school has come to: ids by code, and its sheets."""

    def __init__(self, school: School, school_id: str, place: str) -> None:
        """Begin with a school that is registered in a commune."""
        self.school = school
        self.place = place
        self.school_id = school_id
        self.pupils: dict[str, str] = {}
        self.sheets: list[Sheet] = []


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
