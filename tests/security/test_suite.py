"""The whole suite, each service as its own user: that is enough, and what one lacks it says.

FastStream hides a right that was taken away, and aiokafka gives it other names; so ``/readyz`` says
what Kafka itself says. The service stays alive, keeps what it is given, and goes on by itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis import rights
from chassis.topics import administrator
from contracts.rights import Operation, Resource, Right
from contracts.topics import ENROLMENT, SCORES, SERVICES, WATERMARKS
from edu.bootstrap import CODE, furnish, name_of_year
from edu.client import Suite
from edu.home import Home
from edu.suite import Entry
from edu.supervisor import Supervisor, ask, chosen
from edu.testing import eventually
from edu.tokens import named_id

from .conftest import Cluster

TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
YEAR = name_of_year(TODAY)
HEADER = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường"
COMING = {"school-unknown", "school-year-unknown", "class-unknown", "not-found"} | {
    "pupils-not-enrolled-here"
}
WITHIN = 120.0
WATCHED = tuple(service for service in SERVICES if service != "ioc-aggregator")
LATELY, TWO_WATERMARKS = 8.0, 12.0
"""Seconds since a relay said how far it is, which it does every five."""


class Named(Supervisor):
    """Starts each service as its own user of Kafka."""

    cluster: Cluster

    def environment(self, entry: Entry) -> dict[str, str]:
        return super().environment(entry) | self.cluster.environment(entry.name)


class Town:
    """The suite that runs, and what is done in its one school."""

    def __init__(self, suite: Suite, supervisor: Named) -> None:
        self.suite = suite
        self.supervisor = supervisor
        self.cluster = supervisor.cluster
        self.pids = {name: one.child.pid for name, one in supervisor.watched.items()}
        self._pupils: list[str] = []
        self._class = ""

    async def command(self, service: str, method: str, path: str, body: Any, **more: Any) -> Any:
        key = named_id(f"{method} {path} {body!r} {more}")
        return await self.suite.command(
            service, method, path, key=key, body=body, waits_for=COMING, **more
        )

    async def enrol(self) -> None:
        """One pupil more comes to the school and into the class."""
        number = len(self._pupils)
        row = f"SECURED-{number};Nguyễn An;01/02/{int(YEAR[:4]) - 11};Nữ;Kinh;6;{CODE}"
        await self.suite.command(
            "admissions",
            "POST",
            "/v1/enrolments/import",
            key=named_id(row),
            content=f"{HEADER}\n{row}\n".encode(),
            params={"school_year": YEAR, "day": str(TODAY)},
        )
        school = await self.school()
        path = f"/v1/schools/{school}/pupils"
        page = await self.suite.query("admissions", path, role="department-officer")
        (new,) = {one["pupil_id"] for one in page["items"]} - set(self._pupils)
        self._pupils.append(new)

    async def school(self) -> str:
        found = await self.suite.query(
            "admissions", "/v1/schools", role="department-officer", params={"code": CODE}
        )
        return str(found["items"][0]["school_id"])

    async def seat(self) -> None:
        """Everybody who was enrolled sits in the class; it waits until the fact has come."""
        params = {"school_id": await self.school(), "school_year": YEAR}
        found = await self.suite.query("gradebook", "/v1/classes", role="principal", params=params)
        self._class = found["classes"][0]["class_id"]
        body = {"pupil_ids": list(self._pupils), "removed_ids": []}
        await self.command("gradebook", "PUT", f"/v1/classes/{self._class}/pupils", body)

    async def enter(self, score: str) -> None:
        """The teacher enters the newest pupil's score."""
        column = {
            "class_id": self._class,
            "subject": "TOAN",
            "term": "HK1",
            "kind": "midterm",
            "position": 1,
        }
        opened = await self.command(
            "gradebook", "PUT", "/v1/sheets", {"sheets": [column]}, role="teacher"
        )
        sheet = opened["sheets"][0]["sheet_id"]
        cell = {"pupil_id": self._pupils[-1], "score": score, "state": None, "version": 0}
        path = f"/v1/sheets/{sheet}/cells"
        await self.command("gradebook", "PUT", path, {"cells": [cell]}, role="teacher")

    async def counted(self) -> tuple[int, int]:
        """Give how many scores the aggregator shows, and their sum."""
        answer = await self.suite.query(
            "ioc-aggregator", "/histograms", role="service", params={"subject": "TOAN"}
        )
        return answer["count"], answer["sum"]

    async def shows(self, count: int, total: int) -> None:
        async def look() -> bool:
            return await self.counted() == (count, total)

        await eventually(look, within=WITHIN)

    def report(self, service: str) -> str:
        """Return what ``/readyz`` says; the service is alive, ready, and the same process."""
        status, answer = ask(f"{self.supervisor.urls[service]}/readyz")
        assert status == 200, answer
        child = self.supervisor.watched[service].child
        assert (child.running, child.pid) == (True, self.pids[service])
        return answer

    async def says(self, service: str, text: str) -> None:
        await eventually(lambda: text in self.report(service), within=WITHIN)

    async def heard(self, source: str, *, before: float = 0.0) -> bool:
        """Tell whether the source has said how far it is: lately, or not for ``before`` seconds."""
        answer = await self.suite.query("ioc-aggregator", "/freshness", role="service")
        (mark,) = [one["watermark"] for one in answer["sources"] if one["source"] == source]
        if mark is None:
            return False
        age = datetime.fromisoformat(answer["now"]) - datetime.fromisoformat(mark)
        return age.total_seconds() > before if before else age.total_seconds() < LATELY

    @contextmanager
    def without(self, service: str, *lost: Right) -> Iterator[None]:
        """Take these rights from a service while the block runs."""
        admin = administrator(self.cluster.broker.bootstrap, self.cluster.broker.admin)
        rules = [rights.binding(service, right) for right in lost]
        rights.take(admin, rules)
        try:
            yield
        finally:
            rights.give(admin, rules)


