"""A migration keeps nobody waiting: it gives up its lock's queue, and may build beside traffic."""

from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from chassis.migrations import statements, upgrade
from edu.embedded.postgres import in_thread

ENV = """
from sqlalchemy import MetaData
from chassis.migrations import run
run(MetaData())
"""
REVISION = """
from alembic import op
revision, down_revision = {revision!r}, {before!r}
def upgrade():
    {body}
"""
BODIES = {
    "0001": 'op.execute("CREATE TABLE IF NOT EXISTS cell (term text)")',
    "0002": """
    with op.get_context().autocommit_block():
        op.create_index("cell_term", "cell", ["term"], postgresql_concurrently=True)
    """.strip(),
    "0003": 'op.execute("ALTER TABLE cell ADD COLUMN version integer")',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of migrations: a table, an index beside traffic, and a column."""
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions").mkdir()
    before = None
    for revision, body in BODIES.items():
        text = REVISION.format(revision=revision, before=before, body=body)
        (tmp_path / "versions" / f"{revision}_planted.py").write_text(text)
        before = revision
    return tmp_path


def test_what_a_migration_says_is_read_without_a_database(folder: Path) -> None:
    said = statements(folder)
    assert list(said) == list(BODIES)
    assert all(sql.startswith("SET lock_timeout = '2s';") for sql in said.values())
    assert "CREATE INDEX CONCURRENTLY cell_term" in said["0002"]
    assert "cell_term" not in said["0003"]


async def test_a_lock_is_waited_for_two_seconds_and_what_came_before_it_stays(
    folder: Path, database: Callable[[str], str]
) -> None:
    url = database("migrated")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP TABLE IF EXISTS alembic_version, cell")
        await connection.execute("CREATE TABLE cell (term text)")
        async with connection.transaction():
            await connection.execute("LOCK cell IN ACCESS SHARE MODE")
            with pytest.raises(DBAPIError, match="lock timeout"):
                in_thread(upgrade, folder, url)
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0002"
        index = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('cell_term')"
        assert await connection.fetchval(index)
        in_thread(upgrade, folder, url)
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0003"
    finally:
        await connection.close()
