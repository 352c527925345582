"""What caused the work at hand, carried from the edge to the events that it emits."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Causation:
    """The chain behind an event: CloudEvents correlation and causation ids, W3C trace context."""

    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    actor: str | None = None


_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_CURRENT: ContextVar[Causation] = ContextVar("causation", default=Causation())  # noqa: B039 - frozen


def current() -> Causation:
    """Return what caused the work at hand; empty outside an edge."""
    return _CURRENT.get()


def well_formed(traceparent: str | None) -> str | None:
    """Return a `traceparent` that can be read (W3C Trace Context 3.2); any other is as none."""
    return traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None


@contextmanager
def bind(causation: Causation) -> Iterator[None]:
    """Make ``causation`` current inside the block."""
    token = _CURRENT.set(causation)
    try:
        yield
    finally:
        _CURRENT.reset(token)