@pytest.fixture(scope="module")
def supervisor(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Named]:
    """Start all five services, as whoever operates them would with an administrator's name."""
    home = Home.at(tmp_path_factory.mktemp("suite"))
    with pytest.MonkeyPatch.context() as patch, home.owned("tests"):
        patch.setenv("KAFKA_BOOTSTRAP_SERVERS", cluster.broker.bootstrap)
        for name, value in cluster.environment(None).items():
            patch.setenv(name, value)
        suite = Named(home, chosen([]))
        suite.cluster = cluster
        try:
            suite.start()
            suite.tokens = furnish(home, suite.urls)
            suite.write_run()
            yield suite
        finally:
            suite.stop()


@pytest.fixture
async def town(supervisor: Named) -> AsyncIterator[Town]:
    async with Suite(supervisor.home) as suite:
        yield Town(suite, supervisor)


async def test_the_rights_suffice_and_one_that_is_lost_is_named_until_it_is_back(
    town: Town,
) -> None:
    for service in SERVICES:
        await town.says(service, '"name":"kafka rights","state":"ok"')
    await town.enrol()
    await town.seat()
    await town.enter("8")
    await town.shows(1, 800)
    for service in WATCHED:
        await eventually(lambda: town.heard(service), within=WITHIN)  # noqa: B023 - asked at once

    write = Right(Resource.TOPIC, SCORES.name, Operation.WRITE)
    with town.without("gradebook", write):
        await town.enrol()
        await town.seat()
        await town.says("gradebook", f"gradebook lacks {write}")
        await town.enter("9")  # is taken all the same, and kept
        await town.says("gradebook", f"cannot send to {SCORES.name}")
        assert await town.counted() == (1, 800)
    await town.shows(2, 1700)
    await town.says("gradebook", '"detail":"leading')

    read = Right(Resource.TOPIC, ENROLMENT.name, Operation.READ)
    join = Right(Resource.GROUP, "gradebook", Operation.READ)
    with town.without("gradebook", read, join):
        await town.says("gradebook", f"gradebook lacks {join}, {read}")
        await town.enrol()
    await town.seat()  # the fact has come after all
    await town.enter("10")
    await town.shows(3, 2700)

    say = Right(Resource.TOPIC, WATERMARKS.name, Operation.WRITE)
    with town.without("payments", say):
        await town.says("payments", f"payments lacks {say}")
        # Until one was refused: a producer does not survive that by itself.
        await eventually(lambda: town.heard("payments", before=TWO_WATERMARKS), within=WITHIN)
    await eventually(lambda: town.heard("payments"), within=WITHIN)
