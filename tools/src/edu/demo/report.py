"""`./edu demo --report`: the province's published table, counted by the aggregator from events.

A broker, a database and an aggregator of its own read the two published years as the simulator
writes them; every number is then asked of the aggregator and held against the report.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from contracts.relay import Watermark
from edu.bench.stage import suite
from edu.client import Suite
from edu.freshness import wait_until_counted
from edu.progress import progress
from edu.simulator import published
from edu.simulator.documents import Writer
from edu.simulator.province import province
from edu.simulator.published import NO_EVENT, TABLE, Published, year_of
from edu.simulator.sending import sending
from edu.supervisor import Supervisor
from edu.tokens import token

AGGREGATOR = "ioc-aggregator"
SOURCES = ("admissions", "notifications", "payments")
WITHIN = 1800.0
"""Seconds: nothing moves before the one watermark at the end is reached."""
COLUMNS = (11, 5, 32, 18, 18)


def main() -> int:
    """Print the table; 1 where a number is not the published one."""
    with suite(AGGREGATOR) as here:
        moment = _written(here)
        return asyncio.run(_shown(here, moment))


def _written(here: Supervisor) -> datetime:
    """Write both years and, at last, that this is all; return that moment."""
    total = sum(published.MESSAGES.values())
    region = province()
    with sending(here.bootstrap) as sink, progress("report: messages", total) as more:
        writer = Writer(sink, region.seed)
        published.write(writer, region, more)
    moment = datetime.now(UTC)
    with sending(here.bootstrap) as sink:
        writer.sink = sink
        for source in SOURCES:
            mark = Watermark(source=source, read_at=moment, positions=writer.positions(source))
            writer.put(mark, f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z")
    return moment


async def _shown(here: Supervisor, moment: datetime) -> int:
    auditor = token(here.home, "auditor")
    async with Suite(here.home) as asked:
        await wait_until_counted(asked, dict.fromkeys(SOURCES, moment), standstill=WITHIN)
        rows = [(one, *await _number(asked, auditor, one)) for one in TABLE]
    print(_line(("Năm học", "Chỉ số", "Nội dung", "Đã công bố", "Tính từ sự kiện")))
    wrong = 0
    for one, numerator, denominator in rows:
        right = _agrees(one, numerator, denominator)
        wrong += not right
        what = (
            year_of(one.year),
            one.indicator,
            one.what,
            _written_as(one.numerator, one.denominator, more_than=one.more_than),
            _written_as(numerator, denominator),
        )
        print(f"{_line(what)}  {'đúng' if right else 'SAI'}")
    for year, indicator, why in NO_EVENT:
        print(f"{_line((year_of(year), indicator))}  không có sự kiện: {why}")
    print(f"report: {len(rows)} numbers counted from events, {wrong} differ from the report")
    return 1 if wrong else 0


async def _number(asked: Suite, auditor: str, one: Published) -> tuple[int, int | None]:
    """Ask for a number as its year left it: with the schools and borders of the October after."""
    params: dict[str, Any] = {
        "indicator": one.indicator,
        "period": year_of(one.year),
        "on": f"{one.year + 1}-10-01",
    }
    if one.dims is not None:
        params["dims"] = one.dims
    answer = await asked.query(AGGREGATOR, "/indicators", token=auditor, params=params)
    number = answer["indicators"][0]["number"]
    return number["numerator"], number.get("denominator")


def _agrees(one: Published, numerator: int, denominator: int | None) -> bool:
    if one.denominator is not None and denominator != one.denominator:
        return False
    return numerator >= one.numerator if one.more_than else numerator == one.numerator


def _written_as(numerator: int, denominator: int | None, *, more_than: bool = False) -> str:
    text = f"{'≥ ' if more_than else ''}{numerator:,}".replace(",", ".")
    if not denominator:
        return text
    tenths = (numerator * 2000 + denominator) // (denominator * 2)
    return f"{text}/{denominator} ({tenths // 10},{tenths % 10} %)"


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(_cells(cells)).rstrip()


def _cells(cells: tuple[str, ...]) -> Iterator[str]:
    for text, width in zip(cells, COLUMNS, strict=False):
        yield text.ljust(width)
