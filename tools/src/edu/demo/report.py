"""`./edu demo --report [--scale PART]`: the province's published table, counted from events.

A broker, a database and an aggregator of its own read the published years and the simulated year
of the new province, straight from Kafka; every number is then asked of the aggregator and held
against the report, or against what the simulator drew.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from contracts.relay import Watermark
from edu.bench.stage import suite
from edu.client import Suite
from edu.freshness import wait_until_counted
from edu.progress import progress
from edu.simulator import marks, published, year
from edu.simulator.admissions import FOR
from edu.simulator.documents import Writer
from edu.simulator.province import YEAR, Province, province
from edu.simulator.published import NO_EVENT, TABLE, Published
from edu.simulator.register import Tally, year_of
from edu.simulator.sending import sending
from edu.supervisor import Supervisor
from edu.tokens import token

AGGREGATOR = "ioc-aggregator"
SOURCES = ("admissions", "gradebook", "notifications", "payments")
WITHIN = 1800.0
"""Seconds: nothing moves before the one watermark at the end is reached."""
COLUMNS = (9, 5, 36, 24, 24)
_NOW = date(YEAR + 1, 10, 1)

Number = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A number of the simulated year, of which the simulator knows what it has to be."""

    indicator: str
    what: str
    numerator: Callable[[Tally], int]
    denominator: Callable[[Tally], int] | None = None
    period: str = year_of(YEAR)


def _of(family: str, column: str) -> Callable[[Tally], int]:
    return lambda tally: tally[family, column]


_PUPILS, _BILLED = _of("pupils", "count"), _of("charges", "billed")
_COLLECTED, _PLACED = _of("settled", "collected"), _of("placements", "applicants")
_QUOTA = _of("seats", "quota")
DRAWN = (
    Drawn("N03", "Lớp học", _of("classes", "classes")),
    Drawn("N04", "Học sinh, sau khi có người thôi học", _PUPILS),
    Drawn("N121", "Chuyển trường trong tỉnh", _of("moves:transferred-out", "pupils")),
    Drawn("N13", "Bỏ học", _of("moves:dropped-out", "pupils"), _of("pupils_at_start", "count")),
    Drawn("N26", "Ô điểm đã nhập", _of("scores", "entered"), _of("scores", "due")),
    Drawn("N28", "Lần sửa, xoá điểm", _of("scores", "corrected"), _of("scores", "entered")),
    Drawn(
        "N40", "Chuyên cần",
        lambda tally: tally["attendance", "due"] - tally["attendance", "absent"],
        _of("attendance", "due"),
    ),
    Drawn("N41", "Vắng không phép", _of("attendance", "unexcused"), _PUPILS),
    Drawn("N42", "Vắng từ 30 buổi", _of("absentees", "from_30")),
    Drawn("N421", "Vắng trên 45 buổi", _of("absentees", "over_45")),
    Drawn("N52", "Tin nhắn đến phụ huynh", _of("messages", "delivered")),
    Drawn(
        "N55", "Gửi tin thành công", _of("sendings", "delivered"),
        lambda tally: tally["sendings", "delivered"] + tally["sendings", "failed"],
    ),
    Drawn("N62", "Trường thu không tiền mặt", _of("channels", "channels")),
    Drawn("N64", "Phải thu, đồng", _BILLED),
    Drawn("N641", "Đã thu, đồng", _COLLECTED),
    Drawn("N65", "Tỷ lệ thu", _COLLECTED, _BILLED),
    Drawn(
        "N651", "Không tiền mặt",
        lambda tally: tally["settled", "collected"] - tally["settled:cash", "collected"],
        _COLLECTED,
    ),
    Drawn("N56", "Nguyện vọng lớp 10", _of("applications", "applications"), period=FOR),
    Drawn("N57", "Tỷ lệ chọi", _of("applications:1", "applications"), _QUOTA, FOR),
    Drawn("N58", "Điểm chuẩn", _of("cut_scores", "points"), _of("cut_scores", "scores"), FOR),
    Drawn("N59", "Đỗ nguyện vọng 1", _of("placements:1", "applicants"), _PLACED, FOR),
    Drawn("N591", "Đỗ nguyện vọng 2", _of("placements:2", "applicants"), _PLACED, FOR),
    Drawn("N592", "Đỗ nguyện vọng 3", _of("placements:3", "applicants"), _PLACED, FOR),
    Drawn("N593", "Không đỗ", _of("placements:none", "applicants"), _PLACED, FOR),
    Drawn("N60", "Lấp đầy chỉ tiêu", _of("seats", "confirmed"), _QUOTA, FOR),
    Drawn("N61", "Đăng ký đầu cấp", _of("requests", "requests"), period=FOR),
    Drawn(
        "N611", "Trái tuyến", _of("requests:out", "requests"), _of("requests", "requests"), FOR
    ),
)  # fmt: skip


def main(part: float = 1.0) -> int:
    """Print the tables of this part of the province; 1 where a number is not what it has to be."""
    here = province(part=part)
    with suite(AGGREGATOR) as on:
        tally, moment = _written(on, here, part)
        return asyncio.run(_shown(on, here, part, tally, moment))


