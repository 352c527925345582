"""Whatever people do, the events tell all of it: added up, they are the tables."""

from collections import defaultdict
from random import Random
from typing import Any

import pytest

PUPILS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(6)]
STEPS = 60


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_random_school_day_can_be_recounted_from_the_outbox(book: Any, seed: int) -> None:
    walk = _Walk(book, Random(seed))
    await walk.begin()
    for _ in range(STEPS):
        await walk.step()

    cells: dict[tuple[str, str], tuple[int | None, str | None]] = defaultdict(lambda: (None, None))
    for event in await book.outbox("score-entered"):
        data, rows = event.data, len(event.data["pupils"])
        before, states, earlier = (
            _spread(data[name], rows) for name in ("before", "state", "before_state")
        )
        for at, pupil_id in enumerate(data["pupils"]):
            cell = (data["sheet_id"], pupil_id)
            assert cells[cell] == (before[at], earlier[at])
            cells[cell] = (data["after"][at], states[at])
    stored = await book.rows("SELECT sheet_id::text, pupil_id::text, value, state FROM cell")
    assert {row[:2]: row[2:] for row in stored} == dict(cells)

    due: dict[str, int] = defaultdict(int)
    for event in await book.outbox("sheet-opened"):
        assert due[event.data["sheet_id"]] == event.data["before_cells_due"]
        due[event.data["sheet_id"]] = event.data["cells_due"]
    seats: dict[str, str | None] = {}
    for event in await book.outbox("pupil-placed"):
        assert seats.get(event.data["pupil_id"]) == event.data["before_class_id"]
        seats[event.data["pupil_id"]] = event.data["class_id"]
    assert dict(await book.rows("SELECT pupil_id::text, class_id::text FROM placement")) == seats
    for sheet_id, class_id, cells_due in await book.rows(
        "SELECT sheet_id::text, class_id::text, cells_due FROM sheet"
    ):
        waited_for = {pupil for pupil, seat in seats.items() if seat == class_id}
        scored = {pupil for (sheet, pupil), cell in cells.items() if sheet == sheet_id and cell[0]}
        assert cells_due == due[sheet_id] == len(waited_for | scored)


def _spread(column: dict[str, list[Any]], rows: int) -> list[Any]:
    spread: list[Any] = [None] * rows
    for at, value in zip(column["at"], column["value"], strict=True):
        spread[at] = value
    return spread


class _Walk:
    """Random people at two classes with a sheet each; many of their requests are refused."""

    def __init__(self, book: Any, random: Random) -> None:
        self.book = book
        self.random = random
        self.classes: list[str] = []
        self.sheets: list[str] = []
        self.versions = dict.fromkeys(PUPILS, 1)

    async def begin(self) -> None:
        self.classes = [await self.book.class_6a(name=name) for name in ("6A", "6B")]
        await self.book.hear(*(self.book.facts.enrolled(pupil) for pupil in PUPILS))
        self.sheets = [await self.book.sheet(class_id) for class_id in self.classes]

    async def step(self) -> None:
        pupil = self.random.choice(PUPILS)
        match self.random.randrange(6):
            case 0:
                await self._ask(f"/classes/{self._any(self.classes)}/pupils", pupil_ids=[pupil])
            case 1:
                body = {"pupil_ids": [], "removed_ids": [pupil]}
                await self._ask(f"/classes/{self._any(self.classes)}/pupils", **body)
            case 2:
                self.versions[pupil] += 1
                fact = self._any([self.book.facts.withdrawn, self.book.facts.enrolled])
                await self.book.hear(fact(pupil, self.versions[pupil]))
            case _:
                await self._save()

    async def _save(self) -> None:
        sheet_id = self._any(self.sheets)
        read = await self.book.get(f"/sheets/{sheet_id}")
        known = {cell["pupil_id"]: cell["version"] for cell in read["cells"]}
        cells = [
            {
                "pupil_id": pupil,
                "version": known.get(pupil, 0),
                **self._any([{"score": "7"}, {"score": "8,5"}, {}, {"state": "excused"}]),
            }
            for pupil in self.random.sample(PUPILS, 3)
        ]
        await self._ask(f"/sheets/{sheet_id}/cells", cells=cells, reason_code="entry-error")

    async def _ask(self, path: str, **body: Any) -> None:
        headers = {"Authorization": f"Bearer {self.book.principal}"}
        headers["Idempotency-Key"] = f"{self.random.random()}"
        answer = await self.book.client.put(f"/v1{path}", json=body, headers=headers)
        assert answer.status_code in {200, 409, 422}, answer.text

    def _any(self, choices: list[Any]) -> Any:
        return self.random.choice(choices)
