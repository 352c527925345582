"""The service as a whole: its routes, its policy, its settings."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from admissions.app import SERVICE
from admissions.policy import POLICY
from admissions.settings import AdmissionsSettings
from chassis.auth import WORKS_AT, Role
from chassis.http.routes import ChassisRoute
from chassis.settings import SettingsError, load


def test_the_policy_allows_exactly_this() -> None:
    officer, service, principal = Role.DEPARTMENT_OFFICER, Role.SERVICE, Role.PRINCIPAL
    everywhere = {
        (action, role)
        for action, role, relation, allowed in POLICY.matrix()
        if allowed and relation is None
    }
    writes = {action for action in POLICY.actions if action != "register.read"}
    assert everywhere == (
        {("register.read", role) for role in Role}
        | {(action, officer) for action in writes}
        | {("register.import", service), ("pupils.enrol", service)}
        | {("pupils.read", Role.AUDITOR)}
    )
    at_school = {
        (action, role)
        for action, role, relation, allowed in POLICY.matrix()
        if allowed and relation == WORKS_AT
    }
    assert at_school - everywhere == {
        (f"pupils.{verb}", principal) for verb in ("enrol", "transfer", "withdraw", "read")
    }


def test_the_readme_shows_the_policy() -> None:
    readme = Path(__file__).parents[1] / "README.md"
    assert POLICY.table() in readme.read_text("utf-8")


def test_every_route_is_one_of_the_chassis_and_needs_a_token() -> None:
    routes = [route for router in SERVICE.routers for route in router.routes]
    assert routes
    assert all(isinstance(route, ChassisRoute) and not route.public for route in routes)


def test_settings_name_what_is_missing_and_refuse_a_bad_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADMISSIONS_MASTER_KEY", "c2hvcnQ=")
    with pytest.raises(SettingsError, match="ADMISSIONS_MASTER_KEY") as refused:
        load(AdmissionsSettings)
    assert "ADMISSIONS_DATABASE_URL" in str(refused.value)
    with pytest.raises(ValidationError):
        AdmissionsSettings.model_validate({"master_key": "no base64"})
