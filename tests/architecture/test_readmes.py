"""Every service's page names what it owns: its commands, its facts, what it hears, its tables."""

import importlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import MetaData

from contracts import registry, topics
from edu.suite import SERVICES

ROOT = Path(__file__).parents[2]
UNWRITTEN = "Nothing runs here yet"
PARAMETER = re.compile(r"\{[^}]*\}")
USEFUL_WITH = re.compile(r"^\*\*Useful only with\*\*: (.+?)\n\n", re.DOTALL | re.MULTILINE)
TOPIC = re.compile(r"`([a-z-]+\.[a-z-]+\.v[0-9]+)`")


@cache
def page(service: str) -> str:
    """Give the README with every parameter of a path written as {}."""
    text = (ROOT / "services" / service / "README.md").read_text("utf-8")
    if UNWRITTEN in text:
        pytest.skip(f"not run: {service} says itself that nothing runs there yet")
    return PARAMETER.sub("{}", text)


def routes(service: str) -> list[APIRoute]:
    """Give every route of a service's own."""
    declared: Any = importlib.import_module(f"{SERVICES[service].package}.app").SERVICE
    return [
        route
        for router in declared.routers
        for route in router.routes
        if isinstance(route, APIRoute)
    ]


def tables(service: str) -> set[str]:
    """Give the names of a service's own tables."""
    base = importlib.import_module(f"{SERVICES[service].package}.base")
    importlib.import_module(f"{SERVICES[service].package}.app")
    metadata: MetaData = getattr(base, "METADATA", None) or base.Base.metadata
    return {table.name for table in metadata.tables.values()}


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_names_every_route(service: str) -> None:
    # A page whose commands all stand under /v1 may say so once.
    paths = {PARAMETER.sub("{}", route.path).removeprefix("/v1") for route in routes(service)}
    assert {path for path in paths if path not in page(service)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_names_every_fact_that_is_published(service: str) -> None:
    facts = {event.NAME for event in registry.EVENTS if service == event.SOURCE and not event.DRAFT}
    assert {fact for fact in facts if fact not in page(service)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_names_every_topic_that_is_read(service: str) -> None:
    read = {topic.name for topic in topics.CONSUMERS[service]}
    assert {topic for topic in read if topic not in page(service)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_names_every_table(service: str) -> None:
    assert {table for table in tables(service) if f"`{table}`" not in page(service)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_says_how_the_service_is_started_alone(service: str) -> None:
    assert f"python -m {SERVICES[service].package}" in page(service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_says_with_which_streams_the_service_is_of_use(service: str) -> None:
    (paragraph,) = USEFUL_WITH.findall(page(service))
    assert set(TOPIC.findall(paragraph)) == {topic.name for topic in topics.CONSUMERS[service]}
    assert "Without\nKafka" in paragraph or "Without Kafka" in paragraph
