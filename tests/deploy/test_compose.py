"""What compose.yaml says, as far as it can be judged without an engine."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.settings import ServiceSettings, load
from contracts.topics import SERVICES as NAMES
from edu import compose
from edu.home import ROOT
from edu.suite import SERVICES as SUITE

FILE = ROOT / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
JOBS = {"topics", *(f"{name}-migrate" for name in NAMES)}
OURS = JOBS | set(NAMES)
FOUNDATION = {"kafka", "postgres"}
STYLE = """{extends: default, rules: {
    document-start: disable, line-length: {max: 100}, braces: {max-spaces-inside: 0}}}"""

PINNED = re.compile(r"[a-z/-]+:\d+(\.\d+)+(-[a-z]+)?|edu-[a-z-]+:\$\{EDU_VERSION:-\d+\.\d+\.\d+\}")
ON_THIS_MACHINE = re.compile(r"127\.0\.0\.1:\d+:\d+")
PASSWORD_IN_URL = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
ASSIGNMENT = re.compile(r"^ *#? ?([A-Z][A-Z_]+)(?:=|: )(.+)$", re.MULTILINE)
SECRET_NAME = re.compile(r"PASSWORD|SECRET|_KEY\b|DATABASE_URL")


def example(name: str) -> Path:
    return ROOT / f"deploy/env/{name}.env.example"


def settings_in(text: str) -> dict[str, str]:
    """Give the variables of an env file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def settings_of(name: str) -> type[ServiceSettings]:
    kind: type[ServiceSettings] = importlib.import_module(
        f"{SUITE[name].package}.app"
    ).SERVICE.settings
    return kind


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", *command], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_it_is_what_the_compose_specification_allows() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    assert run("check_jsonschema", *schema, str(FILE)) == ""


def test_a_key_that_the_specification_does_not_know_is_seen(tmp_path: Path) -> None:
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(FILE.read_text("utf-8").replace("    restart:", "    restrat:", 1), "utf-8")
    assert "restrat" in run(
        "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(wrong)
    )


def test_its_style_is_one() -> None:
    assert run("yamllint", "--strict", "-d", STYLE, str(FILE)) == ""


def test_every_service_of_contracts_is_there_with_its_migrations() -> None:
    assert set(SERVICES) == OURS | FOUNDATION
    for name in NAMES:
        package = SUITE[name].package
        assert SERVICES[name]["command"] == [package, "serve"]
        assert SERVICES[f"{name}-migrate"]["command"] == [package, "migrate"]
        assert SERVICES[name]["build"]["args"] == {"SERVICE": name}
        assert SERVICES[f"{name}-migrate"]["image"] == SERVICES[name]["image"]


def test_whoever_waits_waits_for_what_can_be_seen() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert SERVICES[other]["healthcheck"]["test"], f"{name} waits for {other}"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert SERVICES[other]["restart"] == "no", f"{name} waits for {other}"
    for name in NAMES:
        assert set(SERVICES[name]["depends_on"]) == {"kafka", "topics", f"{name}-migrate"}


def test_ports_are_open_on_this_machine_alone_and_each_is_used_once() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(ON_THIS_MACHINE.fullmatch(port) for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports) == len(NAMES) + 1


def test_images_are_pinned() -> None:
    for service in SERVICES.values():
        assert PINNED.fullmatch(service["image"])
    assert not PINNED.fullmatch("postgres:latest")
    assert not PINNED.fullmatch("postgres")


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_may_do_what_they_need_and_no_more(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert service["stop_grace_period"] == "30s"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["restart"] == ("no" if name in JOBS else "unless-stopped")
    assert service.get("ports", []) == [] or name in NAMES


@pytest.mark.parametrize("name", sorted(FOUNDATION))
def test_what_we_stand_on_is_limited_too(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["volumes"]


def test_no_secret_stands_in_any_file() -> None:
    files = [FILE, ROOT / "deploy/Dockerfile", *map(example, NAMES)]
    for path in files:
        text = path.read_text("utf-8")
        assert PASSWORD_IN_URL.findall(text) == [], path
        for name, value in ASSIGNMENT.findall(text):
            given = SECRET_NAME.search(name) and not name.endswith("_FILE")
            assert not given, f"{path.name}: {name} is {value}"
    assert PASSWORD_IN_URL.findall("postgresql://gradebook:open@postgres/gradebook")


def test_every_secret_is_drawn_declared_and_given_to_those_who_need_it() -> None:
    assert set(COMPOSE["secrets"]) == set(compose.secrets())
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"deploy/secrets/{name}"}
    databases = {f"{SUITE[name].package}_database_url" for name in NAMES}
    assert set(SERVICES["postgres"]["secrets"]) == databases | {"postgres_password"}
    for name in NAMES:
        keys = {"master_key"} if SUITE[name].has_master_key else set()
        keys |= {"history_key"} if SUITE[name].has_history_key else set()
        keys |= {"signin_key"} if "signin_key" in settings_of(name).model_fields else set()
        wanted = {f"{SUITE[name].package}_database_url"} | keys
        assert set(SERVICES[name]["secrets"]) == set(SERVICES[f"{name}-migrate"]["secrets"])
        assert set(SERVICES[name]["secrets"]) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_a_service_starts_with_exactly_what_it_is_given(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose.prepare(tmp_path, tmp_path)
    assert SERVICES[name]["env_file"] == f"deploy/env/{name}.env"
    given = settings_in(example(name).read_text("utf-8")) | SERVICES[name]["environment"]
    for variable, value in given.items():
        monkeypatch.setenv(variable, value.replace("/run/secrets", str(tmp_path)))
    settings = load(settings_of(name))
    assert settings.host == "0.0.0.0"  # noqa: S104 - inside the container
    assert settings.port == 8000
    assert "@postgres/" in settings.database_url.get_secret_value()
    (config,) = SERVICES[name]["configs"]
    assert settings.token_jwks == config["target"]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_example_offers_exists(name: str) -> None:
    offered = re.findall(r"^#?([A-Z][A-Z_]+)=", example(name).read_text("utf-8"), re.MULTILINE)
    known = {
        str(field.validation_alias or f"{SUITE[name].prefix}_{setting}").upper()
        for setting, field in settings_of(name).model_fields.items()
    }
    assert {variable.removesuffix("_FILE") for variable in offered} <= known
