"""The page for subscribers says of every event what the contracts say, with units and meaning."""

import re
from pathlib import Path

import pytest

from contracts.event import Event
from contracts.lists import Subject
from contracts.registry import EVENTS
from contracts.topics import TOPICS
from edu.contracts_gate import events_page
from edu.home import ROOT

PAGE = events_page.Page().text()


def section(heading: str) -> str:
    return PAGE.split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]


def test_the_committed_page_is_what_the_contracts_say() -> None:
    assert list(events_page.differences(ROOT / "docs")) == []


def test_a_page_that_says_something_else_is_seen(tmp_path: Path) -> None:
    assert list(events_page.differences(tmp_path)) != []
    events_page.write(tmp_path)
    assert list(events_page.differences(tmp_path)) == []
    page = tmp_path / events_page.FILE
    page.write_text(page.read_text("utf-8").replace("integer", "number", 1), "utf-8")
    assert list(events_page.differences(tmp_path)) == [
        "docs/events.md: is not what the contracts say: `./edu contracts docs`"
    ]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type_name())
def test_every_field_of_every_event_stands_there_with_its_type(event: type[Event]) -> None:
    text = section(event.NAME)
    assert f"`{event.type_name()}`" in text
    assert f"`{event.TOPIC.name}`" in text
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| ", text, re.MULTILINE)
    assert [name for name, _ in rows] == list(event.model_fields)


def test_every_topic_stands_there() -> None:
    for topic in TOPICS:
        assert f"| `{topic.name}` | `{topic.key}` | {topic.partitions} |" in PAGE


def test_units_and_meanings_come_from_the_types() -> None:
    assert "list of `Score` or null, 1 to 60 of them" in section("score-entered")
    assert "| `Score` | integer, 0 to 1000 | Hundredths of a point" in PAGE
    assert "| `received` | `Dong` | Money that came in by this fact" in section("fee-paid")
    assert "in whole đồng" in PAGE
    assert "| `read_at` | `Moment` |" in section("watermark")


def test_lists_are_complete_and_say_whether_they_may_grow() -> None:
    subjects = section("Subject")
    assert "*Closed.*" in subjects
    assert re.findall(r"^\| `(\w+)`", subjects, re.MULTILINE) == list(Subject)
    assert "*Open.*" in section("Level")


def test_every_link_within_the_page_leads_somewhere() -> None:
    headings = {line.lstrip("# ").lower() for line in PAGE.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\(#([^)]+)\)", PAGE)) <= headings
