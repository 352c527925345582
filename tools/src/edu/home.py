"""Where things lie: the checkout, and the one folder that a running suite owns."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edu.failure import Failure

ROOT = Path(__file__).resolve().parents[3]
OWNER_ONLY = 0o600
LOOKS = 5


def write_private(path: Path, text: str) -> None:
    """Replace the file whole and at once; nobody but its owner may read it, at no moment."""
    fresh = path.with_name(path.name + ".part")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def lock_at_once(file: IO[str]) -> None:
    """Lock a file or raise BlockingIOError; whoever only looks (`owner`) is gone in an instant."""
    for _ in range(LOOKS):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.02)
    raise BlockingIOError


def new_password() -> str:
    """Draw a password whose characters need no quoting anywhere."""
    return secrets.token_urlsafe(24)


def new_key() -> str:
    """Draw 256 bits, as base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Home:
    """The folder of one suite: data, logs, secrets. Downloads lie in a cache that homes share."""

    folder: Path
    cache: Path

    @classmethod
    def default(cls) -> Home:
        """Return `.edu/` of this checkout, or the folder that EDU_HOME names."""
        return cls.at(Path(os.environ.get("EDU_HOME") or ROOT / ".edu"))

    @classmethod
    def at(cls, folder: Path) -> Home:
        """Return a home in this folder; downloads stay in the checkout, or where EDU_CACHE says."""
        cache = Path(os.environ.get("EDU_CACHE") or ROOT / ".edu" / "cache")
        return cls(folder.absolute(), cache.absolute())

    @property
    def logs(self) -> Path:
        """The folder with one log per process."""
        return self.folder / "logs"

    @property
    def run_file(self) -> Path:
        """What runs, where, and the tokens for it."""
        return self.folder / "run.json"

    def prepare(self) -> None:
        """Make the folders; the home itself is closed to everybody else."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.logs.mkdir(exist_ok=True)
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def owned(self, purpose: str) -> Iterator[None]:
        """Hold the folder. A second broker on it would harm the first, so a second owner stops.

        The kernel drops the lock with its process, however that ends; no child inherits it.
        """
        self.prepare()
        with (self.folder / "owner.lock").open("a+", encoding="utf-8") as file:
            try:
                lock_at_once(file)
            except BlockingIOError:
                file.seek(0)
                owner = file.read().strip() or "another process"
                raise Failure(
                    f"{self.folder} is in use by {owner}. Stop it with `./edu down`, "
                    "or give this one a folder of its own with EDU_HOME."
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()} ({purpose})")
            file.flush()
            yield

    def owner(self) -> int | None:
        """Return the process that holds the folder now."""
        try:
            with (self.folder / "owner.lock").open("r+", encoding="utf-8") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read().split()[1])
        except FileNotFoundError:
            pass
        return None

    def secret(self, name: str, draw: Callable[[], str] = new_password) -> str:
        """Return this home's secret of this name, drawn when it is first asked for."""
        path = self.folder / "secrets.json"
        known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if name not in known:
            known[name] = draw()
            write_private(path, json.dumps(known, indent=1))
        return known[name]

    def write_run(self, content: dict[str, Any]) -> None:
        """Say what runs. A reader sees the old text or the new one, nothing between."""
        write_private(self.run_file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def run(self) -> dict[str, Any] | None:
        """Return what the run file says, if there is one."""
        try:
            return json.loads(self.run_file.read_text("utf-8"))  # type: ignore[no-any-return]
        except FileNotFoundError:
            return None
