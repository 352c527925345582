"""Notifications with a guardian, a message and a webhook, and what each of its routes does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from chassis.auth import WORKS_AT
from edu.testing import facts
from edu.testing.facts import CLASS, MASTER, OTHER_SCHOOL, SCHOOL, TEACHER
from edu.testing.service import Told, an_id, in_process, settings_of
from notifications.app import HANDLERS, SERVICE
from notifications.policy import HOMEROOM, OWN, POLICY
from notifications.settings import NotificationsSettings

from .places import ELSEWHERE, Place, Scene, Untouched

if TYPE_CHECKING:
    from edu.testing.service import Answer

PUPIL, OTHER_PUPIL = an_id("pupil"), an_id("other pupil")
GUARDIAN, PROGRAM = an_id("guardian"), "program"
ELSEWHERES = an_id("somebody elsewhere")
HOOK = {"url": "http://127.0.0.1:9999/hook", "types": ["edu.gradebook.score-entered.v1"]}
BOUNCE = """\
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; binh@example.com
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

Message-ID: <{letter_id}@so-giao-duc.example.vn>

--b--
"""


def settings(database_url: str) -> NotificationsSettings:
    """Give the settings of the service for its HTTP."""
    return settings_of(
        NotificationsSettings,
        database_url,
        master_key=MASTER,
        smtp_security="none",
        allow_loopback_webhooks=True,
    )


@asynccontextmanager
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """Let the guardian of a pupil be told of a score, and a program hear it."""
    async with in_process(SERVICE, settings(database_url)) as (client, app):
        book = Told(client, app, HANDLERS)
        book.token = "department-officer"
        await _tell(book)
        hook = await book.post("/webhooks", HOOK, token=f"service/{PROGRAM}", expect=201)
        await book.post("/webhooks", HOOK, token=f"service/{ELSEWHERES}", expect=201)
        await book.hear(facts.published())
        await book.hear(facts.scores({PUPIL: 850}))
        [message] = await book.rows("SELECT message_id FROM message")
        [letter] = await book.rows("SELECT letter_id FROM letter")
        path = f"/webhooks/{hook['webhook_id']}/deliveries"
        (delivery,) = (await book.get(path))["items"]
        ids = {
            "guardian_id": GUARDIAN,
            "pupil_id": PUPIL,
            "school_id": SCHOOL,
            "class_id": CLASS,
            "message_id": str(message.message_id),
            "webhook_id": hook["webhook_id"],
            "event_id": delivery["event_id"],
        }
        app.state.database = Untouched(app.state.database)
        yield Scene(
            client,
            app,
            POLICY,
            ids,
            {
                OWN: GUARDIAN,
                f"service {OWN}": PROGRAM,
                HOMEROOM: TEACHER,
                WORKS_AT: an_id("who works there"),
                ELSEWHERE: ELSEWHERES,
            },
            {**_guardians(), **_messages(str(letter.letter_id)), **_webhooks()},
        )


async def _tell(book: Told) -> None:
    await book.hear(facts.school())
    await book.hear(facts.school(OTHER_SCHOOL, code="80002"))
    await book.hear(
        facts.class_opened(homeroom_teacher_id=TEACHER),
        facts.class_opened(
            class_id=an_id("other class"),
            school_id=OTHER_SCHOOL,
            homeroom_teacher_id=ELSEWHERES,
        ),
    )
    for pupil, school, class_id, guardian in (
        (PUPIL, SCHOOL, CLASS, GUARDIAN),
        (OTHER_PUPIL, OTHER_SCHOOL, an_id("other class"), ELSEWHERES),
    ):
        enrolled, key = facts.person(pupil, school_id=school)
        await book.hear(enrolled)
        await book.hear(key)
        await book.hear(facts.placed(pupil, class_id))
        await book.post("/guardians", {"guardians": [_guardian(pupil, guardian)]}, expect=201)


def _guardian(pupil: str, guardian: str | None = None) -> Answer:
    return {
        "guardian_id": guardian,
        "name": "Trần Bình",
        "email": "binh@example.com",
        "phone": None,
        "pupils": [{"pupil_id": pupil, "relation": "father"}],
        "consents": [{"purpose": "scores", "evidence_kind": "online", "evidence": None}],
    }


def _guardians() -> dict[str, tuple[Place, ...]]:
    one = "/v1/guardians/{guardian_id}"
    wishes = {"version": 0, "channels": ["email"], "quiet": None, "digest": False}
    said = {"given": True, "evidence_kind": "online"}
    contacts = {"name": "Trần An", "email": "an@example.com", "phone": None, "version": 1}
    why = {"reason_code": "custody-changed"}
    return {
        "POST /v1/guardians": (Place("guardians.manage", {"guardians": [_guardian(PUPIL)]}),),
        f"PUT {one}/contacts": (Place("guardians.manage", contacts),),
        f"PUT {one}/pupils/{{pupil_id}}": (Place("guardians.manage", {"relation": "mother"}),),
        f"POST {one}/pupils/{{pupil_id}}/unlink": (Place("guardians.manage", why),),
        f"PUT {one}/consents/{{purpose}}": (
            Place("consents.record", said, ids={"purpose": "fees"}),
        ),
        f"PUT {one}/preferences": (Place("preferences.set", wishes),),
        f"GET {one}": (Place("guardians.read"),),
        "GET /v1/pupils/{pupil_id}/guardians": (Place("guardians.read", never=(OWN,)),),
        "GET /v1/classes/{class_id}/guardians": (Place("guardians.read", never=(OWN,)),),
        f"GET {one}/consents": (Place("guardians.read"),),
        f"GET {one}/preferences": (Place("guardians.read"),),
        f"POST {one}/erase": (Place("guardians.erase", {"version": 1}),),
    }


def _messages(letter_id: str) -> dict[str, tuple[Place, ...]]:
    bounce = BOUNCE.format(letter_id=letter_id).replace("\n", "\r\n").encode()
    return {
        "POST /v1/receipts/email": (Place("receipts.deliver", content=bounce),),
        "GET /v1/guardians/{guardian_id}/messages": (Place("messages.read"),),
        "GET /v1/schools/{school_id}/messages": (Place("messages.list"),),
        "GET /v1/messages/{message_id}": (Place("messages.read"),),
        "GET /v1/templates": (Place("templates.read"),),
    }


def _webhooks() -> dict[str, tuple[Place, ...]]:
    one = "/v1/webhooks/{webhook_id}"
    changed = HOOK | {"description": "", "version": 1, "active": False}
    return {
        "POST /v1/webhooks": (Place("webhooks.register", HOOK),),
        f"PUT {one}": (Place("webhooks.manage", changed),),
        f"DELETE {one}": (Place("webhooks.manage"),),
        f"POST {one}/rotate": (Place("webhooks.secret", {"grace_hours": 1}),),
        f"POST {one}/retry": (Place("webhooks.manage"),),
        "GET /v1/webhooks/types": (Place("webhooks.list"),),
        "GET /v1/webhooks": (Place("webhooks.list"),),
        f"GET {one}": (Place("webhooks.read"),),
        f"GET {one}/secrets": (Place("webhooks.secret"),),
        f"GET {one}/deliveries": (Place("webhooks.read"),),
        f"GET {one}/deliveries/{{event_id}}": (Place("webhooks.read"),),
    }
