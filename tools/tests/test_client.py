"""A patient client: the same key until it is answered, an answer of no at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edu import client
from edu.client import Refused, Suite
from edu.failure import Failure
from edu.home import Home

Answers = Callable[[httpx.Request], httpx.Response]
DATE = {"Date": "Sun, 22 Nov 2026 05:00:00 GMT"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, tmp_path)
    run = {"services": {"gradebook": {"url": "http://one"}}, "tokens": {"auditor": "t"}}
    home.run_file.write_text(json.dumps(run))
    return home


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_FACT_SECONDS", 0.01)


def suite_of(home: Home, answers: Answers) -> Suite:
    suite = Suite(home)
    suite._client = httpx.AsyncClient(transport=httpx.MockTransport(answers))
    return suite


async def save(suite: Suite, **options: Any) -> Any:
    options = {"role": "auditor", "key": "k", "body": {"x": 1}} | options
    async with suite:
        return await suite.command("gradebook", "PUT", "/v1/x", **options)


async def test_what_was_not_answered_is_sent_again_with_the_same_key(home: Home) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.ConnectError("gone")
        if len(seen) == 2:
            home.run_file.write_text(home.run_file.read_text().replace("http://one", "http://two"))
            return httpx.Response(503)
        return httpx.Response(200, json={"done": True}, headers=DATE)

    assert await save(suite_of(home, answer)) == {"done": True}
    assert [request.headers["Idempotency-Key"] for request in seen] == ["k"] * 3
    assert [request.headers["Authorization"] for request in seen] == ["Bearer t"] * 3
    assert [request.url.host for request in seen] == ["one", "one", "two"]


async def test_a_refusal_is_final_and_says_where_and_how(home: Home) -> None:
    problem = {
        "type": "urn:edu:problem:file-refused",
        "detail": "Tệp có lỗi.",
        "errors": [{"where": "dòng 3", "what": "Trống.", "how": "Điền."}],
    }
    with pytest.raises(Refused, match=r"422: Tệp có lỗi\.\n  dòng 3: Trống\. Điền\.") as refused:
        await save(suite_of(home, lambda _: httpx.Response(422, json=problem)))
    assert refused.value.slug == "file-refused"


async def test_a_fact_on_its_way_is_waited_for_but_not_for_ever(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked < 3:
            return httpx.Response(409, json={"type": "urn:edu:problem:school-unknown"})
        return httpx.Response(200, json=asked, headers=DATE)

    assert await save(suite_of(home, answer), waits_for={"school-unknown"}) == 3
    asked = -100
    monkeypatch.setattr(client, "LATEST_FACT_SECONDS", 0.05)
    with pytest.raises(Refused):
        await save(suite_of(home, answer), waits_for={"school-unknown"})


async def test_the_moment_of_an_answer_is_the_services_own_and_never_too_early(home: Home) -> None:
    suite = suite_of(home, lambda _: httpx.Response(200, json={}, headers=DATE))
    await save(suite)
    assert f"{suite.answered['gradebook']:%H:%M:%S}" == "05:00:01"


async def test_what_does_not_run_is_one_clear_line(home: Home) -> None:
    with pytest.raises(Failure, match="up admissions"):
        async with Suite(home) as suite:
            await suite.query("admissions", "/v1/x")
    home.run_file.unlink()
    with pytest.raises(Failure, match="Nothing runs"):
        Suite(home)
