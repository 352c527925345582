"""What ``python -m <service>`` does first: load the service, then run one of its commands."""

import gc
import sys
from importlib import import_module

_YOUNG_OBJECTS = 100_000


def start(package: str) -> None:
    """Load ``package`` and run the command that was asked for; ends the process with its code.

    Half a million objects come into being while modules load, and nearly all stay: looking for
    garbage among them costs a sixth of the start, and would again at each full collection.
    """
    gc.disable()
    service = import_module(f"{package}.app").SERVICE
    cli = import_module("chassis.cli")
    gc.freeze()
    gc.enable()
    collect_seldom()
    sys.exit(cli.main(service))


def collect_seldom() -> None:
    """Look for garbage after so many new objects as a slice of events has, not after 700.

    They die with their slice, without a cycle; to look at them meanwhile costs as much as to
    read them.
    """
    gc.set_threshold(_YOUNG_OBJECTS)
