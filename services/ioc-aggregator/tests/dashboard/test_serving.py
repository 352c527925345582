"""The page and its files as a browser gets them."""

import re
from collections.abc import AsyncIterator, Iterable
from importlib.resources import files
from posixpath import dirname, join, normpath

import httpx
import pytest
from fastapi import FastAPI

from chassis.auth import Role
from chassis.http import problems
from contracts.lists import ColumnKind, Grade, Subject, Term
from contracts.notifications import Channel, Purpose
from contracts.payments import FeeKind, PaymentMethod
from ioc_aggregator import dashboard
from ioc_aggregator.dashboard.files import File, Release
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import Group

STATIC = files(dashboard) / "static"
RELEASE = Release.read()
MODULES = sorted(name for name in RELEASE.files if name.endswith(".js") and "vendor" not in name)
LIGHTEST = {"panel": "#15294d", "tile": "#17406b"}
"""What gradients come to where they are lightest."""


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(redirect_slashes=False)
    problems.install(app)
    dashboard.install(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_the_page_is_asked_for_again_each_time(client: httpx.AsyncClient) -> None:
    answer = await client.get("/?unit=x&lang=en&unknown=y")
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    changed = await client.get("/", headers={"If-None-Match": 'W/"another"'})
    assert changed.status_code == 200


async def test_its_files_are_kept_for_as_long_as_they_are_the_same(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/")).text
    addresses = set(re.findall(r'(?:src|href)="(dashboard/[^"]+)"', page))
    assert len(addresses) > 10
    for address in addresses:
        answer = await client.get(f"/{address}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    other = await client.get(f"/dashboard/{'0' * 16}/main.js")
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-store")


async def test_nothing_runs_that_is_not_a_file_of_ours(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", answer.text) == []
    assert (
        re.findall(r"""(?:src|href)=["'](?!dashboard/|indicators[.]html"|#)""", answer.text) == []
    )


@pytest.mark.parametrize("name", ["nothing.js", "../files.py", "%2e%2e/files.py", "vendor/LICENSE"])
async def test_what_is_no_file_of_the_page_is_not_found(
    client: httpx.AsyncClient, name: str
) -> None:
    assert (await client.get(f"/dashboard/{RELEASE.digest}/{name}")).status_code == 404


async def test_files_travel_packed(client: httpx.AsyncClient) -> None:
    address = f"/dashboard/{RELEASE.digest}/main.js"
    packed = await client.get(address, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(address, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["content-type"].startswith("text/javascript")


def test_the_page_is_light() -> None:
    names = {"main.js", *reached("main.js"), "vendor/uplot/uPlot.iife.min.js"}
    scripts = [RELEASE.files[name] for name in names]
    assert sum(len(file.packed or b"") for file in scripts) < 60_000


def reached(name: str) -> set[str]:
    """Give every module that one imports, and those that these import."""
    text = RELEASE.files[name].content.decode()
    targets = re.findall(r'from "(\.[^"]+)"', text)
    found = {normpath(join(dirname(name), target)) for target in targets}
    return found.union(*map(reached, found))


@pytest.mark.parametrize(
    ("page", "script"), [(RELEASE.page, "main.js"), (RELEASE.list, "indicators.js")]
)
def test_every_module_is_fetched_at_once(page: File, script: str) -> None:
    preloaded = re.findall(
        r'rel="modulepreload" href="dashboard/\w+/([^"]+)"', page.content.decode()
    )
    assert sorted(preloaded) == sorted(reached(script))


def test_every_module_is_of_a_page() -> None:
    pages = ("main.js", "indicators.js")
    assert set(MODULES) == {*pages, *reached("main.js"), *reached("indicators.js")}


def test_every_code_of_a_list_has_its_words() -> None:
    catalogue = (STATIC / "text.js").read_text("utf-8")
    lists: dict[str, Iterable[str]] = {
        "term": Term,
        "kind": ColumnKind,
        "role": Role,
        "channel": Channel,
        "purpose": Purpose,
        "method": PaymentMethod,
        "fee_kind": FeeKind,
        "group": Group,
        "dim": {dim for indicator in CATALOGUE.values() for dim in indicator.dims},
    }
    for prefix, codes in lists.items():
        for code in codes:
            assert f'"{prefix}.{code}": [' in catalogue
    served = RELEASE.files["lists.json"].content.decode()
    for code in [*Subject, *Grade]:
        assert f'"code": "{code}"' in served


def test_every_word_that_is_asked_for_is_there() -> None:
    catalogue = set(
        re.findall(r'^  "?([\w.-]+)"?: \[', (STATIC / "text.js").read_text(), re.MULTILINE)
    )
    asked: set[str] = set()
    for name in MODULES:
        asked |= set(re.findall(r'\bwords\("([\w.]+)"', RELEASE.files[name].content.decode()))
    page = RELEASE.page.content.decode()
    asked |= set(re.findall(r'data-(?:words|label|hint|placeholder)="(\w+)"', page))
    assert asked <= catalogue


@pytest.mark.parametrize("vendored", ["vendor/uplot", "vendor/inter", "map"])
def test_what_is_borrowed_carries_its_licence(vendored: str) -> None:
    assert "Copyright" in (STATIC / vendored / "LICENSE").read_text("utf-8")


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", LIGHTEST.values(), ids=LIGHTEST)
@pytest.mark.parametrize("name", ["text", "muted", "accent", "warn"])
def test_words_stand_out_from_their_ground(name: str, ground: str) -> None:
    found = re.search(rf"--{name}: (#\w{{6}});", (STATIC / "style.css").read_text("utf-8"))
    assert found is not None
    assert (luminance(found[1]) + 0.05) / (luminance(ground) + 0.05) >= 4.5


async def test_the_list_of_indicators_is_a_page_of_its_own(client: httpx.AsyncClient) -> None:
    answer = await client.get("/indicators.html")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert f"dashboard/{RELEASE.digest}/indicators.js" in answer.text
    again = await client.get("/indicators.html", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    for name in re.findall(rf"dashboard/{RELEASE.digest}/([^\"]+)", answer.text):
        assert name in RELEASE.files
    for key in re.findall(r'data-(?:words|label|placeholder)="(\w+)"', answer.text):
        assert f"  {key}: [" in (STATIC / "text.js").read_text("utf-8")
