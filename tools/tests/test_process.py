"""A child cannot outlive its parent, however the parent ends, and stops in bounded time."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from edu.embedded.process import Child

PARENT = """
import sys, time
from pathlib import Path
from edu.embedded.process import Child
child = Child("child", ["sleep", "600"], Path(sys.argv[1]), watch_pipe=sys.argv[2] == "pipe")
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"  # noqa: E501 - one program on one line


@pytest.fixture(params=["kernel", "pipe"])
def tie(request: pytest.FixtureRequest) -> str:
    if request.param == "kernel" and sys.platform != "linux":
        pytest.skip("only Linux ties a child to its parent by itself")
    return str(request.param)


def test_it_dies_with_its_parent(tmp_path: Path, tie: str) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log"), tie]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        family = [child, *child.children(recursive=True)]
        parent.kill()
    assert psutil.wait_procs(family, 10)[1] == []


def test_what_does_not_stop_when_asked_is_killed(tmp_path: Path, tie: str) -> None:
    command = [sys.executable, "-c", STUBBORN]
    log = tmp_path / "log"
    child = Child("stubborn", command, log, patience=0.2, watch_pipe=tie == "pipe")
    child.start()
    while log.read_text("utf-8") != "1\n":
        pass
    family = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
    child.stop()
    assert child.exit_code() == -signal.SIGKILL
    assert psutil.wait_procs(family, 5)[1] == []


def test_its_exit_code_comes_through(tmp_path: Path, tie: str) -> None:
    child = Child(
        "short", ["sh", "-c", "echo why; exit 7"], tmp_path / "log", watch_pipe=tie == "pipe"
    )
    child.start()
    assert child.wait(10) == 7
    assert "ended with 7" in str(child.failure("did not start"))
    assert "why" in str(child.failure("did not start"))
    child.stop()


def test_it_refuses_to_start_from_another_thread(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    child = Child("child", ["sleep", "600"], tmp_path / "log")

    def start() -> None:
        try:
            child.start()
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_a_child_whose_parent_died_first_does_not_start(tmp_path: Path) -> None:
    tether = Path(sys.modules[Child.__module__].__file__ or "").with_name("tether.py")
    strangers_child = [sys.executable, str(tether), "9", "1", "-", "touch", str(tmp_path / "ran")]
    assert subprocess.run(strangers_child, check=False).returncode == 3
    assert not (tmp_path / "ran").exists()
    assert os.getpid() != 1
