"""`./edu skew` runs what it says it runs, and says so where it cannot."""

from pathlib import Path

import pytest

from edu import skew
from edu.failure import Failure
from edu.skew import release
from edu.skew.release import NotHereError, Release
from edu.skew.turn import Turn
from edu.suite import SERVICES


def test_a_clone_without_the_commit_says_that_it_was_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named = tmp_path / "previous-release"
    named.write_text("0" * 40 + "\n")
    monkeypatch.setattr(release, "NAMED_IN", named)
    assert skew.main([]) == 0
    assert capsys.readouterr().out.startswith("not run: this copy has not the commit 000000000000")


def test_the_old_code_is_what_runs(tmp_path: Path) -> None:
    try:
        old = Release.named(tmp_path)
    except NotHereError as error:
        pytest.skip(f"not run: {error}")
    for entry in SERVICES.values():
        assert old.changed(entry), f"{entry.name} is as it was: it proves nothing"
    assert "admissions.schools.v1" in old.ask(SERVICES["gradebook"]).topics
    assert {"pupils", "scores"} <= old.families()


def test_code_from_elsewhere_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    empty = Release(commit="a", now="b", folder=tmp_path)
    with pytest.raises(Failure, match="the old payments would run"):
        empty.ask(SERVICES["payments"])


@pytest.mark.parametrize(
    ("figure", "value"),
    [("written", 0), ("read", 0), ("answered", 0), ("failed", 1), ("parked", 1)],
)
def test_who_has_nothing_to_say_proves_nothing(figure: str, value: int) -> None:
    turn = Turn("gradebook", written=1, read=1, answered=1)
    assert turn.good
    setattr(turn, figure, value)
    assert not turn.good
