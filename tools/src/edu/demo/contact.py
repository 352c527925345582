"""The contact book (sổ liên lạc): guardians, what they agreed to, and who subscribes to events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from edu.demo.province import Pupil, named
from edu.demo.stage import Played, Stage, tolerant
from edu.letterbox import Letterbox

PURPOSES = ("scores", "fees", "enrolment", "attendance")
AWAKE = {"version": 0, "channels": ["email"], "quiet": None, "digest": False}
"""Somebody who may be written to at once, also when the demo is played at night."""
SUBSCRIBER = "Phần mềm của phòng giáo dục (dữ liệu mẫu)"
SUBSCRIBED = (
    "edu.notifications.message-delivered.v1",
    "edu.payments.fee-assessed.v1",
    "edu.payments.fee-paid.v1",
    "edu.payments.fee-reversed.v1",
    "edu.payments.payment-channel-enabled.v1",
)


def guardian_id(pupil: Pupil) -> str:
    """Give the id of a pupil's guardian: always the same."""
    return named("guardian", pupil.code)


async def enlist(stage: Stage, played: Played) -> None:
    """Register the guardians whom a school has met; who agreed to letters has no quiet hours."""
    school = played.school
    here = [pupil for pupil in school.met.pupils if pupil.code in played.pupils]
    heard = [pupil for pupil in here if pupil in school.heard]
    guardians = [
        _guardian(pupil, played.pupils[pupil.code], PURPOSES if pupil in heard else ())
        for pupil in here
    ]
    await tolerant(
        stage.command(
            "notifications",
            "POST",
            "/v1/guardians",
            {"guardians": guardians},
            waits_for={"pupil-unknown"},
        )
    )
    paths = [f"/v1/guardians/{guardian_id(pupil)}/preferences" for pupil in heard]
    wishes = [stage.command("notifications", "PUT", path, AWAKE) for path in paths]
    await asyncio.gather(*map(tolerant, wishes))


def _guardian(pupil: Pupil, pupil_id: str, purposes: Sequence[str]) -> Mapping[str, object]:
    guardian = pupil.guardian
    paper = f"Phiếu đồng ý của gia đình ở {guardian.address}"
    return {
        "guardian_id": guardian_id(pupil),
        "name": guardian.name,
        "email": guardian.email,
        "phone": guardian.phone,
        "pupils": [{"pupil_id": pupil_id, "relation": guardian.relation}],
        "consents": [
            {"purpose": purpose, "evidence_kind": "paper-form", "evidence": paper}
            for purpose in purposes
        ],
    }


async def subscribe(stage: Stage, letterbox: Letterbox, url: str) -> None:
    """Let events go to the letterbox, which learns how they are signed."""
    endpoint = {"url": url, "types": SUBSCRIBED, "description": SUBSCRIBER}
    before = await _subscription(stage)
    if before is None:
        await _command(stage, "POST", "", endpoint)
    else:
        changed = endpoint | {"version": before["version"], "active": True}
        await _command(stage, "PUT", f"/{before['webhook_id']}", changed)
    now = await _subscription(stage)
    path = f"/v1/webhooks/{now['webhook_id']}/secrets"
    secrets = await stage.suite.query("notifications", path, role="service")
    letterbox.expect(secrets["secrets"][-1]["secret"])


async def unsubscribe(stage: Stage) -> None:
    """Let nothing more go there: what else this suite is used for is not the demo's."""
    before = await _subscription(stage)
    stopped = {name: before[name] for name in ("url", "types", "description", "version")}
    await _command(stage, "PUT", f"/{before['webhook_id']}", stopped | {"active": False})


async def _subscription(stage: Stage) -> Any:
    found = await stage.suite.query("notifications", "/v1/webhooks", role="service")
    ours = [one for one in found["webhooks"] if one["description"] == SUBSCRIBER]
    return ours[0] if ours else None


async def _command(stage: Stage, method: str, path: str, body: object) -> None:
    token = stage.mint("service")
    await stage.command("notifications", method, f"/v1/webhooks{path}", body, token=token)
