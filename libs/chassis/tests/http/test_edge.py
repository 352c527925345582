"""What every answer carries, and what is measured and logged of it."""

from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from chassis import context, telemetry
from chassis.http import edge

Lines = list[MutableMapping[str, Any]]


def counted(route: str, status: str = "200", method: str = "GET") -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0.0


async def test_a_callers_correlation_id_is_kept(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/free", headers={"X-Correlation-ID": "order-66"})
    assert answer.headers["x-correlation-id"] == "order-66"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\x1b[31m", "é"])
async def test_an_odd_one_is_replaced(refusing: httpx.AsyncClient, given: str) -> None:
    headers = [(b"X-Correlation-ID", given.encode())]
    answer = await refusing.get("/v1/memory/free", headers=headers)
    assert len(answer.headers["x-correlation-id"]) == 36


async def test_answers_are_not_kept_by_caches(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/free")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_line_and_a_measurement_name_the_route_not_the_path(
    refusing: httpx.AsyncClient, lines: Lines
) -> None:
    before = counted("/v1/notes/{shelf}/first", "400", "PUT")
    await refusing.put("/v1/notes/nguyen-van-a/first", json={})
    assert counted("/v1/notes/{shelf}/first", "400", "PUT") == before + 1
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["route"], line["status"]) == ("/v1/notes/{shelf}/first", 400)
    assert "nguyen" not in str(lines)


async def test_invented_paths_and_methods_make_no_new_series(
    refusing: httpx.AsyncClient,
) -> None:
    before = counted("unmatched", "404")
    for number in range(5):
        await refusing.get(f"/v1/nothing-{number}")
    assert counted("unmatched", "404") == before + 5
    await refusing.request("BREW", "/v1/nothing")
    assert counted("unmatched", "404", "other") >= 1


async def test_a_defect_is_logged_with_its_route(refusing: httpx.AsyncClient, lines: Lines) -> None:
    await refusing.get("/v1/memory/broken")
    (line,) = [line for line in lines if line["event"] == "request failed"]
    assert line["route"] == "/v1/memory/broken"
    assert line["exc_info"]


async def test_probes_leave_no_lines(refusing: httpx.AsyncClient, lines: Lines) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await refusing.get(path)).status_code == 200
    assert not lines


async def test_metrics_speak_prometheus(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'events_total{outcome="applied"} ' in answer.text


class TestTraceContext:
    GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    async def seen(self, *headers: tuple[bytes, bytes]) -> context.Causation:
        found = []

        async def app(*_: object) -> None:
            found.append(context.current())

        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        await edge.Edge(app)(scope, _never, _never)
        return found[0]

    async def test_the_callers_trace_goes_on(self) -> None:
        causation = await self.seen((b"traceparent", self.GIVEN.encode()))
        assert causation.traceparent == self.GIVEN

    @pytest.mark.parametrize(
        "given", ["", "00-0-0-0", GIVEN.upper(), GIVEN + "-x", "00-" + "0" * 32]
    )
    async def test_else_a_new_one_begins(self, given: str) -> None:
        causation = await self.seen((b"traceparent", given.encode()))
        assert causation.traceparent is not None
        assert context.well_formed(causation.traceparent)
        assert causation.traceparent != given

    async def test_nothing_stays_bound(self) -> None:
        await self.seen()
        assert context.current() == context.Causation()
        assert telemetry.current_traceparent() is None


async def _never(*_: object) -> Any:
    raise AssertionError
