"""The school day, played through the public HTTP APIs as officers, principals and teachers would.

Schools go their way side by side, the first one alone a step ahead so that a number comes early.
What a run before has done already is answered from memory or left as it is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

from edu import register, tokens
from edu.client import Suite
from edu.demo import contact, fees, rolls
from edu.demo.province import BY_COMMENT, Pupil, Room, School, named, roll, scores
from edu.demo.stage import Day, Mint, Played, Sheet, Stage, tolerant
from edu.home import Home
from edu.letterbox import Letterbox
from edu.progress import Advance

SCHOOLS_AT_ONCE = 6
STRIDE = 9
"""Every ninth of the register's communes, so that the map has colour everywhere."""
TERM = "HK1"
UNPUBLISHED = BY_COMMENT
"""The column that no guardian sees yet: of what was entered in it nobody is told."""
MOVED_AFTER = timedelta(days=30)
FROM, TO, ROOM = 9, 10, "7A1"
"""The schools between which a pupil moves, by their numbers, and the class: one that is not heard.
"""


class Players:
    """Everybody who acts on the day."""

    def __init__(
        self,
        suite: Suite,
        day: Day,
        mint: Mint,
        done: Advance,
        letterbox: Letterbox | None = None,
    ) -> None:
        """``mint`` makes a token; ``done`` is told how much is through."""
        self.stage = Stage(suite, day, mint, done)
        self._letterbox = letterbox
        self._places = asyncio.Semaphore(SCHOOLS_AT_ONCE)

    async def play(self, schools: Sequence[School], communes: Sequence[str]) -> list[Played]:
        """Play the day from registration to the last save; return what it came to."""
        first, *others = schools
        ahead, _ = await asyncio.gather(
            self._enrolled(first, communes[first.commune]), self._subscribed()
        )

        async def of(school: School) -> Played:
            async with self._places:
                return await self._taught(await self._enrolled(school, communes[school.commune]))

        return list(await asyncio.gather(self._taught(ahead), *map(of, others)))

    async def _subscribed(self) -> None:
        """Let the letterbox hear of what is to come, where there is one."""
        if self._letterbox is not None and self.stage.suite.letterbox is not None:
            await contact.subscribe(self.stage, self._letterbox, self.stage.suite.letterbox)

    async def _enrolled(self, school: School, commune: str) -> Played:
        """Register a school and enrol its pupils."""
        school_id = (await self._registered(school, commune))["school_id"]
        played = Played(school, school_id, commune)
        played.pupils = await self._codes(played.school_id)
        if not played.pupils:
            content = roll(school).encode()
            await self.stage.suite.command(
                "admissions",
                "POST",
                "/v1/enrolments/import",
                key=named("enrol", self.stage.day.school_year, content.decode()),
                content=content,
                params={"school_year": self.stage.day.school_year, "day": self.stage.day.first_day},
            )
            played.pupils = await self._codes(played.school_id)
        self.stage.done(len(played.pupils))
        return played

    async def _registered(self, school: School, commune: str) -> Any:
        known = await self.stage.suite.query(
            "admissions", "/v1/schools", role="department-officer", params={"code": school.code}
        )
        if known["items"]:
            return known["items"][0]
        body = {
            "code": school.code,
            "name": school.name,
            "levels": [school.level],
            "ownership": "public",
            "unit_id": commune,
            "valid_from": self.stage.day.first_day,
        }
        return await self.stage.command("admissions", "POST", "/v1/schools", body)

    async def _codes(self, school_id: str) -> dict[str, str]:
        page = await self.stage.suite.query(
            "admissions",
            f"/v1/schools/{school_id}/pupils",
            role="department-officer",
            params={"limit": 500},
        )
        return {pupil["code"]: pupil["pupil_id"] for pupil in page["items"]}

    async def _taught(self, played: Played) -> Played:
        """Open classes, seat the pupils, let every teacher fill columns and publish them."""
        rooms = [
            {
                "class_id": room.class_id,
                "school_id": played.school_id,
                "school_year": self.stage.day.school_year,
                "grade": room.grade,
                "name": room.name,
                "homeroom_teacher_id": named("homeroom", room.class_id),
            }
            for room in played.school.rooms
        ]
        await self.stage.command(
            "gradebook", "POST", "/v1/classes", {"classes": rooms}, waits_for={"school-unknown"}
        )
        for room in played.school.rooms:
            await self._seated(played, room)
        await contact.enlist(self.stage, played)
        self.stage.done(played.school.families)
        await rolls.call(self.stage, played)
        for subject in played.school.subjects:
            await self._filled(played, subject)
        await fees.collect(self.stage, played)
        self.stage.done(played.school.families)
        return played

    async def _seated(self, played: Played, room: Room) -> None:
        pupil_ids = [played.pupils[p.code] for p in room.pupils if p.code in played.pupils]
        await self.stage.command(
            "gradebook",
            "PUT",
            f"/v1/classes/{room.class_id}/pupils",
            {"pupil_ids": pupil_ids, "removed_ids": []},
            waits_for={"pupils-not-enrolled-here", "not-found"},
        )
        subjects = sorted({column.subject for column in room.columns})
        if subjects:
            teaching = [
                {"subject": subject, "teacher_ids": [played.school.teacher(subject)]}
                for subject in subjects
            ]
            path = f"/v1/classes/{room.class_id}/teaching"
            await self.stage.command("gradebook", "PUT", path, {"teaching": teaching})

    async def _filled(self, played: Played, subject: str) -> None:
        """Let the subject's teacher open, save and publish the columns, all classes at once."""
        token = self.teacher(played, subject)
        wanted = [
            (room, column)
            for room in played.school.rooms
            for column in room.columns
            if column.subject == subject
        ]
        body = {
            "sheets": [
                {
                    "class_id": room.class_id,
                    "subject": subject,
                    "term": TERM,
                    "kind": column.kind,
                    "position": column.position,
                }
                for room, column in wanted
            ]
        }
        opened = await self.stage.command("gradebook", "PUT", "/v1/sheets", body, token=token)
        sheets = [
            Sheet(
                answer["sheet_id"],
                room,
                column,
                list(zip(room.pupils, scores(room, column), strict=True)),
            )
            for answer, (room, column) in zip(opened["sheets"], wanted, strict=True)
        ]
        saves = [
            {
                "sheet_id": sheet.sheet_id,
                "cells": [
                    cell(played.pupils[pupil.code], score)
                    for pupil, score in sheet.cells
                    if score is not None and pupil.code in played.pupils
                ],
            }
            for sheet in sheets
        ]
        await self.save("/v1/sheets/cells", {"saves": saves}, token)
        await self._published([sheet for sheet in sheets if sheet.column != UNPUBLISHED], token)
        played.sheets += sheets
        self.stage.done(sum(len(sheet.cells) for sheet in sheets))

    async def _published(self, sheets: Sequence[Sheet], token: str) -> None:
        """Let guardians see columns; only then there is anything to tell them."""
        if sheets:
            shown = {"sheet_ids": [sheet.sheet_id for sheet in sheets], "published": True}
            await self.stage.command("gradebook", "PUT", "/v1/publications", shown, token=token)
        for sheet in sheets:
            self.noted(pupil for pupil, score in sheet.cells if score is not None)

    def teacher(self, played: Played, subject: str) -> str:
        """Give the token of who teaches a subject at a school."""
        return self.stage.mint(
            "teacher", subject=played.school.teacher(subject), school=played.school_id
        )

    async def save(self, path: str, body: object, token: str) -> None:
        """Save cells, unless somebody has changed them since."""
        await tolerant(self.stage.command("gradebook", "PUT", path, body, token=token))

    def noted(self, pupils: Iterable[Pupil]) -> None:
        """Note that cells of these pupils were published or corrected: one message for each."""
        self.stage.told.update(pupil.code for pupil in pupils)

    async def transfer(self, pupil_id: str, to: Played, day: str) -> None:
        """Let a pupil move to another school."""
        body = {
            "version": 1,
            "day": day,
            "reason_code": "moved",
            "school_id": to.school_id,
        }
        await tolerant(
            self.stage.command("admissions", "POST", f"/v1/pupils/{pupil_id}/transfer", body)
        )


