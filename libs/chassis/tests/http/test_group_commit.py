"""Commands of a group share a transaction, and nothing else."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from chassis.clock import new_id
from chassis.database import Database
from edu.testing import eventually

from .conftest import Notes
from .test_commands import stored

pytestmark = pytest.mark.wire


async def send(
    client: httpx.AsyncClient, text: str, key: str = "", who: str = "teacher-1"
) -> httpx.Response:
    headers = {"Idempotency-Key": key or new_id(), "Authorization": f"Bearer {who}"}
    return await client.put("/v1/notes/together", json={"text": text}, headers=headers)


async def at_once(
    client: httpx.AsyncClient, notes: Notes, *wanted: tuple[str, str, str]
) -> Sequence[httpx.Response]:
    """Send what is wanted while two groups of one are under way, so that it makes one group."""
    before = [asyncio.create_task(send(client, "before")) for _ in range(2)]
    await eventually(lambda: len(notes.groups) == 2)
    tasks = [asyncio.create_task(send(client, *one)) for one in wanted]
    (groups,) = client._transport.app.state.groups.values()  # type: ignore[attr-defined]
    await eventually(lambda: len(groups._waiting) == len(wanted))
    notes.gate.set()
    await asyncio.gather(*before)
    return await asyncio.gather(*tasks)


async def test_who_waits_meanwhile_makes_one_group(
    client: httpx.AsyncClient, notes: Notes, opened: Database
) -> None:
    answers = await at_once(client, notes, *((str(n), "", "teacher-1") for n in range(18)))
    assert [answer.json()["text"] for answer in answers] == [str(n) for n in range(18)]
    assert notes.groups == [1, 1, 18]
    assert await stored(opened, "note") == await stored(opened, "delivery.idempotency_key") == 20


async def test_who_is_refused_leaves_the_others_alone(
    client: httpx.AsyncClient, notes: Notes, opened: Database
) -> None:
    answers = await at_once(
        client,
        notes,
        ("a", "", "teacher-1"),
        ("refused", "key", "teacher-1"),
        ("b", "", "guardian-1"),
        ("c", "", "teacher-2"),
    )
    assert [answer.status_code for answer in answers] == [200, 409, 403, 200]
    assert await stored(opened, "note") == await stored(opened, "delivery.idempotency_key") == 4
    assert (await send(client, "now", "key")).status_code == 200


async def test_a_group_that_breaks_is_tried_one_by_one(
    client: httpx.AsyncClient, notes: Notes, opened: Database
) -> None:
    answers = await at_once(
        client, notes, *((text, "", "teacher-1") for text in ("a", "broken", "b"))
    )
    assert [answer.status_code for answer in answers] == [200, 500, 200]
    assert notes.groups == [1, 1, 3, 1, 1, 1]
    assert await stored(opened, "note") == 4


async def test_the_same_key_never_stands_twice_in_a_group(
    client: httpx.AsyncClient, notes: Notes, opened: Database
) -> None:
    answers = await at_once(
        client,
        notes,
        ("a", "key", "teacher-1"),
        ("a", "key", "teacher-1"),
        ("a", "key", "teacher-2"),
        ("b", "key", "teacher-1"),
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200, 409]
    assert answers[0].content == answers[1].content != answers[2].content
    assert await stored(opened, "note") == 4


async def test_whoever_does_not_wait_any_more_is_left_out(
    client: httpx.AsyncClient, notes: Notes, opened: Database
) -> None:
    before = [asyncio.create_task(send(client, "before")) for _ in range(2)]
    await eventually(lambda: len(notes.groups) == 2)
    (groups,) = client._transport.app.state.groups.values()  # type: ignore[attr-defined]
    gone = asyncio.create_task(send(client, "gone"))
    await eventually(lambda: len(groups._waiting) == 1)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    notes.gate.set()
    await asyncio.gather(*before)
    assert await stored(opened, "note") == 2
