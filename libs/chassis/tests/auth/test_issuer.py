"""The development issuer keeps its key, and stays out of production."""

import json
from pathlib import Path

import pytest

from chassis.auth import issuer


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "issuer"
    first = issuer.open_key(folder, environment="development")
    second = issuer.open_key(folder, environment="development")
    assert first.as_dict(private=True) == second.as_dict(private=True)


def test_the_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    issuer.open_key(tmp_path, environment="development")
    assert (tmp_path / "issuer-key.json").stat().st_mode & 0o077 == 0


def test_the_public_file_holds_no_private_part(tmp_path: Path) -> None:
    key = issuer.open_key(tmp_path, environment="development")
    (published,) = json.loads(issuer.jwks_path(tmp_path).read_text())["keys"]
    assert published["kid"] == key.kid
    assert "d" not in published


def test_it_refuses_to_start_in_production(tmp_path: Path) -> None:
    with pytest.raises(issuer.DevelopmentIssuerRefusedError):
        issuer.open_key(tmp_path, environment="production")
    assert not list(tmp_path.iterdir())
