"""What the demo shows at its end: the numbers as the IOC's public API gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from edu.client import Suite

VIET_NAM = timezone(timedelta(hours=7))
FIRST = frozenset({"N04", "N26"})
ROUND = 0.1
COLUMNS = (34, 12, 26, 10, 14)


async def first_number(suite: Suite) -> None:
    """Return as soon as the feed holds a number of pupils or of scores that is not nothing."""
    after = 0
    while True:
        page = await suite.query(
            "ioc-aggregator", "/feed", role="auditor", params={"after": after, "limit": 500}
        )
        numbers = (entry["data"] for entry in page["entries"])
        if any(number["indicator"] in FIRST and number["numerator"] for number in numbers):
            return
        after = page["next"]
        if after == page["head"]:
            await asyncio.sleep(ROUND)


async def table(suite: Suite) -> list[str]:
    """Write the province's indicators, and the communes that have any, line by line."""
    answer = await suite.query("ioc-aggregator", "/indicators", role="auditor")
    titles = ("Chỉ số (indicator)", "Giá trị", "Tử số / mẫu số", "n/N", "Tính đến")
    lines = [f"{answer['unit']['name']}, năm học {answer['period']}", _line(titles)]
    for indicator in answer["indicators"]:
        title = f"{indicator['indicator']} {indicator['name']['vi']}"
        lines.append(_line((title, *_parts(indicator, indicator["number"]))))
    pupils, progress = (
        next(one for one in answer["indicators"] if one["indicator"] == name)
        for name in ("N04", "N26")
    )
    entered = {child["unit_id"]: child for child in progress["children"]}
    for child in pupils["children"]:
        if child["numerator"]:
            value = _value(progress, entered.get(child["unit_id"], {}))
            lines.append(f"  {child['name']:32} {child['numerator']:>8,} học sinh, điểm {value}")
    return lines


def _parts(indicator: dict[str, Any], number: dict[str, Any]) -> tuple[str, str, str, str]:
    share = f"{number['schools_reported']}/{number['schools_expected']}"
    moment = indicator["as_of"]
    as_of = "" if moment is None else f"{_local(datetime.fromisoformat(moment)):%H:%M:%S}"
    counted = ""
    if number.get("denominator") is not None:
        counted = f"{number['numerator']:,} / {number['denominator']:,}"
    return _value(indicator, number), counted, share, as_of


def _value(indicator: dict[str, Any], number: dict[str, Any]) -> str:
    numerator, denominator = number.get("numerator"), number.get("denominator")
    code = indicator["unit"]["code"]
    if numerator is None:
        return "–"
    if code == "moment":
        return f"{_local(datetime.fromtimestamp(numerator, VIET_NAM)):%H:%M:%S}"
    if denominator is None:
        return f"{numerator:,}"
    if denominator == 0:
        return "–"
    scale, sign = (1000, "‰") if code == "per-mille" else (100, "%")
    tenths = (numerator * scale * 10 * 2 + denominator) // (denominator * 2)
    return f"{tenths // 10},{tenths % 10} {sign}"


def _local(moment: datetime) -> datetime:
    return moment.astimezone(VIET_NAM)


def _line(cells: Iterable[str]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(cells, COLUMNS, strict=True)).rstrip()
