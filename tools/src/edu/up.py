"""`./edu up [SERVICE…] [--detach]`: starts the suite and stays, or leaves it running."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from typing import Any

from edu import supervisor
from edu.failure import Failure
from edu.home import Home
from edu.supervisor import Supervisor, chosen


def main(arguments: list[str]) -> int:
    """Start what is named, show where it is, and keep it alive."""
    parser = argparse.ArgumentParser(prog="./edu up")
    parser.add_argument("services", nargs="*", help="the services to start; all, if none is named")
    parser.add_argument("--detach", action="store_true", help="return as soon as everything serves")
    parser.add_argument("--ready-to", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    chosen(options.services)
    if options.detach:
        show(detached(options.services))
        return 0
    serve(options.services, options.ready_to)
    return 0


def serve(names: list[str], ready_to: int | None) -> None:
    """Be the supervisor, until a signal ends it."""
    from edu.bootstrap import furnish  # noqa: PLC0415 - only the supervisor needs it
    from edu.people import settle  # noqa: PLC0415

    home = Home.default()
    began = time.monotonic()
    # Both end it in order, also where a script started it in the background with SIGINT ignored.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    with home.owned("edu up"):
        suite = Supervisor(home, chosen(names), detached=ready_to is not None)
        try:
            suite.start()
            suite.tokens = furnish(home, suite.urls)
            settle(home, suite.urls)
            suite.write_run()
            show(supervisor.running(home))
            suite.say(f"up after {time.monotonic() - began:.1f} s")
            if ready_to is not None:
                os.write(ready_to, b"up")
                os.close(ready_to)
            suite.run()
        except KeyboardInterrupt:
            suite.say("stopping")
        finally:
            suite.stop()


def detached(names: list[str]) -> dict[str, Any]:
    """Start a supervisor of its own, and return its run file when everything serves."""
    home = Home.default()
    home.prepare()
    log = home.logs / "supervisor.log"
    read_end, write_end = os.pipe()
    command = [sys.executable, "-P", "-m", "edu", "up", *names, "--ready-to", str(write_end)]
    with log.open("ab") as output:  # it may be the log of one that runs, and refuses this one
        said = output.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(write_end,),
            start_new_session=True,
        )
    os.close(write_end)
    with os.fdopen(read_end, "rb") as ready:
        if ready.read() == b"up":
            process.returncode = 0  # it is meant to outlive us; nobody here waits for it
            return supervisor.running(home)
    process.wait()
    reason = log.read_bytes()[said:].decode("utf-8", "replace").strip()
    raise Failure(f"it did not come up.\n{reason}")


def show(run: dict[str, Any]) -> None:
    """Print where everything is."""
    for name, service in run["services"].items():
        print(f"{name:15} {service['url']}")
    print(f"{'kafka':15} {run['kafka']['bootstrap']}")
