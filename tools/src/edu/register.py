"""What the register already holds, as whoever fills it further needs to know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from edu.client import Suite
from edu.failure import Failure

OFFICER = "department-officer"
COMMUNES = frozenset({"commune", "ward", "township", "special-zone"})
VIET_NAM = timedelta(hours=7)
LIST_PAGE = 500


async def school_years(suite: Suite) -> dict[str, date]:
    """Return the first day of every school year that has a calendar."""
    years = (await suite.query("admissions", "/v1/school-years", role=OFFICER))["items"]
    return {one["school_year"]: date.fromisoformat(one["first_day"]) for one in years}


def current(years: dict[str, date]) -> str:
    """Return the school year that began last; by the rule of August, if none has a calendar."""
    today = (datetime.now(UTC) + VIET_NAM).date()
    begun = [year for year, first in years.items() if first <= today]
    first = today.year if today.month >= 8 else today.year - 1  # noqa: PLR2004 - August
    return max(begun, key=years.__getitem__, default=f"{first}-{first + 1}")


async def communes(suite: Suite) -> list[str]:
    """Return the ids of all communes in the order of their codes."""
    found: dict[str, str] = {}
    after: dict[str, str] = {}
    while True:
        page = await suite.query(
            "admissions", "/v1/units", role=OFFICER, params={"limit": LIST_PAGE, **after}
        )
        found |= {
            unit["code"]: unit["unit_id"] for unit in page["items"] if unit["kind"] in COMMUNES
        }
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    if not found:
        raise Failure("The register holds no commune: `./edu up` fills it.")
    return [found[code] for code in sorted(found)]
