"""What the tests run on: the embedded pair, containers, or what the environment gives."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from edu.embedded.pair import Pair
from edu.embedded.postgres import ensure_database, in_thread, run
from edu.failure import Failure
from edu.home import Home
from edu.suite import SERVICES, given_kafka

PASSWORD = "only-for-tests"  # noqa: S105 - of databases that end with the session
# Only what holds something: a table takes milliseconds to truncate, and a service has dozens.
TRUNCATE = """
DO $$ DECLARE one text; filled boolean; tables text[] = '{}'; BEGIN
  FOR one IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
   WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO filled;
    IF filled THEN tables = tables || one; END IF;
  END LOOP;
  IF tables <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(tables, ', ') || ' CASCADE'; END IF;
  FOR one IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
   WHERE last_value IS NOT NULL
  LOOP EXECUTE 'ALTER SEQUENCE ' || one || ' RESTART'; END LOOP;
END $$
"""
DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass
class Infrastructure:
    """A broker and a database server for one test session."""

    worker: str
    _bootstrap: str | None = None
    _server_url: str | None = None
    _databases: dict[str, str] = field(default_factory=dict)

    @classmethod
    def enter(
        cls, stack: ExitStack, folder: Path, *, kafka: bool, postgres: bool, worker: str
    ) -> Infrastructure:
        """Start what is asked for and not given; the stack stops it."""
        infrastructure = cls(worker, _bootstrap=given_kafka() if kafka else None)
        broker_needed = kafka and infrastructure._bootstrap is None
        if os.environ.get("EDU_INFRA") == "containers":
            from edu.containers import broker, server  # noqa: PLC0415 - only where they are wanted

            if broker_needed:
                infrastructure._bootstrap = stack.enter_context(broker())
            if postgres:
                infrastructure._server_url = stack.enter_context(server())
        elif broker_needed or postgres:
            home = Home.at(folder)
            stack.enter_context(home.owned("tests"))
            pair = Pair(home, durable=False)
            stack.callback(pair.stop)
            pair.start(kafka=broker_needed, postgres=postgres)
            if pair.kafka is not None:
                infrastructure._bootstrap = pair.kafka.bootstrap
            if pair.postgres is not None:
                infrastructure._server_url = pair.postgres.url("postgres")
        return infrastructure

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        if self._bootstrap is None:
            raise Failure("No broker was started: ask for the fixture `kafka` by its name.")
        return self._bootstrap

    @property
    def server_url(self) -> str:
        """The database server's address, as one who may make databases."""
        if self._server_url is None:
            raise Failure("No database was started: ask for the fixture `database` or `postgres`.")
        return self._server_url

    def empty_database(self, name: str) -> str:
        """Return the database of this service for this worker, migrated, and without a row."""
        if name not in self._databases:
            self._databases[name] = self._migrated(name)
        run(_empty(self._databases[name]))
        return self._databases[name]

    def _migrated(self, name: str) -> str:
        """Make the database. One that was given is never touched: a neighbour is made beside it."""
        entry = SERVICES.get(name)
        given = entry.given_database if entry else None
        database = f"{name.replace('-', '_')}_{self.worker}"
        if given:
            database = f"{urlsplit(given).path.lstrip('/')}_test_{self.worker}"
        url = run(ensure_database(given or self.server_url, database, PASSWORD, anew=True))
        if entry is not None:
            from edu.migrate import main as migrate  # noqa: PLC0415 - unit tests load none of it

            in_thread(migrate, {entry.package: url})
        return url


async def _empty(url: str) -> None:
    import asyncpg  # noqa: PLC0415 - unit tests load none of it

    connection = await asyncpg.connect(url)
    try:
        # A test that failed may have left a transaction open; the table locks would wait for it.
        await connection.execute(DISCONNECT_OTHERS)
        await connection.execute(TRUNCATE)
    finally:
        await connection.close()
