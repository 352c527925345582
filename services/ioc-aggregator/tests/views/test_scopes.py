"""Who sees which small numbers: every kind of asker on every route, against the public's answer."""

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from chassis.auth import Principal, Role
from ioc_aggregator.access import sees
from ioc_aggregator.views import feed as feed_http

ID = "00000000-0000-7000-8000-{:012d}".format
PROVINCE, TWO, THREE, NOWHERE = ID(1), ID(2), ID(3), ID(99)
ELEVEN, TWELVE, THIRTEEN, FOURTEEN, STRANGER = ID(11), ID(12), ID(13), ID(14), ID(77)
BELOW = {
    TWO: {ELEVEN, TWELVE},
    THREE: {THIRTEEN, FOURTEEN},
    "undeclared": {STRANGER},
}
EVERYTHING = {PROVINCE, *BELOW, *(school for schools in BELOW.values() for school in schools)}
STAFF = ("teacher", "homeroom-teacher", "principal")


@dataclass(frozen=True)
class Asker:
    """A token (None: nobody's), what it sees in full, and whether it may have the dump."""

    token: str | None
    sees: frozenset[str] = frozenset()
    dump: int = 403

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}


ASKERS = [
    Asker(None, dump=401),
    *(Asker(role) for role in (*STAFF, "guardian", "cashier")),
    *(Asker(f"{role};school={TWELVE}", frozenset({TWELVE})) for role in STAFF),
    Asker(f"principal;school={STRANGER}", frozenset({STRANGER})),
    Asker(f"principal;school={TWELVE};unit={TWO}", frozenset({TWELVE})),
    Asker(f"principal;unit={TWO}"),
    Asker(f"principal;school={NOWHERE}"),
    Asker(f"cashier;school={TWELVE}"),
    Asker(f"guardian;school={TWELVE};unit={TWO}"),
    Asker("department-officer", frozenset(EVERYTHING)),
    Asker(f"department-officer;unit={PROVINCE}", frozenset(EVERYTHING)),
    Asker(f"department-officer;unit={TWO}", frozenset({TWO, ELEVEN, TWELVE})),
    Asker(f"department-officer;unit={THREE}", frozenset({THREE, THIRTEEN, FOURTEEN})),
    Asker(f"department-officer;unit={NOWHERE}"),
    Asker(f"department-officer;school={ELEVEN};unit={NOWHERE}"),
    Asker("service", frozenset(EVERYTHING), 200),
    Asker("auditor", frozenset(EVERYTHING), 200),
    Asker(f"auditor;unit={TWO}", frozenset(EVERYTHING), 200),
]
FULL, PUBLIC = Asker("auditor"), Asker(None)
COUNTS = ("suppressed", "count", "sum", "squares", "counts")

province = pytest.mark.usefixtures("province")


async def ask(client: httpx.AsyncClient, asker: Asker, path: str) -> Any:
    response = await client.get(path, headers=asker.headers)
    assert response.status_code == 200, response.text
    return response.json()


def expected(asker: Asker, public: dict[Any, Any], full: dict[Any, Any]) -> dict[Any, Any]:
    """Give what the asker must see: keys are (place, …), values what is answered for them."""
    assert public.keys() == full.keys()
    return {key: full[key] if key[0] in asker.sees else public[key] for key in public}


def numbers_of(answer: Any) -> dict[Any, Any]:
    """Give every number of an answer of ``/indicators``."""
    found = {}
    for item in answer["indicators"]:
        for number in (item["number"] | {"unit_id": answer["unit"]["unit_id"]}, *item["children"]):
            place = (number["unit_id"], item["indicator"])
            found[*place, ""] = (number["numerator"], number["suppressed"])
            for part in number["breakdown"]:
                found[*place, str(part["dims"])] = (part["numerator"], part["suppressed"])
    return found


def below(place: str) -> set[str]:
    """Give the places below a place."""
    return EVERYTHING - {PROVINCE} if place == PROVINCE else BELOW.get(place, set())


@province
async def test_indicators(client: httpx.AsyncClient) -> None:
    hidden = 0
    for place in sorted(EVERYTHING):
        path = f"/indicators?unit={place}&by=sex"
        public, full = [numbers_of(await ask(client, one, path)) for one in (PUBLIC, FULL)]
        # A part that counts nobody is only told where it is hidden.
        full = {key: full.get(key, (0, False)) for key in public}
        hidden += sum(is_hidden for _, is_hidden in public.values())
        for asker in ASKERS:
            shown = await ask(client, asker, path)
            found = {key: numbers_of(shown).get(key, (0, False)) for key in public}
            assert found == expected(asker, public, full), asker
            some = "partial" if asker.sees & below(place) else "public"
            assert shown["view"] == ("full" if place in asker.sees else some), asker
    assert hidden > 10


