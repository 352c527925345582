"""Guardians who want letters, and the mail server that takes them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from aiosmtpd.controller import Controller

from edu import bootstrap
from edu.embedded.process import free_ports
from edu.letterbox import HOST, Letterbox, MailServer
from edu.tokens import named_id

from .province import OFFICER
from .stage import API, NOTIFICATIONS, Part, Stage, until

AWAKE = {"version": 0, "channels": ["email"], "quiet": None, "digest": False}
WAITING = "SELECT count(*) FROM letter WHERE state IN ('queued', 'sending')"


@contextlib.contextmanager
def mail_arrives(
    stage: Stage, server: Any = None, **more: str
) -> Iterator[Mapping[Part, Mapping[str, str]]]:
    """Take letters during the block; give the settings by which notifications sends them here.

    ``server`` answers as a handler of aiosmtpd does; without one every letter is taken.
    """
    box = Letterbox.of(stage.home)
    box.prepare()
    [port] = free_ports(1)
    mail = Controller(server or MailServer(box), hostname=HOST, port=port)
    mail.start()
    settings = {"SMTP_HOST": HOST, "SMTP_PORT": str(port), "SMTP_SECURITY": "none"} | more
    try:
        yield {NOTIFICATIONS: {f"NOTIFICATIONS_{name}": one for name, one in settings.items()}}
    finally:
        mail.stop()


def enlist(stage: Stage) -> None:
    """Let each pupil have a guardian who wants a letter about every score; notifications plays."""
    caller = bootstrap.Caller(stage.url(NOTIFICATIONS), stage.token(OFFICER))
    for pupil in sorted({pupil for sheet in stage.ledger.sheets for pupil in sheet.pupils}):
        guardian = named_id(f"guardian of {pupil}")
        wanted = mother(guardian, pupil, f"{pupil}@example.vn")
        caller.send("POST", "/v1/guardians", {"guardians": [wanted]})
        caller.send("PUT", f"/v1/guardians/{guardian}/preferences", AWAKE)
    publish(stage)


def publish(stage: Stage) -> None:
    """Let guardians see every column, so that each save is told; the gradebook plays."""
    for sheet in stage.ledger.sheets:
        teacher = bootstrap.Caller(stage.url(API), sheet.token)
        shown = {"sheet_ids": [sheet.sheet_id], "published": True}
        teacher.send("PUT", "/v1/publications", shown)


def mother(guardian_id: str, pupil_id: str, email: str) -> Mapping[str, Any]:
    """Give a guardian who agreed to letters about scores, as the API takes one."""
    return {
        "guardian_id": guardian_id,
        "name": "Nguyễn Thị Mẹ",
        "email": email,
        "phone": None,
        "pupils": [{"pupil_id": pupil_id, "relation": "mother"}],
        "consents": [{"purpose": "scores", "evidence_kind": "paper-form", "evidence": None}],
    }


def all_sent(stage: Stage, *, within: float = 60.0) -> float:
    """Return the seconds until no letter waits any more."""
    return until(
        lambda: stage.rows("notifications", WAITING)[0][0] == 0,
        "every letter has gone",
        within=within,
    )
