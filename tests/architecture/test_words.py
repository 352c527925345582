"""The repository names no machine that it was written on and no address that it does not need."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
FREE_TEXT = {".md", ".py", ".toml", ".yaml", ".yml", ".sh", ".lock", ".json", ".html", ".css", ""}
VENDORED = "/vendor/"

# Somebody's folder, wherever it stands; the parts are joined so that this file may be read, too.
FOLDERS = re.compile(
    r"(?<![\w.~$}/-])/(?:" + "|".join(("ho" + "me", "ro" + "ot", "wo" + "rk")) + ")/"
)
ADDRESS = re.compile(
    r"\b(?:https?|postgresql|git\+ssh)://(?:[^\s/@\"'`]*@)?([A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9])"
)

HOSTS = {
    "127.0.0.1",
    "localhost",
    "json-schema.org",  # the dialect of the frozen schemas
    "www.apache.org",  # the licence's own text
    "www.w3.org",  # namespaces of SVG and XML
    "scripts.sil.org",  # the licence of the page's letters
    "github.com",  # where borrowed works come from
    "opensource.org",
}
RESERVED = ("example", "example.com", "example.org", "example.vn", "invalid", "test")
"""Names that can never be anybody's."""


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name]


FILES = [
    path
    for path in tracked()
    if path.suffix in FREE_TEXT and path.is_file() and VENDORED not in str(path)
]


def found(pattern: re.Pattern[str]) -> dict[str, set[str]]:
    """Give what the pattern finds in each file."""
    return {
        str(path.relative_to(ROOT)): set(pattern.findall(path.read_text("utf-8", "replace")))
        for path in FILES
    }


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert {path: folders for path, folders in found(FOLDERS).items() if folders} == {}


def test_no_file_names_a_host_that_it_does_not_need() -> None:
    strangers = {
        path: {host for host in hosts - HOSTS if "." in host and not host.endswith(RESERVED)}
        for path, hosts in found(ADDRESS).items()
    }
    assert {path: hosts for path, hosts in strangers.items() if hosts} == {}


def test_the_rule_sees_a_folder_and_a_host() -> None:
    assert FOLDERS.findall("see " + "/ho" + "me/me/notes")
    assert not FOLDERS.findall("src/" + "ho" + "me/page.html and ./wo" + "rk/x")
    assert ADDRESS.findall("https:" + "//files.somewhere.net/x") == ["files.somewhere.net"]
