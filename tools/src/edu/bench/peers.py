"""Other engines on the same topics: FastStream as it comes, Quix Streams, Kafka Streams.

Each is a process of its own on the processor that the aggregator has, reads the same records, and
counts the same: count, sum, sum of squares and 101 bins per school, grade, subject, term and kind,
with a check of the sequences. What it counted is held against the simulator's own numbers. Its
clock starts when it may begin to read, so neither its start nor its joining counts. What favours
whom stands on the page (`edu.bench.page`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from contracts.lists import Assessment, Subject
from contracts.topics import SCORES
from edu.bench.figures import Figure, Measured, NotHere, rounded
from edu.bench.recounting import digest
from edu.bench.scores_log import Load
from edu.bench.stage import Stage
from edu.failure import Failure
from edu.home import ROOT, Home
from edu.progress import progress
from edu.simulator.marks import Truth
from edu.simulator.province import Province

HERE = ROOT / "tests" / "bench"
WITHIN = 900
TWICE, MORE, GOAL = 2.0, 1.5, 2.5

Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Engine:
    """Whom ours is held against, and how its command is made ready."""

    name: str
    title: str
    ready: Callable[[], Command]
    warms_up: bool = False
    """Whether it goes faster when it has gone for a while."""

    @property
    def sheets(self) -> Figure:
        """Ours against it on sheets."""
        return self._figure("sheets", MORE, None)

    @property
    def rows(self) -> Figure:
        """Ours against it on single rows."""
        return self._figure("rows", TWICE, GOAL)

    def _figure(self, what: str, mark: float, goal: float | None) -> Figure:
        title = f"ours ÷ {self.title}, {what}"
        return Figure(f"{self.name}-{what}", title, "×", mark=mark, goal=goal, at_least=True)


def _faststream() -> Command:
    return (sys.executable, "-P", str(HERE / "peer.py"), "faststream")


def _quix() -> Command:
    """Install it once, by the hashes of its own lock, where only it is."""
    lock = HERE / "requirements.lock"
    folder = _kept("bench-quix", lock)
    python = folder / "bin" / "python"
    if not python.exists():
        with _made(folder) as fresh:
            uv = (sys.executable, "-m", "uv")
            _run((*uv, "venv", "--quiet", "--python", sys.executable, str(fresh)))
            # Named: started as a module, uv takes the environment that it stands in.
            into = ("--python", str(fresh / "bin" / "python"))
            _run((*uv, "pip", "install", "--quiet", *into, "--require-hashes", "-r", str(lock)))
    return (str(python), "-P", str(HERE / "peer.py"), "quix")


def _kafka_streams() -> Command:
    """Let Maven build it once."""
    project = HERE / "kafka-streams"
    folder = _kept("bench-kafka-streams", *sorted(p for p in project.rglob("*") if p.is_file()))
    if missing := [one for one in ("mvn", "java", "javac") if shutil.which(one) is None]:
        raise NotHere(f"not on this machine: {', '.join(missing)}")
    if not folder.exists():
        with _made(folder) as fresh:
            build = ("mvn", "--quiet", "--batch-mode", f"-Dout={fresh}", "process-classes")
            _run((*build, "--file", str(project / "pom.xml")))
    found = os.pathsep.join((str(folder / "classes"), str(folder / "lib" / "*")))
    return ("java", "-Xmx1g", "-cp", found, "edu.bench.Scores")


ENGINES = (
    Engine("faststream", "FastStream with its defaults", _faststream),
    Engine("quix", "Quix Streams", _quix),
    Engine("kafka-streams", "Kafka Streams", _kafka_streams, warms_up=True),
)
SHEETS, ROWS = [one.sheets for one in ENGINES], [one.rows for one in ENGINES]
FIGURES = (*SHEETS, *ROWS)


def compared(
    on: Stage, here: Province, figure: Figure, load: Load, ours: Measured
) -> Measured | NotHere:
    """Let an engine count a log as often as we did; the log is the end of its topic."""
    engine = next(one for one in ENGINES if figure in (one.sheets, one.rows))
    try:
        return _compared(on, here, engine, load, ours)
    except (NotHere, Failure) as why:
        return NotHere(str(why))


def _compared(on: Stage, here: Province, engine: Engine, load: Load, ours: Measured) -> Measured:
    command = engine.ready()
    truth = digest(_without_year(load.truth, here))
    rates, later, equal = [], [], True
    with progress(f"{engine.name}: runs", len(ours.runs)) as more:
        for number in range(len(ours.runs)):
            told, counted = _one(on, command, load, f"{engine.name}-{load.records}-{number}")
            rates.append(load.amount / told["seconds"])
            later.append(load.amount / 2 / told["half"])
            equal = equal and counted == truth and not told["broken"]
            more(1)
    # The n-th run of one is held against the n-th of the other: they follow one another closely.
    measured = Measured(
        [mine / other for mine, other in zip(ours.runs, rates, strict=True)], recount_equal=equal
    )
    what = "scores/s" if load.truth.scores else "records/s"
    measured.notes[f"{engine.title}, {what}"] = rounded(median(rates))
    if engine.warms_up:
        measured.notes[f"its last half alone, {what}"] = rounded(median(later))
    measured.notes[f"ours, {what}"] = rounded(median(ours.runs))
    return measured


def _one(on: Stage, command: Command, load: Load, group: str) -> tuple[dict[str, Any], str]:
    """Let an engine count a log; give what it told and the digest of what it counted."""
    _placed(on, load, group)
    with tempfile.TemporaryDirectory(dir=on.home.folder) as folder:
        out = Path(folder) / "counted"
        asked = {
            "bootstrap": on.bootstrap,
            "topic": SCORES.name,
            "group": group,
            "records": load.records,
            "begin": {lane: first for _, lane, first, _ in load.spans},
            "by_comment": [s for s in Subject if s.assessment is Assessment.COMMENT],
            "out": str(out),
        }
        with _on_the_second_processor():
            text = _run(command, given=json.dumps(asked))
        told: dict[str, Any] = json.loads(text.splitlines()[-1])
        with out.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
    return told, digest((tuple(key), values) for key, values in rows if any(values))


def _without_year(truth: Truth, here: Province) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """Give what the fold counts: neither cells due nor corrections, and one school year."""
    for (school, _, *rest), (_, entered, _, *sums) in truth.rows(here):
        if any((entered, *sums)):
            yield (school, *rest), [entered, *sums]


def _placed(on: Stage, load: Load, group: str) -> None:
    """Let a group begin where this log does: others lie before it."""
    client = Consumer({"bootstrap.servers": on.bootstrap, "group.id": group})
    try:
        places = [TopicPartition(topic, lane, first) for topic, lane, first, _ in load.spans]
        client.commit(offsets=places, asynchronous=False)
    finally:
        client.close()


@contextmanager
def _on_the_second_processor() -> Iterator[None]:
    """What is started within has one processor, the one that the aggregator has."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:  # noqa: PLR2004
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {1})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _kept(name: str, *made_of: Path) -> Path:
    """Name the folder of what is made once of these files."""
    content = sha256(b"".join(path.read_bytes() for path in made_of))
    content.update(sys.version.encode())
    return Home.default().cache / f"{name}-{content.hexdigest()[:16]}"


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    """Give a folder to fill; what was not finished is not kept."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _run(command: Command, *, given: str = "") -> str:
    """Run a command to its end and give what it printed.

    Raises:
        Failure: it failed; the text says with what.
    """
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, check=False, timeout=WITHIN
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failure(f"{command[0]} was not done after {WITHIN} s") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Failure(f"{Path(command[0]).name} failed: {' | '.join(lines[-3:])[-600:]}")
    return done.stdout
