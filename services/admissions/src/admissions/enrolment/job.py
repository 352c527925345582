"""``python -m admissions emit-keys``: fill the topic of keys anew after Kafka was lost."""

import argparse
import asyncio
import sys

from admissions.enrolment import commands
from admissions.jobs import DONE, publish
from admissions.settings import AdmissionsSettings
from chassis.database import Database


def emit_keys(settings: AdmissionsSettings, arguments: list[str]) -> int:
    """Emit the key of every pupil, and the tombstone of every erased one, as they are now."""
    parser = argparse.ArgumentParser(prog="python -m admissions emit-keys")
    parser.add_argument("--publish", action="store_true", help="send it to Kafka, and wait")
    return asyncio.run(_emit(settings, parser.parse_args(arguments)))


async def _emit(settings: AdmissionsSettings, options: argparse.Namespace) -> int:
    database = Database(settings.database_url.get_secret_value(), application="emit-keys")
    try:
        after: str | None = None
        while True:
            async with database.transaction() as session:
                after = await commands.emit_keys(session, after=after)
            if after is None:
                break
        sys.stdout.write("every key stands in the outbox\n")
        return await publish(settings, database) if options.publish else DONE
    finally:
        await database.close()
