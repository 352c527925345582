"""The service as a whole: what it reads, what it says of itself, and alone with nothing around."""

import subprocess
import sys
from typing import Any

import httpx
import pytest

from chassis.http.routes import ChassisRoute
from chassis.service import build
from contracts.topics import CONSUMERS
from notifications.app import HANDLERS, SERVICE
from notifications.settings import NotificationsSettings


def test_it_reads_exactly_what_it_is_declared_to_read() -> None:
    assert set(HANDLERS.topics) == set(CONSUMERS["notifications"])


def test_every_command_answers_with_ids_only() -> None:
    """The chassis keeps the answers of commands for a month, in the clear."""
    checked = 0
    personal = {"name", "email", "phone", "secret", "evidence", "text", "title"}
    for router in SERVICE.routers:
        for route in router.routes:
            if isinstance(route, ChassisRoute) and "GET" not in (route.methods or ()):
                schema = route.response_model.model_json_schema()
                models = [schema, *schema.get("$defs", {}).values()]
                told = {name for model in models for name in model.get("properties", {})}
                assert told.isdisjoint(personal), route.path
                checked += 1
    assert checked >= 13


async def test_it_says_that_letters_wait_for_a_mail_server(
    settings: NotificationsSettings,
) -> None:
    app = build(SERVICE, settings)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifications") as client:
        ready = await client.get("/readyz")
    await app.state.database.close()
    parts = {part["name"]: part for part in ready.json()["parts"]}
    assert ready.status_code == 200
    assert parts["e-mail"]["state"] == "failing"
    assert parts["e-mail"]["mend"] == "set NOTIFICATIONS_SMTP_HOST"
    assert not parts["e-mail"]["required"]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"allow_loopback_webhooks": "true"}, "NOTIFICATIONS_ALLOW_LOOPBACK_WEBHOOKS"),
        ({"smtp_security": "none"}, "NOTIFICATIONS_SMTP_SECURITY"),
    ],
)
def test_what_is_for_development_is_refused_in_production(
    changed: dict[str, Any], what: str
) -> None:
    environment = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "TOKEN_ISSUER": "urn:test",
        "TOKEN_JWKS": "/nowhere",
        "MASTER_KEY": "A" * 43 + "=",
        "ENVIRONMENT": "production",
    } | {name.upper(): value for name, value in changed.items()}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "notifications", "config"],
        env={f"NOTIFICATIONS_{name}": value for name, value in environment.items()}
        | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert what in done.stderr


async def test_templates_can_be_looked_at(book: Any) -> None:
    found = await book.get("/templates")
    by_name = {one["name"]: one for one in found["templates"]}
    assert set(by_name) == {
        *("score-saved", "score-withdrawn", "fee-assessed", "fee-paid"),
        *("absence-marked", "enrolled", "transferred"),
    }
    assert by_name["score-saved"]["previews"][0]["title"] == "Điểm Toán – Nguyễn Thị Ánh"
    assert "people" in by_name["score-saved"]["variables"]
