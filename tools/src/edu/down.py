"""`./edu down`: stops what `up` started, and returns when its folder is free."""

from __future__ import annotations

import psutil

from edu.failure import Failure
from edu.home import Home

SECONDS = 45


def main(arguments: list[str]) -> int:
    """Ask the owner of the home to stop, and wait until it has let go."""
    if arguments:
        print("usage: ./edu down")
        return 2
    home = Home.default()
    owner = home.owner()
    if owner is None:
        print("nothing runs here")
        return 0
    stop(home, owner)
    print("down")
    return 0


def stop(home: Home, owner: int) -> None:
    """Ask the process that owns the home to end, and wait for it."""
    supervisor = psutil.Process(owner)
    supervisor.terminate()
    try:
        supervisor.wait(SECONDS)
    except psutil.TimeoutExpired:
        raise Failure(f"process {owner} still holds {home.folder} after {SECONDS} s") from None
