"""The gradebook with a class at each of two schools, and what each of its routes does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chassis.auth import WORKS_AT
from chassis.guardianships import GUARDIAN_OF
from edu.testing import facts
from edu.testing.facts import MASTER, OTHER_SCHOOL, SCHOOL, YEAR
from edu.testing.service import Told, an_id, in_process, settings_of
from gradebook.app import HANDLERS, SERVICE
from gradebook.policy import HOMEROOM, POLICY, TEACHES
from gradebook.settings import GradebookSettings

from .places import ELSEWHERE, PUBLIC, Place, Scene, Untouched

if TYPE_CHECKING:
    from edu.testing.service import Answer

PUPIL, OTHER_PUPIL = an_id("pupil"), an_id("other pupil")
TEACHER, HOMEROOM_TEACHER, GUARDIAN = an_id("teacher"), an_id("homeroom"), an_id("guardian")
ELSEWHERES = an_id("teacher, homeroom teacher and guardian elsewhere")
OFFICER = "department-officer"
CELLS_ARE_MISSING = ONE_WAITS = NO_PRIMARY_CLASS = BOOKS_ARE_OPEN = 409
EXAM = {"kind": "exam", "term": "CN", "candidates": 1}


def settings(database_url: str) -> GradebookSettings:
    """Give the settings of the service for its HTTP."""
    return settings_of(GradebookSettings, database_url, master_key=MASTER)


@asynccontextmanager
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """Let there be the two schools, with scores at the first."""
    async with in_process(SERVICE, settings(database_url)) as (client, app):
        book = Told(client, app, HANDLERS)
        book.token = OFFICER
        await book.hear(facts.school())
        await book.hear(facts.school(OTHER_SCHOOL, code="80002"))
        await book.hear(facts.enrolled(PUPIL), facts.enrolled(OTHER_PUPIL, school_id=OTHER_SCHOOL))
        await book.hear(
            facts.linked(GUARDIAN, PUPIL), facts.linked(ELSEWHERES, OTHER_PUPIL), topic=_GUARDIANS
        )
        class_id = await _class(book, SCHOOL, HOMEROOM_TEACHER, TEACHER, PUPIL)
        await _class(book, OTHER_SCHOOL, ELSEWHERES, ELSEWHERES, OTHER_PUPIL)
        column = _column(class_id)
        principal = f"principal/{an_id('principal')}/{SCHOOL}"
        opened = await book.post("/sheets", column, expect=201, token=principal)
        plan = {"term": "HK1", "due_on": "2027-01-10", "subjects": [{"subject": "TOAN"}]}
        await book.put(f"/classes/{class_id}/assessment-plan", plan, token=principal)
        again = await book.post(
            f"/sheets/{opened['sheet_id']}/reopenings", _ASKED, expect=201, token=principal
        )
        exam = await book.post("/sheets", column | EXAM, expect=201)
        device = await book.post(f"/schools/{SCHOOL}/devices", {"name": "Cổng"}, expect=201)
        ids = {
            "class_id": class_id,
            "device_id": device["device_id"],
            "sheet_id": opened["sheet_id"],
            "pupil_id": PUPIL,
            "school_id": SCHOOL,
            "reopening_id": again["reopening_id"],
            "subject": "TOAN",
            "term": "HK1",
            "period": "year",
        }
        app.state.database = Untouched(app.state.database)
        yield Scene(
            client,
            app,
            POLICY,
            ids,
            {
                TEACHES: TEACHER,
                HOMEROOM: HOMEROOM_TEACHER,
                GUARDIAN_OF: GUARDIAN,
                WORKS_AT: an_id("who works there"),
                ELSEWHERE: ELSEWHERES,
            },
            _places(column, exam["sheet_id"], ids),
        )


_WINDOW = {
    "term": "HK1",
    "kind": "regular",
    "opens_on": "2026-09-05",
    "closes_on": "2027-01-10",
}
_CONDUCT = {"pupils": [{"pupil_id": PUPIL, "version": 0, "level": "good"}]}
_ASKED = {"hours": 1, "reason_code": "late"}
_GUARDIANS = facts.linked(GUARDIAN, PUPIL).TOPIC


async def _class(book: Told, school: str, homeroom: str, teacher: str, pupil: str) -> str:
    room = _room(school, "6A", homeroom)
    (opened,) = (await book.post("/classes", {"classes": [room]}, expect=201))["classes"]
    path = f"/classes/{opened['class_id']}"
    await book.put(f"{path}/pupils", {"pupil_ids": [pupil]})
    await book.put(f"{path}/teaching", _teaching(teacher))
    return str(opened["class_id"])


def _room(school: str, name: str, homeroom: str | None = None) -> Answer:
    return {
        "school_id": school,
        "school_year": YEAR,
        "grade": "6",
        "name": name,
        "homeroom_teacher_id": homeroom,
    }


def _teaching(teacher: str) -> Answer:
    return {"teaching": [{"subject": "TOAN", "teacher_ids": [teacher]}]}


def _column(class_id: str) -> Answer:
    return {
        "class_id": class_id,
        "subject": "TOAN",
        "term": "HK1",
        "kind": "regular",
        "position": 1,
    }


def _places(column: Answer, exam: str, ids: dict[str, str]) -> dict[str, tuple[Place, ...]]:
    second = column | {"term": "HK2"}
    cells = {"cells": [{"pupil_id": PUPIL, "score": "8", "state": None, "version": 0}]}
    save = {"sheet_id": ids["sheet_id"], **cells}
    year = {"school_id": SCHOOL, "school_year": YEAR}
    examined = second | EXAM | {"position": 2}
    session = {"day": "2026-10-01", "session": "morning"}
    return {
        "POST /v1/classes": (Place("classes.open", {"classes": [_room(SCHOOL, "6B")]}),),
        "PUT /v1/classes/{class_id}": (
            Place("classes.change", {"name": "6C", "homeroom_teacher_id": None}),
        ),
        "PUT /v1/classes/{class_id}/teaching": (Place("classes.assign", _teaching(an_id("new"))),),
        "PUT /v1/classes/{class_id}/pupils": (
            Place("classes.place", {"pupil_ids": [], "removed_ids": [PUPIL]}),
        ),
        "GET /v1/classes": (Place("classes.read", params=year),),
        "GET /v1/classes/{class_id}": (Place("classes.read"),),
        "GET /v1/schools/{school_id}/pupils": (Place("pupils.list", params={"school_year": YEAR}),),
        "POST /v1/sheets": (Place("scores.enter", second), Place("exams.enter", examined)),
        "PUT /v1/sheets": (
            Place("scores.enter", {"sheets": [second]}),
            Place("exams.enter", {"sheets": [examined]}),
        ),
        "PUT /v1/sheets/cells": (
            Place("scores.enter", {"saves": [save]}),
            Place("exams.enter", {"saves": [save | {"sheet_id": exam}]}),
        ),
        "PUT /v1/sheets/{sheet_id}/cells": (
            Place("scores.enter", cells),
            Place("exams.enter", cells, ids={"sheet_id": exam}),
        ),
        "GET /v1/classes/{class_id}/sheets": (Place("scores.read", never=(GUARDIAN_OF,)),),
        "GET /v1/sheets/{sheet_id}": (Place("scores.read", never=(GUARDIAN_OF,)),),
        "GET /v1/pupils/{pupil_id}/scores": (Place("scores.read"),),
        "PUT /v1/classes/{class_id}/subject-plan": (Place("classes.change", {}),),
        "PUT /v1/pupils/{pupil_id}/subject-plan": (
            Place("classes.change", {"school_year": YEAR, "exempt": ["GDTC"]}),
        ),
        "PUT /v1/classes/{class_id}/roll-calls/{day}/{session}": (
            Place("attendance.mark", {"version": 0, "absent": []}, ids=session),
        ),
        "GET /v1/classes/{class_id}/roll-calls/{day}/{session}": (
            Place("attendance.read", ids=session, never=(GUARDIAN_OF,)),
        ),
        "GET /v1/schools/{school_id}/roll-calls": (
            Place(
                "attendance.read",
                params={"school_year": YEAR, **session},
                never=(GUARDIAN_OF,),
            ),
        ),
        "GET /v1/pupils/{pupil_id}/attendance": (Place("attendance.read"),),
        "POST /v1/schools/{school_id}/devices": (Place("devices.keep", {"name": "Cổng chính"}),),
        "GET /v1/schools/{school_id}/devices": (Place("devices.keep"),),
        "GET /v1/devices/{device_id}/secret": (Place("devices.keep"),),
        "POST /v1/devices/{device_id}/rotate": (Place("devices.keep"),),
        "DELETE /v1/devices/{device_id}": (Place("devices.keep"),),
        # No token opens it: who has signed, the service's own test asks.
        "POST /v1/devices/{device_id}/check-ins": (),
        "PUT /v1/schools/{school_id}/entry-windows": (
            Place("windows.set", {"school_year": YEAR, "windows": [_WINDOW]}),
        ),
        "GET /v1/schools/{school_id}/entry-windows": (
            Place("windows.read", params={"school_year": YEAR}),
        ),
        "PUT /v1/classes/{class_id}/assessment-plan": (
            Place(
                "books.plan",
                {"term": "HK2", "due_on": "2027-05-20", "subjects": [{"subject": "TOAN"}]},
            ),
        ),
        "GET /v1/classes/{class_id}/books": (Place("classes.read", params={"term": "HK1"}),),
        "GET /v1/classes/{class_id}/books/{subject}/{term}": (Place("books.review"),),
        "POST /v1/classes/{class_id}/books/{subject}/{term}/lock": (
            Place("books.lock", {}, meets=CELLS_ARE_MISSING),
        ),
        "GET /v1/schools/{school_id}/missing": (
            Place("books.supervise", params={"school_year": YEAR, "term": "HK1"}),
        ),
        "GET /v1/classes/{class_id}/missing": (
            Place("scores.read", params={"term": "HK1"}, never=(GUARDIAN_OF,)),
        ),
        "PUT /v1/publications": (
            Place("scores.publish", {"sheet_ids": [ids["sheet_id"]], "published": True}),
            Place("exams.enter", {"sheet_ids": [exam], "published": True}),
        ),
        "POST /v1/sheets/{sheet_id}/reopenings": (
            Place("reopenings.request", _ASKED, meets=ONE_WAITS),
        ),
        "POST /v1/classes/{class_id}/reopenings": (Place("reopenings.request-class", _ASKED),),
        "POST /v1/reopenings/{reopening_id}/decision": (
            Place("reopenings.decide", {"confirm": True}),
        ),
        "GET /v1/schools/{school_id}/reopenings": (Place("reopenings.read"),),
        "PUT /v1/classes/{class_id}/conduct/{term}": (
            Place("conduct.enter", _CONDUCT),
            Place("conduct.reassess", _CONDUCT, ids={"term": "HE"}),
        ),
        "GET /v1/classes/{class_id}/conduct/{term}": (Place("conduct.read"),),
        "PUT /v1/classes/{class_id}/assessments/{period}": (
            Place(
                "assessments.enter",
                {"pupils": [{"pupil_id": PUPIL, "version": 0}]},
                meets=NO_PRIMARY_CLASS,
            ),
        ),
        "GET /v1/classes/{class_id}/assessments/{period}": (Place("assessments.read"),),
        "POST /v1/classes/{class_id}/terms/{term}/closing": (
            Place("terms.close", {}, meets=BOOKS_ARE_OPEN),
        ),
        "GET /v1/history": _history({}, year, ids),
        "GET /v1/history/effect": _history({}, year, ids),
        "GET /v1/history/export": _history({"format": "csv"}, year, ids),
        "GET /v1/history/chain": (Place("history.verify"),),
        "GET /v1/history/checkpoints": (Place(PUBLIC),),
        "GET /session": (Place(PUBLIC),),
        "GET /v1/pupils/{pupil_id}/results": (Place("results.read"),),
        "GET /v1/classes/{class_id}/results": (Place("results.read", never=(GUARDIAN_OF,)),),
        "GET /v1/schools/{school_id}/results": (
            Place("results.survey", params={"school_year": YEAR}),
        ),
        "GET /v1/children": (Place("children.list"),),
    }


def _history(form: Answer, year: Answer, ids: dict[str, str]) -> tuple[Place, ...]:
    by_class = {"class_id": ids["class_id"]}
    return tuple(Place("history.read", params=form | where) for where in (by_class, year))
