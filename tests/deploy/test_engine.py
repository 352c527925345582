"""What only a Docker engine can show: the images build and start, and do as compose.yaml says.

Without an engine every test here says so and is not run.
"""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from contracts.topics import SERVICES as NAMES
from edu import compose
from edu.home import ROOT
from edu.supervisor import ask

PROJECT = "edu-test"
BUILD_SECONDS = 1200
STOPPED_IN_ORDER = (0, 128 + signal.SIGTERM)


@cache
def reason_not_to_run() -> str | None:
    if shutil.which("docker") is None:
        return "not run: no Docker engine (no docker here)"
    for question in (["info"], ["compose", "version"]):
        done = subprocess.run(["docker", *question], capture_output=True, check=False)
        if done.returncode != 0:
            return f"not run: no Docker engine (`docker {' '.join(question)}` fails)"
    return None


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run the whole of compose.yaml from a copy, with secrets and volumes of its own."""
    if reason := reason_not_to_run():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("compose.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    for name in ("deploy", "libs", "services"):
        ignored = shutil.ignore_patterns("secrets", "*.env", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    compose.prepare(folder / "deploy/secrets", folder / "deploy/env")
    try:
        docker(folder, "up", "--build", "--wait", "--detach")
        yield folder
    finally:
        docker(folder, "down", "--volumes", "--timeout", "30")


def docker(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["docker", "compose", "--project-name", PROJECT, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    ).stdout


def state(folder: Path, name: str) -> dict[str, Any]:
    """Give what the engine knows of a service's container, running or not."""
    container = docker(folder, "ps", "--all", "--quiet", name).strip()
    done = subprocess.run(["docker", "inspect", container], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


@pytest.mark.timeout(BUILD_SECONDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_healthy_and_answers_on_this_machine(checkout: Path, name: str) -> None:
    found = state(checkout, name)
    assert found["State"]["Health"]["Status"] == "healthy"
    (bound,) = found["NetworkSettings"]["Ports"]["8000/tcp"]
    assert bound["HostIp"] == "127.0.0.1"
    status, answer = ask(f"http://127.0.0.1:{bound['HostPort']}/readyz")
    assert status == 200
    assert {part["state"] for part in json.loads(answer)["parts"]} == {"ok"}


@pytest.mark.timeout(BUILD_SECONDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_nobody_and_writes_nowhere(checkout: Path, name: str) -> None:
    attempt = "import os; print(os.getuid()); open('/opt/edu/planted', 'w')"
    done = subprocess.run(
        [
            "docker",
            "compose",
            "--project-name",
            PROJECT,
            "exec",
            "-T",
            name,
            "python",
            "-c",
            attempt,
        ],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "10001"
    assert "Read-only file system" in done.stderr


@pytest.mark.timeout(BUILD_SECONDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_service_stops_in_order_and_comes_back(checkout: Path, name: str) -> None:
    docker(checkout, "stop", name)
    stopped = state(checkout, name)["State"]
    assert not stopped["OOMKilled"]
    assert stopped["ExitCode"] in STOPPED_IN_ORDER
    docker(checkout, "up", "--wait", "--detach", name)
    assert state(checkout, name)["State"]["Health"]["Status"] == "healthy"
