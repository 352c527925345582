"""The whole policy table at every route: each role, in each relation, gets what the table says.

A new route without a place here fails, as does one that is answered without the chassis' guard.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest

from chassis.clock import new_id
from edu.testing.facts import SCHOOL

from . import (
    scene_admissions,
    scene_aggregator,
    scene_gradebook,
    scene_notifications,
    scene_payments,
)
from .places import ELSEWHERE, PUBLIC, STRANGER, Case, Place, Scene, guarded, routes_of

SCENES: dict[str, Callable[[str], AbstractAsyncContextManager[Scene]]] = {
    "admissions": scene_admissions.scene,
    "gradebook": scene_gradebook.scene,
    "payments": scene_payments.scene,
    "notifications": scene_notifications.scene,
    "ioc-aggregator": scene_aggregator.scene,
}
AT_ONCE = 4
UNPROCESSABLE, CONCEALED = 422, 404
CODES = {"subject", "term", "period"}
"""What stands in a path and is no id: everybody knows what there is."""
EVERYWHERE = {
    f"GET /{path}" for path in ("livez", "readyz", "metrics", "openapi.json", "docs", "docs/assets")
}
OPEN = {
    # VNPAY signs what it reports; services/payments/tests/vnpay says what is believed.
    "payments": {"GET /v1/vnpay/ipn"},
    # The pages with their files, and the door; whose scores and rolls they show the API decides.
    "gradebook": {
        "GET /",
        "GET /book",
        "GET /child",
        "GET /closing",
        "GET /history",
        "GET /results",
        "GET /pages/{name:path}",
        "GET /roll-call",
        "GET /signin",
        "GET /signin/callback",
        "POST /signout",
    },
    # The pages with their files, and the door through which people come in.
    "ioc-aggregator": {
        "GET /",
        "GET /indicators.html",
        "GET /dashboard/{digest}/{name:path}",
        "GET /signin",
        "GET /signin/callback",
        "POST /signout",
    },
}
"""What answers without the chassis' guard; so ``/docs/asyncapi/try`` cannot come back (A8)."""


@pytest.fixture(params=SCENES)
async def scene(
    request: pytest.FixtureRequest, database: Callable[[str], str]
) -> AsyncIterator[Scene]:
    """Give the scene of each service."""
    async with SCENES[request.param](database(request.param)) as opened:
        yield opened


async def test_each_role_in_each_relation_gets_what_the_table_says(scene: Scene) -> None:
    assert set(scene.places) == set(guarded(scene.app))
    outside = set(routes_of(scene.app)) - set(guarded(scene.app))
    assert outside == EVERYWHERE | OPEN.get(scene.client.base_url.host, set())
    cases = list(scene.cases())
    assert {case.allowed for case in cases} == {True, False}
    for question in (
        [wrong(scene, case) for case in cases],
        [open_to_nobody(scene, route, place) for route, place in guarded_places(scene)],
        [takes_more(scene, route, place) for route, place in guarded_places(scene)],
        [shows_a_million(scene, name) for name in guarded(scene.app)],
        [tells_apart(scene, case) for case in cases if case.relation == ELSEWHERE],
    ):
        found = await answered(question)
        assert not found, "\n".join(found)
    metrics = (await scene.client.get("/metrics")).text
    assert [one for one in scene.ids.values() if _ID.search(one) and one in metrics] == []


_ID = re.compile("[0-9a-f]{8}-")
Question = Coroutine[Any, Any, str | None]


async def answered(questions: Sequence[Question]) -> list[str]:
    """Ask a few at a time; return what is wrong."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> str | None:
        async with at_once:
            return await question

    return [line for line in await asyncio.gather(*map(one, questions)) if line]


async def wrong(scene: Scene, case: Case) -> str | None:
    """Ask for one cell of the matrix (A1, A5)."""
    answer = await scene.ask(case.route, case.place, scene.token(case.role, case.relation))
    expected = scene.expected(case)
    if answer.status_code in expected:
        return None
    return f"{case}: {answer.status_code}, not {expected.start}: {answer.text[:300]}"


async def open_to_nobody(scene: Scene, route: str, place: Place) -> str | None:
    """Ask without a role, and without a token."""
    token = f"/{STRANGER}/{scene.schools[SCHOOL]}"
    found = [(await scene.ask(route, place, one)).status_code for one in (token, "")]
    return None if found == [403, 401] else f"{route}: {found}, not 403 and 401"


async def takes_more(scene: Scene, route: str, place: Place) -> str | None:
    """Smuggle a field into each object of the body (A3)."""
    if not isinstance(place.body, dict):
        return None
    token = best(scene, route, place)
    for body in smuggled(place.body):
        answer = await scene.ask(route, place, token, body=body)
        if answer.status_code != UNPROCESSABLE:
            return f"{route} takes {body}: {answer.status_code} {answer.text[:300]}"
    return None


async def shows_a_million(scene: Scene, route: str) -> str | None:
    """Ask for more than a page, where there are pages (A4)."""
    limited = [
        one for one in guarded(scene.app)[route].dependant.query_params if one.name == "limit"
    ]
    if not limited:
        return None
    for place in scene.places[route] or (Place(PUBLIC),):
        token = "" if place.action == PUBLIC else best(scene, route, place)
        million = replace(place, params={**place.params, "limit": "1000000"})
        answer = await scene.ask(route, million, token)
        if answer.status_code != UNPROCESSABLE:
            return f"{route}: a million rows are answered {answer.status_code}"
    return None


async def tells_apart(scene: Scene, case: Case) -> str | None:
    """Ask for what is concealed, and for what is not there: no answer may tell which (A1)."""
    named = [name for name in scene.ids if f"{{{name}}}" in case.route and name not in CODES]
    if scene.expected(case).start != CONCEALED or not named:
        return None
    token = scene.token(case.role, case.relation)
    there = await scene.ask(case.route, case.place, token)
    absent = {named[-1]: unused(named[-1])}
    gone = await scene.ask(case.route, replace(case.place, ids=case.place.ids | absent), token)
    if told(there.json()) == told(gone.json()):
        return None
    return f"{case}: {there.text} is not {gone.text}"


def guarded_places(scene: Scene) -> Iterator[tuple[str, Place]]:
    """Yield every place that needs a token, with its route."""
    for route, places in scene.places.items():
        for place in places:
            if place.action != PUBLIC:
                yield route, place


def best(scene: Scene, route: str, place: Place) -> str:
    """Return the token of somebody who may."""
    case = next(
        one for one in scene.cases() if (one.route, one.place) == (route, place) and one.allowed
    )
    return scene.token(case.role, case.relation)


def smuggled(body: Any) -> Iterator[Any]:
    """Yield the body with a field more, once in each object that it holds."""
    if isinstance(body, dict):
        yield body | {"approved": True}
        for name, part in body.items():
            for changed in smuggled(part):
                yield body | {name: changed}
    elif isinstance(body, list):
        for at, part in enumerate(body):
            for changed in smuggled(part):
                yield [*body[:at], changed, *body[at + 1 :]]


def unused(name: str) -> str:
    """Return what nothing is called by."""
    return "HP0000000000000" if name == "reference" else new_id()


def told(problem: dict[str, Any]) -> dict[str, Any]:
    """Return what a refusal says, but for the name of the request."""
    return {name: value for name, value in problem.items() if name != "instance"}
