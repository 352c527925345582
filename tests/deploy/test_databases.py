"""The script that makes the databases of compose.yaml, on a real server."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from edu.home import ROOT

SCRIPT = ROOT / "deploy/postgres/databases.sh"
NAMES = ("compose_first", "compose_second")


def run(server: str, secrets: Path) -> None:
    address = urlsplit(server)
    subprocess.run(
        ["sh", SCRIPT],
        env=os.environ
        | {
            "EDU_SECRETS": str(secrets),
            "PGHOST": str(address.hostname),
            "PGPORT": str(address.port),
            "PGPASSWORD": str(address.password),
            "POSTGRES_USER": str(address.username),
        },
        check=True,
    )


async def test_each_service_gets_a_database_that_no_other_can_open(
    postgres: str, tmp_path: Path
) -> None:
    if shutil.which("psql") is None:
        pytest.skip("not run: no psql here (the server's image has it)")
    server = urlsplit(postgres).netloc.rpartition("@")[2]
    urls = {name: f"postgresql://{name}:secret-of-{name}@{server}/{name}" for name in NAMES}
    for name, url in urls.items():
        (tmp_path / f"{name}_database_url").write_text(url + "\n", "utf-8")
    superuser = await asyncpg.connect(postgres)
    try:
        run(postgres, tmp_path)
        run(postgres, tmp_path)  # again, for a service that came later
        mine = await asyncpg.connect(urls["compose_first"])
        await mine.execute("CREATE TABLE note (text text)")
        await mine.close()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(urls["compose_first"].rpartition("/")[0] + "/compose_second")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(urls["compose_first"].replace("secret-of", "guess-of"))
    finally:
        for name in NAMES:
            await superuser.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await superuser.execute(f'DROP ROLE IF EXISTS "{name}"')
        await superuser.close()
