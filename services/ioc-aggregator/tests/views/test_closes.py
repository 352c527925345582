"""Past days over HTTP, and what `./edu verify` makes of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from contracts.event import Event
from edu.testing.sources import document as document_of
from edu.verify import closes
from edu.verify.documents import DayEnd
from edu.verify.dump import Dump, parse
from edu.verify.log import Log, Record
from edu.verify.recount import Recount

FRIDAY = date(2026, 11, 20)
SATURDAY = FRIDAY + timedelta(days=1)
FULL = {"Authorization": "Bearer auditor"}


@pytest.fixture
async def past(days: Callable[..., Any], make: Any) -> Any:
    """Friday: 30 pupils, three scores. Saturday: two of them corrected. Sunday: a school more."""
    return await days(
        [
            make.unit(1, "Tây Ninh"),
            make.unit(2, "Xã Hai", parent=1),
            make.school(11, 2),
            make.school(12, 2),
            make.calendar(),
            *make.enrolments(11, 30),
            make.sheet(11),
            make.save(11, [850, 400, None, 1000]),
        ],
        [make.save(11, [900, None], [850, 400])],
        [*make.enrolments(12, 9), make.sheet(12), make.save(12, [500] * 6)],
    )


async def number(client: httpx.AsyncClient, indicator: str, **query: str) -> Any:
    answer = await client.get("/indicators", params={"indicator": indicator, **query}, headers=FULL)
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["indicators"]
    return found


@pytest.mark.usefixtures("past")
async def test_a_number_as_of_a_past_day(client: httpx.AsyncClient) -> None:
    for day, pupils, reported in (
        (FRIDAY, 30, 1),
        (SATURDAY, 30, 1),
        (SATURDAY + timedelta(days=1), 39, 2),
    ):
        found = await number(client, "N04", as_of=str(day))
        assert found["number"]["numerator"] == pupils
        assert found["number"]["schools_reported"] == reported
        assert (found["state"], found["ended"]) == ("ended", str(day))
        assert found["as_of"].startswith(f"{day}T17:00:10")
    found = await number(client, "N04")
    assert (found["number"]["numerator"], found["ended"]) == (39, None)


@pytest.mark.usefixtures("past")
async def test_days_on_end_show_what_stood_at_their_end_and_who_was_heard(
    client: httpx.AsyncClient,
) -> None:
    friday = await number(client, "N26", period=str(FRIDAY))
    saturday = await number(client, "N26", period=str(SATURDAY))
    week = await number(client, "N26", period="2026-W47")
    month = await number(client, "N26", period="2026-11")
    assert [
        (each["number"]["numerator"], each["number"]["schools_reported"], each["ended"])
        for each in (friday, saturday, week, month)
    ] == [(3, 1, "2026-11-20"), (2, 1, "2026-11-21"), (8, 2, "2026-11-22"), (8, 2, None)]
    sunday = await number(client, "N26", period="2026-11-22")
    assert sunday["number"]["schools_reported"] == 1


@pytest.mark.usefixtures("past")
async def test_before_the_first_day_nothing_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/indicators", params={"as_of": "2026-11-19"})
    assert (answer.status_code, answer.json()["type"]) == (
        404,
        "urn:edu:problem:day-not-kept",
    )
    answer = await client.get("/indicators", params={"period": "2026-02-30"})
    assert answer.status_code == 422


@pytest.mark.usefixtures("past")
async def test_the_public_sees_no_small_number_of_a_past_day(client: httpx.AsyncClient) -> None:
    found = (await client.get("/indicators", params={"as_of": str(FRIDAY)})).json()
    scores = next(item for item in found["indicators"] if item["indicator"] == "N28")
    assert scores["number"]["suppressed"]
    assert scores["number"]["numerator"] is None


async def test_a_histogram_of_a_past_day(client: httpx.AsyncClient, past: list[str]) -> None:
    query = {"subject": "TOAN", "as_of": str(SATURDAY)}
    found = (await client.get("/histograms", params=query, headers=FULL)).json()
    assert (found["count"], found["sum"], found["ended"]) == (2, 1900, str(SATURDAY))
    assert found["spread"]["median"] == 90
    now = (await client.get("/histograms", params={"subject": "TOAN"}, headers=FULL)).json()
    assert now["count"] == 8
    assert now["spread"]["mean"] == {"numerator": 4900, "denominator": 8}
    assert [band["count"] for band in now["spread"]["bands"]] == [0, 0, 6, 0, 2]
    assert len(past) == 3


def records(events: list[Event]) -> list[Record]:
    """Give the log as it would lie in Kafka."""
    offsets: dict[str, int] = {}
    written = []
    for event in events:
        offset = offsets.get(event.TOPIC.name, 0)
        offsets[event.TOPIC.name] = offset + 1
        value = document_of(event, sequence=offset + 1)
        written.append(Record(event.TOPIC.name, 0, offset, event.partition_key().encode(), value))
    return written


async def dumped(client: httpx.AsyncClient, day: date) -> Dump:
    answer = await client.get("/dump", params={"as_of": str(day)}, headers=FULL)
    assert answer.status_code == 200
    return parse(answer.text.splitlines())


async def test_verify_recounts_every_close(
    client: httpx.AsyncClient, log: Any, past: list[str]
) -> None:
    written = records(log.whole)
    compared = 0
    for stood, known in zip(await log.engine.history.ends(), past, strict=True):
        end = DayEnd(
            stood.day, stood.ended_at, stood.positions, stood.as_of, known, list(stood.closed)
        )
        vector = {
            (topic, partition): position
            for topic, partitions in end.positions.items()
            for partition, position in partitions.items()
        }
        recount = Recount()
        recount.take(record for record in written if record.offset < vector[record.topic, 0])
        dump = await dumped(client, end.day)
        verdict = closes.judged(end, dump, recount, Log("", vector))
        assert verdict.differences == ()
        compared += verdict.compared
        # A cell that is changed, or a day that is not its own, is found.
        cell = next(iter(dump.cells))
        planted = replace(dump, cells={**dump.cells, cell: dump.cells[cell] + 1})
        assert len(closes.judged(end, planted, recount, Log("", vector)).differences) == 1
        other = await dumped(client, FRIDAY if end.day != FRIDAY else SATURDAY)
        assert closes.judged(end, other, recount, Log("", vector)).differences
    assert compared > 100


def test_of_the_days_before_the_last_week_only_closes_are_compared() -> None:
    def end(day: date, *closed: str) -> DayEnd:
        return DayEnd(day, None, {}, {}, "", list(closed))  # type: ignore[arg-type]

    ends = [end(FRIDAY - timedelta(days=past)) for past in range(20)]
    ends[13] = end(ends[13].day, "2026-W45")
    found = closes.chosen({one.day: one for one in ends})
    assert [(FRIDAY - one.day).days for one in found] == [13, *range(6, -1, -1)]
