"""Builds the broker's class archive: seven seconds once, and each start after it takes half.

Run as a program in the background, at the lowest priority, by whoever started a broker without it.
"""

from __future__ import annotations

import fcntl
import shutil
import sys
import tempfile
from pathlib import Path

from edu.embedded import artifacts
from edu.embedded.kafka import Java, Kafka
from edu.embedded.process import Child

DUMP_SECONDS = 60


def builder(cache: Path, log: Path) -> Child:
    """Return the process that builds the archive; it goes when we go, and is tried again later."""
    command = [sys.executable, "-m", "edu.embedded.archive", str(cache)]
    return Child("class archive", ["nice", "-n", "19", *command], log)


def build(cache: Path) -> None:
    """Make the base archive, let a broker of our own run once, and keep the classes it loaded."""
    java = Java(artifacts.fetch(artifacts.locked("kafka"), cache), cache)
    with (cache / "archive.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else is at it
        if java.archive.exists():
            return
        for old in cache.glob("kafka-*.jsa*"):
            old.unlink()
        folder = Path(tempfile.mkdtemp(prefix="training-", dir=cache))
        try:
            _train(java, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _train(java: Java, folder: Path) -> None:
    log = folder / "log"
    dump = java.command(
        "-Xshare:dump", f"-XX:SharedArchiveFile={java.base_archive}", temporary=folder
    )
    child = Child("class archive", dump, log)
    child.start()
    if child.wait(DUMP_SECONDS) != 0:
        raise child.failure("could not be made")
    part = java.archive.with_name(java.archive.name + ".part")
    flags = (f"-XX:SharedArchiveFile={java.base_archive}", f"-XX:ArchiveClassesAtExit={part}")
    broker = Kafka(java, folder / "kafka", log, extra_flags=flags)
    broker.start()
    assert broker.child is not None  # noqa: S101 - just started
    broker.child.patience = DUMP_SECONDS  # the archive is written on the way out
    try:
        broker.wait_ready()
    finally:
        broker.stop()
    part.replace(java.archive)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
