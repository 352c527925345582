"""One child process: started tied to our life, logged to a file, stopped in bounded time."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edu.failure import Failure

TETHER = Path(__file__).with_name("tether.py")
LOG_TAIL = 2000
FIRST_PORT, LAST_PORT = 15_000, 31_999
STRIDE = 401


def _from_here_on() -> Iterator[int]:
    """Yield the ports in a circle that begins elsewhere in each process, so that none meet soon."""
    count = LAST_PORT - FIRST_PORT + 1
    for number in itertools.count(os.getpid() * STRIDE):
        yield FIRST_PORT + number % count


_next_ports = _from_here_on()


@dataclass
class Child:
    """A process that cannot outlive us, however we end."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    patience: float = 8.0
    watch_pipe: bool = sys.platform != "linux"
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _pipe: int | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it. Only from the main thread: the kernel's tie is to the thread that starts."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name} must be started from the main thread")
        self._close_pipe()
        read_end: int | None = None
        if self.watch_pipe:
            read_end, self._pipe = os.pipe()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-IS",
                    str(TETHER),
                    str(int(self.death_signal)),
                    str(os.getpid()),
                    "-" if read_end is None else str(read_end),
                    *self.command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                pass_fds=() if read_end is None else (read_end,),
                start_new_session=True,  # a Ctrl-C in the terminal is ours, we stop it in order
            )
        if read_end is not None:
            os.close(read_end)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, "not started"  # noqa: S101 - a caller's mistake
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended, or None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process is not None and self._process.poll() is None

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end."""
        assert self._process is not None, "not started"  # noqa: S101 - a caller's mistake
        return self._process.wait(seconds)

    def ask_to_stop(self) -> None:
        """Send the polite signal and return at once."""
        if self.running:
            os.kill(self.pid, self.stop_signal)

    def stop(self) -> None:
        """Ask, wait, then kill. A broker can hang in its controlled shutdown for minutes."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(self.patience)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        self._close_pipe()

    def log_tail(self) -> str:
        """Return the end of its log, for the message that reports its failure."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_TAIL))
            return log.read().decode("utf-8", "replace").strip()

    def failure(self, what: str) -> Failure:
        """Return the error for a child that did not do what it was started for."""
        ended = self.exit_code()
        state = "is still running" if ended is None else f"ended with {ended}"
        return Failure(f"{self.name} {what} (it {state}). {self.log} ends with:\n{self.log_tail()}")

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


def free_ports(count: int) -> list[int]:
    """Return that many free ports of 127.0.0.1; this process is given none of them again soon.

    They lie below those that systems hand out to connections: between this look and the moment in
    which a server binds its port, no client of somebody else is given it.
    """
    return list(itertools.islice(filter(_is_free, _next_ports), count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1. It need not be who we think it is."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
