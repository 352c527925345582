"""One JSON object a line on standard output, whoever logs: our code, uvicorn, aiokafka, FastStream.

Lines are ASCII with every control character escaped, so no value can forge a line or reach the
reader's terminal. No personal data: known keys are blotted out, errors of the database and of
validation keep their type and place but not their text, which would repeat the input.
"""

import json
import logging
import sys
from collections.abc import Mapping
from traceback import walk_tb
from types import TracebackType

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from chassis import context

BLOTTED = "[redacted]"

_PERSONAL = frozenset(
    {
        "address",
        "authorization",
        "birth_date",
        "body",
        "date_of_birth",
        "email",
        "full_name",
        "guardian_name",
        "identity_number",
        "master_key",
        "name",
        "password",
        "person_name",
        "phone",
        "pupil_name",
        "sealed",
        "secret",
        "subject_key",
        "token",
        "wrapped_key",
    }
)
_SPEAKING_MODULES = ("asyncpg", "pydantic", "pydantic_core", "sqlalchemy", "json", "fastapi")
"""Their errors quote the values that they refuse."""
_FRAMES = 12
_ERRORS = 5


def configure(*, service: str, version: str, level: str = "INFO") -> None:
    """Set up logging for the whole process; call it once, before anything logs."""

    def add_origin(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        event["version"] = version
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_origin,
        add_causation,
        describe_error,
        redact,
    ]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "aiokafka"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    # It writes raw paths and queries; chassis.http.edge writes the line that may be kept.
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(capture=True)


def add_causation(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say which request or event the line belongs to."""
    causation = context.current()
    if causation.correlation_id is not None:
        event.setdefault("correlation_id", causation.correlation_id)
    if causation.actor is not None:
        event.setdefault("actor", causation.actor)
    if causation.traceparent is not None:
        event.setdefault("trace_id", causation.traceparent.split("-")[1])
    return event


def describe_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by what happened and where, without what it happened to."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else None
    if isinstance(info, tuple):
        error = info[1]
    elif info and error is None:
        error = sys.exc_info()[1]
    chain: list[dict[str, object]] = []
    while error is not None and len(chain) < _ERRORS:
        chain.append(
            {
                "type": f"{type(error).__module__}.{type(error).__qualname__}",
                "text": _text(error),
                "frames": _frames(error.__traceback__),
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if chain:
        event["error"] = chain
    return event


def _text(error: BaseException) -> str:
    if any(kind.__module__.split(".")[0] in _SPEAKING_MODULES for kind in type(error).__mro__):
        return str(getattr(error, "sqlstate", None) or BLOTTED)
    return str(error)


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = [
        f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
        for frame, line in walk_tb(traceback)
    ]
    return frames[-_FRAMES:]


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blot out what is known to be personal or secret, however deep it lies."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: object, value: object) -> object:
    if isinstance(key, str) and key.lower() in _PERSONAL:
        return BLOTTED
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, item) for inner, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(None, item) for item in value]
    return value


def render(_: WrappedLogger, __: str, event: EventDict) -> str:
    """Write the line; ASCII, so that no control character survives, of eight bits or of more."""
    return json.dumps(event, ensure_ascii=True, default=repr)
