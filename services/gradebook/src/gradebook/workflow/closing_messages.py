"""What travels when a term is closed."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from chassis.http import RequestModel
from contracts.ids import PupilId
from contracts.lists import Term


class Promotes(RequestModel):
    """What the principal decides where the law leaves promotion to the principal."""

    pupil_id: PupilId
    promotes: bool


class ClosingBody(RequestModel):
    """To close a term.

    ``promotions`` are of pupils with an individual plan, and of primary pupils who have not
    completed the grade after support either.
    """

    promotions: Annotated[list[Promotes], Field(max_length=60)] = Field(default_factory=list)


class ClosingAnswer(BaseModel):
    """What a closed term came to. Counts of the class, for the school: no pupil sees them."""

    class_id: str
    term: Term
    closings: int
    """How often it was closed: more than once, where something was written again."""
    pupils: int
    study: Mapping[str, int]
    year_end: Mapping[str, int]
    waiting: Sequence[str]
    """The pupils whose result waits for something."""
