"""`./edu down`: stops what `up` started, and returns when its folder is free."""

from __future__ import annotations

import os
import signal
import time

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
    os.kill(owner, signal.SIGTERM)
    deadline = time.monotonic() + SECONDS
    while home.owner() == owner:
        if time.monotonic() > deadline:
            raise Failure(f"process {owner} still holds {home.folder} after {SECONDS} s")
        time.sleep(0.05)
    print("down")
    return 0
