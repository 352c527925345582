"""The pytest plugin every distribution's tests use: one broker and one database per session.

Fixtures: `kafka` (address of the broker, every topic of contracts present and empty), `database`
(`database("gradebook")` gives the address of that service's database, migrated and empty),
`postgres` (the server as its superuser), `infra` (all of it). Nobody marks anything: who asks for
one of them is a `wire` test.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from edu.infrastructure import Infrastructure

INFRASTRUCTURE = frozenset({"infra", "kafka", "postgres", "database"})

Result = TypeVar("Result")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `wire` whatever asks for a broker or a database, so that nobody has to remember it."""
    for item in items:
        if INFRASTRUCTURE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.wire)


@pytest.fixture(scope="session")
def infra(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Infrastructure]:
    """Start what the collected tests ask for, once; everything of it ends with the session."""
    from edu.infrastructure import Infrastructure  # noqa: PLC0415 - unit tests load none of it

    names = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    with ExitStack() as stack:
        yield Infrastructure.enter(
            stack,
            tmp_path_factory.mktemp("edu"),
            kafka="kafka" in names,
            postgres=bool({"database", "postgres"} & names),
            worker=os.environ.get("PYTEST_XDIST_WORKER", "main"),
        )


@pytest.fixture
def kafka(infra: Infrastructure) -> str:
    """Return the broker's address; every topic of contracts is there and holds nothing."""
    from edu import topics  # noqa: PLC0415 - unit tests load none of it

    topics.reset(infra.bootstrap)
    return infra.bootstrap


@pytest.fixture(scope="session")
def postgres(infra: Infrastructure) -> str:
    """Return the server's address, as one who may make databases."""
    return infra.server_url


@pytest.fixture
def database(infra: Infrastructure) -> Callable[[str], str]:
    """Return the function that gives a service's database: migrated once, empty now.

    A name that is no service gives an empty database without tables, for a library's own tests;
    what they create stays, truncated, until the session ends.
    """
    given: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in given:
            given[name] = infra.empty_database(name)
        return given[name]

    return address


async def eventually(
    probe: Callable[[], Awaitable[Result] | Result], *, within: float = 10.0
) -> Result:
    """Ask until the answer is true, and return it; the last answer or error is the failure."""
    deadline = time.monotonic() + within
    while True:
        failure: Exception
        try:
            outcome = probe()
            answer = await outcome if inspect.isawaitable(outcome) else outcome
        except Exception as error:  # noqa: BLE001 - whatever it is, it may pass before the deadline
            failure = error
        else:
            if answer:
                return answer
            failure = AssertionError(f"still {answer!r} after {within} s")
        if time.monotonic() >= deadline:
            raise failure
        await asyncio.sleep(0.02)
