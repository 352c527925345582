"""A real sender process, killed between the provider's yes and our commit."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]


@contextlib.asynccontextmanager
async def service(book: Any, port: int, folder: Path, **more: str) -> AsyncIterator[Process]:
    """Run `python -m notifications serve` on the same database until the block ends."""
    settings = {
        "DATABASE_URL": book.settings.database_url.get_secret_value(),
        "TOKEN_ISSUER": "urn:tests",
        "TOKEN_JWKS": "/nowhere",
        "MASTER_KEY": book.settings.master_key.get_secret_value(),
        "PORT": "0",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
        "SEND_SECONDS": "3",
    } | more
    with (folder / "service.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "notifications", "serve"),
            env={f"NOTIFICATIONS_{name}": value for name, value in settings.items()}
            | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "PATH": os.environ["PATH"]},
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            stdin=DEVNULL,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_one_crash_makes_one_marked_repeat_and_a_second_makes_none(
    book: Any, sink: Any, tmp_path: Path
) -> None:
    await book.classroom()
    await book.awake(await book.guardian())
    await book.hear(book.facts.scores({book.pupil: 850}))
    victims: list[int] = []

    def take_and_kill() -> str:
        os.kill(victims[-1], signal.SIGKILL)
        return "250 2.0.0 taken"

    sink.at_data = take_and_kill
    for _ in range(2):  # two processes, each dies between the yes and the commit
        async with service(book, sink.port, tmp_path) as process:
            victims.append(process.pid)
            assert await process.wait() == -signal.SIGKILL
    assert [row.outcome for row in await book.rows("SELECT * FROM attempt ORDER BY number")] == [
        "crashed",
        None,
    ]
    sink.at_data = lambda: "250 2.0.0 taken"
    async with service(book, sink.port, tmp_path):
        await book.ended("unknown", within=60)

    first, second = sink.taken  # and never a third
    assert first.headers["Message-ID"] == second.headers["Message-ID"]
    assert first.headers["Date"] == second.headers["Date"]
    assert "X-Edu-Repeat" not in first.headers
    assert "X-Edu-Repeat" in second.headers
    rows = await book.rows("SELECT outcome, repeat FROM attempt ORDER BY number")
    assert [tuple(row) for row in rows] == [("crashed", False), ("crashed", True)]
    [told] = await book.outbox("message-failed")
    assert told.data["reason_code"] == "outcome-unknown"


async def test_a_crash_before_the_provider_is_asked_repeats_once_and_arrives(
    book: Any, sink: Any, tmp_path: Path
) -> None:
    await book.classroom()
    await book.awake(await book.guardian())
    for score in (850, 700, 900):
        await book.hear(book.facts.scores({book.pupil: score}))
    victims: list[int] = []

    def kill() -> None:
        if len(victims) == 1:
            os.kill(victims[0], signal.SIGKILL)
            victims.append(0)

    sink.at_mail = kill
    async with service(book, sink.port, tmp_path) as process:
        victims.append(process.pid)
        assert await process.wait() == -signal.SIGKILL
    async with service(book, sink.port, tmp_path):
        await book.ended("delivered", "delivered", "delivered", within=60)
    assert len({one.headers["Message-ID"] for one in sink.taken}) == 3
    assert len(sink.taken) <= 3 + 1  # at most what was under way when it died
    repeats = await book.rows("SELECT letter_id FROM attempt WHERE repeat")
    crashed = await book.rows("SELECT letter_id FROM attempt WHERE outcome = 'crashed'")
    assert {row.letter_id for row in repeats} == {row.letter_id for row in crashed}


async def test_a_service_that_is_asked_to_stop_ends_what_it_began(
    book: Any, sink: Any, tmp_path: Path
) -> None:
    await book.classroom()
    await book.awake(await book.guardian())
    for score in range(20):
        await book.hear(book.facts.scores({book.pupil: 10 * score}))
    stopped: list[int] = []

    def stop() -> str:
        if not stopped:
            stopped.append(processes[0].pid)
            os.kill(stopped[0], signal.SIGTERM)
        return "250 2.0.0 taken"

    processes: list[Process] = []
    sink.at_data = stop
    async with service(book, sink.port, tmp_path, SEND_SECONDS="20") as process:
        processes.append(process)
        assert await asyncio.wait_for(process.wait(), 30) in (0, -signal.SIGTERM)
    rows = await book.rows("SELECT outcome FROM attempt")
    assert {row.outcome for row in rows} == {"accepted"}
    sink.at_data = lambda: "250 2.0.0 taken"
    async with service(book, sink.port, tmp_path):
        await book.ended(*["delivered"] * 20, within=60)
    assert len(sink.taken) == 20
