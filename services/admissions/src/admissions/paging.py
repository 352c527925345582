"""Lists are read in pages; the id of a page's last item asks for the next one."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from contracts.ids import UnitId

Item = TypeVar("Item")

_MOST = 500

LimitQuery = Annotated[int, Query(ge=1, le=_MOST, description="How many items at most.")]
AfterQuery = Annotated[
    UnitId | None, Query(description="`next` of the page before; absent for the first page.")
]


class Page(BaseModel, Generic[Item]):
    """Some of the items, in a lasting order, and where to go on."""

    items: Sequence[Item]
    next: str | None


def page(found: Sequence[Item], limit: int, last_id: str | None) -> Page[Item]:
    """Return the page; a list that was cut off at ``limit`` goes on after ``last_id``."""
    return Page(items=found, next=last_id if len(found) == limit else None)
