"""``python -m admissions import-register``: fill the register while no service runs."""

import argparse
import asyncio
import sys
from datetime import date
from pathlib import Path

from sqlalchemy.exc import ProgrammingError

from admissions.registry import commands
from admissions.registry.domain import MERGER_DAY, PROVINCE_CODE, PROVINCE_NAME
from admissions.registry.importing import read_units
from admissions.settings import AdmissionsSettings
from chassis.database import Database
from chassis.errors import Problem

TAY_NINH = Path(__file__).parent / "data" / "tay-ninh.json"
"""The 96 communes since 1 July 2025 (see NOTICE)."""

_REFUSED, _MISUSED = 1, 2
_PUBLISH_SECONDS = 60.0


def import_register(settings: AdmissionsSettings, arguments: list[str]) -> int:
    """Register the units, and schools, of files; with ``--publish`` until Kafka holds them."""
    parser = argparse.ArgumentParser(prog="python -m admissions import-register")
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        default=TAY_NINH,
        help="communes: GeoJSON, or a JSON list; Tây Ninh's 96 if absent",
    )
    parser.add_argument("--schools", type=Path, help="schools: CSV")
    parser.add_argument("--valid-from", type=date.fromisoformat, default=MERGER_DAY)
    parser.add_argument("--province-code", default=PROVINCE_CODE)
    parser.add_argument("--province-name", default=PROVINCE_NAME)
    parser.add_argument("--publish", action="store_true", help="send it to Kafka, and wait")
    try:
        return asyncio.run(_import(settings, parser.parse_args(arguments)))
    except Problem as problem:
        sys.stderr.write(f"{problem.detail}\n")
        for error in problem.errors:
            sys.stderr.write(f"{error.where}: {error.what} {error.how}\n")
        return _REFUSED
    except ProgrammingError:
        sys.stderr.write("The database has no register yet: python -m admissions migrate\n")
        return _REFUSED
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return _MISUSED


async def _import(settings: AdmissionsSettings, options: argparse.Namespace) -> int:
    entries = read_units(options.file.read_bytes())
    schools = options.schools.read_bytes() if options.schools else None
    database = Database(settings.database_url.get_secret_value(), application="import-register")
    try:
        async with database.transaction() as session:
            units = await commands.import_units(
                session,
                entries,
                province_code=options.province_code,
                province_name=options.province_name,
                valid_from=options.valid_from,
            )
            _say("units", units)
            if schools is not None:
                _say(
                    "schools",
                    await commands.import_schools(session, schools, valid_from=options.valid_from),
                )
        return await _publish(settings, database) if options.publish else 0
    finally:
        await database.close()


def _say(what: str, imported: commands.Imported) -> None:
    sys.stdout.write(f"{what}: {imported.registered} registered, {imported.unchanged} unchanged\n")


async def _publish(settings: AdmissionsSettings, database: Database) -> int:
    from chassis.relay.drain import drain  # noqa: PLC0415 - no Kafka client without --publish
    from chassis.relay.relay import Relay  # noqa: PLC0415 - as above

    relay = Relay(
        service=settings.SERVICE, url=database.url, bootstrap=settings.kafka_bootstrap_servers
    )
    waiting = await drain(database, relay, within=_PUBLISH_SECONDS)
    if waiting:
        sys.stderr.write(
            f"Kafka did not take everything within {_PUBLISH_SECONDS:.0f} s. It is stored and will "
            "be sent by the running service, or by this command again.\n"
        )
        return _REFUSED
    sys.stdout.write("published: Kafka holds everything\n")
    return 0
