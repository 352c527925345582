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
from ioc_aggregator.rollups.state import combined

FRIDAY = date(2026, 11, 20)
SATURDAY = FRIDAY + timedelta(days=1)
FULL = {"Authorization": "Bearer auditor"}


@pytest.fixture
async def past(days: Callable[..., Any], make: Any, two_schools: list[Event]) -> Any:
    """Friday: 30 pupils, three scores. Saturday: two of them corrected. Sunday: a school more."""
    return await days(
        [
            *two_schools,
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
        assert combined(stood.hashes) == known
        end = DayEnd(
            stood.day,
            stood.ended_at,
            stood.positions,
            stood.as_of,
            stood.hashes,
            list(stood.closed),
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
        more = replace(dump, hashes=dump.hashes | {"counted since": "0" * 64})
        assert closes.judged(end, more, recount, Log("", vector)).differences == ()
        other = replace(dump, hashes=dump.hashes | {"pupils": "0" * 64})
        (differing,) = closes.judged(end, other, recount, Log("", vector)).differences
        assert differing.cell == "the hash of pupils"
        # A cell that is changed, or a day that is not its own, is found.
        cell = next(iter(dump.cells))
        planted = replace(dump, cells={**dump.cells, cell: dump.cells[cell] + 1})
        assert len(closes.judged(end, planted, recount, Log("", vector)).differences) == 1
        other = await dumped(client, FRIDAY if end.day != FRIDAY else SATURDAY)
        assert closes.judged(end, other, recount, Log("", vector)).differences
    assert compared > 100


def test_of_the_days_before_the_last_week_only_closes_are_compared() -> None:
    def end(day: date, *closed: str) -> DayEnd:
        return DayEnd(day, None, {}, {}, {}, list(closed))  # type: ignore[arg-type]

    ends = [end(FRIDAY - timedelta(days=past)) for past in range(20)]
    ends[13] = end(ends[13].day, "2026-W45")
    found = closes.chosen({one.day: one for one in ends})
    assert [(FRIDAY - one.day).days for one in found] == [13, *range(6, -1, -1)]


@pytest.fixture
async def closed(days: Callable[..., Any], make: Any, two_schools: list[Event]) -> Any:
    """The week closes on Sunday; messages of Friday come on Sunday evening, Monday and Tuesday."""
    return await days(
        two_schools,
        [],
        [make.delivered(11, [1] * 20, day=FRIDAY)],
        [make.delivered(11, [1] * 3, day=FRIDAY), make.delivered(12, [2] * 7, day=SATURDAY)],
        [make.delivered(12, [2] * 4, day=date(2026, 11, 23))],
        sources=("admissions", "gradebook", "notifications"),
    )


@pytest.mark.usefixtures("closed")
async def test_a_later_fact_restates_a_closed_week(
    client: httpx.AsyncClient, log: Any, make: Any
) -> None:
    await log.append(make.delivered(12, [1], day=SATURDAY))
    await log.engine.turn()
    query = {"indicator": "N52", "period": "2026-W47"}
    found = (await client.get("/restatements", params=query, headers=FULL)).json()
    assert (found["closed"]["day"], found["then"]["numerator"]) == ("2026-11-22", 20)
    assert found["now"]["numerator"] == 31
    monday, today = found["restatements"]
    assert (monday["day"], monday["before"]["numerator"], monday["after"]["numerator"]) == (
        "2026-11-23",
        20,
        30,
    )
    assert monday["ended_at"] == "2026-11-23T17:00:10Z"
    assert [
        (each["code"], each["before"]["numerator"], each["after"]["numerator"], each["streams"])
        for each in monday["schools"]
    ] == [
        ("T11", 20, 23, ["notifications.messages.v1"]),
        ("T12", 0, 7, ["notifications.messages.v1"]),
    ]
    assert (today["day"], today["after"]["numerator"]) == (None, 31)
    assert [each["code"] for each in today["schools"]] == ["T12"]
    # The close itself stands; the week's number is what the log says now.
    at_close = await number(client, "N52", period="2026-W47", as_of="2026-11-22")
    assert at_close["number"]["numerator"] == 20
    week = await number(client, "N52", period="2026-W47")
    assert (week["number"]["numerator"], week["closed"]) == (31, "2026-11-22")
    assert (await number(client, "N52", period="2026-11"))["closed"] is None


@pytest.mark.usefixtures("closed")
async def test_restatements_name_no_school_to_the_public(client: httpx.AsyncClient) -> None:
    query = {"indicator": "N52", "period": "2026-W47"}
    found = (await client.get("/restatements", params=query)).json()
    assert [each["schools"] for each in found["restatements"]] == [[]]
    nothing = {"numerator": None, "denominator": None, "suppressed": True}
    [step] = found["restatements"]
    assert [found["then"], found["now"], step["before"], step["after"]] == [nothing] * 4
    answer = await client.get("/restatements", params={**query, "period": "2026-11"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:edu:problem:period-not-closed")


@pytest.mark.usefixtures("closed")
async def test_a_days_messages_are_not_for_the_public(client: httpx.AsyncClient) -> None:
    """Two weeks or days can be subtracted from a year, like any filter by day."""
    query = {"indicator": "N52", "period": "2026-W47"}
    [public] = (await client.get("/indicators", params=query)).json()["indicators"]
    assert public["number"] | {"breakdown": []} == {
        "numerator": None,
        "denominator": None,
        "suppressed": True,
        "schools_reported": 1,
        "schools_expected": 2,
        "breakdown": [],
    }


@pytest.mark.usefixtures("closed")
async def test_a_stock_is_never_restated(client: httpx.AsyncClient, log: Any, make: Any) -> None:
    await log.append(*make.enrolments(12, 9))
    await log.engine.turn()
    query = {"indicator": "N04", "period": "2026-W47"}
    found = (await client.get("/restatements", params=query, headers=FULL)).json()
    assert (found["then"], found["restatements"]) == (found["now"], [])
    assert found["now"]["numerator"] == 30


@pytest.mark.usefixtures("closed")
async def test_who_has_not_reported_and_since_when(client: httpx.AsyncClient) -> None:
    async def missing(**query: str) -> list[tuple[str, str, str | None]]:
        found = (await client.get("/completeness", params=query)).json()
        assert found["schools_expected"] - found["schools_reported"] == len(found["missing"])
        return [(each["code"], each["since"], each["last_heard"]) for each in found["missing"]]

    assert await missing(indicator="N52") == []
    assert await missing(indicator="N52", period="2026-W47") == [
        ("T12", "2026-11-16", "2026-11-24")
    ]
    assert await missing(indicator="N52", period="2026-11-24") == [
        ("T11", "2026-11-24", "2026-11-23")
    ]
    assert await missing(indicator="N04") == [("T12", "2026-09-05", None)]


@pytest.mark.usefixtures("closed")
async def test_the_days_and_what_closed_with_them(client: httpx.AsyncClient) -> None:
    found = (await client.get("/periods")).json()
    assert found["today"] == "2026-11-25"
    assert [(row["day"], row["closed"]) for row in found["days"]] == [
        ("2026-11-20", []),
        ("2026-11-21", []),
        ("2026-11-22", ["2026-W47"]),
        ("2026-11-23", []),
        ("2026-11-24", []),
    ]
