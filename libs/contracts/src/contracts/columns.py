"""Rows as columns: a column in which few rows have a value is written sparse."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Generic, Self, TypeVar

from pydantic import Field, model_validator

from contracts.event import Record

Value = TypeVar("Value")

Position = Annotated[int, Field(ge=0)]
"""A row's place in the event's other columns, counted from 0."""


class Sparse(Record, Generic[Value]):
    """The rows ``at`` have the values ``value``; every other row has none."""

    at: tuple[Position, ...]
    value: tuple[Value, ...]

    @model_validator(mode="after")
    def _is_a_column(self) -> Self:
        rows = len(self.at)
        if rows != len(self.value):
            raise ValueError("at and value differ in length")
        if rows > 1 and any(left >= right for left, right in pairwise(self.at)):
            raise ValueError("at is not strictly ascending")
        return self

    @classmethod
    def of(cls, values: Sequence[Value | None]) -> Self:
        """Make the column of ``values``, one for each row, ``None`` where a row has none."""
        present = [(at, value) for at, value in enumerate(values) if value is not None]
        return cls(
            at=tuple(at for at, _ in present),
            value=tuple(value for _, value in present),
        )

    def spread(self, rows: int) -> list[Value | None]:
        """Give one value for each of ``rows`` rows."""
        column: list[Value | None] = [None] * rows
        for at, value in zip(self.at, self.value, strict=True):
            column[at] = value
        return column
