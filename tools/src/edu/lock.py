"""`./edu lock`: refreshes every lock. Locks hold names, versions and hashes, never addresses."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from edu.embedded.artifacts import LOCK_FILE, PLATFORMS
from edu.home import ROOT

KAFKA = ("org.apache.kafka:kafka_2.13:4.3.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4")
POSTGRES = "io.zonky.test.postgres:embedded-postgres-binaries-{}:18.6.0"
RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
BENCH = ROOT / "tests" / "bench" / "requirements.lock"
MEMBERS = ("libs/*", "services/*", "tools")
HEADER = """\
# Written by `./edu lock`. Every file of the embedded broker and database with its SHA-256;
# whatever has another one is never started.
"""


def main(arguments: list[str]) -> int:
    """Refresh the Python locks, and with `--artifacts` the embedded pair's."""
    if unknown := set(arguments) - {"--upgrade", "--artifacts"}:
        print(f"usage: ./edu lock [--upgrade] [--artifacts]  (not {', '.join(sorted(unknown))})")
        return 2
    if "--artifacts" in arguments:
        lock_artifacts()
    upgrade = [one for one in arguments if one == "--upgrade"]
    found = [sorted(ROOT.glob(f"{pattern}/pyproject.toml")) for pattern in MEMBERS]
    projects = [path for paths in found for path in paths]
    lock_python(RUNTIME, projects, *upgrade)
    development = ("--group", "pyproject.toml:dev", "-c", RUNTIME.name)
    lock_python(DEVELOPMENT, projects, *development, *upgrade)
    lock_python(BENCH, [], "--group", "pyproject.toml:bench", *upgrade)
    leave_out_what_runs()
    return 0


def lock_python(output: Path, projects: Sequence[Path], *options: str) -> None:
    """Resolve the projects' requirements for every platform and Python version we support."""
    names = [tomllib.loads(path.read_text("utf-8"))["project"]["name"] for path in projects]
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet"),
            *("--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
            *(f"--no-emit-package={name}" for name in names),
            *options,
            *("-o", str(output.relative_to(ROOT))),
            *(str(path.relative_to(ROOT)) for path in projects),
        ],
        cwd=ROOT,
        check=True,
    )
    print(f"{output.relative_to(ROOT)} written")


def leave_out_what_runs() -> None:
    """Keep in the second lock only what the first one lacks; both are installed together."""
    running = set(_blocks(RUNTIME))
    DEVELOPMENT.write_text("".join(b for b in _blocks(DEVELOPMENT) if b not in running), "utf-8")


def _blocks(lock: Path) -> list[str]:
    """Return each requirement of a lock with its hashes."""
    return re.findall(r"^\S.*?(?:\n(?=\S)|\Z)", lock.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def lock_artifacts() -> None:
    """Let jgo resolve the broker's jars and hash them, and the database's for each platform."""
    sections = {"kafka": KAFKA} | {
        f"postgres-{name}": (POSTGRES.format(name),) for name in PLATFORMS
    }
    with tempfile.TemporaryDirectory() as folder:
        text = HEADER + "".join(
            f"\n[{section}]\n" + "".join(_resolved(coordinates, Path(folder)))
            for section, coordinates in sections.items()
        )
    LOCK_FILE.write_text(text, "utf-8")
    print(f"{LOCK_FILE.relative_to(ROOT)} written")


def _resolved(coordinates: tuple[str, ...], folder: Path) -> list[str]:
    """Resolve each coordinate alone: together, one's managed versions would bend the other's."""
    import jgo  # noqa: PLC0415 - takes 0.8 s, and only this command needs it

    files: dict[str, str] = {}
    for coordinate in coordinates:
        environment = jgo.build(coordinate, cache_dir=folder)
        locked = tomllib.loads((environment.path / "jgo.lock.toml").read_text("utf-8"))
        for one in locked["dependencies"]:
            name = f"{one['groupId']}:{one['artifactId']}"
            files.setdefault(name, f'"{name}:{one["version"]}" = "{one["sha256"]}"\n')
    return list(files.values())
