"""The service as a whole: what it listens to, what it needs, what it says of itself."""

import base64

import pytest

from chassis.service import build
from chassis.settings import SettingsError, load
from contracts.topics import CONSUMERS
from gradebook.app import HANDLERS, SERVICE
from gradebook.settings import GradebookSettings

ENVIRONMENT = {
    "GRADEBOOK_DATABASE_URL": "postgresql://gradebook@127.0.0.1/gradebook",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "GRADEBOOK_TOKEN_ISSUER": "urn:edu",
    "GRADEBOOK_TOKEN_JWKS": "/nowhere",
    "GRADEBOOK_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
}


def test_it_reads_the_topics_that_contracts_say() -> None:
    assert set(HANDLERS.topics) == set(CONSUMERS["gradebook"])


def test_it_starts_from_its_environment_and_keeps_its_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings = load(GradebookSettings)
    assert ENVIRONMENT["GRADEBOOK_MASTER_KEY"] not in str(settings.redacted())
    document = build(SERVICE, settings).openapi()
    assert {"/v1/classes", "/v1/sheets", "/v1/sheets/{sheet_id}/cells"} <= document["paths"].keys()


def test_a_master_key_of_the_wrong_length_stops_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (ENVIRONMENT | {"GRADEBOOK_MASTER_KEY": "c2hvcnQ="}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="GRADEBOOK_MASTER_KEY"):
        load(GradebookSettings)