def cell(
    pupil_id: str, score: str | None, *, state: str | None = None, version: int = 0
) -> Mapping[str, object]:
    """Give one cell of a save."""
    return {"pupil_id": pupil_id, "score": score, "state": state, "version": version}


@dataclass(frozen=True, slots=True)
class Story:
    """What was played: who is who, and what has to come of it."""

    schools: Sequence[Played]
    stage: Stage
    touched: int
    """How many cells were corrected, deleted, entered again or excused."""
    moved: int
    """How many pupils changed schools."""

    @property
    def pupils(self) -> Mapping[str, str]:
        """The ids of the pupils, by their codes."""
        return {code: one for school in self.schools for code, one in school.pupils.items()}

    @property
    def guardians(self) -> Mapping[str, str]:
        """The ids of the guardians, by the codes of their pupils."""
        rooms = [one.school.met for one in self.schools]
        return {pupil.code: contact.guardian_id(pupil) for room in rooms for pupil in room.pupils}

    @property
    def letters(self) -> Counter[str]:
        """How many letters each address has to get."""
        heard = [pupil for one in self.schools for pupil in one.school.heard]
        return +Counter({pupil.guardian.email: self.stage.told[pupil.code] for pupil in heard})


async def play(
    suite: Suite, home: Home, schools: Sequence[School], done: Advance = lambda _count: None
) -> Story:
    """Play a school day in a running suite, from registration to the last correction."""
    years = await register.school_years(suite)
    year = register.current(years)
    places = (await register.communes(suite))[::STRIDE]
    mint = cache(partial(tokens.token, home))
    day = Day(year, years[year].isoformat())
    players = Players(suite, day, mint, done, Letterbox.of(home))
    played = await players.play(schools, places)
    moved = await _move(players, played, years[year] + MOVED_AFTER)
    return Story(played, players.stage, await correct(players, played), moved)


