"""What arrived is held against what was played: nothing missing, twice or too much."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edu.client import Suite
from edu.demo import arrivals
from edu.demo.playing import Story
from edu.demo.province import province, some
from edu.demo.stage import Day, Played, Stage
from edu.failure import Failure
from edu.letterbox import Letterbox

(SCHOOL,) = some(province(2026, 1)[8:9], rooms=1)
PUPIL = SCHOOL.met.pupils[0]
EMAIL = PUPIL.guardian.email


@pytest.fixture
def letterbox(tmp_path: Path) -> Letterbox:
    box = Letterbox(tmp_path)
    box.prepare()
    return box


@pytest.fixture
def story() -> Story:
    """Two payments of one pupil."""
    day = Day("2026-2027", str(date(2026, 8, 15)))
    nobody = cast("Suite", SimpleNamespace())
    stage = Stage(nobody, day, lambda *_: "", lambda _count: None)
    stage.told.update({PUPIL.code: 2})
    stage.facts.update({"fee-paid": 2})
    return Story([Played(SCHOOL, "school", "commune")], stage, touched=0, moved=0)


def arrive(letterbox: Letterbox, *letters: str, facts: int = 2, told: int = 2) -> None:
    for message_id in letters:
        mark = "X-Edu-Repeat: 1\r\n" if message_id.startswith("again") else ""
        sent = message_id.removeprefix("again ")
        letterbox.keep_letter(EMAIL, f"{mark}Message-ID: <{sent}>\r\n\r\n.".encode())
    for number in range(facts):
        _document(letterbox, f"s{number}", "edu.payments.fee-paid.v1")
    messages = [f"m{number}" for number in range(told)]
    _document(letterbox, "d", "edu.notifications.message-delivered.v1", messages=messages)
    _document(letterbox, "other", "edu.payments.fee-paid.v1", school_id="another school")


def _document(letterbox: Letterbox, name: str, kind: str, **data: Any) -> None:
    document = {"type": kind, "data": {"school_id": "school"} | data}
    letterbox.keep_document(name, json.dumps(document).encode())


async def test_everything_is_there(letterbox: Letterbox, story: Story) -> None:
    arrive(letterbox, "one", "two", "again two")
    more: list[int] = []
    found = await arrivals.arrived(letterbox, story, more.append)
    assert found.letters == {EMAIL: 2}
    assert found.calls == Counter({"fee-paid": 2, "message-delivered": 1})
    assert sum(more) == 4


@pytest.mark.parametrize(
    ("arrived", "said"),
    [
        ((["one"], 2, 2), "letters: 1 of 2"),
        ((["one", "two", "two"], 2, 2), "letters that came twice: 1 of 0"),
        ((["one", "two", "three"], 2, 2), "letters: 3 of 2"),
        ((["one", "two"], 1, 2), "fee-paid: 1 of 2"),
        ((["one", "two"], 2, 1), "messages told as delivered: 1 of 2"),
    ],
)
async def test_what_differs_is_said(
    letterbox: Letterbox,
    story: Story,
    monkeypatch: pytest.MonkeyPatch,
    arrived: tuple[list[str], int, int],
    said: str,
) -> None:
    monkeypatch.setattr(arrivals, "LONGEST_STANDSTILL", 0.1)
    letters, facts, told = arrived
    arrive(letterbox, *letters, facts=facts, told=told)
    with pytest.raises(Failure, match=said):
        await arrivals.arrived(letterbox, story)
