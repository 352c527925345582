"""``python -m admissions import-register``: fill the register while no service runs."""

import argparse
import asyncio
import sys
from datetime import date
from pathlib import Path

from sqlalchemy.exc import ProgrammingError

from admissions.jobs import DONE, MISUSED, REFUSED, publish
from admissions.registry import commands
from admissions.registry.domain import MERGER_DAY, PROVINCE_CODE, PROVINCE_NAME
from admissions.registry.importing import read_units
from admissions.settings import AdmissionsSettings
from chassis.database import Database
from chassis.errors import Problem

TAY_NINH = Path(__file__).parent / "data" / "tay-ninh.json"
"""The 96 communes since 1 July 2025 (see NOTICE)."""


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
        return REFUSED
    except ProgrammingError:
        sys.stderr.write("The database has no register yet: python -m admissions migrate\n")
        return REFUSED
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return MISUSED


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
        return await publish(settings, database) if options.publish else DONE
    finally:
        await database.close()


def _say(what: str, imported: commands.Imported) -> None:
    sys.stdout.write(f"{what}: {imported.registered} registered, {imported.unchanged} unchanged\n")