def _written(on: Supervisor, here: Province, part: float) -> tuple[Tally, datetime]:
    """Write all years and, at last, that this is all; return that moment."""
    tally: Tally = Counter()
    writer = Writer(_nowhere, here.seed)

    def history(writer: Writer, _: Tally, done: year.Done) -> None:
        published.write(writer, here, done, part)

    told = published.total(part)
    wanted = round(marks.WANTED * part)
    for stream in (year.Stream("messages of old", told, history), *year.streams(here, wanted)):
        began, before = time.perf_counter(), writer.written
        with (
            sending(on.bootstrap) as writer.sink,
            progress(f"report: {stream.title}", stream.total) as more,
        ):
            stream.write(writer, tally, more)
        seconds = time.perf_counter() - began
        print(
            f"{stream.total:,} {stream.title} in {writer.written - before:,} events: "
            f"{seconds:.1f} s, {stream.total / seconds:,.0f}/s",
            flush=True,
        )
    moment = datetime.now(UTC)
    with sending(on.bootstrap) as sink:
        writer.sink = sink
        for source in SOURCES:
            mark = Watermark(source=source, read_at=moment, positions=writer.positions(source))
            writer.put(mark, f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z")
    return tally, moment


def _nowhere(_topic: str, _partition: int, _key: bytes, _value: bytes) -> None:
    raise AssertionError


async def _shown(
    on: Supervisor, here: Province, part: float, tally: Tally, moment: datetime
) -> int:
    auditor = token(on.home, "auditor")
    began = time.perf_counter()
    async with Suite(on.home) as asked:
        await wait_until_counted(asked, dict.fromkeys(SOURCES, moment), standstill=WITHIN)
        print(f"counted {time.perf_counter() - began:.1f} s after the last event was written")
        rows = [
            (one, await _number(asked, auditor, one.indicator, year_of(one.year), _day(one)))
            for one in TABLE
        ]
        drawn = [
            (one, await _number(asked, auditor, one.indicator, one.period, _NOW)) for one in DRAWN
        ]
    wrong = _print_published(rows, here, part) + _print_drawn(drawn, tally)
    print(
        f"report: {len(rows)} published numbers and {len(drawn)} of the simulated year counted "
        f"from events, {wrong} differ"
    )
    return 1 if wrong else 0


def _day(one: Published) -> date:
    """Give the day of the register: a year is shown with the schools of the October after it."""
    return one.on or date(one.year + 1, 10, 1)


async def _number(
    asked: Suite, auditor: str, indicator: str, period: str, day: date
) -> tuple[int, int | None]:
    params: dict[str, Any] = {"indicator": indicator, "period": period, "on": f"{day}"}
    answer = await asked.query(AGGREGATOR, "/indicators", token=auditor, params=params)
    number = answer["indicators"][0]["number"]
    return number["numerator"], number.get("denominator")


def _print_published(
    rows: list[tuple[Published, tuple[int, int | None]]], here: Province, part: float
) -> int:
    print(_line(("Năm học", "Chỉ số", "Nội dung", "Đã công bố", "Tính từ sự kiện")))
    wrong = 0
    for one, found in rows:
        due = one.of(here, part)
        right = _agrees(due, found)
        wrong += not right
        said = (one.numerator, one.denominator)
        cells = (year_of(one.year), one.indicator, one.what)
        text = _line((*cells, _written_as(said, more_than=one.more_than), _written_as(found)))
        verdict = ("đúng" if _agrees(one, found) else "khác") if right else "SAI"
        print(f"{text}  {verdict}{f' ({one.note})' if one.note else ''}")
        if verdict == "khác":
            few = f"{part:g}".replace(".", ",")
            print(f"  └ khác vì chỉ mô phỏng {few} của tỉnh: phải là {_written_as(_due(due))}")
    for first, indicator, why in NO_EVENT:
        print(f"{_line((year_of(first), indicator))}  không có gì để đếm: {why}")
    return wrong


def _due(one: Published) -> Number:
    return one.numerator, one.denominator


def _print_drawn(rows: list[tuple[Drawn, tuple[int, int | None]]], tally: Tally) -> int:
    print(_line(("Năm học", "Chỉ số", "Nội dung", "Đã mô phỏng", "Tính từ sự kiện")))
    wrong = 0
    for one, found in rows:
        due = (one.numerator(tally), None if one.denominator is None else one.denominator(tally))
        right = due[0] == found[0] and due[1] in (None, found[1])
        wrong += not right
        cells = (one.period, one.indicator, one.what, _written_as(due), _written_as(found))
        print(f"{_line(cells)}  {'đúng' if right else 'SAI'}")
    return wrong


def _agrees(one: Published, found: tuple[int, int | None]) -> bool:
    numerator, denominator = found
    if one.denominator is not None and denominator != one.denominator:
        return False
    if one.numerator is None:
        return True
    return numerator >= one.numerator if one.more_than else numerator == one.numerator


def _written_as(number: Number, *, more_than: bool = False) -> str:
    numerator, denominator = number
    below = "" if denominator is None else f"/{denominator:,}".replace(",", ".")
    if numerator is None:
        return f"?{below}"
    text = f"{'≥ ' if more_than else ''}{numerator:,}".replace(",", ".") + below
    if not denominator or numerator > denominator:
        return text
    tenths = (numerator * 2000 + denominator) // (denominator * 2)
    return f"{text} ({tenths // 10},{tenths % 10} %)"


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(_cells(cells)).rstrip()


def _cells(cells: tuple[str, ...]) -> Iterator[str]:
    for text, width in zip(cells, COLUMNS, strict=False):
        yield text.ljust(width)
