"""The previous release: its code, taken from git into a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from edu.failure import Failure
from edu.home import ROOT
from edu.suite import SERVICES, Entry

NAMED_IN = ROOT / "deploy" / "previous-release"
LIBRARIES = ("contracts", "chassis")


class NotHereError(Exception):
    """This checkout cannot give the code of the previous release."""


@dataclass(frozen=True)
class Said:
    """What a service of the release says of itself."""

    topics: frozenset[str]
    """What it reads."""
    prefix: str
    settings: frozenset[str]
    """The names of its own variables, each with the prefix; another one it refuses."""

    def known(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Leave out the settings that came later: each release has its own environment file."""
        return {
            name: value
            for name, value in environment.items()
            if not name.startswith(self.prefix) or name in self.settings
        }


@dataclass(frozen=True)
class Release:
    """The commit that runs somewhere, and its sources."""

    commit: str
    now: str
    folder: Path

    @classmethod
    def named(cls, folder: Path) -> Release:
        """Unpack the sources of the commit that is named.

        Raises:
            NotHereError: git, or the commit in this clone, is missing.
        """
        commit = NAMED_IN.read_text("ascii").strip()
        try:
            now = _git("rev-parse", "HEAD").decode().strip()
            archive = _git("archive", "--format=tar", commit, "--", "libs", "services")
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotHereError(
                f"this copy has not the commit {commit[:12]} of {NAMED_IN.name}; "
                "a whole clone has it: git fetch --unshallow"
            ) from error
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        return cls(commit, now, folder)

    def environment(self, entry: Entry) -> dict[str, str]:
        """Return what makes Python take the service and the libraries from this release."""
        rooms = [f"services/{entry.name}", *(f"libs/{name}" for name in LIBRARIES)]
        return {"PYTHONPATH": os.pathsep.join(str(self.folder / room / "src") for room in rooms)}

    def ask(self, entry: Entry) -> Said:
        """Ask the service of this release what it is; it must be this release that says it.

        Raises:
            Failure: Python takes one of its packages from elsewhere.
        """
        packages = (entry.package, *LIBRARIES)
        asking = (
            f"import json, contracts.topics, {entry.package}.app, {', '.join(packages)}\n"
            f"print(json.dumps([[one.__file__ for one in ({', '.join(packages)})],"
            f" [one.name for one in contracts.topics.CONSUMERS[{entry.name!r}]],"
            f" list({entry.package}.app.SERVICE.settings.model_fields)]))"
        )
        answer = subprocess.run(
            [sys.executable, "-P", "-c", asking],
            env=os.environ | self.environment(entry),
            capture_output=True,
            check=True,
            text=True,
        )
        files, topics, settings = json.loads(answer.stdout)
        for path in files:
            if not Path(path).is_relative_to(self.folder):
                raise Failure(f"the old {entry.name} would run {path}")
        prefix = entry.variable("")
        return Said(frozenset(topics), prefix, frozenset(prefix + one.upper() for one in settings))

    def families(self) -> frozenset[str]:
        """Name the families of cells that the aggregator of this release counts."""
        entry = SERVICES["ioc-aggregator"]
        asking = f"from {entry.package}.measures.families import FAMILIES\nprint(*FAMILIES)"
        answer = subprocess.run(
            [sys.executable, "-P", "-c", asking],
            env=os.environ | self.environment(entry),
            capture_output=True,
            check=True,
            text=True,
        )
        return frozenset(answer.stdout.split())

    def changed(self, entry: Entry) -> list[str]:
        """List the service's sources that differ between then and now."""
        room = f"services/{entry.name}/src/{entry.package}"
        found = _git("diff", "--name-only", f"--relative={room}", self.commit, "--", room)
        return found.decode().splitlines()


def _git(*arguments: str) -> bytes:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout
