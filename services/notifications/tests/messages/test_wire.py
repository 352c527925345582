"""The whole service on a real broker: facts come, letters and webhooks go, its own facts return."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from chassis.service import build
from contracts import envelope
from edu.testing import eventually
from edu.testing.sources import Sources, sources
from notifications.app import SERVICE

LINKED, DELIVERED = "edu.notifications.guardian-linked.v1", "edu.notifications.message-delivered.v1"
SCORE = "edu.gradebook.score-entered.v1"


@pytest.fixture
async def log(kafka: str) -> AsyncIterator[Sources]:
    async with sources(kafka) as writing:
        yield writing


@asynccontextmanager
async def subscriber() -> AsyncIterator[tuple[str, list[bytes]]]:
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}/hook", bodies
    finally:
        await runner.cleanup()


@asynccontextmanager
async def alive(book: Any, kafka: str, port: int) -> AsyncIterator[None]:
    """Run all roles of the service on the book's database."""
    settings = book.settings.model_copy(
        update={
            "kafka_bootstrap_servers": (kafka,),
            "roles": frozenset({"api", "consumer", "relay"}),
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
        }
    )
    app = build(SERVICE, settings)
    app.state.verifier = book.app.state.verifier
    async with app.router.lifespan_context(app):
        yield


def kind_of(body: bytes) -> str:
    decoded = envelope.decode(body, b"key")
    assert isinstance(decoded, envelope.Envelope)
    return decoded.type


@pytest.mark.timeout(180)
async def test_three_times_everything_is_told_once(
    book: Any, sink: Any, kafka: str, log: Sources
) -> None:
    facts = book.facts
    enrolled, key = facts.person(book.pupil)
    async with subscriber() as (url, bodies), alive(book, kafka, sink.port):
        types = [SCORE, LINKED, DELIVERED]
        await book.post("/webhooks", {"url": url, "types": types}, token="service/x", expect=201)
        await log.send(
            facts.school(),
            facts.class_6a(),
            facts.published(),
            facts.placed(book.pupil),
            enrolled,
            key,
            times=3,
        )

        async def known() -> bool:
            rows = await book.rows("SELECT 1 FROM pupil JOIN subject_key USING (pupil_id)")
            return bool(rows)

        await eventually(known, within=60)
        guardian_id = await book.guardian()
        await book.awake(guardian_id)
        [saved] = await log.send(facts.scores({book.pupil: 850}), times=3)
        await log.send(facts.assessed({book.pupil: 650_000}), facts.paid(book.pupil), times=3)
        moved = facts.transferred(book.pupil, 2, school_id=book.other_school)
        await log.send(moved.model_copy(update={"sealed": enrolled.sealed}), times=3)
        # Four letters; of three kinds of facts that came, and of our own that came back.
        await eventually(lambda: len(sink.taken) == 4, within=60)
        await book.ended(*["delivered"] * 4, within=30)

        def all_told() -> bool:
            kinds = Counter(map(kind_of, bodies))
            return kinds[SCORE] == 1 and kinds[LINKED] == 2 and kinds[DELIVERED] >= 1

        await eventually(all_told, within=60)
        assert saved in bodies
        told = [body for body in bodies if kind_of(body) == DELIVERED]
        assert all(b'"sequence":"0000' in body for body in told)
    assert len({one.headers["Message-ID"] for one in sink.taken}) == 4

    # The whole log again, from its beginning: everybody was told already.
    await book.execute("UPDATE delivery.consumer_position SET next = 0")
    await book.execute("DELETE FROM delivery.source_sequence")
    async with alive(book, kafka, sink.port):

        async def read_again() -> bool:
            rows = await book.rows(
                "SELECT 1 FROM delivery.consumer_position WHERE topic = 'gradebook.scores.v1' "
                "AND next > 0"
            )
            return bool(rows)

        await eventually(read_again, within=60)
        await log.send(facts.scores({book.pupil: 900}), times=3)
        await eventually(lambda: len(sink.taken) == 5, within=60)
    assert len(await book.rows("SELECT 1 FROM message")) == 5
    assert await book.rows("SELECT 1 FROM delivery.parked") == []
