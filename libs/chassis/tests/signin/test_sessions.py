"""A session stands for one browser, for a working day at most, and is gone when it is ended."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from chassis import clock
from chassis.auth import Principal
from chassis.database import Database
from chassis.signin.sessions import IDLE, LONGEST, Sessions

Passes = Callable[[timedelta], None]


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passes:
    """Let time pass."""
    moment = clock.now()

    def by(span: timedelta) -> None:
        nonlocal moment
        moment += span

    def now() -> datetime:
        return moment

    monkeypatch.setattr(clock, "now", now)
    return by


async def test_whoever_holds_the_secret_is_found(store: Database, somebody: Principal) -> None:
    sessions = Sessions(store)
    secret = await sessions.begin(somebody, instead_of=None)
    standing = await sessions.find(secret)
    assert standing is not None
    assert standing.principal == somebody
    for stranger in ("", secret[:-1], secret + "=", "é"):
        assert await sessions.find(stranger) is None


async def test_the_table_holds_nothing_to_sign_in_with(
    store: Database, somebody: Principal
) -> None:
    secret = await Sessions(store).begin(somebody, instead_of=None)
    async with store.reading() as session:
        row = str((await session.execute(text("SELECT * FROM signin.session"))).one())
    assert secret not in row


async def test_an_ended_session_is_ended(store: Database, somebody: Principal) -> None:
    sessions = Sessions(store)
    one, other = [await sessions.begin(somebody, instead_of=None) for _ in range(2)]
    assert one != other
    await sessions.end(one)
    assert await sessions.find(one) is None
    assert await sessions.find(other) is not None
    await sessions.end(one)


async def test_a_new_one_takes_the_place_of_the_browsers_last(
    store: Database, somebody: Principal
) -> None:
    sessions = Sessions(store)
    before = await sessions.begin(somebody, instead_of=None)
    after = await sessions.begin(somebody, instead_of=before)
    assert after != before
    assert await sessions.find(before) is None
    planted = await sessions.begin(somebody, instead_of="planted")
    assert planted != "planted"
    assert await sessions.find("planted") is None


async def test_a_browser_that_is_left_alone_is_signed_out(
    store: Database, somebody: Principal, passes: Passes
) -> None:
    sessions = Sessions(store)
    secret = await sessions.begin(somebody, instead_of=None)
    for _ in range(5):  # a page that asks by itself is no person
        passes(IDLE / 6)
        assert await sessions.find(secret) is not None
    passes(IDLE / 6)
    assert await sessions.find(secret, seen=True) is None


async def test_whoever_is_there_stays_until_the_day_is_over(
    store: Database, somebody: Principal, passes: Passes
) -> None:
    sessions = Sessions(store)
    begun = clock.now()
    secret = await sessions.begin(somebody, instead_of=None)
    step = IDLE * 3 / 4
    while clock.now() + step < begun + LONGEST:
        passes(step)
        standing = await sessions.find(secret, seen=True)
        assert standing is not None
        assert standing.ends == min(clock.now() + IDLE, begun + LONGEST)
    passes(begun + LONGEST - clock.now())
    assert await sessions.find(secret, seen=True) is None


async def test_what_is_over_is_forgotten(
    store: Database, somebody: Principal, passes: Passes
) -> None:
    sessions = Sessions(store)
    await sessions.begin(somebody, instead_of=None)
    passes(IDLE)
    await sessions.begin(somebody, instead_of=None)
    async with store.reading() as session:
        count = await session.scalar(text("SELECT count(*) FROM signin.session"))
    assert count == 1


async def test_a_role_of_tomorrow_gives_nothing(store: Database, somebody: Principal) -> None:
    sessions = Sessions(store)
    secret = await sessions.begin(somebody, instead_of=None)
    async with store.transaction() as session:
        await session.execute(text("UPDATE signin.session SET roles = '{inspector,teacher}'"))
    standing = await sessions.find(secret)
    assert standing is not None
    assert standing.principal.roles == {"teacher"}
