"""Group commit: commands of one kind that come at the same time share one transaction.

A save by itself is ten statements and a flush to the disk; those that come while others are under
way wait for these and then need the same ten together. Nobody waits on an idle service, and no
command sees another one's fate: one that is refused leaves the group, and where a group breaks,
each of it is tried alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, cast

from fastapi import Depends
from pydantic import BaseModel
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chassis.database import Session, is_transient
from chassis.errors import Problem
from chassis.http import idempotency
from chassis.http.deadlocks import enduring
from chassis.http.idempotency import Claim

T = TypeVar("T")

_LARGEST = 32
_AT_ONCE = 2
"""While the database works for one group, the other is made ready."""


@dataclass(eq=False, slots=True)
class Member(Generic[T]):
    """One command of a group: what it wants, and who waits for it."""

    wanted: T
    claim: Claim
    answer: asyncio.Future[Response] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, outcome: Response | Exception) -> None:
        """Let the request go on, unless nobody waits for it any more."""
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


Work: TypeAlias = Callable[[Session, Sequence[T]], Awaitable[Sequence[BaseModel | Problem]]]
"""Does what all want in one transaction; gives each its answer, or why it is refused.

It runs in nobody's context: who needs that of a request takes it along (`contextvars`).
"""


class Groups(Generic[T]):
    """The groups of one kind of command."""

    def __init__(self, work: Work[T], state: State) -> None:
        """``state`` is the application's."""
        self._work = work
        self._state = state
        self._waiting: deque[Member[T]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def join(self, wanted: T, claim: Claim) -> Response:
        """Wait until the command is committed; return its answer, or the one it had before.

        Raises:
            Problem: it is refused.
        """
        member = Member(wanted, claim)
        self._waiting.append(member)
        self._begin()
        return await member.answer

    def _begin(self) -> None:
        while len(self._running) < _AT_ONCE and (group := self._next()):
            # A context of its own: what a group does is not one request's.
            task = asyncio.create_task(self._settle(group), context=Context())
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._begin()

    def _next(self) -> list[Member[T]]:
        """Take those who waited longest; who uses the same key as one of them waits on."""
        group: dict[idempotency.Identity, Member[T]] = {}
        left: list[Member[T]] = []
        while self._waiting and len(group) < _LARGEST:
            member = self._waiting.popleft()
            if member.answer.done():
                continue
            if group.setdefault(member.claim.identity, member) is not member:
                left.append(member)
        self._waiting.extendleft(reversed(left))
        return list(group.values())

    async def _settle(self, group: Sequence[Member[T]]) -> None:
        try:
            outcomes = await enduring(partial(self._commit, group), of=self._work.__qualname__)
        except Exception as error:  # noqa: BLE001 - it is answered by whoever waits
            if len(group) == 1 or is_transient(error):
                for member in group:
                    member.settle(error)
                return
            for member in group:
                await self._settle([member])
        else:
            for member, outcome in zip(group, outcomes, strict=True):
                member.settle(outcome)

    async def _commit(self, group: Sequence[Member[T]]) -> list[Response | Problem]:
        async with self._state.felt(), self._state.database.transaction() as session:
            outcomes: dict[idempotency.Identity, Response | Problem] = {
                **await idempotency.take(session, [member.claim for member in group])
            }
            fresh = [member for member in group if member.claim.identity not in outcomes]
            if fresh:
                done = await self._work(session, [member.wanted for member in fresh])
                answers = {
                    member.claim.identity: one if isinstance(one, Problem) else _rendered(one)
                    for member, one in zip(fresh, done, strict=True)
                }
                taken = {key: one for key, one in answers.items() if isinstance(one, Response)}
                await idempotency.store(session, taken)
                if refused := [key for key in answers if key not in taken]:
                    await idempotency.give_back(session, refused)
                outcomes |= answers
        return [outcomes[member.claim.identity] for member in group]


def _rendered(answer: BaseModel) -> Response:
    return Response(answer.model_dump_json(), media_type=JSONResponse.media_type)


class Together:
    """What an endpoint asks for to hand its command to a group."""

    def __init__(self, request: Request) -> None:
        """Of a request whose key is claimed (`chassis.http.routes`)."""
        self._state = request.app.state
        self._claim: Claim = request.state.claim

    async def __call__(self, work: Work[T], wanted: T) -> Response:
        """Do ``work`` for ``wanted`` together with whoever else wants it now.

        Raises:
            Problem: it is refused.
        """
        groups: dict[Any, Groups[Any]] = self._state.groups
        if work not in groups:
            groups[work] = Groups(work, self._state)
        return await cast("Groups[T]", groups[work]).join(wanted, self._claim)


async def _together(request: Request) -> Together:
    return Together(request)


TogetherDep = Annotated[Together, Depends(_together)]
"""The door to a group; only on commands that are ``grouped``."""
