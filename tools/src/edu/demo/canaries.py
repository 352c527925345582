"""What betrays the people of the demo: none of it may stand but where their data are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edu.demo.people import CANARY
from edu.demo.province import School


@dataclass(frozen=True, slots=True)
class Canary:
    """What betrays a person wherever it stands."""

    whose: str
    """``pupil`` or ``guardian``."""
    kind: str
    """``name``, ``code``, ``phone``, ``email`` or ``address``."""
    text: str


def canaries(schools: Iterable[School]) -> list[Canary]:
    """List what must stand nowhere but where these people's data are kept."""
    return [*_canaries(schools)]


def _canaries(schools: Iterable[School]) -> Iterator[Canary]:
    for school in schools:
        for pupil in (pupil for room in school.rooms for pupil in room.pupils):
            yield Canary("pupil", "name", pupil.person.name.split()[CANARY])
            yield Canary("pupil", "code", pupil.code)
        for pupil in school.met.pupils:
            own = pupil.guardian
            yield Canary("guardian", "name", own.name.split()[CANARY])
            yield Canary("guardian", "phone", own.phone)
            yield Canary("guardian", "phone", f"+84{own.phone[1:]}")
            yield Canary("guardian", "email", own.email)
            if pupil in school.heard:  # the paper says where they live
                yield Canary("guardian", "address", own.address.split()[-1])
