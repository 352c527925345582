"""The script `./edu`: sets up once, again when a lock changes, and says what is lacking."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edu.home import ROOT

FAKE_UV = '#!/bin/sh\necho "uv $*" >>"$EDU_CALLS"\n'
# It makes a venv whose uv and python only note how they are called.
FAKE_PYTHON = f"""#!/bin/sh
case "$*" in
*"-m venv"*)
    for venv in "$@"; do :; done
    mkdir -p "$venv/bin"
    cp "$0" "$venv/bin/python"
    echo venv >>"$EDU_CALLS"
    ;;
*"-m pip install"*)
    for list in "$@"; do :; done
    head -n 1 "$list" | cut -d' ' -f1 >>"$EDU_CALLS"
    printf '%s' '{FAKE_UV}' >"$(dirname "$0")/uv"
    chmod +x "$(dirname "$0")/uv"
    ;;
*"import venv"*) exit "${{EDU_NO_VENV:-0}}" ;;
"-P -m edu"*) echo "$*" >>"$EDU_CALLS" ;;
*) exec {sys.executable} "$@" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout that holds what the script looks at."""
    checkout = tmp_path / "with a blank"
    (checkout / "services" / "only-a-page").mkdir(parents=True)
    for name in ("libs/contracts", "services/gradebook", "tools"):
        (checkout / name).mkdir(parents=True)
        (checkout / name / "pyproject.toml").write_text("[project]\n", "utf-8")
    for name in ("edu", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, checkout / name)
    python = tmp_path / "python"
    python.write_text(FAKE_PYTHON, "utf-8")
    python.chmod(0o755)
    return checkout


def run(checkout: Path, *arguments: str, **environment: str) -> tuple[list[str], str, int]:
    """Run the script; return what it called, what it said and how it ended."""
    calls = checkout.parent / "calls"
    calls.write_text("", "utf-8")
    given = {"EDU_CALLS": str(calls), "PYTHON": str(checkout.parent / "python")}
    done = subprocess.run(
        [str(checkout / "edu"), *arguments],
        cwd=checkout.parent,
        env=dict(os.environ) | given | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return calls.read_text("utf-8").splitlines(), done.stderr, done.returncode


INSTALL = "uv pip install --quiet --require-hashes"
MEMBERS = "uv pip install --quiet --no-deps -e ./libs/contracts -e ./services/gradebook -e ./tools"
RUNTIME = [f"{INSTALL} -r requirements.lock", MEMBERS]
EVERYTHING = [f"{INSTALL} -r requirements-dev.lock -r requirements.lock", MEMBERS]


def test_it_sets_up_once_and_again_when_the_lock_changes(checkout: Path) -> None:
    calls, said, code = run(checkout, "up", "--detach")
    assert code == 0, said
    assert calls[0] == "venv"
    assert calls[1].startswith("uv==")
    assert calls[2:] == [*RUNTIME, "-P -m edu up --detach"]
    assert "once" in said
    assert run(checkout, "status") == (["-P -m edu status"], "", 0)
    with (checkout / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert run(checkout, "status")[0] == [*RUNTIME, "-P -m edu status"]


def test_only_who_tests_and_checks_needs_the_rest(checkout: Path) -> None:
    run(checkout, "status")
    assert run(checkout, "test", "unit")[0] == [*EVERYTHING, "-P -m edu test unit"]
    assert run(checkout, "check")[0] == ["-P -m edu check"]


def test_a_python_without_venv_gets_the_name_of_the_package(checkout: Path) -> None:
    calls, said, code = run(checkout, "demo", EDU_NO_VENV="1")
    assert code == 1
    assert calls == []
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert said == (
        f"edu: This Python has no venv. Install it: apt-get install python{version}-venv\n"
    )


def test_an_old_python_is_told_the_version(checkout: Path) -> None:
    _, said, code = run(checkout, "demo", PYTHON="false")
    assert code == 1
    assert said.startswith("edu: Python 3.11 or newer is needed.")


def test_it_is_plain_posix_shell() -> None:
    first, *_ = (ROOT / "edu").read_text("utf-8").splitlines()
    assert first == "#!/bin/sh"
    assert subprocess.run(["sh", "-n", str(ROOT / "edu")], check=False).returncode == 0