@province
async def test_filters_only_where_everything_is_shown(client: httpx.AsyncClient) -> None:
    for asker in ASKERS:
        for place in sorted(EVERYTHING):
            path = f"/indicators?indicator=N04&unit={place}&dims=sex:male"
            status = (await client.get(path, headers=asker.headers)).status_code
            assert status == (200 if place in asker.sees else 403), asker


@province
async def test_histograms(client: httpx.AsyncClient) -> None:
    suppressed = 0
    for place in sorted(EVERYTHING):
        path = f"/histograms?subject=TOAN&unit={place}"
        public, full = [await ask(client, one, path) for one in (PUBLIC, FULL)]
        suppressed += public["suppressed"]
        for asker in ASKERS:
            found = await ask(client, asker, path)
            wanted = full if place in asker.sees else public
            assert [found[name] for name in COUNTS] == [wanted[name] for name in COUNTS], asker
    assert suppressed


def values_of(entries: list[Any]) -> dict[Any, Any]:
    return {(entry["data"]["unit_id"], entry["data"]["number"]): entry["data"] for entry in entries}


@province
async def test_the_feed_and_its_stream(app: FastAPI, client: httpx.AsyncClient) -> None:
    path = "/feed?after=0"
    public, full = [values_of((await ask(client, one, path))["entries"]) for one in (PUBLIC, FULL)]
    assert sum(public[key] != full[key] for key in public) > 10
    for asker in ASKERS:
        wanted = expected(asker, public, full)
        assert values_of((await ask(client, asker, path))["entries"]) == wanted, asker
        app.state.stopping = iter([False, True]).__next__
        stream = await client.get("/feed/stream?after=0", headers=asker.headers)
        lines = [line for line in stream.text.splitlines() if line.startswith("data: ")]
        assert values_of([msgspec.json.decode(line[6:]) for line in lines]) == wanted, asker


@province
async def test_the_dump(client: httpx.AsyncClient) -> None:
    for asker in ASKERS:
        assert (await client.get("/dump", headers=asker.headers)).status_code == asker.dump, asker


@province
async def test_what_is_the_same_for_everybody(client: httpx.AsyncClient) -> None:
    for path in ("/units", "/indicators/catalogue", "/freshness", "/periods"):
        answers = [await ask(client, asker, path) for asker in ASKERS]
        for answer in answers:
            answer.pop("now", None)
            assert answer == answers[0], path


def test_no_route_is_forgotten(app: FastAPI) -> None:
    """A new route belongs into one of the tests above."""
    routes = {
        context.path_format
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.original_route.include_in_schema
    }
    assert routes == {
        "/indicators",
        "/histograms",
        "/feed",
        "/feed/stream",
        "/dump",
        "/units",
        "/indicators/catalogue",
        "/freshness",
        "/periods",
        # In test_closes:
        "/restatements",
        "/completeness",
        # It shows what /indicators shows; test_export holds the one to the other.
        "/export",
        # In rollups/test_witness: it names nobody, so everybody may read it.
        "/checkpoints",
    }


@province
async def test_a_stream_ends_when_its_reader_may_no_longer_see_so_much(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that has expired, a session that was ended: the client asks anew, as who it is."""

    async def refuse(_: str) -> Principal:
        app.state.verifier.verify = before
        raise PermissionError

    before = app.state.verifier.verify
    monkeypatch.setattr(feed_http, "_ASK_AGAIN_SECONDS", 0.0)
    asked = []

    async def verify(token: str) -> Principal:
        asked.append(token)
        return await (before if len(asked) == 1 else refuse)(token)

    monkeypatch.setattr(app.state.verifier, "verify", verify)
    stream = await client.get("/feed/stream?after=0", headers=FULL.headers)
    assert stream.status_code == 200
    assert "data:" not in stream.text, "not one entry after the scope has gone"
    assert len(asked) == 2


PATHS = ([PROVINCE], [PROVINCE, TWO], [PROVINCE, TWO, TWELVE], [PROVINCE, THREE, THIRTEEN])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("school", [None, TWELVE, NOWHERE])
@pytest.mark.parametrize("unit", [None, PROVINCE, TWO, NOWHERE])
def test_the_decision(role: Role, school: str | None, unit: str | None) -> None:
    """The whole table, said once more in other words."""
    somebody = Principal("somebody", frozenset({role}), school=school, unit=unit)
    for path in PATHS:
        if role in {Role.SERVICE, Role.AUDITOR}:
            wanted = True
        elif role is Role.DEPARTMENT_OFFICER:
            wanted = unit in {None, *path}
        else:
            wanted = role in set(STAFF) and path[-1] == school
        assert sees(somebody, path) is wanted
    assert not sees(None, PATHS[0])
