"""The sender of webhooks: what one turn of it does with deliveries, and one call."""

import secrets
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from prometheus_client import Counter
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import now
from chassis.columns import table_of
from chassis.database import Session
from chassis.sealing import MasterKeys
from notifications.breakers import Breakers
from notifications.webhooks import queries
from notifications.webhooks.client import WebhookClient
from notifications.webhooks.commands import open_secret
from notifications.webhooks.domain import (
    AT_ONCE,
    Answer,
    AttemptOutcome,
    DeliveryState,
    WebhookState,
    after,
)
from notifications.webhooks.tables import Webhook, WebhookAttempt, WebhookDelivery

LEASES = 3
"""A lease lasts so many times as long as a call may take."""

ATTEMPTS = Counter("webhook_attempts_total", "What calls of subscribers came to.", ["outcome"])

_LOTS = secrets.SystemRandom()
_FAULTS = frozenset({AttemptOutcome.REFUSED, AttemptOutcome.UNREACHABLE, AttemptOutcome.INSIDE})


class Job(NamedTuple):
    """A delivery that was leased."""

    webhook_id: str
    event_id: str
    attempt: int
    url: str
    document: bytes
    secrets: Sequence[str]


class Sending:
    """Deliveries, for the dispatcher."""

    def __init__(
        self, client: WebhookClient, keys: MasterKeys, breakers: Breakers, *, seconds: float
    ) -> None:
        self._client = client
        self._keys = keys
        self._breakers = breakers
        self._lease = timedelta(seconds=seconds * LEASES)

    async def turn(
        self,
        session: Session,
        finished: Sequence[tuple[Job, Answer]],
        running: Collection[Job],
        room: int,
    ) -> Sequence[Job]:
        """Record what was called, take back what a crash left open, and lease what is due."""
        moment = now()
        await _settle(session, finished, moment)
        await _reclaim(session, running, moment)
        room_of = await self._rooms(session, running, moment)
        if not room or not room_of:
            return ()
        return await self._take(session, room_of, room, moment)

    async def _rooms(
        self, session: Session, running: Collection[Job], moment: datetime
    ) -> Mapping[str, int]:
        """Say how many calls each endpoint may get now; those that may get none are not there."""
        busy = Tally(job.webhook_id for job in running)
        due = (await session.execute(_ENDPOINTS_DUE, {"moment": moment})).scalars()
        rooms = {
            webhook_id: min(
                AT_ONCE - busy[webhook_id],
                await self._breakers.room(webhook_id, busy[webhook_id]),
            )
            for webhook_id in map(str, due)
        }
        return {webhook_id: room for webhook_id, room in rooms.items() if room > 0}

    async def _take(
        self, session: Session, rooms: Mapping[str, int], room: int, moment: datetime
    ) -> Sequence[Job]:
        rows = (
            await session.execute(
                _DUE,
                {
                    "ids": list(rooms),
                    "rooms": list(rooms.values()),
                    "moment": moment,
                    "room": room,
                },
            )
        ).all()
        if not rows:
            return ()
        signing: defaultdict[str, list[str]] = defaultdict(list)
        webhook_ids = {str(row.webhook_id) for row in rows}
        for secret in await queries.secrets(session, webhook_ids, active_at=moment):
            opened = open_secret(self._keys, secret.webhook_id, secret.wrapped)
            signing[secret.webhook_id].append(opened)
        jobs = [
            Job(
                str(row.webhook_id),
                row.event_id,
                row.attempts + 1,
                row.url,
                row.body,
                signing[str(row.webhook_id)],
            )
            for row in rows
        ]
        await _begin(session, jobs, moment, moment + self._lease)
        return jobs

    async def perform(self, job: Job) -> Answer:
        """Call one endpoint."""
        answer = await self._breakers.call(
            job.webhook_id,
            lambda: self._client.post(job.url, job.event_id, job.document, job.secrets),
            lambda answer: answer.outcome in _FAULTS,
        )
        if answer is None:
            answer = Answer(AttemptOutcome.LEFT_ALONE)
        ATTEMPTS.labels(outcome=answer.outcome).inc()
        return answer

    async def close(self) -> None:
        """Let the connections to subscribers go."""
        await self._client.close()


