"""Builds the broker's AOT cache (JEP 514): ten seconds once, and each start after it takes a third.

It holds the classes that a broker needs, loaded and linked. Run as a program in the background, at
the lowest priority, by whoever started a broker without it.
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

WRITE_SECONDS = 90


def builder(cache: Path, log: Path) -> Child:
    """Return the process that builds the cache; it goes when we go, and is tried again later."""
    command = [sys.executable, "-m", "edu.embedded.training", str(cache)]
    return Child("AOT cache", ["nice", "-n", "19", *command], log)


def build(cache: Path) -> None:
    """Let a broker of our own run once, and keep the classes that it loaded."""
    java = Java(artifacts.fetch(artifacts.locked("kafka"), cache), cache)
    with (cache / "training.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else is at it
        if java.aot_cache.exists():
            return
        for old in cache.glob("kafka-*.aot*"):
            old.unlink()
        for left in cache.glob("training-*/"):  # by one that was killed
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="training-", dir=cache))
        try:
            _train(java, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _train(java: Java, folder: Path) -> None:
    part = java.aot_cache.with_suffix(".aot.part")
    broker = Kafka(
        java, folder / "kafka", folder / "log", extra_flags=(f"-XX:AOTCacheOutput={part}",)
    )
    broker.start()
    assert broker.child is not None  # noqa: S101 - just started
    broker.child.patience = WRITE_SECONDS  # the cache is written on the way out
    try:
        broker.wait_ready()
    finally:
        broker.stop()
    part.replace(java.aot_cache)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
