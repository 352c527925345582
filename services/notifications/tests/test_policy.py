"""Who may do what, asked at every door: the table, and what the service's own relations make of it.

The table itself is small; what matters is who has which relation, so each actor is tried on each.
"""

from typing import Any

import pytest

from chassis.auth import Role
from notifications.policy import HOMEROOM, OWN, POLICY

OFFICER, AUDITOR, PROGRAM = "department-officer", "auditor", "service"


def test_the_table_knows_every_combination() -> None:
    allowed = {
        (action, role, relation)
        for action, role, relation, yes in POLICY.matrix()
        if yes and role is Role.GUARDIAN
    }
    assert {action for action, *_ in allowed} == {
        "guardians.read",
        "consents.record",
        "preferences.set",
        "messages.read",
        "messages.open",
    }
    assert {relation for *_, relation in allowed} == {OWN}
    for action, role, relation, yes in POLICY.matrix():
        if yes and role in (Role.TEACHER, Role.HOMEROOM_TEACHER):
            assert relation == HOMEROOM, action
        if yes and role is Role.AUDITOR:
            assert action.endswith((".read", ".list")), action


@pytest.fixture
async def scene(book: Any) -> Any:
    """Have a guardian of a pupil of the school, and what everybody may ask about them."""
    await book.classroom()
    guardian_id = await book.guardian()
    await book.hear(book.facts.scores({book.pupil: 850}))
    [message] = await book.rows("SELECT message_id FROM message")
    at = f"/guardians/{guardian_id}"
    yes = {"given": True, "evidence_kind": "online"}
    wish = {"version": 0, "channels": ["email"], "quiet": None, "digest": False}
    contacts = {"version": 1, "name": "Trần Bình", "email": "binh@example.com"}
    new = {"name": "Cúc", "pupils": [{"pupil_id": book.pupil, "relation": "mother"}]}
    requests = {
        "register": ("POST", "/guardians", {"guardians": [new]}),
        "read": ("GET", at, None),
        "of pupil": ("GET", f"/pupils/{book.pupil}/guardians", None),
        "of class": ("GET", f"/classes/{book.id_of('class')}/guardians", None),
        "contacts": ("PUT", f"{at}/contacts", contacts),
        "link": ("PUT", f"{at}/pupils/{book.pupil}", {"relation": "father"}),
        "consents": ("GET", f"{at}/consents", None),
        "consent": ("PUT", f"{at}/consents/fees", yes),
        "wishes": ("GET", f"{at}/preferences", None),
        "wish": ("PUT", f"{at}/preferences", wish),
        "messages": ("GET", f"{at}/messages", None),
        "message": ("GET", f"/messages/{message.message_id}", None),
        "school": ("GET", f"/schools/{book.school}/messages", None),
        "templates": ("GET", "/templates", None),
        "webhooks": ("GET", "/webhooks", None),
        "erase": ("POST", f"{at}/erase", {"version": 99}),
    }
    return guardian_id, requests


ACTORS = {
    "principal": "principal/p/{school}",
    "principal elsewhere": "principal/p/{other_school}",
    "homeroom": "homeroom-teacher/{homeroom}",
    "another teacher": "teacher/{stranger}",
    "guardian": "guardian/{guardian}",
    "another guardian": "guardian/{stranger}",
    "officer": OFFICER,
    "auditor": AUDITOR,
    "program": PROGRAM,
    "cashier": "cashier/c/{school}",
}
READS_OF_ONE = {"read", "consents", "wishes", "messages", "message"}
SCHOOL = READS_OF_ONE | {"register", "of pupil", "of class", "contacts", "link", "consent"}
MAY = {
    "principal": SCHOOL | {"school", "templates"},
    "principal elsewhere": {"templates"},
    "homeroom": SCHOOL,
    "another teacher": set(),
    "guardian": READS_OF_ONE | {"consent", "wish"},
    "another guardian": set(),
    "officer": SCHOOL | {"wish", "school", "templates", "webhooks", "erase"},
    "auditor": READS_OF_ONE | {"of pupil", "of class", "school", "templates", "webhooks"},
    "program": {"templates", "webhooks"},
    "cashier": set[str](),
}


@pytest.mark.parametrize("actor", ACTORS)
async def test_everybody_at_every_door(book: Any, scene: Any, actor: str) -> None:
    guardian_id, requests = scene
    token = ACTORS[actor].format(
        school=book.school,
        other_school=book.other_school,
        homeroom=book.homeroom.split("/")[1],
        guardian=guardian_id,
        stranger=book.id_of("stranger"),
    )
    let_in = set()
    for name, (method, path, body) in requests.items():
        answer = await book.client.request(
            method,
            f"/v1{path}",
            json=body,
            headers={
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": book.id_of(f"{actor} {name}"),
            },
        )
        if answer.status_code not in (403, 404):
            assert answer.status_code in (200, 201, 409), answer.text
            let_in.add(name)
    assert let_in == MAY[actor]


async def test_only_the_guardian_reads_again_what_was_said(book: Any, scene: Any) -> None:
    guardian_id, requests = scene
    _, path, _ = requests["message"]
    own = await book.get(path, token=f"guardian/{guardian_id}")
    assert "8,5" in own["text"]
    for token in (book.principal, OFFICER, AUDITOR):
        seen = await book.get(path, token=token)
        assert (seen["title"], seen["text"]) == (None, None)


async def test_a_subscriber_sees_its_own_endpoints_only(book: Any) -> None:
    body = {"url": "http://127.0.0.1:9999/hook", "types": ["edu.gradebook.score-entered.v1"]}
    made = await book.post("/webhooks", body, token="service/one", expect=201)
    path = f"/webhooks/{made['webhook_id']}"
    assert len((await book.get("/webhooks", token="service/one"))["webhooks"]) == 1
    assert (await book.get("/webhooks", token="service/two"))["webhooks"] == []
    await book.get(path, token="service/two", expect=404)
    await book.get(f"{path}/secrets", token="service/two", expect=404)
    await book.get(f"{path}/secrets", token=OFFICER, expect=403)
    await book.post("/webhooks", body, token=OFFICER, expect=403)
    assert (await book.get(path, token=AUDITOR))["owner"] == "one"
    await book.ask("DELETE", path, token="service/two", expect=404)
    await book.ask("DELETE", path, token="service/one")
    await book.get(path, token="service/one", expect=404)
