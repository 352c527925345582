"""``python -m <service>``: serve, relay, migrate, replay, parked, config, health and its jobs."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from chassis import probe
from chassis.service import Runtime, Service, build
from chassis.settings import ServiceSettings, SettingsError, load

S = TypeVar("S", bound=ServiceSettings)

_USAGE_ERROR = 2
_GRACEFUL_SECONDS = 10
_KEEP_ALIVE_SECONDS = 75
"""Longer than clients (httpx: 5 s) and proxies (nginx: 60 s) keep an idle connection: whoever
closes it first must be they, or a request is on its way while the server hangs up."""
_TAKEN_WITHIN_MS = 30_000
"""A caller who takes nothing of an answer for so long is let go: a stream would wait for ever."""


def main(service: Service[S], arguments: Sequence[str] | None = None) -> int:
    """Run one command of ``service``; returns the exit code."""
    parsed, rest = _parser(service).parse_known_args(arguments)
    if rest and parsed.command not in service.jobs:
        _parser(service).error(f"unknown arguments: {' '.join(rest)}")
    try:
        settings = load(service.settings)
    except SettingsError as error:
        sys.stderr.write(
            f"{service.name} cannot start; its settings are wrong:\n{error}\n"
            f"To start it here with everything it needs: ./edu up {service.name}\n"
        )
        return _USAGE_ERROR
    if parsed.command in service.jobs:
        return service.jobs[parsed.command](settings, rest)
    command: Callable[[Service[S], S, argparse.Namespace], int] = parsed.run
    return command(service, settings, parsed)


def _parser(service: Service[S]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service.package}", description=service.title)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Callable[..., int], help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text)
        command.set_defaults(run=run)
        return command

    add("serve", _serve, "run the roles in the settings until SIGTERM")
    relay = add("relay", _relay, "run only the relay, or `relay republish` numbered rows")
    relay.add_argument("action", nargs="?", choices=["republish"])
    relay.add_argument("--topic")
    relay.add_argument("--partition", type=int)
    relay.add_argument("--from", dest="first", type=int)
    relay.add_argument("--to", dest="last", type=int)
    add("migrate", _migrate, "bring the database to the newest schema")
    add("replay", _replay, "apply all parked records again")
    parked = add("parked", _parked, "list, show, replay or drop records that stand aside")
    parked.add_argument("action", choices=["list", "show", "replay", "drop"])
    parked.add_argument("number", nargs="?", type=int)
    add("config", _config, "print the settings, secrets left out")
    health = add("health", _health, "ask the service that runs here how it is")
    health.add_argument("what", nargs="?", choices=["ready", "live"], default="ready")
    for name in service.jobs:
        commands.add_parser(name, add_help=False)
    return parser


def _serve(service: Service[S], settings: S, _: argparse.Namespace) -> int:
    import uvicorn  # noqa: PLC0415 - other commands start without it

    listening = _bind(settings.host, settings.port)
    if settings.url_file is not None:
        _write_url(Path(settings.url_file), settings.host, listening.getsockname()[1])
    app = build(service, settings)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACEFUL_SECONDS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
    )
    # Uvicorn waits for open answers before the lifespan ends: a stream must see it by itself.
    app.state.stopping = lambda: server.should_exit
    # Uvicorn raises the signal that ended it once more.
    signal.signal(signal.SIGTERM, _end)
    server.run(sockets=[listening])
    return 0


def _end(*_: object) -> None:
    """Stop with 0, which is in order, and let nobody who asks twice kill what is ending already."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


def _bind(host: str, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; its connections inherit it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKEN_WITHIN_MS)
    listening.bind((host, port))
    return listening


def _write_url(path: Path, host: str, port: int) -> None:
    part = path.with_suffix(".part")
    part.write_text(f"http://{host}:{port}\n")
    os.replace(part, path)  # noqa: PTH105 - a reader sees the old file or the new one


def _relay(service: Service[S], settings: S, arguments: argparse.Namespace) -> int:
    if arguments.action is None:
        relay_only = settings.model_copy(update={"roles": frozenset({"relay"})})
        return _serve(service, relay_only, arguments)
    if None in (arguments.topic, arguments.partition, arguments.first, arguments.last):
        sys.stderr.write("relay republish needs --topic --partition --from --to\n")
        return _USAGE_ERROR
    from chassis.relay.republish import republish  # noqa: PLC0415

    sent = asyncio.run(
        republish(
            url=settings.database_url.get_secret_value(),
            bootstrap=settings.kafka_bootstrap_servers,
            security=settings.kafka_security,
            topic=arguments.topic,
            partition=arguments.partition,
            first=arguments.first,
            last=arguments.last,
        )
    )
    sys.stdout.write(f"{sent} records of {arguments.topic}/{arguments.partition} sent again\n")
    return 0


def _migrate(service: Service[S], settings: S, _: argparse.Namespace) -> int:
    from chassis import migrations  # noqa: PLC0415 - Alembic never loads in serve

    migrations.upgrade(service.migrations, settings.database_url.get_secret_value())
    sys.stdout.write(f"{service.name}: schema at {service.head}\n")
    return 0


def _replay(service: Service[S], settings: S, arguments: argparse.Namespace) -> int:
    arguments.action, arguments.number = "replay", None
    return _parked(service, settings, arguments)


def _parked(service: Service[S], settings: S, arguments: argparse.Namespace) -> int:
    if arguments.number is None and arguments.action in {"show", "drop"}:
        sys.stderr.write(f"parked {arguments.action} needs the number of a record\n")
        return _USAGE_ERROR
    return asyncio.run(_parked_in(service, settings, arguments.action, arguments.number))


async def _parked_in(service: Service[S], settings: S, action: str, number: int | None) -> int:
    from chassis.consuming import parking  # noqa: PLC0415
    from chassis.database import Database  # noqa: PLC0415

    database = Database(settings.database_url.get_secret_value(), application="parked")
    try:
        if action == "replay":
            projector = service.parts(Runtime(settings, database)).projector
            if projector is None:
                sys.stderr.write(f"{service.name} reads no events\n")
                return 1
            try:
                applied = await parking.replay(database, projector, number)
            except parking.StillBrokenError as error:
                sys.stderr.write(f"{error}\n")
                return 1
            sys.stdout.write(f"{applied} records applied\n")
        elif action == "drop" and number is not None:
            async with database.transaction() as session:
                gone = await parking.drop(session, number)
            sys.stdout.write(f"record {number} {'dropped' if gone else 'is not there'}\n")
            return 0 if gone else 1
        else:
            async with database.reading() as session:
                if number is None:
                    rows = list(await parking.listed(session))
                else:
                    rows = [row for row in [await parking.show(session, number)] if row]
            for row in rows:
                sys.stdout.write(f"{json.dumps(row._asdict(), default=_as_text)}\n")
            return 0 if rows or number is None else 1
    finally:
        await database.close()
    return 0


def _as_text(value: object) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)


def _config(_service: Service[S], settings: S, _: argparse.Namespace) -> int:
    sys.stdout.write(f"{json.dumps(settings.redacted(), indent=2, sort_keys=True)}\n")
    return 0


def _health(_service: Service[S], settings: S, arguments: argparse.Namespace) -> int:
    """Ask over loopback. Containers ask `chassis.probe`, which does not load the service."""
    if settings.port == 0 and settings.url_file is not None:
        address = Path(settings.url_file).read_text().strip()
    else:
        host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
        address = f"http://{host}:{settings.port}"
    return probe.main([f"{address}/{arguments.what}z"])
