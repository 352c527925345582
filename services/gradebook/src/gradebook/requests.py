"""What the gradebook's routes ask for beside the chassis' own: names, and who acts."""

from typing import Annotated, cast

from fastapi import Depends
from pydantic import StringConstraints
from starlette.requests import Request

from chassis.auth import Principal
from chassis.errors import Forbidden
from chassis.http import PrincipalDep, Words
from gradebook.policy import person
from gradebook.roster.queries import Names


async def _names(request: Request) -> Names:
    return cast("Names", request.app.state.names)


async def _actor(principal: PrincipalDep) -> Principal:
    if person(principal) is None:
        raise Forbidden(
            "subject-not-a-person",
            "Tài khoản này chưa gắn với mã cán bộ (sub của token phải là một UUID chữ thường), "
            "nên không thể đứng tên trong sổ điểm.",
        )
    return principal


NamesDep = Annotated[Names, Depends(_names)]
"""Opens the names of pupils."""

ActorDep = Annotated[Principal, Depends(_actor)]
"""Who acts, by an id that can stand in the history of a score."""

ClassName = Annotated[Words, StringConstraints(min_length=1, max_length=50)]
"""Such as 6A1."""

Note = Annotated[Words, StringConstraints(max_length=500)]
"""A reason in words; it never leaves the gradebook."""
