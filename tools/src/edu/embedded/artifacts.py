"""Fetches what the lock pins, and never hands out a file whose hash differs from it.

The lock holds coordinates and hashes only. Where they come from is the Maven client's default
repository, or the one that EDU_MAVEN_URL names.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from edu.failure import Failure
from edu.home import ROOT

LOCK_FILE = ROOT / "deploy" / "embedded" / "artifacts.lock.toml"
CONNECTIONS = 8
ATTEMPTS = 3
TIMEOUT = 30.0
CHUNK = 1 << 18
NOT_FOUND = 404

# Python's names for machines, and the database build's.
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}
PLATFORMS = ("linux-amd64", "linux-arm64v8", "darwin-amd64", "darwin-arm64v8")


@dataclass(frozen=True)
class Artifact:
    """One file of the lock."""

    coordinate: str
    sha256: str

    @property
    def version(self) -> str:
        """The version in its coordinate."""
        return self.coordinate.rsplit(":", 1)[1]

    @property
    def name(self) -> str:
        """The file's name, in the repository and in the cache."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    @property
    def path(self) -> str:
        """The file's place in any Maven repository."""
        group, artifact, version = self.coordinate.split(":")
        return f"{group.replace('.', '/')}/{artifact}/{version}/{self.name}"


def this_platform() -> str:
    """Name the machine we are on as the lock does."""
    name = f"{sys.platform}-{MACHINES.get(platform.machine().lower(), platform.machine())}"
    if name not in PLATFORMS:
        raise Failure(
            f"There is no embedded PostgreSQL for {name}. Set KAFKA_BOOTSTRAP_SERVERS and the "
            "<SERVICE>_DATABASE_URL of each service, or use EDU_INFRA=containers."
        )
    return name


def locked(section: str, lock_file: Path = LOCK_FILE) -> list[Artifact]:
    """Return the artifacts of one section: `kafka`, or `postgres-<platform>`."""
    table = tomllib.loads(lock_file.read_text("utf-8"))[section]
    return [Artifact(coordinate, sha256) for coordinate, sha256 in table.items()]


def repository() -> str:
    """Return the repository's address; only the Maven client knows the default one."""
    given = os.environ.get("EDU_MAVEN_URL")
    if given:
        return given.rstrip("/")
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 - takes 0.8 s, and only now

    return str(MAVEN_CENTRAL_URL)


def sha256_of(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def exclusive(cache: Path) -> Iterator[None]:
    """Let one process at a time fill the cache; the others wait and then find it full."""
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (cache / "cache.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch(artifacts: list[Artifact], cache: Path) -> list[Path]:
    """Return the files of these artifacts, every hash checked; download what is not there."""
    folder = cache / "artifacts"
    with exclusive(cache), ThreadPoolExecutor(CONNECTIONS) as pool:
        folder.mkdir(exist_ok=True)
        paths = [folder / artifact.name for artifact in artifacts]
        whole = pool.map(_is_whole, paths, artifacts)
        wanted = [artifact for artifact, good in zip(artifacts, whole, strict=True) if not good]
        if wanted:
            _download_all(wanted, folder, pool)
    return paths


def _is_whole(path: Path, artifact: Artifact) -> bool:
    if not path.exists():
        return False
    if sha256_of(path) == artifact.sha256:
        return True
    _say(f"{path} is not what the lock pins (damaged or tampered with); fetching it again.\n")
    return False


def _download_all(wanted: list[Artifact], folder: Path, pool: ThreadPoolExecutor) -> None:
    source = repository()
    progress = _Progress(len(wanted))
    tasks = [pool.submit(_download, artifact, source, folder, progress) for artifact in wanted]
    try:
        for task in tasks:
            task.result()
    except Failure:
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        progress.end()


def _download(artifact: Artifact, source: str, folder: Path, progress: _Progress) -> None:
    part = folder / (artifact.name + ".part")
    url = f"{source}/{artifact.path}"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            found = _receive(url, part, progress)
            break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == NOT_FOUND:
                raise Failure(
                    f"{source} has no {artifact.coordinate} (404). "
                    "EDU_MAVEN_URL must name a repository that has it."
                ) from None
            reason: object = error
        except OSError as error:  # URLError, time-outs and broken connections are all of these
            reason = getattr(error, "reason", error)
        if attempt == ATTEMPTS:
            raise Failure(
                f"{artifact.name} is not in {folder}, and {source} does not answer: {reason}. "
                "The first start needs the network; behind a proxy set HTTPS_PROXY, with a mirror "
                "of your own EDU_MAVEN_URL."
            )
    if found != artifact.sha256:
        part.unlink()
        raise Failure(
            f"{url} is not the file that {LOCK_FILE.name} pins: its SHA-256 is {found}, not "
            f"{artifact.sha256}. It was thrown away and nothing was started."
        )
    part.replace(folder / artifact.name)


def _receive(url: str, part: Path, progress: _Progress) -> str:
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer, part.open("wb") as file:  # noqa: S310 - the repository's address is the operator's choice
        while block := answer.read(CHUNK):
            digest.update(block)
            file.write(block)
            progress.add(len(block))
    progress.file_done()
    return digest.hexdigest()


class _Progress:
    """One line on the terminal while files come in; one line in a log when they are there."""

    def __init__(self, files: int) -> None:
        self._files, self._done, self._bytes = files, 0, 0
        self._lock, self._began = Lock(), time.monotonic()

    def add(self, count: int) -> None:
        with self._lock:
            self._bytes += count
            if sys.stderr.isatty():
                _say(f"\r{self._text()}")

    def file_done(self) -> None:
        with self._lock:
            self._done += 1

    def end(self) -> None:
        start = "\r" if sys.stderr.isatty() else ""
        _say(f"{start}{self._text()} in {time.monotonic() - self._began:.1f} s\n")

    def _text(self) -> str:
        return f"fetching {self._done}/{self._files} files, {self._bytes / 1e6:.1f} MB"


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
