"""The gate lets pass what two versions can live with, and names the field and reader of a break."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contracts.event import Event
from contracts.gradebook import PupilPlaced, SheetOpened
from contracts.registry import EVENTS
from contracts.topics import CONSUMERS, OWNERS, SCORES, SERVICES, Topic, consumers_of
from edu import contracts_gate
from edu.contracts_gate import asyncapi, compatibility, frozen, self_test, verdict
from edu.contracts_gate.compatibility import Direction, breaks
from edu.contracts_gate.schemas import Schema, inline, normal, schema_of
from edu.failure import Failure
from edu.home import ROOT

ROOM = ROOT / frozen.ROOM

DRAFTS = sum(event.DRAFT for event in EVENTS)
COUNTED = f"{len(EVENTS) - DRAFTS} events, {DRAFTS} drafts"
READERS = ", ".join(consumers_of(PupilPlaced.TOPIC))


def test_the_contracts_as_they_are_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert contracts_gate.main(["check"]) == 0
    assert capsys.readouterr().out == f"contracts: {COUNTED}, 0 problems\n"


# The judgement


def test_every_known_change_of_every_event_is_judged_rightly() -> None:
    tried, wrong = self_test.run(EVENTS)
    assert tried > len(EVENTS) * len(self_test.CHANGES)
    assert wrong == []
    for event in EVENTS:
        assert {trial.change for trial in self_test.trials(event)} == {*self_test.CHANGES}


def test_the_self_test_sees_a_gate_that_is_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compatibility, "_within", lambda *_: True)
    tried, wrong = self_test.run((PupilPlaced, SheetOpened))
    assert 0 < len(wrong) < tried
    assert all("judged compatible" in line for line in wrong)


def library(writer: Schema, reader: Schema) -> bool:
    """Ask the library about the whole schemas, without our taking them apart."""
    return compatibility._within(
        compatibility._leaf(normal(writer), reader=False),
        compatibility._leaf(normal(reader), reader=True),
    )


@pytest.mark.parametrize("change", self_test.CHANGES, ids=lambda change: change.name)
def test_taking_a_schema_apart_judges_as_the_library_does_of_the_whole(
    change: self_test.Change,
) -> None:
    for trial in list(self_test.trials(PupilPlaced)):
        if trial.change is change and trial.field.startswith(("probe", "class_id", "added")):
            assert library(trial.old, trial.new) is (Direction.BACKWARD not in change.broken)
            assert library(trial.new, trial.old) is (Direction.FORWARD not in change.broken)


def broken(old: Schema, new: Schema) -> dict[str, set[str]]:
    """Compare two schemas of one field; give the fields broken in each direction."""
    around: Schema = {"type": "object", "required": ["x"]}
    found = breaks(
        {**around, "properties": {"x": old}},
        {**around, "properties": {"x": new}},
    )
    assert all(one.why for one in found)
    return {
        direction.value: {one.field for one in found if one.direction is direction}
        for direction in Direction
    }


FORTH, BACK, BOTH = (
    {"backward": set[str](), "forward": {"x"}},
    {"backward": {"x"}, "forward": set[str]()},
    {"backward": {"x"}, "forward": {"x"}},
)
NONE = {"backward": set[str](), "forward": set[str]()}
TEXT, WHOLE, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}
OPEN = {"type": "string", "enum": ["a", "other"], "x-open": True}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (TEXT, WHOLE, BOTH),
        (WHOLE, {"type": "number"}, FORTH),
        ({**WHOLE, "maximum": 10}, {**WHOLE, "maximum": 20}, FORTH),
        ({**WHOLE, "minimum": 0}, {**WHOLE, "minimum": 1}, BACK),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}, BACK),
        ({**TEXT, "pattern": "^[A-Z0-9-]+$"}, {**TEXT, "pattern": "^[A-Z0-9-]*$"}, BOTH),
        ({**TEXT, "pattern": "^a$"}, TEXT, FORTH),
        ({**TEXT, "format": "date"}, {**TEXT, "format": "date-time"}, BOTH),
        ({**TEXT, "format": "date"}, {**TEXT, "format": "date", "title": "T"}, NONE),
        ({"const": "a"}, {"enum": ["a"]}, NONE),
        ({"const": "a"}, {"enum": ["a", "b"]}, FORTH),
        ({"const": 1}, {"const": 2}, BOTH),
        (OPEN, {"type": "string", "enum": ["a", "other"]}, NONE),
        (OPEN, {"type": "string", "enum": ["a", "b", "other"]}, NONE),
        (OPEN, {"type": "string", "enum": ["a"]}, BACK),
        ({"type": "string", "enum": ["a"]}, OPEN, FORTH),
        ({"anyOf": [TEXT, NULL]}, {"anyOf": [NULL, TEXT]}, NONE),
        ({"anyOf": [TEXT, NULL]}, {"anyOf": [TEXT, WHOLE, NULL]}, FORTH),
        ({"anyOf": [TEXT, WHOLE]}, TEXT, BACK),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "maxItems": 5}, BACK),
        ({"type": "array", "items": TEXT}, TEXT, BOTH),
        ({"type": "object", "properties": {}}, TEXT, BOTH),
    ],
)
def test_a_change_of_one_field_breaks_exactly_who_can_no_longer_read(
    old: Schema, new: Schema, expected: dict[str, set[str]]
) -> None:
    assert broken(old, new) == expected


def test_a_break_is_named_by_its_field_however_deep() -> None:
    def deep(leaf: Schema) -> Schema:
        rows = {"type": "array", "items": {"type": "object", "properties": {"y": leaf}}}
        return {"type": "object", "additionalProperties": rows}

    assert broken(deep(TEXT), deep(WHOLE)) == {"backward": {"x.*[].y"}, "forward": {"x.*[].y"}}


def test_a_keyword_that_the_gate_does_not_understand_is_an_error() -> None:
    with pytest.raises(Failure, match="propertyNames"):
        normal({"type": "object", "propertyNames": {"pattern": "^a$"}})


# What the gate says of changed contracts


class Changed(PupilPlaced):
    """A minor version that nobody could live with: three ways to break, one to be compatible."""

    MINOR: ClassVar[int] = 1
    seat: int
    version: str  # type: ignore[assignment]
    note: str | None = None


def problems(
    monkeypatch: pytest.MonkeyPatch, room: Path, *events: type[Event], against: str | None = None
) -> list[str]:
    monkeypatch.setattr(verdict, "EVENTS", events)
    return list(verdict.problems(room, against))


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Copy the frozen files, to be tampered with."""
    copy = tmp_path / frozen.ROOM
    for name in ("schemas", "samples"):
        shutil.copytree(ROOM / name, copy / name)
    shutil.copy(ROOM / frozen.HASHES, copy)
    return copy