async def _move(players: Players, played: Sequence[Played], day: date) -> int:
    """Let one pupil change schools, where both are played."""
    by_number = {one.school.number: one for one in played}
    rooms = [room for one in played for room in one.school.rooms if one.school.number == FROM]
    room = next((room for room in rooms if room.name == ROOM), None)
    if room is None or TO not in by_number:
        return 0
    pupil_id = by_number[FROM].pupils.get(room.pupils[0].code)
    if pupil_id is not None:
        await players.transfer(pupil_id, by_number[TO], day.isoformat())
    return 1


async def correct(players: Players, played: Sequence[Played]) -> int:
    """Correct, delete and enter again, excuse; return how many cells were touched."""
    touched = 0
    for school in played:
        sheets = [sheet for sheet in school.sheets if sheet.column != BY_COMMENT]
        for number, sheet in enumerate(sheets[::4]):
            await _correct_sheet(players, school, sheet, enters_again=number == 0)
            touched += 2 if number == 0 else 1
        if sheets:
            touched += await _excuse(players, school, sheets[0])
    return touched


async def _correct_sheet(
    players: Players, school: Played, sheet: Sheet, *, enters_again: bool
) -> None:
    token = players.teacher(school, sheet.column.subject)
    path = f"/v1/sheets/{sheet.sheet_id}/cells"
    entered = [(pupil, score) for pupil, score in sheet.cells if score is not None]
    (corrected, score), (deleted, again) = entered[3], entered[7]
    if not {corrected.code, deleted.code} <= school.pupils.keys():
        return  # somebody has let them go since
    better = "8" if score in ("9", "9.0") else "9"  # what changes nothing is no correction
    steps = [
        (corrected, cell(school.pupils[corrected.code], better, version=1), "entry-error"),
        *(
            [
                (deleted, cell(school.pupils[deleted.code], None, version=1), "entry-error"),
                (deleted, cell(school.pupils[deleted.code], again, version=2), "remarked"),
            ]
            if enters_again
            else []
        ),
    ]
    for pupil, cells, reason in steps:
        await players.save(path, {"cells": [cells], "reason_code": reason}, token)
        players.noted([pupil])


async def _excuse(players: Players, school: Played, sheet: Sheet) -> int:
    """Excuse whoever has no score in the sheet yet: absent with a reason."""
    absent = [p for p, score in sheet.cells if score is None and p.code in school.pupils][:2]
    if absent:
        cells = [cell(school.pupils[pupil.code], None, state="excused") for pupil in absent]
        token = players.teacher(school, sheet.column.subject)
        await players.save(f"/v1/sheets/{sheet.sheet_id}/cells", {"cells": cells}, token)
        players.noted(absent)
    return len(absent)