async def _settle(
    session: Session, finished: Sequence[tuple[Job, Answer]], moment: datetime
) -> None:
    """Write down what calls came to; a late answer after a crash still counts as success."""
    if not finished:
        return
    await session.execute(
        _CLOSE,
        [
            {
                "webhook": job.webhook_id,
                "event": job.event_id,
                "attempt": job.attempt,
                "result": answer.outcome,
                "code": answer.status,
                "at": moment,
            }
            for job, answer in _sorted(finished)
        ],
    )
    table = table_of(WebhookDelivery)
    for job, answer in _sorted(finished):
        mine = (table.c.webhook_id == job.webhook_id) & (table.c.event_id == job.event_id)
        held = await session.execute(select(table).where(mine).with_for_update())
        delivery = held.first()
        late = delivery is not None and delivery.state is not DeliveryState.SENDING
        if delivery is None or delivery.attempts != job.attempt:
            continue
        if late and answer.outcome is not AttemptOutcome.ACCEPTED:
            continue
        verdict = after(answer, delivery.step, _LOTS.random())
        ended = verdict.pause is None
        await session.execute(
            update(table)
            .where(mine)
            .values(
                state=verdict.state,
                due=moment + (verdict.pause or timedelta()),
                step=verdict.step,
                leased_until=None,
                ended_at=moment if ended else None,
            )
        )
        if verdict.disable:
            await _disable(session, job.webhook_id)


async def _disable(session: Session, webhook_id: str) -> None:
    table = table_of(Webhook)
    await session.execute(
        update(table)
        .where(table.c.webhook_id == webhook_id)
        .values(version=table.c.version + 1, state=WebhookState.DISABLED, reason="gone")
    )


async def _reclaim(session: Session, running: Collection[Job], moment: datetime) -> None:
    """Take back deliveries whose lease ran out: at least once means that they go again."""
    mine = {(job.webhook_id, job.event_id) for job in running}
    table = table_of(WebhookDelivery)
    found = await session.execute(
        select(table.c.webhook_id, table.c.event_id, table.c.attempts)
        .where(table.c.state == DeliveryState.SENDING, table.c.leased_until < moment)
        .with_for_update(skip_locked=True)
    )
    stale = [row for row in found if (row.webhook_id, row.event_id) not in mine]
    if not stale:
        return
    await session.execute(
        _CLOSE,
        [
            {
                "webhook": row.webhook_id,
                "event": row.event_id,
                "attempt": row.attempts,
                "result": AttemptOutcome.CRASHED,
                "code": None,
                "at": moment,
            }
            for row in stale
        ],
    )
    await session.execute(
        _GIVE_BACK,
        [{"webhook": row.webhook_id, "event": row.event_id, "at": moment} for row in stale],
    )


async def _begin(
    session: Session, jobs: Sequence[Job], moment: datetime, leased_until: datetime
) -> None:
    await session.execute(
        _LEASE,
        [{"webhook": job.webhook_id, "event": job.event_id, "until": leased_until} for job in jobs],
    )
    await session.execute(
        insert(table_of(WebhookAttempt)),
        [
            {
                "webhook_id": job.webhook_id,
                "event_id": job.event_id,
                "number": job.attempt,
                "started_at": moment,
            }
            for job in jobs
        ],
    )


def _sorted(finished: Sequence[tuple[Job, Answer]]) -> list[tuple[Job, Answer]]:
    return sorted(finished, key=lambda one: (one[0].webhook_id, one[0].event_id))


_DELIVERY, _ATTEMPT = table_of(WebhookDelivery), table_of(WebhookAttempt)
_CLOSE = (
    update(_ATTEMPT)
    .where(
        _ATTEMPT.c.webhook_id == bindparam("webhook"),
        _ATTEMPT.c.event_id == bindparam("event"),
        _ATTEMPT.c.number == bindparam("attempt"),
    )
    .values(outcome=bindparam("result"), status=bindparam("code"), ended_at=bindparam("at"))
)
_MINE = (
    _DELIVERY.c.webhook_id == bindparam("webhook"),
    _DELIVERY.c.event_id == bindparam("event"),
)
_GIVE_BACK = (
    update(_DELIVERY)
    .where(*_MINE)
    .values(state=DeliveryState.PENDING, due=bindparam("at"), leased_until=None)
)
_LEASE = (
    update(_DELIVERY)
    .where(*_MINE)
    .values(
        state=DeliveryState.SENDING,
        attempts=_DELIVERY.c.attempts + 1,
        leased_until=bindparam("until"),
    )
)
_ENDPOINTS_DUE = text(
    "SELECT w.webhook_id FROM webhook w WHERE w.state = 'active' AND EXISTS ("
    "SELECT FROM webhook_delivery d WHERE d.webhook_id = w.webhook_id "
    "AND d.state = 'pending' AND d.due <= :moment)"
)
_DUE = text(
    # Each endpoint by itself, so that one with a long queue or a slow answer holds no other up.
    "SELECT d.webhook_id, d.event_id, d.attempts, w.url, x.body "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:rooms AS int[])) v(id, room) "
    "JOIN webhook w ON w.webhook_id = v.id CROSS JOIN LATERAL ("
    "SELECT * FROM webhook_delivery d WHERE d.webhook_id = v.id AND d.state = 'pending' "
    "AND d.due <= :moment ORDER BY d.due, d.event_id LIMIT v.room FOR UPDATE SKIP LOCKED) d "
    "JOIN webhook_document x ON x.event_id = d.event_id "
    "WHERE w.state = 'active' ORDER BY d.due, d.event_id LIMIT :room"
)
