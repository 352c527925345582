"""Transactions end and records leave in the chassis alone: rules that no linter can express."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICE_FILES = sorted((ROOT / "services").glob("*/src/**/*.py"))
RESERVED = {
    "commit": "the chassis commits at the edge, once per command and once per slice of a batch",
    "rollback": "raise instead: the chassis rolls back",
    "publish": "write chassis.outbox.emit(session, event): only the relay sends",
    "send_batch": "write chassis.outbox.emit(session, event): only the relay sends",
}


def reserved_calls(source: str) -> list[str]:
    """Name every call of a reserved method in this module."""
    return [
        f"line {node.lineno}: .{node.func.attr}() - {RESERVED[node.func.attr]}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in RESERVED
    ]


@pytest.mark.parametrize("path", SERVICE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_services_neither_commit_nor_send(path: Path) -> None:
    assert reserved_calls(path.read_text("utf-8")) == []


def test_the_rule_sees_a_call() -> None:
    found = reserved_calls("async def save(session):\n    await session.commit()\n")
    assert found == [f"line 2: .commit() - {RESERVED['commit']}"]
