"""Brings every schema of the suite to its head: in one process, and only those that are behind.

The same migrations as `python -m <service> migrate`, without loading the services around them.
"""

from __future__ import annotations

import json
import os
from importlib import resources
from pathlib import Path

from edu.embedded.postgres import run


def folder(package: str) -> Path:
    """Return where a service keeps its migrations."""
    return Path(str(resources.files(package))) / "migrations"


def behind(databases: dict[str, str]) -> dict[str, str]:
    """Return those of these databases (by package) whose schema is not the newest."""
    heads = {package: _head(package) for package in databases}
    return {
        package: url for package, url in databases.items() if run(_version(url)) != heads[package]
    }


def _head(package: str) -> str:
    """Return the newest revision, which the names of the migrations begin with."""
    return max(path.name.split("_")[0] for path in (folder(package) / "versions").glob("[0-9]*.py"))


async def _version(url: str) -> str | None:
    import asyncpg  # noqa: PLC0415 - not for `edu --help`

    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        version: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return version
    finally:
        await connection.close()


def main(databases: dict[str, str]) -> None:
    """Migrate each of these databases, given by package."""
    from chassis.migrations import upgrade  # noqa: PLC0415 - loads Alembic

    for package, url in databases.items():
        upgrade(folder(package), url)
        print(f"{package}: schema at {_head(package)}", flush=True)


if __name__ == "__main__":
    # By the environment, because everybody can read a command's words, and these hold passwords.
    main(json.loads(os.environ["EDU_MIGRATE"]))
