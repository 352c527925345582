"""What the one-off jobs of ``python -m admissions`` have in common."""

import sys

from admissions.settings import AdmissionsSettings
from chassis.database import Database

DONE, REFUSED, MISUSED = 0, 1, 2
_PUBLISH_SECONDS = 60.0


async def publish(settings: AdmissionsSettings, database: Database) -> int:
    """Send what stands in the outbox to Kafka, and return the job's exit code."""
    from chassis.relay.drain import drain  # noqa: PLC0415 - no Kafka client without --publish
    from chassis.relay.relay import Relay  # noqa: PLC0415 - as above

    relay = Relay(
        service=settings.SERVICE,
        url=database.url,
        bootstrap=settings.kafka_bootstrap_servers,
        security=settings.kafka_security,
    )
    waiting = await drain(database, relay, within=_PUBLISH_SECONDS)
    if waiting:
        sys.stderr.write(
            f"Kafka did not take everything within {_PUBLISH_SECONDS:.0f} s. It is stored and will "
            "be sent by the running service, or by this command again.\n"
        )
        return REFUSED
    sys.stdout.write("published: Kafka holds everything\n")
    return DONE
