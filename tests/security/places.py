"""The matrix of who may do what: every route, role and relation, and how its cell is asked.

A service's scene is a school whose people and things are known, and beside it another school. Each
route has a place: the action of the policy that it is, and a request that does it at the school.
What the policy's table says of that action, for each role and each relation, is then asked for.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fastapi.routing import iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.auth import WORKS_AT, Policy, Role
from chassis.clock import new_id
from chassis.http.routes import ChassisRoute
from edu.testing.facts import OTHER_SCHOOL, SCHOOL
from edu.testing.service import an_id, in_time

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from chassis.database import Database

PUBLIC = "public"
"""In the place of an action: whoever asks is answered."""

ELSEWHERE = "elsewhere"
"""Whoever has every relation, but to another school's people and things."""

STRANGER = an_id("stranger")


@dataclass(frozen=True)
class Place:
    """What a route does, and a request that does it."""

    action: str
    body: object = None
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    ids: dict[str, str] = field(default_factory=dict)
    """Of its path, where it is not about what the scene has under that name."""
    never: tuple[str, ...] = ()
    """Relations that nobody has to what it is about: no class is anybody's child."""
    elsewhere: int | None = None
    """How it refuses somebody of another school, where it says why."""
    meets: int | None = None
    """What whoever may do it meets, where the scene is not so far that it can be done."""


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    route: str
    place: Place
    role: Role
    relation: str | None
    allowed: bool

    def __str__(self) -> str:
        return f"{self.route} as {self.role}, {self.relation or 'no relation'}"


@dataclass
class Scene:
    """A service with a school that it knows, and what each route does there."""

    client: httpx.AsyncClient
    app: FastAPI
    policy: Policy
    ids: Mapping[str, str]
    """What stands in paths, by its name there."""
    subjects: Mapping[str, str]
    """Who has a relation at the school; a role may be named before it: ``service own``."""
    places: Mapping[str, tuple[Place, ...]]
    """By route; two where what it does depends on what is asked."""
    schools: Mapping[str, str] = field(
        default_factory=lambda: {SCHOOL: SCHOOL, OTHER_SCHOOL: OTHER_SCHOOL}
    )
    """Both schools as the service calls them."""

    def cases(self) -> Iterator[Case]:
        """Yield every cell; of public routes, who is answered all the same."""
        rows = list(self.policy.matrix())
        for route, places in self.places.items():
            for place in places:
                for action, role, relation, allowed in rows:
                    if place.action == action:
                        held = allowed and relation not in place.never
                        yield Case(route, place, role, relation, held or self._free(place, role))
                for role in Role:
                    yield Case(route, place, role, ELSEWHERE, self._free(place, role))

    def _free(self, place: Place, role: Role) -> bool:
        """Tell whether the role is enough."""
        return place.action == PUBLIC or (place.action, role) in self._everywhere

    def token(self, role: Role, relation: str | None) -> str:
        """Return the token of somebody who has this relation to the school's things."""
        if relation is None:
            return f"{role}/{STRANGER}"
        known = self.subjects.get(f"{role} {relation}") or self.subjects.get(relation, STRANGER)
        if relation == WORKS_AT:
            return f"{role}/{known}/{self.schools[SCHOOL]}"
        if relation == ELSEWHERE:
            return f"{role}/{known}/{self.schools[OTHER_SCHOOL]}"
        return f"{role}/{known}"

    def _may_somewhere(self, case: Case) -> bool:
        return (case.place.action, case.role) in self._somewhere

    @cached_property
    def _somewhere(self) -> frozenset[tuple[str, Role]]:
        rows = self.policy.matrix()
        return frozenset((action, role) for action, role, _, allowed in rows if allowed)

    @cached_property
    def _everywhere(self) -> frozenset[tuple[str, Role]]:
        rows = self.policy.matrix()
        return frozenset(
            (action, role) for action, role, relation, allowed in rows if allowed and not relation
        )

    def expected(self, case: Case) -> range:
        """Return the statuses that a cell may be answered with."""
        if case.allowed and case.place.meets:
            return range(case.place.meets, case.place.meets + 1)
        if case.allowed:
            return range(200, 300)
        if case.relation == ELSEWHERE and case.place.elsewhere and self._may_somewhere(case):
            return range(case.place.elsewhere, case.place.elsewhere + 1)
        if self.policy.conceals(case.place.action) and self._may_somewhere(case):
            return range(404, 405)
        return range(403, 404)

    async def ask(
        self,
        route: str,
        place: Place,
        token: str,
        *,
        body: object = None,
    ) -> httpx.Response:
        """Send the request of a place, with another body if one is given."""
        method, _, template = route.partition(" ")
        headers = {"Idempotency-Key": new_id()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return await in_time(
            lambda: self.client.request(
                method,
                template.format_map({**self.ids, **place.ids}),
                json=body or place.body,
                params=place.params,
                content=place.content,
                headers=headers,
            )
        )


class Untouched:
    """A database in which no command leaves anything, so that each finds the same scene."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.reading = database.reading
        self.close = database.close

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open one transaction, and roll it back however it ends."""
        async with AsyncSession(self._database.engine, expire_on_commit=False) as session:
            yield session
            await session.rollback()


def routes_of(app: FastAPI) -> dict[str, Any]:
    """Return every route that the application has, by method and template."""
    return {
        f"{method} {context.path}": context.original_route
        for context in iter_route_contexts(app.routes)
        for method in sorted((context.methods or {"GET"}) - {"HEAD"})
    }


def guarded(app: FastAPI) -> dict[str, ChassisRoute]:
    """Return the routes that the chassis guards."""
    return {
        name: route for name, route in routes_of(app).items() if isinstance(route, ChassisRoute)
    }


def filled(template: str) -> str:
    """Return a path with ids that nothing has."""
    return re.sub(r"{[^}]*}", lambda _: new_id(), template)
