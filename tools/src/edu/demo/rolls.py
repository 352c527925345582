"""The first morning's roll-calls: every class is called by its homeroom teacher, one is corrected.

Who is absent is the same in every class, so that the numbers can be said before they are counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from edu.demo.province import Pupil, Room, named
from edu.demo.stage import Played, Stage, tolerant

SESSION = "morning"
MISSED: Mapping[int, str] = {3: "without-leave", 11: "with-leave", 16: "late", 29: "without-leave"}
"""By the seat in the class, from 0. The guardians of some who sit at 16 have agreed to letters."""
CAME_AFTER_ALL = 3
"""Whom the first class of each school had missed: nobody has agreed to letters about that seat."""


def missed(room: Room) -> Sequence[tuple[Pupil, str]]:
    """Give who is not simply there on the morning, as it is called first."""
    return [(room.pupils[seat], state) for seat, state in MISSED.items()]


def outcome(rooms: int, schools: int) -> Counter[str]:
    """Say what the statistics have to come to, once each school has corrected one class."""
    states = Counter(MISSED.values())
    all_states = Counter({state: each * rooms for state, each in states.items()})
    all_states[MISSED[CAME_AFTER_ALL]] -= schools
    return all_states


async def call(stage: Stage, played: Played) -> None:
    """Call the roll of each class, then correct the first one's."""
    rooms = played.school.rooms
    await asyncio.gather(*(_save(stage, played, room, 0, missed(room)) for room in rooms))
    met = played.school.met
    heard = {pupil.code for pupil in played.school.heard}
    stage.told.update(pupil.code for pupil, _ in missed(met) if pupil.code in heard)
    after = [one for one in missed(met) if one[0] is not met.pupils[CAME_AFTER_ALL]]
    await _save(stage, played, met, 1, after)


async def _save(
    stage: Stage, played: Played, room: Room, version: int, absent: Sequence[tuple[Pupil, str]]
) -> Any:
    body = {
        "version": version,
        "absent": [
            {"pupil_id": played.pupils[pupil.code], "state": state}
            for pupil, state in absent
            if pupil.code in played.pupils
        ],
    }
    path = f"/v1/classes/{room.class_id}/roll-calls/{stage.day.first_day}/{SESSION}"
    homeroom = named("homeroom", room.class_id)
    token = stage.mint("homeroom-teacher", subject=homeroom, school=played.school_id)
    return await tolerant(stage.command("gradebook", "PUT", path, body, token=token))
