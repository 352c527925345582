"""Bad input gets its own clear answer, before any transaction opens (abuse scenarios A3, A4)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chassis.clock import new_id
from chassis.database import Database
from chassis.http import limits

from .conftest import Notes, application, client_of

KEY = {"Idempotency-Key": new_id()}
NOTE = {"text": "họp lớp"}


def assert_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Hold the answer to RFC 9457 and return its members."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:edu:problem:{slug}"), problem
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == f"urn:edu:request:{answer.headers['x-correlation-id']}"
    return problem


async def test_a_command_needs_a_key(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.post("/v1/notes", json=NOTE)
    assert_problem(answer, 400, "idempotency-key-missing")


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "é", "tab\tkey"])
async def test_a_key_must_be_plain(refusing: httpx.AsyncClient, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    answer = await refusing.post("/v1/notes", json=NOTE, headers=headers)
    assert_problem(answer, 400, "idempotency-key-invalid")


async def test_two_keys_are_no_key(refusing: httpx.AsyncClient) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await refusing.post("/v1/notes", json=NOTE, headers=headers)
    assert_problem(answer, 400, "idempotency-key-invalid")


@pytest.mark.parametrize("value", ["", "Basic dXNlcg==", "Bearer", "Bearer  "])
async def test_without_a_token_nothing_goes_on(refusing: httpx.AsyncClient, value: str) -> None:
    answer = await refusing.post("/v1/notes", json=NOTE, headers={**KEY, "Authorization": value})
    assert_problem(answer, 401, "token-missing")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_refused_token_is_told_so(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/mine", headers={"Authorization": "bearer expired"})
    assert_problem(answer, 401, "token-invalid")


BAD_BODIES: dict[str, tuple[object, str]] = {
    "unknown field": ({**NOTE, "approved": True}, "approved"),
    "missing field": ({}, "text"),
    "number for text": ({"text": 7}, "text"),
    "text for number": ({**NOTE, "cells": [{"value": 1}, {"value": "850"}]}, "cells[1].value"),
    "float for integer": ({**NOTE, "cells": [{"value": 8.5}]}, "cells[0].value"),
    "truth for integer": ({**NOTE, "cells": [{"value": True}]}, "cells[0].value"),
    "over the limit": ({**NOTE, "cells": [{"value": 1001}]}, "cells[0].value"),
    "huge number": ({**NOTE, "cells": [{"value": 10**400}]}, "cells[0].value"),
    "too many": ({**NOTE, "cells": [{"value": 1}] * 61}, "cells"),
    "unknown word": ({**NOTE, "colour": "blue"}, "colour"),
    "day as a number": ({**NOTE, "day": 0}, "day"),
    "day in digits": ({**NOTE, "day": "20150101"}, "day"),
    "day with a time": ({**NOTE, "day": "2026-09-05T00:00:00"}, "day"),
    "day in other digits": ({**NOTE, "day": "٢٠٢٦-٠٩-٠٥"}, "day"),
    "moment in digits": ({**NOTE, "seen": "0"}, "seen"),
    "moment without a time": ({**NOTE, "seen": "2026-09-05"}, "seen"),
    "no such day": ({**NOTE, "day": "2026-02-30"}, "day"),
    "empty text": ({"text": ""}, "text"),
    "half a character": ({"text": "\ud800"}, "nội dung gửi lên, dòng 1, cột 17"),
    "a list": ([NOTE], "nội dung gửi lên"),
    "null": (None, "nội dung gửi lên"),
}


@pytest.mark.parametrize(("body", "where"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_wrong_body_is_refused_with_its_place(
    refusing: httpx.AsyncClient, body: object, where: str
) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    answer = await refusing.post("/v1/notes", content=json.dumps(body), headers=headers)
    problem = assert_problem(answer, 422, "invalid-request")
    assert where in [error["where"] for error in problem["errors"]], problem
    assert all(error["what"] and error["how"] for error in problem["errors"])


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\xff\xfe", b'{"text": "a\x01"}', b"[" * 100_000, b'{"a":' * 50_000, b"NaN"],
)
async def test_a_broken_body_is_refused(refusing: httpx.AsyncClient, content: bytes) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    answer = await refusing.post("/v1/notes", content=content, headers=headers)
    assert_problem(answer, 422, "invalid-request")


async def test_the_input_is_not_repeated(refusing: httpx.AsyncClient) -> None:
    body = {"text": 5, "Nguyễn Văn A": "0912345678", "colour": "0912345678"}
    answer = await refusing.post("/v1/notes", json=body, headers=KEY)
    assert_problem(answer, 422, "invalid-request")
    assert "0912345678" not in answer.text


async def test_a_thousand_faults_are_not_listed(refusing: httpx.AsyncClient) -> None:
    body = {**NOTE, **{f"field_{number}": 1 for number in range(1000)}}
    answer = await refusing.post("/v1/notes", json=body, headers=KEY)
    problem = assert_problem(answer, 422, "invalid-request")
    assert len(problem["errors"]) == 100
    assert "1000" in problem["detail"]


async def test_what_is_not_json_is_refused(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.post(
        "/v1/notes", content=b"text=a", headers={**KEY, "Content-Type": "text/plain"}
    )
    assert_problem(answer, 415, "not-json")


@pytest.mark.parametrize("content", [b'{"text": "a\\u0000b"}', b'{"text": "a\x00b"}'])
async def test_the_character_that_postgresql_cannot_store(
    refusing: httpx.AsyncClient, content: bytes
) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    answer = await refusing.post("/v1/notes", content=content, headers=headers)
    assert_problem(answer, 422, "nul-character")


@pytest.mark.parametrize("url", ["/v1/notes/a%00b/first", "/v1/notes/a/first?x=%00"])
async def test_nor_in_an_address(refusing: httpx.AsyncClient, url: str) -> None:
    answer = await refusing.put(url, json=NOTE, headers=KEY)
    assert_problem(answer, 422, "nul-character")


async def test_a_declared_size_over_the_limit_is_not_even_read(
    refusing: httpx.AsyncClient,
) -> None:
    answer = await refusing.post("/v1/notes", content=b"x" * (1024 * 1024 + 1), headers=KEY)
    assert assert_problem(answer, 413, "body-too-large")["limit"] == 1024 * 1024


async def test_an_undeclared_size_is_counted(refusing: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b"x" * 65536

    answer = await refusing.post("/v1/notes", content=endless(), headers=KEY)
    assert_problem(answer, 413, "body-too-large")
    assert sent <= 1024 * 1024 + 2 * 65536


async def test_each_route_has_its_own_limit(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.post("/v1/notes/import", content=b"x" * 4097, headers=KEY)
    assert assert_problem(answer, 413, "body-too-large")["limit"] == 4096


async def test_a_length_that_is_no_number(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.post(
        "/v1/notes", content=b"x", headers={**KEY, "Content-Length": "many"}
    )
    assert_problem(answer, 400, "content-length-invalid")


async def test_a_body_that_never_ends_is_given_up(
    refusing: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(limits, "_SLOWEST_BYTES_PER_SECOND", 2**40)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await refusing.post("/v1/notes", content=slow(), headers=KEY)
    assert_problem(answer, 408, "body-too-slow")


async def test_an_unknown_address(refusing: httpx.AsyncClient) -> None:
    assert_problem(await refusing.get("/v1/nothing"), 404, "no-such-address")
    assert_problem(await refusing.get("/v1/memory/free/"), 404, "no-such-address")


async def test_a_wrong_method_is_told_the_right_one(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.delete("/v1/notes")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, POST"


async def test_a_wrong_parameter_is_named(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/free", params={"after": "-1"})
    (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
    assert error == {
        "where": "tham số after",
        "what": "Giá trị quá nhỏ.",
        "how": "Viết số từ 0 trở lên.",
    }


async def test_a_parameter_that_the_route_does_not_have(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/free", params={"aftr": "5", "after": "1"})
    (error,) = assert_problem(answer, 422, "unknown-parameter")["errors"]
    assert error == {
        "where": "tham số aftr",
        "what": "Không có trong API.",
        "how": "Chọn trong: after, colour, day.",
    }


async def test_a_name_that_may_be_a_persons_is_not_repeated(refusing: httpx.AsyncClient) -> None:
    person = "Nguyễn Thị Ánh"
    answer = await refusing.get("/v1/memory/free", params={person: "5"})
    (error,) = assert_problem(answer, 422, "unknown-parameter")["errors"]
    assert error["where"] == "tham số (tên lạ)"
    answer = await refusing.post("/v1/notes", json={"text": "x", person: 8}, headers=KEY)
    errors = assert_problem(answer, 422, "invalid-request")["errors"]
    assert "(tên lạ)" in [error["where"] for error in errors]
    assert "Nguy" not in answer.text


async def test_a_parameter_of_a_dependency_or_model_is_known(refusing: httpx.AsyncClient) -> None:
    params = {"colour": "green", "day": "2026-09-05"}
    assert (await refusing.get("/v1/memory/free", params=params)).status_code == 200


@pytest.mark.parametrize("day", ["0", "20150101", "2026-9-5", "2026-02-30"])
async def test_a_day_in_a_parameter_is_written_in_one_way(
    refusing: httpx.AsyncClient, day: str
) -> None:
    answer = await refusing.get("/v1/memory/free", params={"day": day})
    (error,) = assert_problem(answer, 422, "invalid-request")["errors"]
    assert error["where"] == "tham số day"


async def test_an_event_over_its_size_is_the_clients_matter(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/broken", params={"kind": "event"})
    assert_problem(answer, 413, "event-too-large")


async def test_a_database_that_is_not_there(notes: Notes) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", application="test")
    async with client_of(application(notes, nowhere)) as client:
        answer = await client.post("/v1/notes", json=NOTE, headers=KEY)
        assert_problem(answer, 503, "database-unavailable")
        assert_problem(await client.get("/v1/notes"), 503, "database-unavailable")
    await nowhere.close()


async def test_a_defect_says_nothing_of_itself(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/broken")
    assert_problem(answer, 500, "internal")
    assert "Nguyễn" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_a_database_that_is_away_is_worth_another_try(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/broken", params={"kind": "away"})
    assert_problem(answer, 503, "database-unavailable")
    assert answer.headers["retry-after"] == "2"


async def test_an_endpoint_that_forgot_the_policy_is_not_answered(
    refusing: httpx.AsyncClient,
) -> None:
    assert_problem(await refusing.get("/v1/memory/forgotten"), 500, "undecided")


async def test_a_query_from_memory_needs_no_database(refusing: httpx.AsyncClient) -> None:
    assert (await refusing.get("/v1/memory/mine")).json() == {"subject": "teacher-1"}
    free = await refusing.get("/v1/memory/free", headers={"Authorization": ""})
    assert free.json() == {"after": 0}


async def test_the_table_refuses_who_has_no_right(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.get("/v1/memory/mine", headers={"Authorization": "Bearer guardian-1"})
    assert_problem(answer, 403, "forbidden")
