"""`./edu up` runs any subset, keeps it alive where its callers know it, and leaves nothing."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest

from edu import down, status, up
from edu.embedded.pair import Pair
from edu.failure import Failure
from edu.home import Home
from edu.orphans import belonging_to, prove
from edu.suite import SERVICES
from edu.supervisor import ask
from edu.testing import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]

# Each alone, where what it needs of any other would show; then two parts of the whole, and all.
SUBSETS = [
    *((name,) for name in SERVICES),
    *(tuple(islice(SERVICES, start, None, 2)) for start in range(2)),
    tuple(SERVICES),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for all of them: its data survive from one to the next."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """Return a home of its own, which nothing holds when the test is over."""
    monkeypatch.setenv("EDU_HOME", str(folder))
    home = Home.default()
    yield home
    down.main([])
    assert belonging_to(home) == []
    assert not home.run_file.exists()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Start one broker and one server for all subsets but the whole, which brings its own."""
    home = Home.at(tmp_path_factory.mktemp("pair"))
    with home.owned("test_up"):
        pair = Pair(home, durable=False)
        pair.start()
        yield pair
        pair.stop()


@pytest.mark.parametrize("names", SUBSETS, ids="+".join)
def test_any_subset_comes_up(
    home: Home,
    pair: Pair,
    names: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = len(names) == len(SERVICES)
    if not whole:
        assert pair.kafka is not None
        assert pair.postgres is not None
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", pair.kafka.bootstrap)
        for entry in SERVICES.values():
            url = pair.postgres.ensure_database(entry.package)
            monkeypatch.setenv(entry.variable("DATABASE_URL"), url)
    run = up.detached(list(names))
    assert set(run["services"]) == set(run["databases"]) == set(names)
    pages = {"ioc-aggregator", "gradebook"}.intersection(names)
    signed_in = {"identity"} if pages else set[str]()
    assert {one["name"] for one in run["processes"]} == {
        "supervisor",
        *({"kafka", "postgres"} if whole else ()),
        *names,
        *signed_in,
        *({"letterbox"} if "notifications" in names else ()),
    }
    assert stat.S_IMODE(home.run_file.stat().st_mode) == 0o600
    for process in run["processes"]:
        assert psutil.pid_exists(process["pid"])
        assert Path(process["log"]).exists()
    for service in run["services"].values():
        assert ask(f"{service['url']}/readyz")[0] == 200
    assert status.main([]) == 0
    assert capsys.readouterr().out.count(" ready") == len(names)


def pids(home: Home) -> dict[str, int]:
    run: dict[str, Any] = json.loads(home.run_file.read_text("utf-8"))
    return {one["name"]: one["pid"] for one in run["processes"]}


async def test_what_dies_comes_back_where_it_was(home: Home) -> None:
    run = up.detached(["gradebook"])
    url = run["services"]["gradebook"]["url"]
    before = pids(home)
    killed = {before[name] for name in ("gradebook", "kafka", "postgres")}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    await eventually(lambda: not killed & set(pids(home).values()), within=60)
    await eventually(lambda: ask(f"{url}/readyz")[0] == 200, within=60)
    assert home.run()["kafka"] == run["kafka"]  # type: ignore[index]
    assert home.run()["databases"] == run["databases"]  # type: ignore[index]


@pytest.mark.usefixtures("home")
def test_what_is_given_is_used_and_not_started(
    kafka: str,
    database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("GRADEBOOK_DATABASE_URL", database("gradebook"))
    run = up.detached(["gradebook"])
    assert {one["name"] for one in run["processes"]} == {"supervisor", "identity", "gradebook"}
    assert run["kafka"]["bootstrap"] == kafka
    assert run["databases"] == {"gradebook": database("gradebook")}


def test_an_interrupt_stops_it_in_order(home: Home) -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "edu", "up", "gradebook"], stdout=subprocess.PIPE, text=True
    ) as foreground:
        assert foreground.stdout is not None
        for line in foreground.stdout:
            if line.startswith("up after"):
                foreground.send_signal(signal.SIGINT)
        assert foreground.wait(45) == 0
    assert home.owner() is None


def test_a_second_one_on_the_same_folder_is_refused(home: Home) -> None:
    up.detached(["gradebook"])
    with pytest.raises(Failure, match=r"in use by process \d+ \(edu up\)"):
        up.detached(["admissions"])
    assert set(home.run()["services"]) == {"gradebook"}  # type: ignore[index]


@pytest.mark.usefixtures("home")
def test_a_service_that_does_not_exist_is_named() -> None:
    with pytest.raises(Failure, match=r"No service is called gradbook. There are: admissions"):
        up.main(["gradbook"])


@pytest.mark.usefixtures("home")
def test_nothing_outlives_a_supervisor_that_was_killed(capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(None) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("seed ")
    assert len(lines) == 7
    assert lines[-1] == "0 processes, folder free"
