"""The first path through the suite: from a school's registration to a number that everybody sees.

Services are killed on the way, with `kill -9`; nothing of it may show in a number.
"""

import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edu import verify
from edu.bootstrap import COMMUNE, name_of_year
from edu.client import Suite
from edu.home import Home
from edu.testing import eventually
from edu.tokens import named_id, token

CODE = "80000099"
PUPILS, ENTERED = 12, 10
TEACHER = named_id("teacher of the first path")
CLASS = named_id("class of the first path")
TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
YEAR = name_of_year(TODAY)
PERIOD = f"{YEAR}/HK1"
HEADER = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường"
WITHIN = 90.0


@dataclass
class Path:
    """Walks it, as the people whose work it is."""

    suite: Suite
    home: Home
    school_id: str = ""

    async def command(
        self, service: str, method: str, path: str, body: object = None, **options: Any
    ) -> Any:
        key = named_id(f"{method} {path} {body!r} {options.get('content')!r}")
        return await self.suite.command(service, method, path, key=key, body=body, **options)

    async def register(self) -> None:
        """The department registers a school in a commune."""
        units = await self.suite.query(
            "admissions", "/v1/units", role="department-officer", params={"code": COMMUNE}
        )
        (commune,) = units["items"]
        school = {
            "code": CODE,
            "name": "Trường THCS Con đường đầu tiên",
            "levels": ["THCS"],
            "ownership": "public",
            "unit_id": commune["unit_id"],
            "valid_from": commune["valid_from"],
        }
        registered = await self.command("admissions", "POST", "/v1/schools", school)
        self.school_id = registered["school_id"]

    async def enrol(self) -> list[str]:
        """The school sends the list of its pupils."""
        born = int(YEAR[:4]) - 11
        person = f"01/02/{born};Nữ;Kinh;6;{CODE}"
        rows = [
            f"0722{born % 100:02d}{number:06d};Nguyễn Thị {chr(64 + number)};{person}"
            for number in range(1, PUPILS + 1)
        ]
        await self.command(
            "admissions",
            "POST",
            "/v1/enrolments/import",
            content="\n".join((HEADER, *rows)).encode(),
            params={"school_year": YEAR, "day": f"{YEAR[:4]}-09-05"},
        )
        page = await self.suite.query(
            "admissions", f"/v1/schools/{self.school_id}/pupils", role="department-officer"
        )
        return sorted(pupil["pupil_id"] for pupil in page["items"])

    async def open_class(self, pupils: list[str]) -> None:
        """It opens a class, seats the pupils, and says who teaches."""
        room = {
            "class_id": CLASS,
            "school_id": self.school_id,
            "school_year": YEAR,
            "grade": "6",
            "name": "6A1",
            "homeroom_teacher_id": TEACHER,
        }
        seats = {"pupil_ids": pupils, "removed_ids": []}
        teaching = {"teaching": [{"subject": "TOAN", "teacher_ids": [TEACHER]}]}
        path = f"/v1/classes/{CLASS}"
        come = {"school-unknown", "pupils-not-enrolled-here", "not-found"}
        await self.command("gradebook", "POST", "/v1/classes", {"classes": [room]}, waits_for=come)
        await self.command("gradebook", "PUT", f"{path}/pupils", seats, waits_for=come)
        await self.command("gradebook", "PUT", f"{path}/teaching", teaching)

    async def open_sheet(self) -> str:
        """The teacher opens a column."""
        column = {
            "class_id": CLASS,
            "subject": "TOAN",
            "term": "HK1",
            "kind": "midterm",
            "position": 1,
        }
        opened = await self._taught("PUT", "/v1/sheets", {"sheets": [column]})
        return str(opened["sheets"][0]["sheet_id"])

    async def save(self, sheet: str, scores: Mapping[str, str], *, version: int) -> None:
        """The teacher saves scores; over what was there, with a reason."""
        cells = [
            {"pupil_id": pupil, "score": score, "state": None, "version": version}
            for pupil, score in scores.items()
        ]
        reason = {"reason_code": "entry-error"} if version else {}
        await self._taught("PUT", f"/v1/sheets/{sheet}/cells", {"cells": cells} | reason)

    async def _taught(self, method: str, path: str, body: object) -> Any:
        teacher = token(self.home, "teacher", subject=TEACHER, school=self.school_id)
        return await self.command("gradebook", method, path, body, token=teacher)

    async def numbers(self) -> dict[str, tuple[int | None, int | None]]:
        """Give what the IOC shows of the school."""
        answer = await self.suite.query(
            "ioc-aggregator",
            "/indicators",
            role="service",
            params={"unit": self.school_id, "indicator": ["N04", "N26", "N28"], "period": PERIOD},
        )
        return {
            one["indicator"]: (one["number"]["numerator"], one["number"]["denominator"])
            for one in answer["indicators"]
        }

    async def histogram(self) -> tuple[int, int]:
        """Give how many scores of the subject the school has, and their sum in hundredths."""
        answer = await self.suite.query(
            "ioc-aggregator",
            "/histograms",
            role="service",
            params={"unit": self.school_id, "subject": "TOAN", "term": "HK1"},
        )
        return answer["count"], answer["sum"]

    async def feed(self) -> tuple[list[int], dict[str, tuple[int | None, int | None]]]:
        """Give every N of the feed, and the last value of each of the school's numbers."""
        numbers: list[int] = []
        values = {}
        after, head = 0, 1
        while after < head:
            page = await self.suite.query(
                "ioc-aggregator", "/feed", role="service", params={"after": after, "limit": 5000}
            )
            after, head = page["next"], page["head"]
            for event in page["entries"]:
                data = event["data"]
                numbers.append(data["number"])
                ours = data["unit_id"] == self.school_id and not data["dims"]
                if ours and data["period"] in (PERIOD, YEAR):
                    key = f"{data['indicator']} {data['period']}"
                    values[key] = (data["numerator"], data["denominator"])
        return numbers, values

    def kill(self, service: str) -> None:
        """Let a service die in the middle of whatever it does."""
        run = self.home.run()
        assert run is not None
        (pid,) = (one["pid"] for one in run["processes"] if one["name"] == service)
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
async def path(suite: Home) -> AsyncIterator[Path]:
    async with Suite(suite) as client:
        yield Path(client, suite)


