"""A4: what is too large, too deep, too slow or too much is refused, and costs little memory.

Every command of every service is tried in process, and the imports, which take most, at a real
process whose memory is read. There is no .xlsx import, so no archive can be a bomb.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from chassis.auth import Role
from chassis.clock import new_id
from chassis.http import limits
from chassis.http.idempotency import HEADER
from chassis.http.routes import CommandRoute
from edu import tokens
from edu.embedded.process import Child, free_ports
from edu.home import Home, new_key
from edu.issuer import trust
from edu.suite import SERVICES
from edu.supervisor import ask
from edu.testing import eventually
from edu.testing.service import in_process

from .places import filled, guarded
from .test_tokens import NOWHERE, SCENES

PIECE = 64 * 1024
DEEP = 10_000
TEN_MB = 10 * 1024 * 1024
MOST_BYTES = 50 * 1024 * 1024
SLOW_CLIENTS = 100


def commands(app: Any) -> Iterator[tuple[str, str, CommandRoute]]:
    """Yield method, path and route of every command."""
    for name, route in guarded(app).items():
        if isinstance(route, CommandRoute):
            method, _, template = name.partition(" ")
            yield method, filled(template), route


def headers(token: str = Role.AUDITOR, key_header: str = HEADER) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        key_header: new_id(),
        "Content-Type": "application/json",
    }


async def endless(size: int) -> AsyncIterator[bytes]:
    """Give more than ``size`` bytes, in pieces, and never say how many."""
    for _ in range(size // PIECE + 2):
        yield b"x" * PIECE


async def stalled() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


@pytest.mark.parametrize("service", SCENES)
async def test_no_command_takes_too_much_or_waits_too_long(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = SCENES[service]
    async with in_process(module.SERVICE, module.settings(NOWHERE)) as (client, app):
        wrong = []

        async def expect(
            status: int, method: str, path: str, route: CommandRoute, content: Any
        ) -> None:
            sent = headers(key_header=route.key_header)
            answer = await client.request(method, path, content=content, headers=sent)
            if answer.status_code != status:
                wrong.append(f"{method} {path}: {answer.status_code}, not {status}")

        for method, path, route in commands(app):
            await expect(413, method, path, route, bytes(route.body_limit + 1))
            await expect(413, method, path, route, endless(route.body_limit))
            if route.body_field is not None:
                await expect(422, method, path, route, b'{"a":' * DEEP + b"1" + b"}" * DEEP)
                await expect(422, method, path, route, b"[" * DEEP + b"]" * DEEP)
        monkeypatch.setattr(limits, "_FIRST_SECONDS", 0.001)
        monkeypatch.setattr(limits, "_SLOWEST_BYTES_PER_SECOND", 2**40)
        for method, path, route in commands(app):
            await expect(408, method, path, route, stalled())
        assert wrong == []


@dataclass(frozen=True)
class Process:
    """A service that runs, and a token of whoever may import."""

    url: str
    pid: int
    token: str

    def most(self) -> int:
        """Return the most memory that it ever had, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text("utf-8")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024


@pytest.fixture
def admissions(database: Callable[[str], str], tmp_path: Path) -> Iterator[Process]:
    """Serve admissions, whose imports take the largest bodies."""
    home = Home.at(tmp_path)
    home.prepare()
    tokens.prepare(home)
    entry = SERVICES["admissions"]
    (port,) = free_ports(1)
    settings = trust(home) | {
        "DATABASE_URL": database("admissions"),
        "PORT": str(port),
        "ROLES": "api",
        "MASTER_KEY": new_key(),
    }
    child = Child(
        entry.name,
        [sys.executable, "-P", "-m", entry.package, "serve"],
        home.logs / "admissions.log",
        environment={entry.variable(name): value for name, value in settings.items()}
        | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
    )
    with ExitStack() as stack:
        stack.callback(child.stop)
        child.start()
        yield Process(
            f"http://127.0.0.1:{port}", child.pid, tokens.token(home, Role.DEPARTMENT_OFFICER)
        )


@pytest.mark.skipif(sys.platform != "linux", reason="not run: memory is read from /proc")
async def test_a_flood_costs_a_service_no_more_than_fifty_megabytes(admissions: Process) -> None:
    await eventually(lambda: ask(f"{admissions.url}/readyz")[0] == 200, within=60)
    schools, pupils = "/v1/schools/import", "/v1/enrolments/import?school_year=2026-2027"
    assert sent(admissions, schools, b"a;b\n1;2\n") == 422
    calm = admissions.most()
    for body in (b'{"name":"' + b"x" * TEN_MB, b"[" * TEN_MB):
        assert sent(admissions, "/v1/units", body) == 413
        assert sent(admissions, "/v1/units", body, declared=False) == 413
    for rows in (b"x" * TEN_MB, b"x\n" * (TEN_MB // 2), b";" * TEN_MB, b'"' * TEN_MB):
        for path in (schools, pupils):
            assert sent(admissions, path, rows) in (413, 422), (path, rows[:4])
    assert sent(admissions, "/v1/units/import", b"[" * TEN_MB) in (413, 422)
    slow = [slow_client(admissions) for _ in range(SLOW_CLIENTS)]
    try:
        # Whoever is not slow is answered all the same.
        assert sent(admissions, schools, b"a;b\n1;2\n") == 422
    finally:
        for one in slow:
            one.close()
    cost = admissions.most() - calm
    assert cost <= MOST_BYTES, f"{cost >> 20} MiB"


def sent(process: Process, path: str, body: bytes, *, declared: bool = True) -> int:
    """Send a body; whoever is refused is not read to the end, and finds the answer all the same."""
    length = f"Content-Length: {len(body)}" if declared else "Transfer-Encoding: chunked"
    with connected(process) as line:
        line.settimeout(120)
        with contextlib.suppress(ConnectionError):
            line.sendall(head(process, path, length))
            for start in range(0, len(body), PIECE):
                piece = body[start : start + PIECE]
                line.sendall(piece if declared else b"%x\r\n%b\r\n" % (len(piece), piece))
            line.sendall(b"" if declared else b"0\r\n\r\n")
        return int(line.recv(PIECE).split()[1])


def connected(process: Process) -> socket.socket:
    """Open a connection."""
    address = urlsplit(process.url)
    return socket.create_connection((str(address.hostname), int(address.port or 0)))


def slow_client(process: Process) -> socket.socket:
    """Open a connection that says that it sends, and sends nothing more."""
    opened = connected(process)
    opened.sendall(head(process, "/v1/units", "Content-Length: 1000000") + b"{")
    return opened


def head(process: Process, path: str, length: str) -> bytes:
    """Write the head of a command."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: flood",
        *(f"{name}: {value}" for name, value in headers(process.token).items()),
        length,
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
