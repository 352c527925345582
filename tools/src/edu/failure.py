"""The one error whose message is meant for whoever typed the command."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - it names an outcome of a command, not a programming error
    """Something outside our hands is not as it must be; the text says what, and what to do."""
