"""What `./edu up` leaves behind: enough of a province for each token to have something to do.

Everything goes through the services' public doors, and only what is missing: what somebody has
changed since stays as it is. Services that do not run are passed over.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from edu.failure import Failure
from edu.home import Home
from edu.tokens import named_id, token

SECONDS = 60
"""Of patience: on a busy machine five relays take their time to lead."""
CONFLICT, NOT_FOUND = 409, 404
COMMUNE = "25459"
CODE = "80000001"
TEACHER = named_id("teacher")
TAUGHT_WEEKS = timedelta(weeks=19)


@dataclass(frozen=True)
class Caller:
    """Calls one service in one role."""

    url: str
    token: str

    def get(self, path: str) -> Any:
        """Read something; None if it is not there."""
        status, answer = self._call("GET", path, None)
        if status == NOT_FOUND:
            return None
        return self._checked(path, status, answer)

    def send(self, method: str, path: str, body: object) -> Any:
        """Give a command; one that waits for an event on its way is given again."""
        deadline = time.monotonic() + SECONDS
        while True:
            status, answer = self._call(method, path, json.dumps(body).encode())
            if status != CONFLICT or time.monotonic() > deadline:
                return self._checked(path, status, answer)
            time.sleep(0.1)

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if body is not None:
            headers["Idempotency-Key"] = named_id(f"{method} {path} {body.decode()}")
        request = urllib.request.Request(  # noqa: S310 - our own services
            self.url + path, data=body, method=method, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def _checked(self, path: str, status: int, answer: Any) -> Any:
        if status >= 400:  # noqa: PLR2004 - where HTTP's refusals begin
            raise Failure(f"{self.url}{path} answers {status}: {answer}")
        return answer


def furnish(home: Home, urls: dict[str, str]) -> dict[str, str]:
    """Make units, school year, school, class and teacher; return a token for each role."""
    officer = token(home, "department-officer")
    school: dict[str, Any] | None = None
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    if "admissions" in urls:
        admissions = Caller(urls["admissions"], officer)
        units(admissions)
        school_year(admissions, today)
        school = one_school(admissions)
    if "gradebook" in urls and school is not None:
        one_class(Caller(urls["gradebook"], officer), school["school_id"], name_of_year(today))
    school_id = None if school is None else school["school_id"]
    return {
        "teacher": token(home, "teacher", subject=TEACHER, school=school_id),
        "homeroom-teacher": token(home, "homeroom-teacher", subject=TEACHER, school=school_id),
        "principal": token(home, "principal", school=school_id),
        "cashier": token(home, "cashier", school=school_id),
        "department-officer": officer,
        "guardian": token(home, "guardian"),
        "auditor": token(home, "auditor"),
        "service": token(home, "service"),
    }


def units(admissions: Caller) -> None:
    """Register the province and its 96 communes."""
    if admissions.get(f"/v1/units?code={COMMUNE}")["items"]:
        return
    register = resources.files("ioc_aggregator") / "dashboard/static/map/communes.geojson"
    admissions.send("POST", "/v1/units/import", json.loads(register.read_text("utf-8")))


def name_of_year(day: date) -> str:
    """Return the school year that this day lies in; August belongs to the one that begins."""
    first = day.year if day.month >= 8 else day.year - 1  # noqa: PLR2004 - August
    return f"{first}-{first + 1}"


def school_year(admissions: Caller, today: date) -> None:
    """Set the current year after the ministry's frame: two terms of 18 and 17 weeks, Tết between.

    The days of Tết follow the moon and are left to the department.
    """
    name = name_of_year(today)
    if admissions.get(f"/v1/school-years/{name}") is not None:
        return
    first = int(name[:4])
    opening = date(first, 9, 5)
    monday = opening + timedelta(days=-opening.weekday() % 7)
    terms = {"HK1": monday, "HK2": monday + TAUGHT_WEEKS}
    admissions.send(
        "PUT",
        f"/v1/school-years/{name}",
        {
            "version": 0,
            "first_day": f"{first}-08-15",
            "last_day": f"{first + 1}-08-14",
            "terms": [
                {
                    "term": term,
                    "first_day": str(day),
                    "last_day": str(day + TAUGHT_WEEKS - timedelta(days=2)),
                }
                for term, day in terms.items()
            ],
            "holidays": [
                _holiday(f"{first + 1}-01-01", f"{first + 1}-01-01", "Tết Dương lịch"),
                _holiday(f"{first + 1}-04-30", f"{first + 1}-05-01", "30 tháng 4 và 1 tháng 5"),
            ],
        },
    )


def _holiday(first_day: str, last_day: str, name: str) -> dict[str, str]:
    return {"first_day": first_day, "last_day": last_day, "name": name}


def one_school(admissions: Caller) -> dict[str, Any]:
    """Return the school of the development tokens."""
    found: list[dict[str, Any]] = admissions.get(f"/v1/schools?code={CODE}")["items"]
    if found:
        return found[0]
    (commune,) = admissions.get(f"/v1/units?code={COMMUNE}")["items"]
    school: dict[str, Any] = admissions.send(
        "POST",
        "/v1/schools",
        {
            "code": CODE,
            "name": "Trường THCS Tân Ninh (mẫu)",
            "levels": ["THCS"],
            "ownership": "public",
            "unit_id": commune["unit_id"],
            "valid_from": commune["valid_from"],
        },
    )
    return school


def one_class(gradebook: Caller, school_id: str, year: str) -> None:
    """Open the class of the development teacher, who is its homeroom teacher too."""
    room = {
        "school_id": school_id,
        "school_year": year,
        "grade": "6",
        "name": "6A1",
        "homeroom_teacher_id": TEACHER,
    }
    (opened,) = gradebook.send("POST", "/v1/classes", {"classes": [room]})["classes"]
    if opened["opened"]:
        gradebook.send(
            "PUT",
            f"/v1/classes/{opened['class_id']}/teaching",
            {"teaching": [{"subject": "TOAN", "teacher_ids": [TEACHER]}]},
        )
