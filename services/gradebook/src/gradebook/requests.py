"""What the gradebook's routes ask for beside the chassis' own: names, and who acts."""

import unicodedata
from typing import Annotated, cast

from fastapi import Depends
from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request

from chassis.auth import Principal
from chassis.errors import Forbidden, NotFound
from chassis.http import PrincipalDep
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


def nothing_here() -> NotFound:
    """Say what `Policy` says of what is concealed, so that nobody can tell the two apart."""
    return NotFound("not-found", "Không tìm thấy nội dung này.")


def _tidy(words: str) -> str:
    return " ".join(unicodedata.normalize("NFC", words).split())


Words = Annotated[str, AfterValidator(_tidy)]
"""What a person typed, in one spelling and with single spaces."""

ClassName = Annotated[Words, StringConstraints(min_length=1, max_length=50)]
"""Such as 6A1."""

Note = Annotated[Words, StringConstraints(max_length=500)]
"""A reason in words; it never leaves the gradebook."""
