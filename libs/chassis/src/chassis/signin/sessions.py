"""Who is signed in: one row per browser, gone at the moment in which it is ended."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from chassis import clock
from chassis.auth.principal import Principal, Role
from chassis.database import Database
from chassis.signin.tables import SESSION

LONGEST = timedelta(hours=10)
"""A working day: then the provider is asked again who this is, and what they may do."""

IDLE = timedelta(hours=1)
"""So long a browser may be left alone. What a page asks for by itself is no sign of a person."""

_SEEN_EVERY = timedelta(minutes=1)
_KNOWN_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session that has not ended."""

    principal: Principal
    begun: datetime
    seen: datetime

    @property
    def ends(self) -> datetime:
        """When it ends if nobody does anything."""
        return min(self.begun + LONGEST, self.seen + IDLE)


class Sessions:
    """Sessions by the secret that the browser holds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, principal: Principal, *, instead_of: str | None) -> str:
        """Begin a session and return its secret; the one that this browser had is over.

        The secret is always a new one: a secret that somebody planted in the browser is worth
        nothing.
        """
        secret = secrets.token_urlsafe(32)
        moment = clock.now()
        over = or_(SESSION.c.begun <= moment - LONGEST, SESSION.c.seen <= moment - IDLE)
        if instead_of is not None:
            over = or_(over, _is(instead_of))
        async with self._database.transaction() as session:
            await session.execute(delete(SESSION).where(over))
            await session.execute(
                insert(SESSION).values(
                    id=_digest(secret),
                    subject=principal.subject,
                    roles=sorted(principal.roles),
                    school=principal.school,
                    unit=principal.unit,
                    begun=moment,
                    seen=moment,
                )
            )
        return secret

    async def find(self, secret: str, *, seen: bool = False) -> Standing | None:
        """Return the session, if it stands; `seen` says that a person has just done something."""
        async with self._database.reading() as session:
            row = (await session.execute(select(SESSION).where(_is(secret)))).one_or_none()
        if row is None:
            return None
        roles = frozenset(Role(role) for role in row.roles if role in _KNOWN_ROLES)
        principal = Principal(row.subject, roles, school=row.school, unit=row.unit)
        standing = Standing(principal, row.begun, row.seen)
        moment = clock.now()
        if standing.ends <= moment:
            return None
        if not seen or moment < standing.seen + _SEEN_EVERY:
            return standing
        async with self._database.transaction() as session:
            await session.execute(update(SESSION).where(_is(secret)).values(seen=moment))
        return Standing(principal, row.begun, moment)

    async def end(self, secret: str) -> None:
        """End a session, everywhere and at once."""
        async with self._database.transaction() as session:
            await session.execute(delete(SESSION).where(_is(secret)))


def _is(secret: str) -> ColumnElement[bool]:
    return SESSION.c.id == _digest(secret)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
