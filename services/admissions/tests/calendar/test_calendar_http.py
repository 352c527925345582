"""School years over HTTP: rows, outbox rows, refusals."""

from typing import Any

YEAR: dict[str, Any] = {
    "version": 0,
    "first_day": "2026-09-05",
    "last_day": "2027-05-31",
    "terms": [
        {"term": "HK1", "first_day": "2026-09-05", "last_day": "2027-01-15"},
        {"term": "HK2", "first_day": "2027-01-18", "last_day": "2027-05-31"},
    ],
    "holidays": [{"first_day": "2027-02-03", "last_day": "2027-02-10", "name": "Tết"}],
}


async def test_a_year_is_set_read_and_changed(api: Any) -> None:
    year = await api.put("/school-years/2026-2027", json=YEAR)
    assert (year["version"], year["teaching_weeks"], year["hint"]) == (1, 37, None)
    assert await api.put("/school-years/2026-2027", json=YEAR) == year
    assert await api.get("/school-years/2026-2027", token="teacher") == year
    shorter = YEAR | {"version": 1, "holidays": [{**YEAR["holidays"][0], "last_day": "2027-03-10"}]}
    changed = await api.put("/school-years/2026-2027", json=shorter)
    assert (changed["version"], changed["teaching_weeks"]) == (2, 33)
    assert "33 tuần" in changed["hint"]
    assert (await api.get("/school-years"))["items"] == [changed]
    first, second = await api.outbox()
    assert first.type == "edu.admissions.school-year-set.v1"
    assert first.data == YEAR | {"school_year": "2026-2027", "version": 1}
    assert second.data["version"] == 2


async def test_wrong_years_are_refused(api: Any) -> None:
    await api.get("/school-years/2026-2027", expect=404)
    refused = await api.put("/school-years/2026-2028", json=YEAR, expect=422)
    assert refused["errors"][0]["where"] == "đường dẫn school_year"
    await api.put("/school-years/2026", json=YEAR, expect=422)
    await api.put("/school-years/2026-2027", json=YEAR | {"version": 3}, expect=409)
    await api.put("/school-years/2026-2027", json=YEAR, token="principal", expect=403)
    assert await api.outbox() == []
