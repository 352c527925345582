"""A token in doubt opens no route of any service (A2); why each is refused, the chassis' tests say.

Asked of the services as they are built, with the real verifier and without a database: nothing may
be read or written before the token is believed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chassis.clock import new_id
from edu.testing import doubtful
from edu.testing.service import in_process

from . import (
    scene_admissions,
    scene_aggregator,
    scene_gradebook,
    scene_notifications,
    scene_payments,
)
from .places import filled, guarded

SCENES: dict[str, Any] = {
    "admissions": scene_admissions,
    "gradebook": scene_gradebook,
    "payments": scene_payments,
    "notifications": scene_notifications,
    "ioc-aggregator": scene_aggregator,
}
NOWHERE = "postgresql://nobody@127.0.0.1:9/none"
ATTACKS = (
    "alg none",
    "hs256 with the public key",
    "stranger under our kid",
    "unknown kid",
    "wrong audience",
    "wrong issuer",
    "expired",
    "jku",
    "x5u",
    "crit",
    "changed after signing",
    "no roles",
)


@pytest.mark.parametrize("service", SCENES)
async def test_no_route_believes_a_token_in_doubt(service: str, tmp_path: Path) -> None:
    module = SCENES[service]
    tokens = {name: doubtful.ATTACKS[name]() for name in ATTACKS}
    good = doubtful.signed({"roles": []})
    opened, closed = [], []
    async with in_process(module.SERVICE, module.settings(NOWHERE)) as (client, app):
        app.state.verifier = doubtful.verifier(tmp_path)
        routes = [name for name, route in guarded(app).items() if not route.public]
        for name in routes:
            method, _, template = name.partition(" ")
            path = filled(template)

            async def status(token: str, method: str = method, path: str = path) -> int:
                headers = {"Idempotency-Key": new_id()}
                headers |= {"Authorization": f"Bearer {token}"} if token else {}
                return (await client.request(method, path, headers=headers)).status_code

            opened += [
                f"{name}: {attack}"
                for attack, token in tokens.items()
                if await status(token) != 401
            ]
            opened += [f"{name}: no token"] if await status("") != 401 else []
            closed += [name] if await status(good) == 401 else []
    assert routes
    assert opened == []
    assert closed == []
