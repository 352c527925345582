"""The embedded database: PostgreSQL with ICU, one process, one database and role per service."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tarfile
import time
import zipfile
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from edu.embedded.artifacts import exclusive
from edu.embedded.process import Child, answers, free_ports
from edu.failure import Failure
from edu.home import Home, write_private

INIT_SECONDS = 60
READY_SECONDS = 30
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The detail of an error repeats the row.
    "log_error_verbosity": "terse",
}
# For tests: nothing is lost when a process dies, only when the machine does.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
LEFT_OVER = ("pre-existing shared memory block", "lock file")

Result = TypeVar("Result")


def in_thread(function: Callable[..., Result], *arguments: object) -> Result:
    """Call what starts an event loop of its own, whether or not the caller stands in one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run database work to its end."""
    result: Result = in_thread(asyncio.run, work)
    return result


def unpacked(jar: Path, cache: Path) -> Path:
    """Return the folder with the server's programs, unpacked when it is first asked for."""
    folder = cache / jar.stem
    with exclusive(cache):
        if not folder.exists():
            part = folder.with_name(folder.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            with zipfile.ZipFile(jar) as archive:
                inner = next(name for name in archive.namelist() if name.endswith(".txz"))
                with archive.open(inner) as file, tarfile.open(fileobj=file, mode="r:xz") as tar:
                    # Its hash was checked; the filter is asked for only where Python wants one.
                    safe: dict[str, Any] = (
                        {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                    )
                    tar.extractall(part, **safe)  # noqa: S202
            part.replace(folder)
    return folder


def as_ordinary_user() -> list[str]:
    """Return the command prefix under which the server accepts to run: it refuses root."""
    if os.geteuid() != 0:
        return []
    unshare = shutil.which("unshare")
    if unshare is None:
        raise Failure(
            "PostgreSQL does not run as root, and `unshare` (package util-linux) is not here to "
            "start it as somebody else. Start as an ordinary user."
        )
    return [unshare, "--user", "--map-user=1000", "--map-group=1000"]


@dataclass
class Postgres:
    """One server on one folder. Its data survive; its port is new at each first start."""

    home: Home
    programs: Path
    durable: bool = True
    port: int = 0
    child: Child | None = field(default=None, init=False)

    @property
    def _data(self) -> Path:
        return self.home.folder / "postgres"

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.home.logs / "postgres.log"

    def start(self) -> None:
        """Start it and return; `wait_ready` tells when it serves."""
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        if not self.port:
            (self.port,) = free_ports(1)
        settings = SETTINGS if self.durable else SETTINGS | NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = self._child(
            "postgres", "postgres", "-D", str(self._data), "-p", str(self.port), *options
        )
        self.child.start()

    def _child(self, name: str, program: str, *arguments: str) -> Child:
        return Child(
            name,
            [*as_ordinary_user(), str(self.programs / "bin" / program), *arguments],
            self.log,
            environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            # Fast and clean: open transactions are rolled back, nothing waits for its clients.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
        )

    def _initialise(self) -> None:
        # Made beside its place and then renamed: a half-made folder must not look like data.
        part = self._data.with_name(self._data.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        password_file = self.home.folder / "postgres.password"
        write_private(password_file, self.home.secret("postgres"))
        child = self._child(
            "initdb",
            "initdb",
            "--pgdata",
            str(part),
            "--username",
            SUPERUSER,
            "--pwfile",
            str(password_file),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=vi",
            *([] if self.durable else ["--no-sync"]),
        )
        child.start()
        code = child.wait(INIT_SECONDS)
        password_file.unlink()
        if code != 0:
            raise child.failure("could not prepare its folder")
        part.replace(self._data)

    def url(self, database: str, role: str | None = None) -> str:
        """Return the address of a database for its role; without a role, for the superuser."""
        user = role or SUPERUSER
        password = quote(self.home.secret(user), safe="")
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def wait_ready(self) -> None:
        """Return when the server answers our superuser's password."""
        assert self.child is not None, "not started"  # noqa: S101 - a caller's mistake
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not self.child.running:
                # A predecessor's last session may still be ending; it lets go within seconds.
                if not any(sign in self.child.log_tail() for sign in LEFT_OVER):
                    raise self.child.failure("did not start")
                time.sleep(0.2)
                self.child.start()
            if answers(self.port) and run(_can_connect(self.url("postgres"))):
                return
            time.sleep(0.01)
        raise self.child.failure(f"was not ready after {READY_SECONDS} s")

    def ensure_database(self, name: str) -> str:
        """Return the address of the service's own database, made when it is first asked for."""
        return run(ensure_database(self.url("postgres"), name, self.home.secret(name)))

    def stop(self) -> None:
        """Stop it; its open transactions are rolled back."""
        if self.child is not None:
            self.child.stop()


async def _can_connect(url: str) -> bool:
    import asyncpg  # noqa: PLC0415 - not for `edu --help`

    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (asyncpg.CannotConnectNowError, OSError):
        return False
    await connection.close()
    return True


async def ensure_database(server: str, name: str, password: str, *, anew: bool = False) -> str:
    """Make a database and its owner, both of this name, and return the owner's address of it."""
    import asyncpg  # noqa: PLC0415 - not for `edu --help`

    connection = await asyncpg.connect(server)
    try:
        if anew:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        # Names are ours and passwords are URL-safe: neither can end its quotes.
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
        verb = "ALTER" if known else "CREATE"
        await connection.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
            # Services are neighbours on this server: none may open another's database.
            await connection.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
    finally:
        await connection.close()
    address = urlsplit(server)
    return f"postgresql://{name}:{password}@{address.hostname}:{address.port or 5432}/{name}"
