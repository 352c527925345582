"""The sender: what one turn of it does with letters, and one call of a provider."""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from prometheus_client import Counter

from chassis.clock import now
from chassis.database import Session
from contracts.notifications import Channel
from notifications.breakers import Breakers
from notifications.messages.domain import AttemptOutcome, Result, backoff
from notifications.messages.settling import Finished, settle
from notifications.messages.smtp import Email, SmtpProvider
from notifications.messages.taking import Desk, Job, reclaim, take
from notifications.settings import NotificationsSettings

LEASES = 3
"""A lease lasts so many times as long as a call may take."""

ATTEMPTS = Counter(
    "message_attempts_total", "What providers made of letters.", ["channel", "outcome"]
)

_LOTS = secrets.SystemRandom()


class Sending:
    """Letters, for the dispatcher. Without a mail server they are kept, and go out later."""

    def __init__(self, settings: NotificationsSettings, desk: Desk, breakers: Breakers) -> None:
        self._settings = settings
        self._desk = desk
        self.breakers = breakers
        host = settings.smtp_host
        self.email = None if host is None else SmtpProvider(settings, host)

    async def turn(
        self,
        session: Session,
        finished: Sequence[tuple[Job, Result]],
        running: Collection[Job],
        room: int,
    ) -> Sequence[Job]:
        """Record what was sent, take back what a crash left open, and lease what is due."""
        moment = now()
        await settle(session, [self._finished(job, result) for job, result in finished], moment)
        await reclaim(session, {job.letter_id for job in running}, moment)
        if self.email is not None:
            room = min(room, await self.breakers.room(Channel.EMAIL, len(running)))
        lease = timedelta(seconds=self._settings.send_seconds * LEASES)
        if not room or self.email is None:
            return ()
        return await take(session, self._desk, room, lease, moment)

    def _finished(self, job: Job, result: Result) -> Finished:
        return Finished(
            letter_id=job.letter_id,
            attempt=job.attempt,
            result=result,
            pause=backoff(job.attempt, _LOTS.random()),
            parts=1,
            cost=self._settings.email_cost,
        )

    async def perform(self, job: Job) -> Result:
        """Give one letter to its provider."""
        result = await self._perform(job)
        ATTEMPTS.labels(channel=job.channel, outcome=result.outcome).inc()
        return result

    async def _perform(self, job: Job) -> Result:
        provider = self.email
        if provider is None:
            return Result(AttemptOutcome.RETRY, "no provider")
        email = Email(
            job.letter_id, job.repeat, job.to, job.name, job.title, job.text, job.queued_at
        )
        result = await self.breakers.call(
            Channel.EMAIL,
            lambda: provider.send(email),
            lambda result: result.provider_down,
        )
        return result or Result(AttemptOutcome.RETRY, "provider left alone")

    async def close(self) -> None:
        """Let the connections to the provider go."""
        if self.email is not None:
            self.email.close()
