"""The queries over HTTP: shapes, views, borders, freshness, and what is refused."""

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from chassis import clock
from ioc_aggregator.engine import Engine

OFFICER = {"Authorization": "Bearer department-officer"}
AUDITOR = {"Authorization": "Bearer auditor"}
TEACHER = {"Authorization": "Bearer teacher"}


async def numbers(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> Any:
    response = await client.get("/indicators", params=query, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_province_its_communes_and_the_undeclared(
    province: Any, client: httpx.AsyncClient, make: Any
) -> None:
    answer = await numbers(client, OFFICER, indicator="N04")
    assert answer["view"] == "full"
    assert answer["feed"] == province.engine.feed.head > 0
    assert (answer["unit"]["name"], answer["period"]) == ("Tây Ninh", make.year)
    [pupils] = answer["indicators"]
    assert (pupils["state"], pupils["sources"]) == ("fresh", ["admissions"])
    assert pupils["number"]["numerator"] == 61
    assert (pupils["number"]["schools_reported"], pupils["number"]["schools_expected"]) == (3, 4)
    children = {child["name"]: child for child in pupils["children"]}
    assert children["Xã Hai"]["numerator"] == 23
    assert children["Xã Ba"]["numerator"] == 30
    assert children["Chưa khai báo"]["numerator"] == 8
    assert children["Chưa khai báo"]["schools_expected"] == 0
    apart = await numbers(client, OFFICER, indicator="N04", unit="undeclared")
    [stranger] = apart["indicators"][0]["children"]
    assert (stranger["unit_id"], stranger["declared"], stranger["numerator"]) == (
        make.id(77),
        False,
        8,
    )


@pytest.mark.usefixtures("province")
async def test_a_commune_a_school_and_a_breakdown(client: httpx.AsyncClient, make: Any) -> None:
    answer = await numbers(client, OFFICER, unit=make.id(2), by="sex")
    assert [step["name"] for step in answer["path"]] == ["Tây Ninh", "Xã Hai"]
    by_id = {found["indicator"]: found for found in answer["indicators"]}
    assert by_id["N04"]["number"]["breakdown"] == [
        {"dims": {"sex": "male"}, "numerator": 20, "denominator": None, "suppressed": False},
        {"dims": {"sex": "female"}, "numerator": 3, "denominator": None, "suppressed": False},
    ]
    assert by_id["N26"]["number"]["numerator"] == 4
    assert by_id["N26"]["number"]["denominator"] == 40
    assert by_id["N26"]["number"]["breakdown"] == []
    assert (by_id["N28"]["number"]["numerator"], by_id["N28"]["unit"]["code"]) == (1, "per-mille")
    school = await numbers(client, OFFICER, unit=make.id(11), period=f"{make.year}/HK1")
    assert [found["period"] for found in school["indicators"]][:2] == [
        make.year,
        f"{make.year}/HK1",
    ]
    assert school["indicators"][0]["children"] == []


@pytest.mark.usefixtures("province")
async def test_free_filters_are_for_those_who_may_see_all(client: httpx.AsyncClient) -> None:
    answer = await numbers(client, OFFICER, indicator="N04", dims=["sex:female", "grade:6"])
    assert answer["indicators"][0]["number"]["numerator"] == 11
    assert answer["indicators"][0]["dims"] == {"sex": "female", "grade": "6"}
    for headers in ({}, TEACHER):
        refused = await client.get("/indicators?dims=sex:female", headers=headers)
        assert refused.status_code == 403
        assert refused.json()["type"] == "urn:edu:problem:filters-out-of-scope"


@pytest.mark.usefixtures("province")
async def test_the_public_sees_no_small_cell(client: httpx.AsyncClient, make: Any) -> None:
    answer = await numbers(client, {}, indicator="N04", unit=make.id(2))
    assert answer["view"] == "public"
    [pupils] = answer["indicators"]
    assert pupils["number"]["numerator"] == 23
    hidden = {child["unit_id"]: child for child in pupils["children"]}
    for school in (11, 12):
        assert hidden[make.id(school)]["suppressed"] is True
        assert hidden[make.id(school)]["numerator"] is None
    school = await numbers(client, TEACHER, indicator="N04", unit=make.id(12))
    assert school["indicators"][0]["number"]["numerator"] is None, "nor when asked directly"
    by_sex = await numbers(client, {}, indicator="N04", unit=make.id(2), by="sex")
    assert all(part["suppressed"] for part in by_sex["indicators"][0]["number"]["breakdown"])


@pytest.mark.usefixtures("province")
async def test_freshness_is_a_number_too(client: httpx.AsyncClient) -> None:
    answer = await numbers(client, {}, indicator="N71")
    [found] = answer["indicators"]
    assert found["children"] == []
    sources = {part["dims"]["source"]: part["numerator"] for part in found["number"]["breakdown"]}
    assert sources.keys() == {"admissions", "gradebook"}
    assert found["number"]["numerator"] == min(sources.values())


async def test_nothing_is_shown_without_its_as_of(
    log: Any, client: httpx.AsyncClient, make: Any
) -> None:
    await log.append(make.unit(1), make.school(11, 1), *make.enrolments(11, 9))
    await log.engine.turn()
    answer = await numbers(client, OFFICER)
    for found in answer["indicators"]:
        assert found["state"] == "no-source"
        assert found["as_of"] is None
        assert found["number"]["numerator"] is None
    await log.append(make.watermark("admissions", {"admissions.enrolment.v1": {0: 99}}))
    await log.engine.turn()
    loading = (await numbers(client, OFFICER, indicator="N04"))["indicators"][0]
    assert (loading["state"], loading["number"]["numerator"]) == ("loading", None)
    known = {s["source"]: s for s in (await client.get("/freshness")).json()["sources"]}
    assert known["admissions"]["behind"] == [
        {"topic": "admissions.enrolment.v1", "partition": 0, "applied": 9, "due": 99}
    ]
    assert known["gradebook"]["state"] == "no-source"


async def test_a_silent_source_is_stale_since_its_last_word(
    log: Any, client: httpx.AsyncClient, make: Any
) -> None:
    await log.append(*make.enrolments(11, 9))
    await log.reach("admissions", seconds=log.age() - 11)
    [pupils] = (await numbers(client, {}, indicator="N04"))["indicators"]
    assert pupils["state"] == "stale"
    assert pupils["stale_since"] == pupils["as_of"] is not None
    assert pupils["number"]["numerator"] == 9
    known = {s["source"]: s for s in (await client.get("/freshness")).json()["sources"]}
    assert known["admissions"]["state"] == "stale"
    assert known["admissions"]["watermark"] == known["admissions"]["as_of"]


async def test_borders_of_another_day(province: Any, client: httpx.AsyncClient, make: Any) -> None:
    today = clock.business_day(clock.now())
    await province.append(make.merge(3, 2, today))
    await province.reach("admissions", seconds=province.age())
    now = await numbers(client, OFFICER, indicator="N04")
    before = await numbers(client, OFFICER, indicator="N04", on=str(today - timedelta(days=1)))
    assert now["indicators"][0]["number"]["numerator"] == 61
    assert before["indicators"][0]["number"]["numerator"] == 61
    names = [child["name"] for child in now["indicators"][0]["children"]]
    assert names == ["Xã Hai", "Chưa khai báo"]
    assert "Xã Ba" in [child["name"] for child in before["indicators"][0]["children"]]


@pytest.mark.usefixtures("province")
async def test_histograms(client: httpx.AsyncClient, make: Any) -> None:
    url = "/histograms?subject=TOAN"
    full = (await client.get(url, headers=OFFICER)).json()
    assert (full["count"], full["sum"]) == (44, 850 + 500 + 1000 + sum(range(0, 400, 10)))
    assert full["counts"][85] == full["counts"][100] == 1
    assert sum(full["counts"]) == 44
    assert (full["assessment"], full["state"]) == ("score", "fresh")
    school = (await client.get(f"{url}&unit={make.id(11)}&grade=6", headers=OFFICER)).json()
    assert school["count"] == 4
    public = (await client.get(f"{url}&unit={make.id(11)}")).json()
    assert public["suppressed"] is True
    assert public["count"] is None
    assert set(public["counts"]) == {None}
    none = (await client.get(f"{url}&term=HK2", headers=OFFICER)).json()
    assert (none["count"], sum(none["counts"])) == (0, 0)


@pytest.mark.usefixtures("province")
async def test_names(client: httpx.AsyncClient, make: Any) -> None:
    answer = (await client.get("/units")).json()
    assert answer["root"] == make.id(1)
    assert [unit["name"] for unit in answer["units"]] == ["Tây Ninh", "Xã Hai", "Xã Ba"]
    schools = {school["school_id"]: school for school in answer["schools"]}
    assert schools[make.id(11)]["unit_id"] == make.id(2)
    assert schools[make.id(77)]["declared"] is False
    assert schools[make.id(77)]["unit_id"] == "undeclared"
    assert answer["period"] == make.year
    assert f"{make.year}/HK1" in answer["periods"]


async def test_the_dump_adds_up(province: Any, client: httpx.AsyncClient, make: Any) -> None:
    response = await client.get("/dump", headers=AUDITOR)
    assert response.headers["content-type"].startswith("application/x-ndjson")
    lines = [msgspec.json.decode(line) for line in response.text.splitlines()]
    header, end = lines[0], lines[-1]
    assert header["positions"]["admissions.enrolment.v1"] == {"0": 61}
    assert header["applied"]["gradebook"]["gradebook.scores.v1"] == {"0": 4}
    assert header["hash"] == province.engine.follower.state.hash()
    kinds = Counter(line["record"] for line in lines)
    assert (kinds["cell"], kinds["fact"], kinds["number"]) == (
        end["cells"],
        end["facts"],
        end["numbers"],
    )
    pupils = [line for line in lines if line.get("family") == "pupils"]
    assert sum(line["values"]["count"] for line in pupils) == 61
    shown = {
        (
            line["indicator"],
            line["unit_kind"],
            line["unit_id"],
            line["period"],
            str(line["dims"]),
        ): line
        for line in lines
        if line["record"] == "number"
    }
    whole = shown["N04", "province", make.id(1), make.year, "{}"]
    assert (whole["numerator"], whole["schools_reported"], whole["schools_expected"]) == (61, 3, 4)
    term = shown["N26", "school", make.id(11), f"{make.year}/HK1", "{}"]
    assert (term["numerator"], term["denominator"]) == (4, 40)


@pytest.mark.usefixtures("province")
@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), (TEACHER, 403), (OFFICER, 403), ({"Authorization": "Bearer nonsense"}, 401)],
)
async def test_the_dump_is_for_auditors(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    assert (await client.get("/dump", headers=headers)).status_code == status


@pytest.mark.usefixtures("province")
async def test_a_bad_token_is_refused_where_none_is_needed(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": "Bearer nonsense"}
    assert (await client.get("/indicators", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/indicators?indicator=N99", 422),
        ("/indicators?period=2026", 422),
        ("/indicators?period=2026-2028", 422),
        ("/indicators?by=colour", 422),
        ("/indicators?on=yesterday", 422),
        ("/indicators?unit=nowhere", 404),
        ("/histograms", 422),
        ("/histograms?subject=MAGIC", 422),
        ("/feed?after=-1", 422),
        ("/feed?limit=0", 422),
        ("/feed?after=99999999999999999999999", 422),
    ],
)
async def test_bad_questions_get_problems(
    engine: Engine, client: httpx.AsyncClient, path: str, status: int
) -> None:
    await engine.turn()
    response = await client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_an_empty_aggregator_answers(engine: Engine, client: httpx.AsyncClient) -> None:
    await engine.turn()
    for path in ("/indicators", "/units", "/freshness", "/histograms?subject=TOAN", "/feed"):
        assert (await client.get(path)).status_code == 200
    for dim in ("grade", "sex", "subject", "kind", "source"):
        await numbers(client, {}, by=dim)
    answer = await numbers(client, {})
    assert answer["unit"]["name"] == "Toàn tỉnh"
    assert {found["state"] for found in answer["indicators"]} == {"no-source"}


async def test_nothing_is_answered_before_the_state_is_loaded(client: httpx.AsyncClient) -> None:
    response = await client.get("/indicators")
    assert response.status_code == 503
    assert response.headers["retry-after"]


async def test_a_province_without_numbers_answers(
    log: Any, client: httpx.AsyncClient, make: Any
) -> None:
    """Units and schools are there, and no pupil or score yet."""
    await log.append(make.unit(1), make.unit(2, parent=1), make.school(11, 2))
    await log.reach("admissions", "gradebook", seconds=log.age())
    for headers in ({}, OFFICER):
        for dim in ("grade", "sex", "subject", "kind"):
            answer = await numbers(client, headers, by=dim, unit=make.id(2))
            pupils = answer["indicators"][0]
            assert (pupils["number"]["numerator"], pupils["number"]["breakdown"]) == (0, [])
        assert (await client.get("/histograms?subject=TOAN", headers=headers)).json()["count"] == 0


async def test_the_catalogue(client: httpx.AsyncClient) -> None:
    entries = (await client.get("/indicators/catalogue")).json()["indicators"]
    ids = "N04 N26 N28 N50 N52 N521 N62 N63 N64 N641 N642 N65 N651 N71"
    assert [entry["indicator"] for entry in entries if entry["headline"]] == ids.split()
    listed = {entry["indicator"] for entry in entries}
    assert listed >= {f"N{number:02}" for number in range(1, 76)}, "the province's whole list"
    for entry in entries:
        assert entry["name"]["vi"]
        assert entry["definition"]["vi"]
        assert entry["legal_basis"]


async def test_snapshot_and_feed_miss_nothing(
    province: Any, client: httpx.AsyncClient, make: Any
) -> None:
    stands_at = (await numbers(client, OFFICER))["feed"]
    await province.append(*make.enrolments(13, 4))
    await province.reach("admissions", seconds=province.age())
    page = (await client.get(f"/feed?after={stands_at}&limit=2", headers=OFFICER)).json()
    assert (page["after"], page["next"]) == (stands_at, stands_at + 2)
    rest = (await client.get(f"/feed?after={page['next']}", headers=OFFICER)).json()
    found = page["entries"] + rest["entries"]
    assert [entry["data"]["number"] for entry in found] == list(
        range(stands_at + 1, page["head"] + 1)
    )
    values = {entry["subject"]: entry["data"]["numerator"] for entry in found}
    assert values[f"N04/province/{make.id(1)}/{make.year}/"] == 65
    assert (await client.get("/feed?after=999999")).json()["entries"] == []


async def test_a_stream_goes_on_where_it_was_left(
    province: Any, app: FastAPI, client: httpx.AsyncClient
) -> None:
    app.state.stopping = iter([False, True]).__next__
    head = province.engine.feed.head
    response = await client.get("/feed/stream", headers={"Last-Event-ID": str(head - 2)})
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = response.text.split("\n")
    assert [line for line in lines if line.startswith("id:")] == [f"id: {head - 1}", f"id: {head}"]
    assert "event: indicator-changed" in lines
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    page = (await client.get(f"/feed?after={head - 2}")).json()
    assert [msgspec.json.decode(line) for line in data] == page["entries"]
    refused = await client.get("/feed/stream", headers={"Last-Event-ID": "x"})
    assert refused.status_code == 422


async def test_the_whole_service_is_described(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {
        "/indicators",
        "/indicators/catalogue",
        "/histograms",
        "/units",
        "/freshness",
        "/dump",
        "/feed",
        "/feed/stream",
    } <= paths.keys()