def others(*without: type[Event]) -> list[type[Event]]:
    return [event for event in EVENTS if event not in without]


def test_a_break_names_event_field_and_who_cannot_read(
    monkeypatch: pytest.MonkeyPatch, room: Path
) -> None:
    found = problems(monkeypatch, room, *others(PupilPlaced), Changed)
    name = "gradebook.pupil-placed 1.1"
    new, old = f"the new reader ({READERS})", f"the old reader ({READERS} at 1.0)"
    number = 'integer {"maximum": 2147483647, "minimum": 1}'
    wrote, writes = "cannot read what gradebook wrote at 1.0", "cannot read what gradebook writes"
    missing = "schemas/gradebook.pupil-placed/1.1.json is missing"
    assert found == [
        f"{name}: seat: {new} {wrote}: required, but not written",
        f"{name}: version: {new} {wrote}: {number} is written, string is accepted",
        f"{name}: version: {old} {writes}: string is written, {number} is accepted",
        f"gradebook.pupil-placed: {missing}: run `./edu contracts freeze`",
    ]


def test_an_event_cannot_move(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    class Moved(PupilPlaced):
        TOPIC: ClassVar[Topic] = SCORES
        SUBJECT: ClassVar[str] = "class_id"

    # Its topic is of the same domain, so it is still the same event.
    found = problems(monkeypatch, room, *others(PupilPlaced), Moved)
    topic = "topic is gradebook.scores.v1, gradebook.classes.v1 at 1.0"
    subject = "subject is class_id, pupil_id at 1.0"
    readers = ", ".join(consumers_of(SCORES))
    assert found == [
        f"gradebook.pupil-placed: {topic}: {readers} counts on it",
        f"gradebook.pupil-placed: {subject}: {readers} counts on it",
    ]


def test_a_draft_stands_outside_the_gate(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    class Draft(Changed):
        NAME: ClassVar[str] = "pupil-seated"
        DRAFT: ClassVar[bool] = True

    assert problems(monkeypatch, room, *EVENTS, Draft) == []


def test_a_topic_keeps_its_key_its_partitions_and_its_compaction(
    monkeypatch: pytest.MonkeyPatch, room: Path
) -> None:
    shape = json.loads((room / frozen.topic_path(SCORES.name)).read_bytes())
    changed = Topic(
        name=SCORES.name,
        key="class_id",
        owner=SCORES.owner,
        partitions=12,
        retention_days=SCORES.retention_days,
        compacted=True,
        description="",
    )
    monkeypatch.setattr(verdict, "TOPICS", (changed,))
    found = list(verdict._changed_topics(frozen.now(room), " of v1"))
    assert [line.partition(" ")[2].partition(":")[0] for line in found] == [
        f"key is class_id, frozen of v1 as {shape['key']}",
        "partitions is 12, frozen of v1 as 6",
        "compacted is True, frozen of v1 as False",
    ]


def test_what_is_frozen_stays_to_the_byte(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    changed = room / frozen.schema_path(PupilPlaced)
    changed.write_text(changed.read_text().replace("\n", "\n\n", 1))
    gone = min(room.glob("samples/relay.watermark.v1/*"))
    gone.unlink()
    (room / "samples/relay.watermark.v1/new.json").write_text("{}")
    (room / "schemas/gradebook.old").mkdir()
    (room / "schemas/gradebook.old/1.0.json").write_text("{}")
    (room / frozen.topic_path(SCORES.name)).unlink()
    freeze = "run `./edu contracts freeze`"
    orphan = "frozen, but nothing in the contracts has this name and major"
    assert set(problems(monkeypatch, room, *EVENTS)) == {
        f"schemas/gradebook.old/1.0.json: {orphan}",
        f"schemas/gradebook.old/1.0.json: is not listed in SHA256SUMS: {freeze}",
        f"samples/relay.watermark.v1/new.json: is not listed in SHA256SUMS: {freeze}",
        f"samples/relay.watermark.v1/{gone.name}: frozen, and gone",
        "schemas/gradebook.pupil-placed/1.0.json: frozen, and changed since",
        f"gradebook.scores.v1: is not frozen: {freeze}",
        "schemas/topics/gradebook.scores.v1.json: frozen, and gone",
    }


def test_a_change_without_a_new_minor_is_found(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    class Quiet(PupilPlaced):
        note: str | None = None

    shutil.rmtree(room / "samples/gradebook.pupil-placed.v1")
    found = problems(monkeypatch, room, *others(PupilPlaced), Quiet)
    assert found[0].endswith(
        "differs from the frozen schemas/gradebook.pupil-placed/1.0.json: "
        "raise its MINOR and run `./edu contracts freeze`"
    )
    assert found[1] == "gradebook.pupil-placed: 0 golden samples, at least 3 are due"


def test_freezing_adds_what_is_new_and_never_rewrites(
    monkeypatch: pytest.MonkeyPatch, room: Path
) -> None:
    assert frozen.freeze(room) == []
    before = frozen.now(room).files
    monkeypatch.setattr(frozen, "EVENTS", (*others(PupilPlaced), Changed))
    assert frozen.freeze(room) == ["schemas/gradebook.pupil-placed/1.1.json"]
    assert before.items() < frozen.now(room).files.items()
    assert frozen.now(room).schemas("gradebook.pupil-placed", 1).keys() == {0, 1}
    assert frozen.now(room).schemas("gradebook.pupil-placed", 2) == {}
    shutil.rmtree(room)
    frozen.freeze(room)
    done = subprocess.run(["sha256sum", "--check", "--quiet", frozen.HASHES], cwd=room, check=False)
    assert done.returncode == 0


# Against another revision


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, room: Path) -> Path:
    """Make the copy a repository of its own with one commit, in which the gate looks."""
    root = room.parents[1]
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "-m", "Release"],
    ):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    monkeypatch.setattr(frozen, "ROOT", root)
    return room


def test_another_revision_is_held_against_the_contracts(
    monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    assert problems(monkeypatch, repository, *EVENTS, against="HEAD") == []
    # Frozen anew with its hashes, as if it had never been released otherwise.
    shutil.rmtree(repository)
    monkeypatch.setattr(frozen, "EVENTS", (*others(PupilPlaced), Changed))
    frozen.freeze(repository)
    shutil.copytree(ROOM / "samples", repository / "samples")
    frozen.freeze(repository)
    assert problems(monkeypatch, repository, *others(PupilPlaced), Changed) == []
    found = problems(monkeypatch, repository, *others(PupilPlaced), Changed, against="HEAD")
    assert [line for line in found if "seat: the new reader" in line]
    assert "schemas/gradebook.pupil-placed/1.0.json: released at HEAD, and gone" in found
    sample = "samples/relay.watermark.v1/largest.json"
    (repository / sample).write_text("{}")
    found = problems(monkeypatch, repository, *others(PupilPlaced), Changed, against="HEAD")
    assert f"{sample}: released at HEAD, and rewritten since" in found


@pytest.mark.usefixtures("repository")
def test_a_revision_that_is_not_there_is_one_clear_line() -> None:
    with pytest.raises(Failure, match=r"git ls-tree: .*nowhere"):
        frozen.at("nowhere")


# AsyncAPI


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for item in node for found in references(item)] if isinstance(node, list) else []


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_document_says_what_it_writes_and_reads(service: str) -> None:
    document = asyncapi.document(service)
    assert document["asyncapi"] == "3.0.0"
    operations = document["operations"].values()
    for action, topics in (("send", OWNERS[service]), ("receive", CONSUMERS[service])):
        found = {one["channel"]["$ref"] for one in operations if one["action"] == action}
        assert found == {f"#/channels/{topic.name}" for topic in topics}
    for reference in references(document):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    names = {message["name"] for message in document["components"]["messages"].values()}
    all_topics = {*OWNERS[service], *CONSUMERS[service]}
    assert names == {event.type_name() for event in EVENTS if event.TOPIC in all_topics}


def test_a_reader_of_the_document_learns_that_more_may_come() -> None:
    text = json.dumps(asyncapi.document("gradebook")["components"])
    assert '"additionalProperties": false' not in text
    assert "x-open" not in text
    assert '"x-known-values": ["excused", "zero-by-rule", "other"]' in text


def test_a_document_that_is_not_what_the_contracts_say_is_found(tmp_path: Path) -> None:
    assert len(list(asyncapi.differences(tmp_path))) == len(SERVICES)
    assert asyncapi.write(tmp_path) == [f"{service}.json" for service in sorted(SERVICES)]
    assert list(asyncapi.differences(tmp_path)) == []
    (tmp_path / "gradebook.json").write_text("{}")
    assert list(asyncapi.differences(tmp_path)) == [
        "docs/asyncapi/gradebook.json: is not what the contracts say: `./edu contracts asyncapi`"
    ]


# The command


def test_the_command_freezes_writes_and_checks(
    monkeypatch: pytest.MonkeyPatch,
    room: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(contracts_gate, "_ROOM", room)
    monkeypatch.setattr(contracts_gate, "_DOCUMENTS", tmp_path / "asyncapi")
    monkeypatch.setattr(self_test, "CHANGES", self_test.CHANGES[:2])
    assert contracts_gate.main(["check", "--self-test"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(" tried, 0 judged wrongly")
    assert lines[-1] == f"contracts: {COUNTED}, {len(SERVICES)} problems"
    assert contracts_gate.main(["freeze"]) == contracts_gate.main(["asyncapi"]) == 0
    assert capsys.readouterr().out.startswith("nothing new to freeze\nadmissions.json\n")
    assert contracts_gate.main(["check"]) == 0


def test_references_are_replaced_by_what_they_name() -> None:
    schema = schema_of(SheetOpened)
    assert "$ref" in json.dumps(schema)
    assert "$ref" not in json.dumps(inline(schema))
    assert inline(schema)["properties"]["term"]["enum"] == ["HK1", "HK2", "CN", "HE"]
