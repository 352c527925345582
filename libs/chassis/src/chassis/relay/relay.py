"""The relay of one service: it follows, takes the lead, checks Kafka's tails, and sends."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis import metrics
from chassis.kafka import OPEN, Security
from chassis.relay import filler
from chassis.relay.decisions import Lane, Lead, may_lead
from chassis.relay.leading import Leading
from chassis.relay.store import SETTINGS, LeadConnection
from chassis.relay.tail import last_sequences
from contracts.topics import TOPICS

_IDLE_SECONDS = 0.1
_FOLLOW_SECONDS = 1.0
_AHEAD_SECONDS = 15.0
_STOP_SECONDS = 5.0

_log = structlog.get_logger()


def new_producer(bootstrap: Sequence[str], security: Security = OPEN) -> AIOKafkaProducer:
    """Make the producer that the order and the gapless numbers rest on; it never gives up."""
    return AIOKafkaProducer(
        bootstrap_servers=list(bootstrap),
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=1 << 20,
        compression_type="zstd",
        request_timeout_ms=5_000,
        metadata_max_age_ms=10_000,
        **security.aiokafka(),
    )


class KafkaAheadError(Exception):
    """Kafka holds numbers that this database never gave: it was restored from a backup."""


class Relay:
    """Sends one service's outbox; :meth:`run` leads while it holds the database's lock."""

    def __init__(
        self,
        *,
        service: str,
        url: str,
        bootstrap: Sequence[str],
        security: Security = OPEN,
        fill_seconds: float = filler.EVERY_SECONDS,
    ) -> None:
        """``url`` is the service's database, ``bootstrap`` Kafka's addresses."""
        self.state = "starting"
        self.detail: str | None = None
        self._service = service
        self._url = url
        self._bootstrap = list(bootstrap)
        self._security = security
        self._fill_seconds = fill_seconds
        self._topics = [topic for topic in TOPICS if topic.owner == service]
        self._wake = asyncio.Event()
        self._leading: Leading | None = None

    def wake(self) -> None:
        """Say that a row was committed: the relay looks now, not at its next round."""
        self._wake.set()

    @property
    def waiting(self) -> dict[Lane, str]:
        """The lanes that cannot send, with the reason."""
        lanes = self._leading.lanes if self._leading else {}
        return {lane: sender.error for lane, sender in lanes.items() if sender.error}

    @property
    def oldest(self) -> datetime | None:
        """When the oldest row that Kafka does not hold was written."""
        return self._leading.oldest if self._leading else None

    async def run(self) -> None:
        """Follow, then lead, until cancelled or an error ends the lead; the supervisor restarts."""
        while (lead := await LeadConnection.take(self._url)) is None:
            self.state = "following"
            await asyncio.sleep(_FOLLOW_SECONDS)
        try:
            await self._check_tails(lead)
            await self._send(lead)
        finally:
            self.state = "starting"
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                await lead.close()

    async def _check_tails(self, lead: LeadConnection) -> None:
        self.state = "checking"
        # A compacted topic's tail may be a tombstone, which has no number; its rows are gone too.
        checked = [topic for topic in self._topics if not topic.compacted]
        names = {topic.name for topic in checked}
        positions = {lane: at for lane, at in (await lead.positions()).items() if lane[0] in names}
        tails = await last_sequences(
            self._bootstrap, f"urn:edu:{self._service}", checked, security=self._security
        )
        verdict = may_lead(tails, positions)
        self.detail = None
        if verdict is Lead.KAFKA_AHEAD:
            self.state = "kafka-ahead"
            self.detail = (
                "Kafka holds records that this database never numbered: it was restored from a "
                "backup. Nothing is sent. Restore a newer backup."
            )
            _log.error("relay_kafka_ahead", tails=_text(tails))
            await asyncio.sleep(_AHEAD_SECONDS)
            raise KafkaAheadError(self.detail)
        if verdict is Lead.KAFKA_BEHIND:
            self.detail = "Kafka lacks acknowledged records; send them again: relay republish"
            _log.error("relay_kafka_behind", tails=_text(tails))

    async def _send(self, lead: LeadConnection) -> None:
        producer = new_producer(self._bootstrap, self._security)
        await producer.start()
        async with asyncpg.create_pool(
            self._url, min_size=0, max_size=2, server_settings=SETTINGS
        ) as pool:
            leading = Leading(
                lead,
                producer,
                pool,
                service=self._service,
                topics=self._topics,
                fill_seconds=self._fill_seconds,
            )
            try:
                await leading.start()
                self._leading = leading
                self.state = "leading"
                metrics.RELAY_LEADER.set(1)
                _log.info("relay_leads", service=self._service)
                while True:
                    self._wake.clear()
                    if not await leading.round():
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._wake.wait(), _IDLE_SECONDS)
            finally:
                metrics.RELAY_LEADER.set(0)
                self._leading = None
                await leading.stop()
                # An idempotent producer never gives a batch up, so its stop may never end.
                with contextlib.suppress(TimeoutError, KafkaError):
                    await asyncio.wait_for(producer.stop(), _STOP_SECONDS)


def _text(lanes: dict[Lane, int]) -> dict[str, int]:
    return {f"{topic}/{partition}": last for (topic, partition), last in lanes.items()}
