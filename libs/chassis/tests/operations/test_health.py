"""Ready means: every part that the HTTP promise needs is well, and it is named if not."""

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request

from chassis import health
from chassis.health import Health, Part

REQUEST = Request({"type": "http"})


@pytest.fixture
def service() -> Health:
    return Health(service="gradebook", version="1.0.0")


async def readyz(service: Health) -> tuple[int, dict[str, Any]]:
    answer = await service.readyz(REQUEST)
    return answer.status_code, json.loads(bytes(answer.body))


async def test_a_part_counts_from_its_first_good_report(service: Health) -> None:
    database = service.part("database", required=True)
    status, report = await readyz(service)
    assert (status, report["missing"]) == (503, ["database"])
    database.ok()
    status, report = await readyz(service)
    assert (status, report["missing"]) == (200, [])


async def test_what_is_missing_is_named_with_the_command_that_mends_it(service: Health) -> None:
    service.part("schema", required=True).failing(
        "revision 0001, head 0002", mend="python -m gradebook migrate"
    )
    _, report = await readyz(service)
    (part,) = report["parts"]
    assert part["detail"] == "revision 0001, head 0002"
    assert part["mend"] == "python -m gradebook migrate"


async def test_kafka_down_shows_and_readiness_stays(service: Health) -> None:
    service.part("kafka", required=False).failing("no broker answers")
    status, report = await readyz(service)
    assert status == 200
    assert report["parts"][0]["state"] == "failing"


async def test_a_silent_part_fails(service: Health, monkeypatch: pytest.MonkeyPatch) -> None:
    part = service.part("consumer", required=True, silent_after=60)
    part.ok()
    assert (await readyz(service))[0] == 200
    monkeypatch.setattr(part, "reported", part.reported - 61)
    status, report = await readyz(service)
    assert status == 503
    assert "no sign of life" in report["parts"][0]["detail"]


async def test_a_probe_is_asked_each_time(service: Health) -> None:
    answers = [None, RuntimeError("secret address"), None]

    async def look(part: Part) -> None:
        if (failure := answers.pop(0)) is not None:
            raise failure
        part.ok()

    service.probe("database", look, required=True)
    statuses = []
    for _ in range(3):
        status, report = await readyz(service)
        statuses.append(status)
        assert "secret" not in json.dumps(report)
    assert statuses == [200, 503, 200]


async def test_a_probe_that_hangs_does_not_hang_the_answer(
    service: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_PROBE_SECONDS", 0.01)

    async def look(_: Part) -> None:
        await asyncio.Event().wait()

    service.probe("database", look, required=True)
    assert (await readyz(service))[0] == 503


async def test_draining_is_not_ready_but_alive(service: Health) -> None:
    service.draining = True
    assert (await readyz(service))[0] == 503
    assert (await service.livez(REQUEST)).status_code == 200


async def test_giving_up_is_not_alive(service: Health) -> None:
    service.give_up("consumer restarted three times in ten minutes")
    assert (await service.livez(REQUEST)).status_code == 503
