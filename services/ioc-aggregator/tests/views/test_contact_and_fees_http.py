"""Contact and fees over HTTP and in the feed."""

from datetime import UTC, date, datetime
from typing import Any

import httpx

from contracts import envelope
from contracts.envelope import Envelope
from contracts.lists import MeasureUnit
from contracts.notifications import Channel
from contracts.payments import PaymentMethod
from contracts.statistics import IndicatorChanged

YEAR = "2026-2027"
TODAY = date(2026, 11, 20)
PAST, COMING = date(2026, 10, 31), date(2026, 11, 30)
OFFICER = {"Authorization": "Bearer department-officer"}


async def told(log: Any, make: Any) -> None:
    """Let everything be told, and be up to date."""
    await log.append(
        make.unit(1, "Tây Ninh"),
        make.unit(2, parent=1),
        make.calendar(),
        make.school(11, 2),
        make.school(12, 2),
    )
    await log.append(
        make.link(None, 11),
        make.channels(12, 0, 1),
        make.assess(11, [700_000] * 9, due_on=PAST),
        make.assess(12, [700_000] * 9),
        *[make.pay(11, 700_000, due_on=PAST)] * 5,
        *[make.pay(12, 700_000, method=PaymentMethod.VNPAY)] * 6,
        make.delivered(11, [1] * 6),
        make.delivered(11, [1] * 3, day=date(2026, 11, 11)),
        make.delivered(12, [2] * 5, channel=Channel.EMAIL),
    )
    sources = ("admissions", "gradebook", "payments", "notifications")
    await log.reach(*sources, seconds=log.age())


async def ask(client: httpx.AsyncClient, query: str, **headers: str) -> dict[str, Any]:
    answer = await client.get(f"/indicators?period={YEAR}&{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return {item["indicator"]: item for item in answer.json()["indicators"]}


async def test_over_http(log: Any, make: Any, client: httpx.AsyncClient) -> None:
    await told(log, make)
    found = await ask(client, "by=method")
    values = {
        name: (item["number"]["numerator"], item["number"]["denominator"])
        for name, item in found.items()
    }
    assert values["N50"] == values["N62"] == (1, 2)
    assert values["N63"] == (1, 1)
    assert values["N64"] == (18 * 700_000, None)
    assert values["N641"] == (11 * 700_000, None)
    assert values["N65"] == (11 * 700_000, 18 * 700_000)
    assert values["N651"] == (6 * 700_000, 11 * 700_000)
    assert values["N52"] == (14, None)
    assert found["N50"]["sources"] == ["admissions", "notifications"]
    assert {item["state"] for item in found.values()} == {"fresh"}
    assert [part["dims"] for part in found["N641"]["number"]["breakdown"]] == [
        {"method": "cash"},
        {"method": "vnpay"},
    ]


async def test_days_are_for_those_who_see_small_numbers(
    log: Any, make: Any, client: httpx.AsyncClient
) -> None:
    await told(log, make)
    refused = await client.get("/indicators?indicator=N52&by=day")
    assert refused.status_code == 403
    found = await ask(client, "indicator=N52&by=day&dims=channel:sms", **OFFICER)
    assert [
        (part["dims"]["day"], part["numerator"]) for part in found["N52"]["number"]["breakdown"]
    ] == [("2026-11-10", 6), ("2026-11-11", 3)]
    on_a_day = await ask(client, "indicator=N52&by=channel&dims=day:2026-11-10", **OFFICER)
    # As the list of channels has them, whichever was used first.
    assert [
        (part["dims"]["channel"], part["numerator"])
        for part in on_a_day["N52"]["number"]["breakdown"]
    ] == [("email", 5), ("sms", 6)]


async def test_a_source_never_seen_is_no_zero(
    log: Any, make: Any, client: httpx.AsyncClient
) -> None:
    await log.append(make.unit(1), make.school(11, 1), make.calendar())
    await log.reach("admissions", seconds=log.age())
    found = await ask(client, "")
    for indicator in ("N50", "N52", "N62", "N64", "N65"):
        assert found[indicator]["state"] == "no-source"
        assert found[indicator]["number"]["numerator"] is None
    assert found["N71"]["state"] == "fresh"


def noon_of(day: date) -> float:
    """Give the seconds from the tests' moment to noon of a day in the province."""
    noon = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    return (noon - datetime(2026, 11, 20, 1, tzinfo=UTC)).total_seconds()


async def test_the_feed_tells_of_what_became_late_over_night(log: Any, make: Any) -> None:
    await log.append(make.unit(1), make.school(11, 1), make.calendar(), make.school(12, 1))
    await log.append(make.assess(11, [700_000] * 9, due_on=COMING), *[make.pay(11, 700_000)] * 5)
    late: dict[date, int | None] = {}
    for day in (TODAY, COMING, date(2026, 12, 1)):
        before = log.engine.feed.head
        await log.reach("payments", seconds=noon_of(day))
        for entry in await log.engine.feed.after(before, 1000):
            document = envelope.decode(entry.document(full=True), b"k")
            assert isinstance(document, Envelope)
            change = IndicatorChanged.read(document.data)
            if change.indicator == "N642" and change.unit_kind == "school":
                late[day] = change.numerator
                assert change.unit is MeasureUnit.DONG
    assert late == {date(2026, 12, 1): 4 * 700_000}
