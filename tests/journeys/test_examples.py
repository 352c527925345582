"""The examples for subscribers do what they say, also when they are killed at any moment."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from confluent_kafka import Producer

from contracts.envelope import CONTENT_TYPE
from contracts.topics import SCORES
from edu.home import ROOT, Home
from edu.testing import eventually

EXAMPLES = ROOT / "docs/examples"
LONGEST = 40
KILLS = 6
SAMPLE = next((ROOT / "libs/contracts/samples").glob("gradebook.score-entered.v1/whole-class.json"))


@pytest.mark.parametrize("name", ["feed_consumer.py", "stream_consumer.py"])
def test_an_example_can_be_read_at_a_glance(name: str) -> None:
    assert len((EXAMPLES / name).read_text("utf-8").splitlines()) <= LONGEST


def test_the_feeds_example_needs_only_the_standard_library() -> None:
    text = (EXAMPLES / "feed_consumer.py").read_text("utf-8")
    words = [line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))]
    assert {word.split(".")[0] for word in words} <= sys.stdlib_module_names


@contextmanager
def running(name: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run an example until the block ends; then it is killed, as any process may be."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(EXAMPLES / name), *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def rows(path: Path, query: str) -> list[Any]:
    """Read an example's state; nothing, while there is none."""
    with closing(sqlite3.connect(path)) as state:
        try:
            return state.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []


def count(path: Path, table: str) -> int:
    return int((rows(path, f"SELECT count(*) FROM {table}") or [(0,)])[0][0])  # noqa: S608


class Feed(BaseHTTPRequestHandler):
    """A feed that was trimmed, is away now and then, and grows while it is read."""

    lots = random.Random(4)
    head = 2_000
    oldest = 0

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if self.lots.random() < 0.1:
            self.answer(503, {"status": 503})
        elif address.path == "/indicators":
            self.answer(200, {"feed": self.head, "indicators": []})
        else:
            asked = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
            self.page(asked["after"], asked["limit"])

    def page(self, after: int, limit: int) -> None:
        Feed.head += self.lots.randint(0, 40)
        if after < self.oldest:
            self.answer(410, {"status": 410, "snapshot": "/indicators", "oldest": self.oldest})
            return
        numbers = range(after + 1, min(after + limit, self.head) + 1)
        entries = [{"subject": f"cell-{n}", "data": {"number": n}} for n in numbers]
        self.answer(200, {"after": after, "head": self.head, "entries": entries})

    def answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked was killed
            self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def feed() -> Iterator[str]:
    """Serve such a feed."""
    Feed.head, Feed.oldest = 2_000, 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Feed) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_trimmed_feed_is_read_anew_and_goes_on_from_there(
    feed: str, tmp_path: Path
) -> None:
    path = tmp_path / "state.sqlite3"
    with running("feed_consumer.py", feed, str(path)):
        await eventually(lambda: count(path, "feed") > 100, within=30)
    before = [n for (n,) in rows(path, "SELECT n FROM feed ORDER BY n")]
    assert before == list(range(2_000, 2_000 + len(before)))
    Feed.head += 5_000
    Feed.oldest = Feed.head - 10
    with running("feed_consumer.py", feed, str(path)):
        await eventually(lambda: count(path, "feed") > len(before) + 100, within=30)
    after = [n for (n,) in rows(path, "SELECT n FROM feed ORDER BY n")][len(before) :]
    assert after[0] > before[-1] + 1_000
    assert after == list(range(after[0], after[0] + len(after)))
    (snapshot,) = rows(path, f"SELECT document FROM feed WHERE n = {after[0]}")  # noqa: S608
    assert json.loads(snapshot[0])["feed"] == after[0]


@pytest.mark.chaos
async def test_the_feeds_consumer_misses_nothing_and_doubles_nothing(
    suite: Home, tmp_path: Path
) -> None:
    run = suite.run()
    assert run is not None
    url, path = run["services"]["ioc-aggregator"]["url"], tmp_path / "state.sqlite3"
    lots = random.Random(1)
    for _ in range(KILLS):
        at = count(path, "feed")
        with running("feed_consumer.py", url, str(path)):
            # The sources' as-of moves by itself every few seconds; kill on the first that comes.
            await eventually(lambda at=at: count(path, "feed") > at + lots.randint(0, 2), within=60)  # type: ignore[misc]
    kept = dict(rows(path, "SELECT n, document FROM feed"))
    first, last = min(kept), max(kept)
    assert sorted(kept) == list(range(first, last + 1))
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.get("/feed", params={"after": first, "limit": last - first})
    page = answer.json()
    assert [json.loads(kept[n]) for n in range(first + 1, last + 1)] == page["entries"]
    assert json.loads(kept[first])["feed"] == first


class Written:
    """Writes what a relay writes: gapless per source and partition, some of it twice."""

    def __init__(self, kafka: str) -> None:
        self.facts: dict[tuple[str, int], list[str]] = {}
        # As the relay's: without it a retry overtakes, and order is what the sequence rests on.
        self._producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True})
        self._lots = random.Random(2)
        self._sent: dict[int, list[bytes]] = {}

    def write(self, number: int) -> None:
        for _ in range(number):
            partition = self._lots.randrange(SCORES.partitions)
            source = self._lots.choice(("urn:edu:gradebook", "urn:edu:other"))
            lane = self.facts.setdefault((source, partition), [])
            lane.append(f"{source}-{partition}-{len(lane) + 1}")
            document = json.loads(SAMPLE.read_bytes())
            document |= {"source": source, "id": lane[-1], "sequence": f"{len(lane):020d}"}
            self._send(partition, json.dumps(document).encode())
            if self._lots.random() < 0.1:  # the relay crashed: the last of them once more
                for value in self._sent[partition][-3:]:
                    self._send(partition, value, again=True)
        self._producer.flush(30)

    def skip(self) -> None:
        """Number a fact that is never sent."""
        for lane in self.facts.values():
            lane.append("lost")

    def _send(self, partition: int, value: bytes, *, again: bool = False) -> None:
        kind: list[tuple[str, str | bytes | None]] = [("content-type", CONTENT_TYPE)]
        self._producer.produce(SCORES.name, value, b"key", partition, headers=kind)
        if not again:
            self._sent.setdefault(partition, []).append(value)


@pytest.mark.chaos
async def test_a_streams_consumer_misses_nothing_and_doubles_nothing(
    kafka: str, tmp_path: Path
) -> None:
    path, written = tmp_path / "state.sqlite3", Written(kafka)
    arguments = ("stream_consumer.py", kafka, SCORES.name, str(path))
    for _ in range(KILLS):
        at = count(path, "fact")
        written.write(500)
        with running(*arguments):
            await eventually(lambda at=at: count(path, "fact") > at, within=30)  # type: ignore[misc]
    wanted = {f"{source} {one}" for (source, _), lane in written.facts.items() for one in lane}
    with running(*arguments) as process:
        await eventually(lambda: count(path, "fact") >= len(wanted), within=30)
        kept = [one for (one,) in rows(path, "SELECT id FROM fact ORDER BY rowid")]
        assert len(kept) == len(set(kept))
        assert set(kept) == wanted
        for (source, partition), lane in written.facts.items():
            own = [one for one in kept if one.startswith(f"{source} {source}-{partition}-")]
            assert own == [f"{source} {one}" for one in lane]
        written.skip()
        written.write(50)
        assert process.stderr is not None
        assert process.stderr.readline().endswith(" are missing\n")
