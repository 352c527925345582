"""What compose.yaml reads is made once, kept, and closed to everybody else."""

import stat
from pathlib import Path

import pytest

from chassis.auth.issuer import jwks_path
from chassis.sealing import MasterKeys
from edu import compose, mint


def test_all_is_made_once_and_then_kept(tmp_path: Path) -> None:
    folder, settings = tmp_path / "secrets", tmp_path / "env"
    settings.mkdir()
    (settings / "gradebook.env.example").write_text("GRADEBOOK_LOG_LEVEL=INFO\n")
    made = compose.prepare(folder, settings)
    assert len(made) == len(compose.secrets()) + 2
    MasterKeys((folder / "master_key").read_text())
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (settings / "gradebook.env").write_text("GRADEBOOK_LOG_LEVEL=DEBUG\n")
    assert compose.prepare(folder, settings) == []
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert "DEBUG" in (settings / "gradebook.env").read_text()


def test_only_the_owner_comes_near_and_containers_can_read(tmp_path: Path) -> None:
    compose.prepare(tmp_path / "secrets", tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    for name in (*compose.secrets(), jwks_path(tmp_path).name):
        assert stat.S_IMODE((tmp_path / "secrets" / name).stat().st_mode) == 0o444
    assert stat.S_IMODE((tmp_path / "secrets" / "issuer-key.json").stat().st_mode) == 0o600


def test_minting_a_token_leaves_what_containers_have_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compose.prepare(tmp_path, tmp_path)
    before = jwks_path(tmp_path).stat()
    monkeypatch.setenv("EDU_HOME", str(tmp_path))
    assert mint.main(["teacher"]) == 0
    assert capsys.readouterr().out.count(".") == 2
    after = jwks_path(tmp_path).stat()
    assert (after.st_ino, stat.S_IMODE(after.st_mode)) == (before.st_ino, 0o444)
