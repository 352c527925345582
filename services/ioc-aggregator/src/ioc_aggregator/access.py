"""What a request may see: the public's numbers, and in its own part of the province the small ones.

Numbers that count fewer than five are withheld from the public. Whoever works with them sees them:
an officer in the unit of the token (the whole province, where it names none), school staff in their
school, services and auditors everywhere. `policy.POLICY` is the table, `sees` the decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, cast

from fastapi import Depends, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from chassis.auth import Principal, asked_by
from chassis.errors import Unavailable
from ioc_aggregator.engine import Engine
from ioc_aggregator.policy import IN_OWN_UNIT, POLICY, READ_IN_FULL
from ioc_aggregator.rollups.borders import Borders


class View(StrEnum):
    """How much of an answer is shown."""

    PUBLIC = "public"
    PARTIAL = "partial"
    """As the public sees it, but the asker's own part of it in full."""
    FULL = "full"


def sees(principal: Principal | None, path: Sequence[str]) -> bool:
    """Decide whether somebody sees the small numbers of a place.

    `path` holds the ids from the whole down to the place, under the borders of the answer's day: a
    unit that has merged into another is nobody's scope any more, until tokens name the new one.
    """
    if principal is None:
        return False
    relations = set(principal.relations_to_school(path[-1]))
    if principal.unit is None or principal.unit in path:
        relations.add(IN_OWN_UNIT)
    return POLICY.allow(principal, READ_IN_FULL, relations)


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the province that a request sees in full."""

    principal: Principal | None

    def covers(self, borders: Borders, place: int) -> bool:
        """Tell whether a place, and so all below it, is shown in full."""
        return sees(self.principal, [borders.places[step].id for step in borders.path(place)])

    def covers_unit(self, borders: Borders, unit_id: str) -> bool:
        """Tell it of a unit or school by its id; one that is not there is not shown in full."""
        place = borders.index.get(unit_id)
        return place is not None and self.covers(borders, place)

    def view(self, borders: Borders, place: int) -> View:
        """Say how much of an answer about a place is shown."""
        if self.covers(borders, place):
            return View.FULL
        own = () if self.principal is None else (self.principal.unit, self.principal.school)
        for unit_id in own:
            below = borders.index.get(unit_id or "")
            if below is not None and place in borders.path(below) and self.covers(borders, below):
                return View.PARTIAL
        return View.PUBLIC


_BEARER = HTTPBearer(
    auto_error=False,
    description="Optional, as is a browser's session: who may see small numbers sees them.",
)


async def scope_of(request: Request) -> Scope:
    """Return the scope of a request; a token that is not valid is refused, not taken for none."""
    return Scope(await asked_by(request))


async def _scope(request: Request, _documented: Annotated[object, Security(_BEARER)]) -> Scope:
    return await scope_of(request)


async def _engine(request: Request) -> Engine:
    engine = cast("Engine", request.app.state.engine)
    if not engine.follower.loaded:
        raise Unavailable("loading", "Hệ thống đang nạp số liệu, xin thử lại sau giây lát.")
    return engine


ScopeDep = Annotated[Scope, Depends(_scope)]
"""What this request sees in full."""

EngineDep = Annotated[Engine, Depends(_engine)]
"""The memory to answer from, once it was loaded."""