@pytest.mark.chaos
async def test_a_score_becomes_a_number_and_no_death_on_the_way_shows(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await path.register()
    pupils = await path.enrol()
    assert len(pupils) == PUPILS
    await path.open_class(pupils)
    sheet = await path.open_sheet()
    first = dict.fromkeys(pupils[:ENTERED], "7.5")

    async def shows(entered: int, corrected: int, total: int) -> bool:
        found = await path.numbers()
        return found["N26"] == (entered, PUPILS) and (
            found["N28"],
            await path.histogram(),
        ) == ((corrected, entered), (entered, total))

    await path.save(sheet, first, version=0)
    await eventually(lambda: shows(ENTERED, 0, ENTERED * 750), within=WITHIN)

    # A correction, given while the gradebook is dead and taken when it is back.
    path.kill("gradebook")
    await path.save(sheet, {pupils[0]: "9"}, version=1)
    await eventually(lambda: shows(ENTERED, 1, ENTERED * 750 + 150), within=WITHIN)

    # One that the aggregator hears of after its own death.
    path.kill("ioc-aggregator")
    await path.save(sheet, {pupils[1]: "6"}, version=1)
    await eventually(lambda: shows(ENTERED, 2, ENTERED * 750), within=WITHIN)

    assert (await path.numbers())["N04"] == (PUPILS, None)

    async def published() -> bool:
        _, values = await path.feed()
        return (
            values.get(f"N26 {PERIOD}") == (ENTERED, PUPILS)
            and values.get(f"N28 {PERIOD}") == (2, ENTERED)
            and values.get(f"N04 {YEAR}") == (PUPILS, None)
        )

    await eventually(published, within=WITHIN)
    numbers, _ = await path.feed()
    assert numbers == list(range(1, len(numbers) + 1))
    capsys.readouterr()
    assert verify.main([]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("records, 0 differ")
