"""A bearer token becomes a `Principal`, or is refused. Verified here, never by a remote call."""

from typing import Protocol

from chassis.auth.principal import Principal


class Verifier(Protocol):
    """Whatever can tell who a token belongs to."""

    async def verify(self, token: str) -> Principal:
        """Return the bearer of `token`; raise `Unauthorized` for any doubt."""
        ...
