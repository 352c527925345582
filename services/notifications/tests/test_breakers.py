"""How many calls a provider meets that works, that fails, and that may be back."""

from notifications.breakers import Breakers


async def call(breakers: Breakers, *, fails: bool) -> None:
    async def answer() -> bool:
        return fails

    await breakers.call("mail", answer, lambda failed: failed)


async def test_no_more_calls_run_than_may_fail() -> None:
    breakers = Breakers(failures=5, seconds=3600)
    assert [await breakers.room("mail", running) for running in (0, 4, 12)] == [10, 6, 0]
    await call(breakers, fails=True)
    await call(breakers, fails=True)
    assert [await breakers.room("mail", running) for running in (0, 2, 8)] == [3, 1, 0]
    await call(breakers, fails=False)
    assert await breakers.room("mail", 0) == 10
    for _ in range(5):
        await call(breakers, fails=True)
    assert await breakers.left_alone("mail")
    assert await breakers.room("mail", 0) == 0
    assert await breakers.room("another", 0) == 10


async def test_one_call_tries_whether_it_is_back() -> None:
    breakers = Breakers(failures=1, seconds=0)
    await call(breakers, fails=True)
    assert [await breakers.room("mail", running) for running in (0, 1)] == [1, 0]
    await call(breakers, fails=False)
    assert await breakers.room("mail", 0) == 2
