"""What the fields of contracts mean, for schemas and pages.

A service reads none of it, and looking for it took a tenth of the time in which one starts.
"""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from textwrap import dedent

from contracts import registry  # noqa: F401 - with it every record is defined
from contracts.event import Event, Record


def describe() -> None:
    """Give every field of every record the docstring below it as its description."""
    records = list(_below(Record))
    for record in records:
        texts: dict[str, str] = {}
        for base in reversed(record.__mro__):
            if issubclass(base, Record) and not base.__pydantic_generic_metadata__["origin"]:
                texts.update(_docstrings(base))
        for name, field in record.model_fields.items():
            field.description = field.description or texts.get(name)
    # Events last: they contain what they are made of as it was built.
    for record in sorted(records, key=lambda one: issubclass(one, Event)):
        record.model_rebuild(force=True)


def _below(record: type[Record]) -> Iterator[type[Record]]:
    for one in record.__subclasses__():
        yield one
        yield from _below(one)


def _docstrings(record: type[Record]) -> dict[str, str]:
    definition = ast.parse(dedent(inspect.getsource(record))).body[0]
    return dict(texts_below(definition.body)) if isinstance(definition, ast.ClassDef) else {}


def texts_below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield each name that has a text below it, with the text."""
    for node, below in pairwise(body):
        match node, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
