"""What fields mean: the docstring below each, read from the source when somebody asks.

pydantic can do it when a class is made; for a service that took a tenth of its start.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import pairwise

from pydantic import BaseModel


def fields_of(model: type[BaseModel]) -> Mapping[str, str]:
    """Give what a model and those that it is made from say of its fields, by name."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found.update(_own(base.__module__).get(base.__qualname__, {}))
    return found


def texts_below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield each name that has a text below it, with the text."""
    for node, below in pairwise(body):
        match node, below:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)


@cache
def _own(module: str) -> Mapping[str, Mapping[str, str]]:
    """Give what the classes of a module say themselves; nothing of one without a source."""
    try:
        tree = ast.parse(inspect.getsource(import_module(module)))
    except (OSError, TypeError):
        return {}
    return {
        node.name: dict(texts_below(node.body))
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
