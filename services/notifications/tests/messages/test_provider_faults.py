"""A mail server that refuses, fails, hangs and vanishes: what is certain, what is not."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from edu.testing import eventually
from notifications.breakers import Breakers


@pytest.fixture
async def letter(book: Any) -> None:
    """Queue one letter."""
    await book.classroom()
    await book.awake(await book.guardian())
    await book.hear(book.facts.scores({book.pupil: 850}))


async def attempts(book: Any) -> list[tuple[int, str | None, str | None, bool]]:
    rows = await book.rows("SELECT * FROM attempt ORDER BY letter_id, number")
    return [(row.number, row.outcome, row.code, row.repeat) for row in rows]


async def tried(book: Any, *outcomes: str) -> None:
    async def look() -> bool:
        return [outcome for _, outcome, _, _ in await attempts(book)] == list(outcomes)

    await eventually(look, within=20)


@pytest.mark.usefixtures("letter")
async def test_an_unknown_address_fails_and_is_not_used_again(book: Any, sink: Any) -> None:
    sink.at_recipient = lambda _: "550 5.1.1 <binh@example.com> unknown"
    async with book.sending(sink.port):
        await book.ended("failed")
    assert await book.states() == [("failed", "address-refused")]
    # Only the numbers are kept: the words repeat the address.
    assert await attempts(book) == [(1, "refused", "550 5.1.1", False)]
    [told] = await book.outbox("message-failed")
    assert told.data["reason_code"] == "address-refused"

    await book.hear(book.fact_of(told))
    [guardian_id] = told.data["guardians"]
    found = await book.get(f"/guardians/{guardian_id}")
    assert (found["email_refused"], found["reachable"]) == (True, [])
    await book.hear(book.facts.scores({book.pupil: 700}))
    assert len(await book.rows("SELECT 1 FROM message")) == 1

    changed = {"version": 1, "name": "Trần Văn Bình", "email": "binh.moi@example.com"}
    await book.put(f"/guardians/{guardian_id}/contacts", changed)
    await book.hear(book.facts.scores({book.pupil: 750}))
    assert len(await book.rows("SELECT 1 FROM message")) == 2


@pytest.mark.usefixtures("letter")
async def test_a_report_about_an_older_address_does_not_touch_the_new_one(
    book: Any, sink: Any
) -> None:
    sink.at_recipient = lambda _: "550 5.1.1 unknown"
    async with book.sending(sink.port):
        await book.ended("failed")
    [told] = await book.outbox("message-failed")
    late = book.document(book.fact_of(told), at=book.long_ago)
    await book.hear(late)
    assert not (await book.get(f"/guardians/{told.data['guardians'][0]}"))["email_refused"]


@pytest.mark.usefixtures("letter")
async def test_a_policy_that_refuses_says_nothing_about_the_address(book: Any, sink: Any) -> None:
    sink.at_recipient = lambda _: "550 5.7.1 blocked"
    async with book.sending(sink.port):
        await book.ended("failed")
    assert await book.states() == [("failed", "refused")]


@pytest.mark.usefixtures("letter")
@pytest.mark.parametrize("when", ["at_recipient", "at_data"])
async def test_not_now_is_tried_again_later(book: Any, sink: Any, when: str) -> None:
    answers = iter(["451 4.7.1 try later"])
    setattr(sink, when, lambda *_: next(answers, None if when == "at_recipient" else "250 OK"))
    async with book.sending(sink.port):
        await tried(book, "retry")
        assert await book.states() == [("queued", None)]
        await book.execute("UPDATE letter SET not_before = now()")
        await book.ended("delivered")
    assert [number for number, *_ in await attempts(book)] == [1, 2]
    assert len(sink.taken) == 1
    assert "X-Edu-Repeat" not in sink.taken[0].headers


@pytest.mark.usefixtures("letter")
async def test_whom_we_send_as_is_no_fault_of_the_letter(book: Any, sink: Any) -> None:
    sink.at_mail = lambda: "550 5.7.1 not you"
    async with book.sending(sink.port):
        await tried(book, "retry")
    assert await book.states() == [("queued", None)]


@pytest.mark.usefixtures("letter")
async def test_what_is_no_longer_news_is_not_sent(book: Any, sink: Any) -> None:
    await book.execute("UPDATE letter SET expires_at = now()")
    async with book.sending(sink.port):
        await book.ended("failed")
    assert await book.states() == [("failed", "expired")]
    [told] = await book.outbox("message-failed")
    assert (told.data["reason_code"], told.data["parts"]) == ("expired", [0])


@contextlib.asynccontextmanager
async def server(*lines: bytes, then: str) -> AsyncIterator[int]:
    """Answer each command of one connection with one of these lines; then hang, or drop."""
    release = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        for line in lines:
            heard = await reader.readline()
            if line.startswith(b"354"):
                writer.write(line + b"\r\n")
                while heard and heard != b".\r\n":
                    heard = await reader.readline()
                continue
            writer.write(line + b"\r\n")
        if then == "hang":
            await release.wait()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
        release.set()


GREETED = (b"250 here", b"250 sender", b"250 recipient")


@pytest.mark.usefixtures("letter")
@pytest.mark.parametrize("then", ["hang", "drop"])
@pytest.mark.parametrize("said", range(4))
async def test_before_the_last_byte_has_left_nothing_was_taken(
    book: Any, then: str, said: int
) -> None:
    async with (
        server(*GREETED[:said], then=then) as port,
        book.sending(port, send_seconds=0.5),
    ):
        await tried(book, "retry")
    assert await book.states() == [("queued", None)]


@pytest.mark.usefixtures("letter")
@pytest.mark.parametrize("then", ["hang", "drop"])
async def test_after_the_last_byte_only_the_answer_tells(book: Any, sink: Any, then: str) -> None:
    async with (
        server(*GREETED, b"354 go on", then=then) as port,
        book.sending(port, send_seconds=0.5),
    ):
        await book.ended("unknown")
    [told] = await book.outbox("message-failed")
    assert told.data["reason_code"] == "outcome-unknown"
    # Nobody crashed, so it is not sent again, whatever happens later.
    async with book.sending(sink.port):
        await book.execute("UPDATE letter SET not_before = now(), leased_until = now()")
        await book.hear(book.facts.scores({book.pupil: 900}))
        await book.ended("unknown", "delivered")
    assert len(sink.taken) == 1


async def test_a_server_that_is_not_there_is_left_alone_and_tried_again(
    book: Any, sink: Any
) -> None:
    await book.classroom()
    await book.awake(await book.guardian())
    for score in range(12):
        await book.hear(book.facts.scores({book.pupil: 10 * score}))
    down = threading.Event()
    down.set()
    sink.at_mail = lambda: "421 4.3.2 shutting down" if down.is_set() else None
    breakers = Breakers(failures=5, seconds=3600)
    async with book.sending(sink.port, breakers):

        async def left_alone() -> bool:
            running = await book.rows("SELECT 1 FROM attempt WHERE outcome IS NULL")
            return await breakers.left_alone("email") and not running

        await eventually(left_alone, within=20)
    failed = len(await attempts(book))
    assert 5 <= failed <= 5 + 3  # as many failures as open it, and what ran meanwhile

    async def due_now() -> None:
        await book.execute("UPDATE letter SET not_before = now()")

    async with book.sending(sink.port, Breakers(failures=5, seconds=0.2)):

        async def tried_again() -> bool:
            await due_now()
            return len(await attempts(book)) > failed + 5 + 3

        await eventually(tried_again, within=20)
        down.clear()

        async def all_delivered() -> bool:
            await due_now()
            return {state for state, _ in await book.states()} == {"delivered"}

        await eventually(all_delivered, within=20)
    assert len(sink.taken) == 12
    assert len({one.headers["Message-ID"] for one in sink.taken}) == 12


async def test_one_letter_that_cannot_be_made_holds_no_other_up(book: Any, sink: Any) -> None:
    await book.classroom()
    await book.awake(await book.guardian())
    await book.hear(
        book.facts.scores({book.pupil: 850}), book.facts.assessed({book.pupil: 650_000})
    )
    await book.execute("UPDATE message SET template_version = 99 WHERE template = 'score-saved'")
    async with book.sending(sink.port):
        await book.ended("failed", "delivered")
    assert (await book.states())[0] == ("failed", "not-rendered")
    [taken] = sink.taken
    assert "650.000" in taken.body
