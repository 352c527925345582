"""One folder, one owner; what is secret is readable by its owner only."""

import os
import stat
from pathlib import Path

import pytest

from edu.failure import Failure
from edu.home import Home, write_private


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", tmp_path / "cache")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_owner_is_told_who_has_it(home: Home) -> None:
    with home.owned("up"):
        assert home.owner() == os.getpid()
        with (
            pytest.raises(Failure, match=rf"in use by process {os.getpid()} \(up\).*edu down"),
            home.owned("demo"),
        ):
            pass
    assert home.owner() is None
    with home.owned("demo"):
        assert home.owner() == os.getpid()


def test_the_folder_is_closed_to_others_whatever_it_was(home: Home) -> None:
    home.folder.mkdir(mode=0o755)
    home.prepare()
    assert mode(home.folder) == 0o700


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_private(path, "old")
    before = path.stat().st_ino
    write_private(path, "new")
    assert path.read_text("utf-8") == "new"
    assert mode(path) == 0o600
    assert path.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_stays_the_same(home: Home) -> None:
    home.prepare()
    first = home.secret("gradebook")
    assert Home(home.folder, home.cache).secret("gradebook") == first
    assert home.secret("admissions") != first
    assert mode(home.folder / "secrets.json") == 0o600
