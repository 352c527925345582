"""One JSON object a line, whoever logs, and nothing personal in it (abuse scenario A16)."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError

from chassis import context
from chassis import logging as chassis_logging

CANARY = "Nguyễn Thị Bí Mật"


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """Configure logging on the captured output, and put everything back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)


Written = Callable[[Callable[[], object]], list[dict[str, Any]]]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """``written(act)`` is what `act` logs, line by line."""

    def lines(act: Callable[[], object]) -> list[dict[str, Any]]:
        chassis_logging.configure(service="gradebook", version="1.2.3", level="INFO")
        act()
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return lines


def test_a_line_says_who_when_and_for_which_request(written: Written) -> None:
    causation = context.Causation("c-1", None, "00-" + "a" * 32 + "-" + "b" * 16 + "-01", "t-1")
    with context.bind(causation), structlog.contextvars.bound_contextvars(topic="scores"):
        (line,) = written(lambda: structlog.get_logger("here").info("applied", offset=7))
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "applied",
        "level": "info",
        "service": "gradebook",
        "version": "1.2.3",
        "topic": "scores",
        "offset": 7,
        "correlation_id": "c-1",
        "actor": "t-1",
        "trace_id": "a" * 32,
    }


@pytest.mark.parametrize("name", ["uvicorn.error", "aiokafka.consumer", "faststream", "anything"])
def test_libraries_take_the_same_path(written: Written, name: str) -> None:
    (line,) = written(lambda: logging.getLogger(name).warning("lost %s", "a broker"))
    assert (line["event"], line["logger"], line["level"]) == ("lost a broker", name, "warning")
    assert line["service"] == "gradebook"


def test_paths_that_were_asked_are_not_logged(written: Written) -> None:
    assert written(lambda: logging.getLogger("uvicorn.access").info("GET /?name=%s", CANARY)) == []


@pytest.mark.parametrize("value", ["a\nb", "\x1b[31mred", "\x9b31m", "a\u2028b", "\r\x00\x7f"])
def test_a_value_cannot_forge_a_line_or_reach_the_terminal(
    capsys: pytest.CaptureFixture[str], value: str
) -> None:
    chassis_logging.configure(service="gradebook", version="1")
    structlog.get_logger().info("seen", value=value)
    logging.getLogger("library").warning("seen %s", value)
    out = capsys.readouterr().out
    assert out.count("\n") == 2
    assert all(" " <= character <= "~" for character in out.replace("\n", ""))
    assert all(json.loads(line) for line in out.splitlines())


def test_personal_fields_are_blotted_out_however_deep(written: Written) -> None:
    pupils = [{"birth_date": CANARY, "more": {"Phone": CANARY}}]
    (line,) = written(
        lambda: structlog.get_logger().info("seen", name=CANARY, pupils=pupils, id="p-1")
    )
    assert CANARY not in json.dumps(line, ensure_ascii=False)
    assert line["id"] == "p-1"


class Person(BaseModel):
    age: int


def refused_by_validation() -> None:
    Person.model_validate({"age": CANARY})


def refused_by_the_database() -> None:
    cause = Exception(f"Key (name)=({CANARY}) already exists.")
    raise IntegrityError(f"INSERT … '{CANARY}'", {"name": CANARY}, cause)


@pytest.mark.parametrize("fail", [refused_by_validation, refused_by_the_database])
def test_an_error_keeps_its_place_and_not_the_value(
    written: Written, fail: Callable[[], None]
) -> None:
    def act() -> None:
        try:
            fail()
        except (ValidationError, IntegrityError):
            structlog.get_logger().exception("failed")
            logging.getLogger("library").exception("failed")

    ours, theirs = written(act)
    for line in (ours, theirs):
        assert "Bí Mật" not in json.dumps(line, ensure_ascii=False)
        assert any(fail.__name__ in frame for frame in line["error"][0]["frames"])


def test_the_chain_of_errors_is_kept(written: Written) -> None:
    error = RuntimeError("no such sheet")
    error.__cause__ = KeyError("column")
    (line,) = written(lambda: structlog.get_logger().error("failed", exc_info=error))
    assert [(error["type"], error["text"]) for error in line["error"]] == [
        ("builtins.RuntimeError", "no such sheet"),
        ("builtins.KeyError", "'column'"),
    ]


def test_what_json_does_not_know_is_still_written(written: Written) -> None:
    (line,) = written(lambda: structlog.get_logger().info("seen", value=object(), keys={1, 2}))
    assert line["keys"] == [1, 2]
