"""A new master key: merchants' secrets are wrapped anew and open as before."""

import asyncio
import base64
from typing import Any

from pydantic import SecretStr

from chassis.sealing import MasterKeys
from payments.app import SERVICE
from payments.channels import queries
from payments.settings import PaymentsSettings

NEW = base64.b64encode(bytes(31) + b"1").decode()


async def test_a_merchants_secret_is_wrapped_anew(desk: Any, settings: PaymentsSettings) -> None:
    await desk.begin()
    path = f"/schools/{desk.school_id}/channels"
    terminal = {"terminal": "SOGDTN01", "return_url": "https://school.example.vn/paid"}
    secret = {"secret": "TESTSECRETTESTSECRETTESTSECRET01"}
    await desk.put(f"{path}/vnpay", {"enabled": True} | terminal | secret)
    bank = {"enabled": True, "bank_bin": "970405", "account": "8888001234567"}
    await desk.put(f"{path}/bank-transfer", bank)
    renewed = settings.model_copy(
        update={"master_key": SecretStr(NEW), "older_master_keys": (settings.master_key,)}
    )
    assert await asyncio.to_thread(SERVICE.jobs["rewrap-keys"], renewed, []) == 0
    async with desk.database.reading() as session:
        found = await queries.terminal_of(session, desk.school_id)
    assert found is not None
    assert MasterKeys(NEW).unwrap(found.secret, found.code) == secret["secret"].encode()
