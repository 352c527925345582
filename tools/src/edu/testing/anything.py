"""Random facts of any kind, as writers could write them: made from the contracts' own types."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from pydantic import BaseModel, ValidationError

from contracts.columns import Sparse
from contracts.event import Event

_ROWS = 4
"""The most rows of a fact."""
_TRIES = 500
_FIRST_DAY = date(2025, 8, 1)
_YEARS = ("2025-2026", "2026-2027")


class Anything:
    """Makes facts of few schools and people, so that their cells meet."""

    def __init__(self, seed: int, *, schools: int = 3) -> None:
        """The same seed makes the same facts."""
        self._random = Random(seed)
        self._schools = [_ident(number) for number in range(1, schools + 1)]

    def event(self, kind: type[Event]) -> Event:
        """Make a fact of this kind.

        Raises:
            AssertionError: none of many was valid.
        """
        for _ in range(_TRIES):
            rows = self._random.randint(1, _ROWS)
            try:
                return typing.cast("Event", self._record(kind, rows))
            except ValidationError:
                continue
        raise AssertionError(f"no valid {kind.__name__} in {_TRIES} tries")

    def _record(self, kind: type[BaseModel], rows: int) -> BaseModel:
        fields = kind.model_fields.items()
        return kind(**{name: self._value(name, field.annotation, rows) for name, field in fields})

    def _value(self, name: str, hint: Any, rows: int) -> Any:
        """Make a value of a type, of so many rows where it is a column."""
        origin = typing.get_origin(hint)
        if origin is typing.Annotated:
            return self._value(name, hint.__origin__, rows)
        if origin in (typing.Union, types.UnionType):
            maybe = self._value(name, typing.get_args(hint)[0], rows)
            return maybe if self._random.randrange(3) else None
        if origin is tuple:
            return self._column(name, typing.get_args(hint)[0], rows)
        if isinstance(hint, type) and issubclass(hint, Sparse):
            return self._sparse(hint, rows)
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self._record(hint, rows)
        return self._plain(name, hint)

    def _column(self, name: str, inner: Any, rows: int) -> tuple[Any, ...]:
        if "adjusted" in name:
            return tuple(self._random.sample(range(rows), self._random.randrange(2)))
        if name in ("pupils", "messages", "charges"):
            return tuple(_ident(100 + row) for row in range(rows))
        return tuple(self._value(f"{name} row", inner, rows) for _ in range(rows))

    def _sparse(self, kind: type[BaseModel], rows: int) -> BaseModel:
        inner = kind.__pydantic_generic_metadata__["args"][0]
        at = tuple(row for row in range(rows) if self._random.randrange(2))
        return kind(at=at, value=tuple(self._value("before row", inner, rows) for _ in at))

    def _plain(self, name: str, kind: Any) -> Any:
        random = self._random
        if issubclass(kind, StrEnum):
            return random.choice(list(kind))
        makers: dict[type, Callable[[], Any]] = {
            bool: lambda: bool(random.randrange(2)),
            date: lambda: _FIRST_DAY + timedelta(days=random.randrange(0, 720, 15)),
            int: lambda: self._whole(name),
            str: lambda: self._text(name),
        }
        return makers[kind]()

    def _text(self, name: str) -> str:
        if "school_year" in name:
            return self._random.choice(_YEARS)
        if name.startswith(("school", "place", "origin", "after", "before")):
            return self._random.choice(self._schools)
        if name.endswith(("_id", "_by", " row")):
            return _ident(self._random.randint(1, 9))
        return {"period": "HK1", "template": "score-saved"}.get(name, "AAAA")

    def _whole(self, name: str) -> int:
        if name == "birth_year":
            return self._random.randint(2005, 2022)
        if name in ("preference", "version", "position"):
            return self._random.randint(1, 3)
        return self._random.choice((0, 0, 1, 1, 10, 29, 30, 45, 46, 490, 500, 650, 790, 800, 1000))


def _ident(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"
