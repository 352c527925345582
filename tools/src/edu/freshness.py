"""Waiting until what was saved is in the numbers: a source's watermark says so, not a pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime

from edu.client import Suite
from edu.failure import Failure

LONGEST_STANDSTILL = 60.0
ROUND = 0.25


async def wait_until_counted(
    suite: Suite, moments: Mapping[str, datetime], *, standstill: float = LONGEST_STANDSTILL
) -> None:
    """Return when everything that each source had written by its moment is counted.

    Raises:
        Failure: no source has moved for ``standstill`` seconds.
    """
    before: object = None
    moved = time.monotonic()
    while True:
        sources = (await suite.query("ioc-aggregator", "/freshness"))["sources"]
        as_of = {one["source"]: one["as_of"] for one in sources}
        waiting = {
            source: moment
            for source, moment in moments.items()
            if as_of.get(source) is None or datetime.fromisoformat(as_of[source]) < moment
        }
        if not waiting:
            return
        if sources != before:
            before, moved = sources, time.monotonic()
        elif time.monotonic() - moved > standstill:
            since = ", ".join(f"{source} at {as_of.get(source)}" for source in waiting)
            raise Failure(f"The numbers stand still: {since}. See `./edu status`.")
        await asyncio.sleep(ROUND)
