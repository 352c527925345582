"""One call of a subscriber: signed, bounded in time and bytes, never redirected, never inside."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from standardwebhooks import Webhook

from chassis.clock import now
from contracts.envelope import CONTENT_TYPE
from notifications.webhooks.addresses import Guard, InsideAddressError, UrlError
from notifications.webhooks.domain import Answer, AttemptOutcome, outcome_of

if TYPE_CHECKING:
    from notifications.webhooks.connecting import Connector


def signatures(secrets: Sequence[str], event_id: str, moment: datetime, document: bytes) -> str:
    """Sign a document with each active secret, as Standard Webhooks writes it."""
    # The library takes the clock's face for UTC, whatever the zone.
    in_utc = moment.astimezone(UTC)
    return " ".join(Webhook(secret).sign(event_id, in_utc, document.decode()) for secret in secrets)


class WebhookClient:
    """Calls endpoints."""

    def __init__(self, guard: Guard, *, seconds: float) -> None:
        self._guard = guard
        self._seconds = seconds
        self._connector: Connector | None = None

    async def post(
        self, url: str, event_id: str, document: bytes, secrets: Sequence[str]
    ) -> Answer:
        """Make one call; this never raises, and when cancelled says that nobody answered."""
        from notifications.webhooks.connecting import (  # noqa: PLC0415 - serve starts without it
            Connector,
            UnreachableError,
        )

        moment = now()
        headers = {
            "content-type": CONTENT_TYPE,
            "user-agent": "edu-notifications",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signatures(secrets, event_id, moment, document),
        }
        if self._connector is None:
            self._connector = Connector(self._guard, seconds=self._seconds)
        try:
            self._guard.check_url(url)
            status, wish = await self._connector.post(url, document, headers)
        except (InsideAddressError, UrlError):
            return Answer(AttemptOutcome.INSIDE)
        except UnreachableError:
            return Answer(AttemptOutcome.UNREACHABLE)
        return Answer(outcome_of(status), status, retry_after(wish, moment))

    async def close(self) -> None:
        """Let all connections go."""
        if self._connector is not None:
            await self._connector.close()


def retry_after(text: str | None, moment: datetime) -> timedelta | None:
    """Read ``Retry-After``, which is seconds or a date; what is neither says nothing."""
    if text is None:
        return None
    try:
        if text.isdecimal():
            return timedelta(seconds=min(int(text), 10**6))
        return max(parsedate_to_datetime(text) - moment, timedelta())
    except (ValueError, TypeError, OverflowError):
        return None
