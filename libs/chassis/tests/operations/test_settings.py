"""Settings come from the environment or from files that it names; every fault is named at once."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.kafka import OPEN, Security
from chassis.settings import ServiceSettings, SettingsError, load

GIVEN = {
    "NOTES_DATABASE_URL": "postgresql://notes:in-the-clear@127.0.0.1/notes",
    "NOTES_TOKEN_ISSUER": "urn:test",
    "NOTES_TOKEN_JWKS": "jwks.json",
    "KAFKA_BOOTSTRAP_SERVERS": "a:1, b:2",
}


class NotesSettings(ServiceSettings):
    SERVICE: ClassVar[str] = "notes"
    model_config = SettingsConfigDict(env_prefix="NOTES_")

    older_keys: tuple[SecretStr, ...] = ()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give every setting that is required."""
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def instead(environment: pytest.MonkeyPatch, name: str, file: Path, content: str) -> None:
    file.write_text(content, "utf-8")
    environment.delenv(name, raising=False)
    environment.setenv(f"{name}_FILE", str(file))


def test_a_secret_may_stand_in_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    instead(environment, "NOTES_DATABASE_URL", tmp_path / "url", "postgresql://elsewhere/notes\n")
    instead(environment, "KAFKA_BOOTSTRAP_SERVERS", tmp_path / "kafka", "c:3\n")
    instead(environment, "NOTES_OLDER_KEYS", tmp_path / "keys", '["one", "two"]\n')
    settings = load(NotesSettings)
    assert settings.database_url.get_secret_value() == "postgresql://elsewhere/notes"
    assert settings.kafka_bootstrap_servers == ("c:3",)
    assert [key.get_secret_value() for key in settings.older_keys] == ["one", "two"]


def test_a_setting_whose_own_name_ends_in_file_is_itself(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("NOTES_URL_FILE", str(tmp_path / "not there yet"))
    assert load(NotesSettings).url_file == str(tmp_path / "not there yet")


def test_every_fault_is_named_at_once(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("NOTES_TOKEN_ISSUER")
    environment.delenv("NOTES_TOKEN_JWKS")
    environment.setenv("NOTES_TOKEN_JWKS_FILE", str(tmp_path / "absent"))
    environment.setenv("NOTES_DATABASE_URL_FILE", str(tmp_path / "absent"))
    environment.setenv("NOTES_COLOUR", "red")
    environment.setenv("NOTES_KAFKA_BOOTSTRAP_SERVERS", "the prefix is not for this one")
    environment.setenv("NOTES_SMELL_FILE", "a file of what is no setting")
    with pytest.raises(SettingsError) as refused:
        load(NotesSettings)
    assert str(refused.value).splitlines() == [
        "NOTES_COLOUR: not a setting of notes",
        "NOTES_DATABASE_URL_FILE: NOTES_DATABASE_URL is set, too; only one of them may be",
        "NOTES_KAFKA_BOOTSTRAP_SERVERS: not a setting of notes",
        "NOTES_SMELL_FILE: not a setting of notes",
        "NOTES_TOKEN_ISSUER: Field required",
        "NOTES_TOKEN_JWKS: Field required",
        "NOTES_TOKEN_JWKS_FILE: cannot be read: FileNotFoundError",
    ]


def test_no_fault_and_no_print_shows_a_secret(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "in-the-clear" not in str(load(NotesSettings).redacted())
    instead(environment, "NOTES_OLDER_KEYS", tmp_path / "keys", "in-the-clear")
    with pytest.raises(SettingsError) as refused:
        load(NotesSettings)
    assert "older_keys" in str(refused.value)
    assert "in-the-clear" not in str(refused.value)


def test_how_kafka_is_spoken_to_comes_whole_or_not_at_all(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load(NotesSettings).kafka_security == OPEN
    environment.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    environment.setenv("KAFKA_SASL_USERNAME", "notes")
    with pytest.raises(SettingsError, match="KAFKA_SASL_PASSWORD"):
        load(NotesSettings)
    instead(environment, "KAFKA_SASL_PASSWORD", tmp_path / "password", "in-the-clear\n")
    settings = load(NotesSettings)
    assert settings.kafka_security == Security("SASL_SSL", "notes", "in-the-clear")
    assert "in-the-clear" not in str(settings.redacted())
