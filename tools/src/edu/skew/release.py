"""The previous release: its code, taken from git into a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from edu.failure import Failure
from edu.home import ROOT
from edu.suite import Entry

NAMED_IN = ROOT / "deploy" / "previous-release"
LIBRARIES = ("contracts", "chassis")


class NotHereError(Exception):
    """This checkout cannot give the code of the previous release."""


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

    def listens_to(self, entry: Entry) -> frozenset[str]:
        """Name the topics that the service read in this release; it must be this release that says.

        Raises:
            Failure: Python takes one of its packages from elsewhere.
        """
        packages = (entry.package, *LIBRARIES)
        asking = (
            f"import json, contracts.topics, {', '.join(packages)}\n"
            f"print(json.dumps([[one.__file__ for one in ({', '.join(packages)})],"
            f" [one.name for one in contracts.topics.CONSUMERS[{entry.name!r}]]]))"
        )
        answer = subprocess.run(
            [sys.executable, "-P", "-c", asking],
            env=os.environ | self.environment(entry),
            capture_output=True,
            check=True,
            text=True,
        )
        files, topics = json.loads(answer.stdout)
        for path in files:
            if not Path(path).is_relative_to(self.folder):
                raise Failure(f"the old {entry.name} would run {path}")
        return frozenset(topics)

    def changed(self, entry: Entry) -> list[str]:
        """List the service's sources that differ between then and now."""
        room = f"services/{entry.name}/src/{entry.package}"
        found = _git("diff", "--name-only", f"--relative={room}", self.commit, "--", room)
        return found.decode().splitlines()


def _git(*arguments: str) -> bytes:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout
