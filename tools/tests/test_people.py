"""Whom one can be in development, and that none of it is there in production."""

import json
from pathlib import Path

import pytest

from chassis.auth import Role
from chassis.auth.issuer import DevelopmentIssuerRefusedError
from edu import identity
from edu.home import Home
from edu.people import join, of_school, people, settle
from edu.suite import SERVICES


def test_nobody_is_there_before_the_suite_is_furnished(tmp_path: Path) -> None:
    assert people(tmp_path) == []


def test_without_a_register_there_are_those_who_work_nowhere(tmp_path: Path) -> None:
    settle(Home.at(tmp_path), {})
    found = people(tmp_path)
    assert {one.name for one in found} == {"department-officer", "guardian", "auditor"}
    assert {one.role for one in found} <= set(Role)
    assert json.loads((tmp_path / "people.json").read_text("utf-8"))[0]["school"] is None


def test_who_joins_stays_beside_the_others(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    settle(home, {})
    join(home, *of_school("demo", ("1", "Trường A"), ("2", "Xã B")))
    join(home, *of_school("demo", ("3", "Trường C"), ("2", "Xã B")))
    settle(home, {})
    found = {one.name: one for one in people(tmp_path)}
    assert len(found) == 5
    assert found["demo-principal"].school == "3"
    assert found["demo-commune-officer"].unit == "2"
    assert "auditor" in found


def test_production_has_no_list_of_people(tmp_path: Path) -> None:
    with pytest.raises(DevelopmentIssuerRefusedError):
        identity.main([str(tmp_path), "--port", "0", "--environment", "production"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("IOC_ENVIRONMENT", "production"), ("IOC_SIGNIN_ISSUER", "https://id.example")],
)
def test_who_has_a_provider_gets_no_list(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    entry = SERVICES["ioc-aggregator"]
    assert entry.signs_in_here
    monkeypatch.setenv(variable, value)
    assert not entry.signs_in_here
    assert SERVICES["gradebook"].signs_in_here, "each service has a provider of its own"
    assert not SERVICES["payments"].signs_in_here
