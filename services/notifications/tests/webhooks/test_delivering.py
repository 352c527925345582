"""Documents to subscribers: the same bytes, signed, at least once, each endpoint by itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from edu.testing import eventually
from notifications.breakers import Breakers
from notifications.webhooks.addresses import Guard

SCORE = "edu.gradebook.score-entered.v1"
LINKED = "edu.notifications.guardian-linked.v1"


def answering(*statuses: int) -> Any:
    left = list(statuses)
    return lambda: web.Response(status=left.pop(0) if len(left) > 1 else left[0])


async def test_a_subscriber_gets_the_bytes_of_kafka_signed(
    book: Any, hooks: Any, subscriber: Any
) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    document = book.document(book.facts.scores({book.pupil: 850}))
    await book.hear(document, document, document)
    await book.hear(book.facts.school())  # not subscribed to
    async with hooks.sending():
        await hooks.stand("delivered")
    [call] = subscriber.calls
    assert call.body == document
    assert call.headers["Content-Type"] == "application/cloudevents+json"
    [secret] = await hooks.secrets(webhook_id)
    read = Webhook(secret).verify(call.body, call.headers)
    assert read["id"] == call.headers["webhook-id"]
    assert await hooks.attempts(webhook_id) == [("accepted", 204)]


async def test_each_subscriber_gets_its_types(book: Any, hooks: Any, others: Any) -> None:
    first, second = others
    await hooks.register(first.url, SCORE)
    await hooks.register(second.url, SCORE, "edu.admissions.school-registered.v1")
    await book.hear(book.facts.school(), book.facts.scores({book.pupil: 850}))
    async with hooks.sending():
        await hooks.stand("delivered", "delivered", "delivered")
    assert (len(first.calls), len(second.calls)) == (1, 2)


async def test_what_came_before_is_not_sent(book: Any, hooks: Any, subscriber: Any) -> None:
    await book.hear(book.facts.scores({book.pupil: 850}))
    await hooks.register(subscriber.url, SCORE)
    assert await book.rows("SELECT 1 FROM webhook_delivery") == []


async def test_a_failure_is_tried_again_with_the_same_id_and_a_new_time(
    book: Any, hooks: Any, subscriber: Any
) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    subscriber.answer = answering(500, 301, 204)
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with hooks.sending():
        for outcomes in (["refused"], ["refused"] * 2, ["refused", "refused", "accepted"]):
            await hooks.tried(webhook_id, *outcomes)
            await hooks.due_now()
        await hooks.stand("delivered")
    assert await hooks.attempts(webhook_id) == [
        ("refused", 500),
        ("refused", 301),
        ("accepted", 204),
    ]
    assert len({call.headers["webhook-id"] for call in subscriber.calls}) == 1
    assert len({call.body for call in subscriber.calls}) == 1
    [secret] = await hooks.secrets(webhook_id)
    for call in subscriber.calls:
        Webhook(secret).verify(call.body, call.headers)


async def test_gone_disables_and_nothing_more_is_sent(
    book: Any, hooks: Any, subscriber: Any
) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    subscriber.answer = answering(410)
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with hooks.sending():
        await hooks.stand("failed")
        await book.hear(book.facts.scores({book.pupil: 700}))
    found = await book.get(f"/webhooks/{webhook_id}", token=hooks.token)
    assert (found["state"], found["reason"]) == ("disabled", "gone")
    assert len(subscriber.calls) == 1
    assert len(await book.rows("SELECT 1 FROM webhook_delivery")) == 1

    # The subscriber is back: it says so, and asks for what it missed.
    subscriber.answer = answering(204)
    changed = {
        "version": found["version"],
        "url": subscriber.url,
        "types": [SCORE],
        "active": True,
    }
    await book.put(f"/webhooks/{webhook_id}", changed, token=hooks.token)
    retried = await book.post(f"/webhooks/{webhook_id}/retry", token=hooks.token)
    assert retried["retried"] == 1
    async with hooks.sending():
        await hooks.stand("delivered")


async def test_two_secrets_sign_while_one_replaces_the_other(
    book: Any, hooks: Any, subscriber: Any
) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    [old] = await hooks.secrets(webhook_id)
    await book.post(f"/webhooks/{webhook_id}/rotate", {}, token=hooks.token)
    new, same = await hooks.secrets(webhook_id)
    assert same == old != new
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with hooks.sending():
        await hooks.stand("delivered")
        for secret in (old, new):
            Webhook(secret).verify(subscriber.calls[0].body, subscriber.calls[0].headers)
        # A third ends the first at once; the grace of the second is over at once, too.
        await book.post(f"/webhooks/{webhook_id}/rotate", {"grace_hours": 0}, token=hooks.token)
        [newest] = await hooks.secrets(webhook_id)
        await book.hear(book.facts.scores({book.pupil: 700}))
        await hooks.stand("delivered", "delivered")
    signature = subscriber.calls[1].headers["webhook-signature"]
    assert len(signature.split(" ")) == 1
    Webhook(newest).verify(subscriber.calls[1].body, subscriber.calls[1].headers)


async def test_an_endpoint_that_hangs_holds_no_other_up(book: Any, hooks: Any, others: Any) -> None:
    slow, quick = others
    slow.hang = asyncio.Event()
    await hooks.register(slow.url, SCORE)
    await hooks.register(quick.url, SCORE)
    for score in range(30):
        await book.hear(book.facts.scores({book.pupil: 10 * score}))
    async with hooks.sending(seconds=30):
        await eventually(lambda: len(quick.calls) == 30, within=30)
        assert len(slow.calls) <= 4  # at a time
        slow.hang.set()
        await hooks.stand(*["delivered"] * 60, within=30)


async def test_no_answer_in_time_is_a_failure(book: Any, hooks: Any, subscriber: Any) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    subscriber.hang = asyncio.Event()
    await book.hear(book.facts.scores({book.pupil: 850}))
    async with hooks.sending(seconds=0.3):
        await eventually(lambda: subscriber.calls)
        await hooks.stand("pending")
    assert await hooks.attempts(webhook_id) == [("unreachable", None)]


async def test_an_endpoint_that_fails_is_left_alone_for_a_while(
    book: Any, hooks: Any, subscriber: Any
) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    subscriber.answer = answering(503)
    for score in range(40):
        await book.hear(book.facts.scores({book.pupil: 10 * score}))
    breakers = Breakers(failures=5, seconds=3600)
    async with hooks.sending(breakers=breakers):

        async def left_alone() -> bool:
            running = await book.rows("SELECT 1 FROM webhook_attempt WHERE outcome IS NULL")
            return bool(await breakers.left_alone(webhook_id)) and not running

        await eventually(left_alone, within=20)
    failed = len(subscriber.calls)
    assert 5 <= failed <= 5 + 15  # as many failures as open it, and what ran meanwhile
    subscriber.answer = answering(204)
    async with hooks.sending(breakers=Breakers(failures=5, seconds=0.2)):

        async def all_arrived() -> bool:
            await hooks.due_now()
            rows = await book.rows("SELECT 1 FROM webhook_delivery WHERE state = 'delivered'")
            return len(rows) == 40

        await eventually(all_arrived, within=30)
    assert len(subscriber.calls) == failed + 40


async def test_a_name_that_turns_inside_is_not_called(
    book: Any, hooks: Any, subscriber: Any
) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    await book.execute("UPDATE webhook SET url = 'https://subscriber.example/hook'")
    await book.hear(book.facts.scores({book.pupil: 850}))

    async def inside(_: str, __: int) -> Sequence[str]:
        return ["169.254.169.254"]

    async with hooks.sending(guard=Guard(resolve=inside)):
        await hooks.tried(webhook_id, "inside")
    assert subscriber.calls == []


async def test_what_a_crash_left_open_goes_again(book: Any, hooks: Any, subscriber: Any) -> None:
    webhook_id = await hooks.register(subscriber.url, SCORE)
    await book.hear(book.facts.scores({book.pupil: 850}))
    await book.execute(
        "UPDATE webhook_delivery SET state = 'sending', attempts = 1, "
        "leased_until = now() - interval '1 second'"
    )
    await book.execute(
        "INSERT INTO webhook_attempt (webhook_id, event_id, number, started_at) "
        "SELECT webhook_id, event_id, 1, now() FROM webhook_delivery"
    )
    async with hooks.sending():
        await hooks.stand("delivered")
    assert await hooks.attempts(webhook_id) == [("crashed", None), ("accepted", 204)]


async def test_our_own_facts_can_be_subscribed_to(book: Any, hooks: Any, subscriber: Any) -> None:
    await hooks.register(subscriber.url, LINKED)
    await book.classroom()
    await book.guardian()
    [told] = await book.outbox("guardian-linked")
    await book.hear(book.fact_of(told))
    async with hooks.sending():
        await hooks.stand("delivered")
    assert LINKED.encode() in subscriber.calls[0].body


@pytest.mark.parametrize(
    "secret_type",
    ["edu.privacy.subject-key.v1", "edu.relay.watermark.v1", "edu.ioc.indicator-changed.v1", "x"],
)
async def test_keys_of_persons_and_the_like_are_not_offered(
    hooks: Any, subscriber: Any, secret_type: str
) -> None:
    refused = await hooks.register(subscriber.url, secret_type, expect=422)
    assert refused["type"] == "urn:edu:problem:type-unknown"
