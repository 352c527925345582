"""What ``python -m <service>`` does first: load the service, then run one of its commands."""

import gc
import sys
from importlib import import_module


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
    sys.exit(cli.main(service))
