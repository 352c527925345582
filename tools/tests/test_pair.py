"""Broker and database keep what they were told, whoever starts them and wherever they listen."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.topics import UNITS
from edu.embedded import kafka as broker
from edu.embedded.pair import Pair
from edu.embedded.process import Child
from edu.failure import Failure
from edu.home import Home
from edu.topics import apply

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home")


@contextmanager
def started(home: Home) -> Iterator[Pair]:
    with home.owned("tests"):
        pair = Pair(home)
        try:
            pair.start()
            yield pair
        finally:
            pair.stop()


def last_record(bootstrap: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "none"})
    consumer.assign([TopicPartition(UNITS.name, 0, 0)])
    message = consumer.poll(20)
    consumer.close()
    return None if message is None else message.value()


async def test_data_survive_a_restart_on_other_ports(home: Home) -> None:
    with started(home) as first:
        assert first.kafka is not None
        assert first.postgres is not None
        apply(first.kafka.bootstrap)
        producer = Producer({"bootstrap.servers": first.kafka.bootstrap})
        producer.produce(UNITS.name, b"kept", b"key")
        assert producer.flush(10) == 0
        connection = await asyncpg.connect(first.postgres.ensure_database("gradebook"))
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        await connection.close()
        ports = {first.kafka.port, first.postgres.port}
    assert (home.folder / "kafka" / "server.properties").stat().st_mode & 0o777 == 0o600
    with started(home) as second:
        assert second.kafka is not None
        assert second.postgres is not None
        assert ports.isdisjoint({second.kafka.port, second.postgres.port})
        assert last_record(second.kafka.bootstrap) == b"kept"
        assert apply(second.kafka.bootstrap) == []
        connection = await asyncpg.connect(second.postgres.ensure_database("gradebook"))
        assert await connection.fetchval("SELECT one FROM kept") == 1
        await connection.close()
        await come_back_after_kill(second)


async def come_back_after_kill(pair: Pair) -> None:
    """Kill both; where their clients know them they serve again, and nothing is lost."""
    assert pair.kafka is not None
    assert pair.postgres is not None
    for child in pair.children():
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
        child.start()
    pair.postgres.wait_ready()
    pair.kafka.wait_ready()
    assert last_record(pair.kafka.bootstrap) == b"kept"
    connection = await asyncpg.connect(pair.postgres.ensure_database("gradebook"))
    assert await connection.fetchval("SELECT one FROM kept") == 1
    await connection.close()


def test_ready_means_our_broker(home: Home, kafka: str) -> None:
    """Somebody else's broker on our port is told from ours by its cluster id."""
    home.prepare()
    stranger = broker.Kafka(broker.Java([], home.cache), home.folder, home.logs / "kafka.log")
    stranger.port = int(kafka.rsplit(":", 1)[1])
    stranger.child = Child("kafka", ["sleep", "600"], stranger.log)
    stranger.child.start()
    try:
        with pytest.raises(Failure, match="answered by another cluster"):
            stranger.wait_ready()
    finally:
        stranger.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's session is itself this test")
def test_an_ordinary_user_can_start_them_too(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from edu.embedded.pair import Pair\n"
        "from edu.home import Home\n"
        "home = Home.at(Path(sys.argv[1]))\n"
        "with home.owned('tests'):\n"
        "    pair = Pair(home)\n"
        "    pair.start()\n"
        "    pair.stop()\n"
        "print(os.geteuid(), 'served')\n"
    )
    unshare = shutil.which("unshare")
    assert unshare is not None
    ordinary = [unshare, "--user", "--map-user=1000", "--map-group=1000"]
    done = subprocess.run(
        [*ordinary, sys.executable, "-c", program, str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "1000 served\n", done.stderr
