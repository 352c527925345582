"""``python -m <service> rewrap-keys``: changing the master key that wraps all the other keys.

What is sealed stays as it is; only the small boxes that hold the keys are made anew. Until all are,
the old master key stays in the settings, as an older one, and opens what it had wrapped.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import SecretStr, field_validator
from sqlalchemy import bindparam, select, update
from sqlmodel import SQLModel

from chassis.columns import table_of
from chassis.database import Database, Session
from chassis.sealing import MasterKeys, SealError, WrappedKey
from chassis.settings import ServiceSettings

_AT_ONCE = 2_000

Step = Callable[[Session, MasterKeys], Awaitable[int]]
"""Wraps some keys anew and returns how many; 0 when none is left."""


class MasterKeySettings(ServiceSettings):
    """Of a service that opens or wraps keys."""

    master_key: SecretStr
    """Base64 of 32 bytes, the same in every service: wraps the keys of persons, and secrets."""
    older_master_keys: tuple[SecretStr, ...] = ()
    """A JSON list of those that were in use before and still open what is not yet wrapped anew."""

    @field_validator("master_key", "older_master_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr | tuple[SecretStr, ...]) -> Any:
        for key in value if isinstance(value, tuple) else (value,):
            MasterKeys(key.get_secret_value())
        return value

    def master_keys(self) -> MasterKeys:
        """Give what wraps under the master key, and opens under the older ones, too."""
        return MasterKeys(
            self.master_key.get_secret_value(),
            [key.get_secret_value() for key in self.older_master_keys],
        )


async def rewrap(
    session: Session,
    model: type[SQLModel],
    master_keys: MasterKeys,
    *,
    owner: str,
    box: str = "wrapped_key",
) -> Sequence[dict[str, Any]]:
    """Wrap some keys of a table under the current master key; return the rows as they are now.

    ``owner`` is the column of whom the key is of, ``box`` that of the wrapped key; ``key_id``
    stands beside it. The rows stay locked until the transaction ends: nobody is erased in between.

    Raises:
        SealError: a key does not open; the master key that wrapped it is not in the settings.
    """
    table = table_of(model)
    stale = (
        select(table)
        .where(table.c.key_id != master_keys.current_id)
        .order_by(*table.primary_key)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    rows = [dict(row) for row in (await session.execute(stale)).mappings()]
    for row in rows:
        wrapped = master_keys.rewrap(WrappedKey(row[box], row["key_id"]), row[owner])
        row.update({box: wrapped.wrapped_key, "key_id": wrapped.key_id})
    if rows:
        keys = [column.name for column in table.primary_key]
        await session.execute(
            update(table)
            .where(*(table.c[name] == bindparam(f"of_{name}") for name in keys))
            .values({name: bindparam(f"new_{name}") for name in (box, "key_id")}),
            [
                {f"of_{name}": row[name] for name in keys}
                | {f"new_{name}": row[name] for name in (box, "key_id")}
                for row in rows
            ],
        )
    return rows


def job(*steps: Step) -> Callable[[MasterKeySettings, list[str]], int]:
    """Make a service's job of the steps that wrap all that it keeps."""

    def run(settings: MasterKeySettings, arguments: list[str]) -> int:
        argparse.ArgumentParser(prog=f"python -m {settings.SERVICE} rewrap-keys").parse_args(
            arguments
        )
        try:
            count = asyncio.run(_rewrap_all(settings, steps))
        except SealError as error:
            prefix = str(settings.model_config.get("env_prefix", ""))
            sys.stderr.write(f"{error}; it belongs into {prefix}OLDER_MASTER_KEYS\n")
            return 1
        current = settings.master_keys().current_id
        sys.stdout.write(f"{count} keys wrapped anew; all are under master key {current}\n")
        return 0

    return run


async def _rewrap_all(settings: MasterKeySettings, steps: Sequence[Step]) -> int:
    database = Database(settings.database_url.get_secret_value(), application="rewrap-keys")
    count = 0
    try:
        for step in steps:
            while True:
                async with database.transaction() as session:
                    wrapped = await step(session, settings.master_keys())
                if not wrapped:
                    break
                count += wrapped
    finally:
        await database.close()
    return count
