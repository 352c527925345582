"""A gradebook on a real database: its facts come as events, its commands over HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import pytest

from edu.testing import facts
from edu.testing.facts import MASTER, SCHOOL, YEAR
from edu.testing.service import Answer, Told, an_id, in_process, settings_of
from gradebook.app import HANDLERS, SERVICE
from gradebook.settings import GradebookSettings

TEACHER = an_id("teacher")


class Book(Told):
    """The service, told events and asked over HTTP, in process."""

    facts = facts
    teacher = f"teacher/{TEACHER}"
    principal = token = f"principal/{an_id('principal')}/{SCHOOL}"

    async def class_6a(self, pupils: Sequence[str] = (), *, name: str = "6A") -> str:
        """Open a class of grade 6, seat these pupils, and let TEACHER teach mathematics."""
        await self.hear(self.facts.school())
        body = {"school_id": SCHOOL, "school_year": YEAR, "grade": "6", "name": name}
        opened = await self.post("/classes", {"classes": [body]}, expect=201)
        class_id: str = opened["classes"][0]["class_id"]
        if pupils:
            await self.hear(*(self.facts.enrolled(pupil) for pupil in pupils))
            await self.put(f"/classes/{class_id}/pupils", {"pupil_ids": list(pupils)})
        teaching = {"teaching": [{"subject": "TOAN", "teacher_ids": [TEACHER]}]}
        await self.put(f"/classes/{class_id}/teaching", teaching)
        return class_id

    async def sheet(self, class_id: str, **fields: Any) -> str:
        """Open the first regular column of mathematics."""
        opened = await self.post("/sheets", self.column(class_id, **fields), expect=201)
        return str(opened["sheet_id"])

    @staticmethod
    def column(class_id: str, **fields: Any) -> Answer:
        return {
            "class_id": class_id,
            "subject": "TOAN",
            "term": "HK1",
            "kind": "regular",
            "position": 1,
        } | fields

    async def save(
        self, sheet_id: str, cells: Sequence[Mapping[str, Any]], **options: Any
    ) -> Answer:
        """Save cells as the teacher of mathematics; what is no option belongs to the body."""
        body: Answer = {
            name: options.pop(name) for name in ("day", "reason_code", "reason") if name in options
        }
        body["cells"] = [{"version": 0} | dict(cell) for cell in cells]
        options.setdefault("token", self.teacher)
        return await self.put(f"/sheets/{sheet_id}/cells", body, **options)


@pytest.fixture
def settings(database: Callable[[str], str]) -> GradebookSettings:
    return settings_of(GradebookSettings, database("gradebook"), master_key=MASTER)


@pytest.fixture
async def book(settings: GradebookSettings) -> AsyncIterator[Book]:
    async with in_process(SERVICE, settings) as (client, app):
        yield Book(client, app, HANDLERS)
