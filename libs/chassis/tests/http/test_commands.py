"""A command happens once per key: answer, effect and key commit together or not at all."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from chassis.clock import new_id
from chassis.database import Database

from .conftest import Notes

NOTE = {"text": "họp lớp"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


async def stored(opened: Database, what: str) -> Any:
    async with opened.reading() as session:
        return (await session.execute(text(f"SELECT count(*) FROM {what}"))).scalar_one()  # noqa: S608


async def test_the_same_key_answers_the_same_and_acts_once(
    client: httpx.AsyncClient, notes: Notes
) -> None:
    headers = key()
    first = await client.post("/v1/notes", json=NOTE, headers=headers)
    again = await client.post("/v1/notes", json=NOTE, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["content-type"] == again.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert notes.runs == 1


async def test_another_body_under_the_same_key_is_a_conflict(
    client: httpx.AsyncClient, notes: Notes
) -> None:
    headers = key()
    await client.post("/v1/notes", json=NOTE, headers=headers)
    answer = await client.post("/v1/notes", json={"text": "khác"}, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:edu:problem:idempotency-key-reused"
    assert notes.runs == 1


async def test_so_is_another_object_under_the_same_key(client: httpx.AsyncClient) -> None:
    headers = key()
    first = await client.put("/v1/notes/a/first", json=NOTE, headers=headers)
    other = await client.put("/v1/notes/b/first", json=NOTE, headers=headers)
    assert (first.status_code, other.status_code) == (200, 409)


async def test_a_key_belongs_to_its_principal_and_route(
    client: httpx.AsyncClient, notes: Notes
) -> None:
    headers = key()
    answers = [
        await client.post("/v1/notes", json=NOTE, headers=headers),
        await client.post(
            "/v1/notes", json=NOTE, headers={**headers, "Authorization": "Bearer teacher-2"}
        ),
        await client.put("/v1/notes/a/first", json=NOTE, headers=headers),
        await client.post("/v1/notes/open", json=NOTE, headers=headers),
    ]
    assert [answer.is_success for answer in answers] == [True] * 4
    assert notes.runs == 4


async def test_twenty_at_once_act_once(client: httpx.AsyncClient, notes: Notes) -> None:
    headers = key()
    answers = await asyncio.gather(
        *(client.post("/v1/notes", json=NOTE, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert notes.runs == 1


async def test_a_refusal_leaves_neither_effect_nor_key(
    client: httpx.AsyncClient, opened: Database
) -> None:
    for path, status in (("clash", 409), ("answer-409", 409), ("broken", 500), ("forgotten", 500)):
        answer = await client.post(f"/v1/notes/{path}", json=NOTE, headers=key())
        assert answer.status_code == status, path
    assert await stored(opened, "note") == 0
    assert await stored(opened, "delivery.idempotency_key") == 0


async def test_a_refused_command_may_be_tried_again_with_its_key(
    client: httpx.AsyncClient, notes: Notes
) -> None:
    def fail() -> None:
        notes.before_answer.clear()
        raise ConnectionResetError

    notes.before_answer.append(fail)
    headers = key()
    assert (await client.post("/v1/notes", json=NOTE, headers=headers)).status_code == 503
    answer = await client.post("/v1/notes", json=NOTE, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["notes"] == 1


async def test_who_may_not_leaves_nothing(client: httpx.AsyncClient, opened: Database) -> None:
    answer = await client.post(
        "/v1/notes", json=NOTE, headers={**key(), "Authorization": "Bearer guardian-1"}
    )
    assert answer.status_code == 403
    assert await stored(opened, "delivery.idempotency_key") == 0


async def test_problem_members_of_the_rule_are_kept(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes/clash", json=NOTE, headers=key())
    assert answer.json() | {"instance": ""} == {
        "type": "urn:edu:problem:note-changed",
        "title": "Trái với trạng thái hiện tại",
        "status": 409,
        "detail": "Ghi chú đã đổi.",
        "instance": "",
        "seen": 1,
    }


async def test_the_answer_comes_after_the_commit(
    client: httpx.AsyncClient, opened: Database
) -> None:
    await client.post("/v1/notes", json=NOTE, headers=key())
    assert await stored(opened, "note") == 1


async def test_raw_bytes_reach_an_import(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes/import", content="mã;tên\n".encode(), headers=key())
    assert answer.json() == {"bytes": 9}


async def test_days_and_moments_arrive(client: httpx.AsyncClient) -> None:
    body = {**NOTE, "day": "2015-02-28", "seen": "2026-09-05T07:30:00+07:00"}
    assert (await client.post("/v1/notes", json=body, headers=key())).status_code == 201


async def test_of_two_commands_in_a_deadlock_both_end_well(
    client: httpx.AsyncClient, notes: Notes, opened: Database
) -> None:
    async with opened.transaction() as session:
        await session.execute(text("INSERT INTO note VALUES ('a', ''), ('b', '')"))
    answers = await asyncio.gather(
        client.post("/v1/notes/cross/a/b", headers=key()),
        client.post("/v1/notes/cross/b/a", headers=key()),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert notes.runs == 3
    async with opened.reading() as session:
        texts = (await session.execute(text("SELECT text FROM note ORDER BY id"))).scalars()
        assert list(texts) == ["++", "++"]


async def test_a_query_cannot_write(client: httpx.AsyncClient, opened: Database) -> None:
    answer = await client.get("/v1/notes/sneaky")
    assert answer.status_code == 500
    assert await stored(opened, "note") == 0


async def test_a_query_sees_one_snapshot(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/notes")).json() == {"notes": 0}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
async def test_a_number_that_no_column_holds_is_the_clients_fault(
    client: httpx.AsyncClient, number: int
) -> None:
    answer = await client.get(f"/v1/notes/by-number/{number}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] == "urn:edu:problem:value-not-storable"
