"""Kills the supervisor at random moments and looks for what it left behind."""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from edu.failure import Failure
from edu.home import Home

ROUNDS = 5
EARLIEST, LATEST = 0.1, 9.0  # seconds: from before the first child to after everything serves
PATIENCE = 15.0


def prove(seed: int | None) -> int:
    """Start the suite and kill -9 its supervisor, five times on the same folder."""
    seed = secrets.randbelow(1 << 32) if seed is None else seed
    moments = random.Random(seed)
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="edu-orphans-") as folder:
        home = Home.at(Path(folder))
        for number in range(1, ROUNDS + 1):
            moment = moments.uniform(EARLIEST, LATEST)
            left, seconds = kill_after(moment, home)
            free = "free" if home.owner() is None else "held"
            print(
                f"{number}: killed after {moment:.1f} s; {len(left)} processes, folder {free}, "
                f"after {seconds:.1f} s",
                flush=True,
            )
            if left or free == "held":
                for process in left:
                    print(f"   {process}")
                return 1
    print("0 processes, folder free")
    return 0


def kill_after(moment: float, home: Home) -> tuple[list[psutil.Process], float]:
    """Kill a supervisor at this age; return who outlived it, and for how long we looked."""
    output = home.folder / "up.log"
    with output.open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-P", "-m", "edu", "up"],
            env=dict(os.environ) | {"EDU_HOME": str(home.folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    time.sleep(moment)
    ended = supervisor.poll()
    supervisor.kill()
    supervisor.wait()
    if ended is not None:
        raise Failure(f"The suite ended by itself with {ended}:\n{output.read_text('utf-8')}")
    began = time.monotonic()
    while (left := belonging_to(home)) and time.monotonic() - began < PATIENCE:
        time.sleep(0.05)
    return left, time.monotonic() - began


def belonging_to(home: Home) -> list[psutil.Process]:
    """Return every process that names this home in its command or its environment."""
    folder = str(home.folder)
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("EDU_HOME", "")]
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
        if any(folder in word for word in words):
            found.append(process)
    return found
