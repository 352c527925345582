"""Placing pupils over HTTP (xếp lớp)."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field, model_validator

from chassis.http import CommandRouter, PrincipalDep, RequestModel, SessionDep
from contracts.ids import ClassId, PupilId
from gradebook.classes import queries, seats
from gradebook.classes.http import find
from gradebook.scores import sheets

changes = CommandRouter(prefix="/v1", tags=["classes"])

_MOST = 200


class Seats(RequestModel):
    """Pupils to seat in a class, wherever they sat this year, and pupils to take out of it."""

    pupil_ids: Annotated[list[PupilId], Field(max_length=_MOST)]
    removed_ids: Annotated[list[PupilId], Field(max_length=_MOST, default_factory=list)]

    @model_validator(mode="after")
    def _are_distinct(self) -> "Seats":
        everyone = [*self.pupil_ids, *self.removed_ids]
        if len(set(everyone)) != len(everyone):
            raise ValueError("Có học sinh xuất hiện hai lần.")
        if not everyone:
            raise ValueError("Chưa có học sinh nào để xếp lớp.")
        return self


class SeatsAnswer(BaseModel):
    """What changed, and how many pupils the class has now."""

    class_id: str
    placed: int
    removed: int
    unchanged: int
    pupils: int


@changes.put("/classes/{class_id}/pupils")
async def place_pupils(
    class_id: Annotated[ClassId, Path()], body: Seats, session: SessionDep, principal: PrincipalDep
) -> SeatsAnswer:
    """Seat pupils of the class's school, school year and grade in it; all of them or none."""
    room = await find(session, principal, class_id, "classes.place")
    seating = await seats.seat(session, room, body.pupil_ids, body.removed_ids)
    await sheets.recount(session, seating.changed)
    wanted = len(body.pupil_ids) + len(body.removed_ids)
    return SeatsAnswer(
        class_id=class_id,
        placed=seating.placed,
        removed=seating.removed,
        unchanged=wanted - seating.placed - seating.removed,
        pupils=len((await queries.seated(session, [class_id]))[class_id]),
    )
