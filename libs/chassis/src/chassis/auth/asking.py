"""Who asks over HTTP: the bearer of a token, or whoever signed in with this browser."""

from typing import Protocol, cast

from starlette.requests import Request

from chassis.auth.principal import Principal
from chassis.auth.tokens import Verifier


class SignedIn(Protocol):
    """What `chassis.signin` keeps at ``app.state.signin`` of a service that people sign in to."""

    async def principal(self, request: Request) -> Principal | None:
        """Return who signed in with the browser that asks."""
        ...


async def asked_by(request: Request) -> Principal | None:
    """Return who asks; None when the request carries neither a token nor a session.

    A token goes before a session: a program that sends one means it, whatever cookies it holds.

    Raises:
        Unauthorized: the token is in doubt.
        Forbidden: a session asks for a change without its CSRF token.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() == "bearer" and token:
        return await cast("Verifier", request.app.state.verifier).verify(token)
    signin: SignedIn | None = getattr(request.app.state, "signin", None)
    return None if signin is None else await signin.principal(request)
