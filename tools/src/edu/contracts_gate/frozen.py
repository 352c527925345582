"""What has been released: schemas, topics and golden samples that may never change again.

They lie under `libs/contracts/`, one file each, and `SHA256SUMS` lists their hashes
(`sha256sum --check SHA256SUMS` says the same as the gate).
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from contracts.event import Event
from contracts.registry import EVENTS
from contracts.topics import TOPICS
from edu.contracts_gate.schemas import Schema, schema_of, shape_of, text_of
from edu.failure import Failure
from edu.home import ROOT

ROOM = "libs/contracts"
HASHES = "SHA256SUMS"


@dataclass(frozen=True)
class Released:
    """The frozen files of one state of the repository: path below the room, and text."""

    files: dict[str, str]

    def schemas(self, name: str, major: int) -> dict[int, Schema]:
        """Give the schemas of one event by minor version, oldest first."""
        found = {}
        for path, text in self.files.items():
            folder, _, file = path.rpartition("/")
            of, _, minor = file.removesuffix(".json").partition(".")
            if folder == f"schemas/{name}" and of == str(major):
                found[int(minor)] = json.loads(text)
        return dict(sorted(found.items()))

    def topic(self, name: str) -> dict[str, object] | None:
        """Give the frozen shape of a topic."""
        text = self.files.get(topic_path(name))
        return None if text is None else json.loads(text)


def schema_path(event: type[Event]) -> str:
    """Give where the schema of this event's minor version is frozen."""
    return f"schemas/{event.schema_name()}/{event.MAJOR}.{event.MINOR}.json"


def topic_path(name: str) -> str:
    """Give where the shape of a topic is frozen."""
    return f"schemas/topics/{name}.json"


def now(room: Path) -> Released:
    """Read the frozen files as they lie in the working tree."""
    paths = sorted(
        path for folder in ("schemas", "samples") for path in room.glob(f"{folder}/*/*.json")
    )
    return Released({str(path.relative_to(room)): path.read_text("utf-8") for path in paths})


def at(revision: str) -> Released:
    """Read the frozen files of another revision of the repository."""
    folders = [f"{ROOM}/schemas", f"{ROOM}/samples"]
    listed = _git("ls-tree", "-r", "--name-only", revision, "--", *folders).split()
    return Released(
        {path.removeprefix(f"{ROOM}/"): _git("show", f"{revision}:{path}") for path in listed}
    )


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, check=False, text=True
    )
    if done.returncode:
        raise Failure(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def hashes(room: Path) -> dict[str, str]:
    """Read the list of hashes: path to hash."""
    path = room / HASHES
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {file: digest for digest, _, file in (line.partition("  ") for line in lines)}


def digest(text: str) -> str:
    """Give the hash of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def freeze(room: Path) -> list[str]:
    """Write what the contracts have and the frozen files have not; give the paths newly listed.

    Nothing that is there is ever written again.
    """
    texts = {schema_path(event): text_of(schema_of(event)) for event in EVENTS if not event.DRAFT}
    texts |= {topic_path(topic.name): text_of(shape_of(topic)) for topic in TOPICS}
    for path, text in texts.items():
        if not (room / path).exists():
            (room / path).parent.mkdir(parents=True, exist_ok=True)
            (room / path).write_text(text, "utf-8")
    listed = hashes(room)
    fresh = {path: digest(text) for path, text in now(room).files.items() if path not in listed}
    lines = [f"{digest}  {path}\n" for path, digest in sorted((listed | fresh).items())]
    (room / HASHES).write_text("".join(lines), "utf-8")
    return sorted(fresh)
