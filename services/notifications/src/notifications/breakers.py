"""One circuit breaker for each provider: a provider that fails is left alone for a while."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

_FAILURES = 5
_SECONDS = 15.0

Answer = TypeVar("Answer")


class _ProviderDownError(Exception):
    """Raised inside a breaker to count a failure of the provider."""


class Breakers:
    """Opens after some failures in a row; then one call tries whether the provider is back."""

    def __init__(self, *, failures: int = _FAILURES, seconds: float = _SECONDS) -> None:
        self._factory = AsyncCircuitBreakerFactory(default_threshold=failures, default_ttl=seconds)
        self._failures = failures

    async def call(
        self,
        provider: str,
        ask: Callable[[], Awaitable[Answer]],
        failed: Callable[[Answer], bool],
    ) -> Answer | None:
        """Call a provider and count whether it failed; None while it is left alone."""
        breaker = await self._factory.get_breaker(provider)
        try:
            async with breaker:
                answer = await ask()
                _count(failed=failed(answer))
        except OpenedState:
            return None
        except _ProviderDownError:
            pass
        return answer

    async def room(self, provider: str, running: int) -> int:
        """Say how many calls may be begun beside those that run: none, one to try, or some.

        So a provider that begins to fail fails at most twice as often as it takes to open.
        """
        context = (await self._factory.get_breaker(provider)).context
        try:
            context.handle_new_request()
        except OpenedState:
            return 0
        most = 2 * self._failures
        if context.state == "half-opened":
            most = 1
        elif context.failure_count:
            most = self._failures - context.failure_count
        return max(0, most - running)

    async def left_alone(self, provider: str) -> bool:
        """Tell whether a provider is left alone, or only tried, because it failed."""
        return bool((await self._factory.get_breaker(provider)).context.state != "closed")


def _count(*, failed: bool) -> None:
    if failed:
        raise _ProviderDownError
