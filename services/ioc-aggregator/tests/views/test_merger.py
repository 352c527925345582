"""The merger of 1 July 2025: either border of any number, and one total under both."""

from datetime import date
from typing import Any

import httpx
import pytest

from contracts.lists import Grade

LONG_AGO, BEFORE, AFTER = date(2000, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
FULL = {"Authorization": "Bearer auditor"}


@pytest.fixture
async def merged(log: Any, make: Any) -> Any:
    """Old Tây Ninh (72) and Long An (80) become Tây Ninh (80); communes merge with them."""
    await log.append(
        make.unit(72, "Tây Ninh", code="72", valid_from=LONG_AGO),
        make.unit(80, "Long An", code="80", valid_from=LONG_AGO),
        make.unit(1, "Xã Thanh Điền", code="25633", parent=72, valid_from=LONG_AGO),
        make.unit(2, "Xã Trí Bình", code="25636", parent=72, valid_from=LONG_AGO),
        make.unit(3, "Xã Mỹ Lệ", code="28132", parent=80, valid_from=LONG_AGO),
        make.unit(90, "Tây Ninh", code="80", valid_from=AFTER),
        make.unit(91, "Phường Thanh Điền", code="25633", parent=90, valid_from=AFTER),
        make.unit(93, "Xã Mỹ Lệ", code="28132", parent=90, valid_from=AFTER),
        *(make.merge(old, new, AFTER) for old, new in ((72, 90), (80, 90), (1, 91), (2, 91))),
        make.merge(3, 93, AFTER),
        make.calendar(),
        *(make.school(number, unit) for number, unit in ((11, 1), (12, 2), (13, 3))),
        *make.enrolments(11, 300),
        *make.enrolments(12, 40, grade=Grade.G7),
        *make.enrolments(13, 5000 // 10),
    )
    await log.append(make.sheet(11), make.save(11, [850] * 30), make.sheet(13, due=60))
    await log.append(make.save(13, [500] * 50))
    await log.reach("admissions", "gradebook", seconds=log.age())
    return log


@pytest.mark.usefixtures("merged")
@pytest.mark.parametrize(
    ("indicator", "old", "new", "whole"),
    [
        (
            "N04",
            {"72 Tây Ninh": (340, None), "80 Long An": (500, None)},
            {"25633 Phường Thanh Điền": (340, None), "28132 Xã Mỹ Lệ": (500, None)},
            (840, None),
        ),
        (
            "N26",
            {"72 Tây Ninh": (30, 40), "80 Long An": (50, 60)},
            {"25633 Phường Thanh Điền": (30, 40), "28132 Xã Mỹ Lệ": (50, 60)},
            (80, 100),
        ),
    ],
)
async def test_both_borders_reconcile_to_one_total(
    client: httpx.AsyncClient, indicator: str, old: Any, new: Any, whole: Any
) -> None:
    async def asked(day: date, unit: str = "") -> tuple[Any, dict[str, Any]]:
        query = {"indicator": indicator, "period": "2026-2027", "on": str(day)}
        query |= {"unit": unit} if unit else {}
        answer = (await client.get("/indicators", params=query, headers=FULL)).json()
        [found] = answer["indicators"]
        below = {
            f"{child['code']} {child['name']}": (child["numerator"], child["denominator"])
            for child in found["children"]
        }
        return (found["number"]["numerator"], found["number"]["denominator"]), below

    assert await asked(BEFORE) == (whole, old)
    assert await asked(AFTER) == (whole, new)
    for _, parts in (await asked(BEFORE), await asked(AFTER)):
        for at in (0, 1):
            if whole[at] is not None:
                assert sum(part[at] for part in parts.values()) == whole[at]


@pytest.mark.usefixtures("merged")
async def test_what_has_merged_is_found_under_its_own_borders_only(
    client: httpx.AsyncClient, make: Any
) -> None:
    query = {"indicator": "N04", "period": "2026-2027", "unit": make.id(2)}
    old = await client.get("/indicators", params={**query, "on": str(BEFORE)}, headers=FULL)
    assert old.json()["indicators"][0]["number"]["numerator"] == 40
    assert [step["name"] for step in old.json()["path"]] == ["Toàn tỉnh", "Tây Ninh", "Xã Trí Bình"]
    new = await client.get("/indicators", params={**query, "on": str(AFTER)}, headers=FULL)
    assert new.status_code == 404
