"""A new master key: guardians' keys and webhooks' secrets are wrapped anew and open as before."""

import asyncio
import base64
from typing import Any

from pydantic import SecretStr

from chassis.sealing import MasterKeys, WrappedKey
from notifications.app import SERVICE
from notifications.settings import NotificationsSettings

NEW = base64.b64encode(bytes(31) + b"1").decode()


async def test_guardians_and_secrets_are_wrapped_anew(
    book: Any, hooks: Any, settings: NotificationsSettings
) -> None:
    await book.classroom()
    await book.guardian()
    webhook_id = await hooks.register("http://127.0.0.1:1024/hook")
    await book.post(f"/webhooks/{webhook_id}/rotate", {}, token=hooks.token)
    kept = (
        "SELECT guardian_id::text AS owner, wrapped_key, key_id FROM guardian UNION ALL "
        "SELECT webhook_id::text, wrapped_key, key_id FROM webhook_secret"
    )

    async def opened(keys: MasterKeys) -> list[bytes]:
        return sorted(
            keys.unwrap(WrappedKey(row.wrapped_key, row.key_id), row.owner)
            for row in await book.rows(kept)
        )

    before = await opened(settings.master_keys())
    renewed = settings.model_copy(
        update={"master_key": SecretStr(NEW), "older_master_keys": (settings.master_key,)}
    )
    assert await asyncio.to_thread(SERVICE.jobs["rewrap-keys"], renewed, []) == 0
    assert await opened(MasterKeys(NEW)) == before
    assert len(before) == 3
